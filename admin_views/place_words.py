"""What is said of a place: around a pin, and of each place a search found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from flask_babel import gettext as _

from admin_views.guard import language
from domain.lookups import Lookups, ZoneRow
from domain.place_search import Place, PlaceKind
from domain.placing import Surroundings

FAR_METRES: Final = 20_000  # From here on a pin outside is more likely a slip than a neighbour's affair.
ON_THE_LINE: Final = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """One place of an answer: what is shown, and the form's fields it fills when it is chosen."""

    kind: str
    name: str
    hint: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    area: tuple[float, ...] | None = None

    @property
    def packed(self) -> str:
        """Return the fields as a button's value carries them."""
        return urlencode(self.fields)

    def as_json(self) -> dict[str, Any]:
        """Return what the script needs."""
        return {
            "kind": self.kind,
            "name": self.name,
            "hint": self.hint,
            "fields": self.fields,
            "area": self.area,
        }


@dataclass(frozen=True, slots=True)
class Search:
    """An answer: the places, words where something is to be said, and who else could be asked."""

    query: str
    hits: list[Hit] = field(default_factory=list)
    said: str = ""
    far: str = ""


def hit_of(place: Place, lookups: Lookups) -> Hit:
    """Return a found place as an answer shows it."""
    fields = {
        "latitude": None if place.latitude is None else f"{place.latitude:.6f}",
        "longitude": None if place.longitude is None else f"{place.longitude:.6f}",
        "zone_id": place.zone_id,
        "community_id": place.community_id,
        "road_name": place.name if place.kind is PlaceKind.ROAD else None,
    }
    filled = {name: str(value) for name, value in fields.items() if value is not None}
    return Hit(
        place.kind.value, place.name, _hint(place, lookups), filled, tuple(place.area) if place.area else None
    )


def pin_hit(latitude: str, longitude: str, hint: str = "", name: str = "") -> Hit:
    """Return a point as an answer shows it."""
    return Hit(
        "pin",
        name or f"{latitude}, {longitude}",
        hint,
        {"latitude": latitude, "longitude": longitude},
    )


def said_of(around: Surroundings) -> str:
    """Return what lies around a pin in a sentence or two."""
    if around.is_outside:
        return _outside(around.border_metres or 0)
    if around.zone is None:
        return ""
    zone = around.zone.word(language())
    if around.community is None or around.community_metres is None:
        said = _("หมุดอยู่ใน%(zone)s", zone=zone)
    else:
        said = _(
            "หมุดอยู่ใน%(zone)s ใกล้ชุมชน%(community)s (%(metres)s ม.)",
            zone=zone,
            community=around.community.word(language()),
            metres=around.community_metres,
        )
    return f"{said} {_border(around.border_metres or 0, around.beyond)}" if around.is_near_border else said


def distance_words(metres: int) -> str:
    """Return a distance as people say it: metres up to a kilometre, then kilometres."""
    if metres < 1_000:
        return _("%(metres)s ม.", metres=metres)
    size = f"{metres / 1_000:.1f}" if metres < 10_000 else f"{round(metres / 1_000):,}"
    return _("%(size)s กม.", size=size)


def _outside(metres: int) -> str:
    distance = distance_words(metres)
    if metres > FAR_METRES:
        return _("หมุดอยู่นอกเขตเทศบาล ไกลถึง %(distance)s น่าจะปักผิดที่ กรุณาดูอีกครั้ง", distance=distance)
    return _("หมุดอยู่นอกเขตเทศบาล ห่างเส้นเขต %(distance)s บันทึกได้โดยมีเครื่องหมายว่าอยู่นอกเขต", distance=distance)


def _border(metres: int, beyond: ZoneRow | None) -> str:
    if beyond is None:
        return _("ห่างเส้นเขตเทศบาล %(metres)s ม. กรุณาดูให้แน่", metres=metres)
    zone = beyond.word(language())
    if metres <= ON_THE_LINE:
        return _("อยู่บนเส้นแบ่งกับ%(zone)s กรุณาเลือกเขตเอง", zone=zone)
    return _("ห่างเส้นแบ่งเขต %(metres)s ม. อีกฝั่งคือ%(zone)s กรุณาดูให้แน่", metres=metres, zone=zone)


def _hint(place: Place, lookups: Lookups) -> str:
    if place.kind is PlaceKind.COMMUNITY:
        zone = lookups.zones.get(place.zone_id or 0)
        return zone.word(language()) if zone and not zone.is_unknown else ""
    if place.kind is PlaceKind.ROAD and place.latitude is None:
        return _("ยังไม่เคยปักหมุดบนถนนนี้")
    return ""
