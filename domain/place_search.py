"""Find a place by its name while it is typed: zones and communities of the snapshot, roads typed before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.coordinates import Bounds, bounds
from domain.lookups import Lookups
from domain.permissions import scope_complaints
from domain.thai_text import search_form, sort_key, to_thai_digits
from models import Complaint, Road

MOST: Final = 12
LONGEST_QUERY: Final = 100
_ROADS_READ: Final = 200  # One letter fits thousands of roads; their order decides among so many.
_SILENT: Final = re.compile(r"[\s.\-()]+")


class PlaceKind(StrEnum):
    """What was found."""

    ZONE = "zone"
    COMMUNITY = "community"
    ROAD = "road"


# What people write before a name; typed alone it is a name like any other.
_KIND_WORDS: Final = {
    "ชุมชน": PlaceKind.COMMUNITY,
    "ถนน": PlaceKind.ROAD,
    "ถ.": PlaceKind.ROAD,
    "ซอย": PlaceKind.ROAD,
    "ซ.": PlaceKind.ROAD,
}
_LIKE_SIGNS: Final = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place found by its name.

    Attributes:
        kind: What it is.
        name: As it stands in its table.
        latitude: Degrees of a community's middle, or of the newest visible case on a road; None: not known.
        longitude: See ``latitude``.
        area: The rectangle around a zone.
        zone_id: The zone itself, or a community's zone.
        community_id: The community itself.
    """

    kind: PlaceKind
    name: str
    latitude: float | None = None
    longitude: float | None = None
    area: Bounds | None = None
    zone_id: int | None = None
    community_id: int | None = None


def find_places(
    session: Session, actor: Actor, lookups: Lookups, query: str, *, language: str = "th"
) -> list[Place]:
    """Return at most 12 places whose names hold what was typed, the likeliest first.

    Spelling variants, Thai digits, spaces, dots and dashes do not matter; ``ชุมชน``, ``ถนน``, ``ถ.``, ``ซอย``
    and ``ซ.`` before a name choose its kind. Where a road lies is known from cases the actor may see.
    """
    typed = search_form(query[:LONGEST_QUERY])
    if not squashed(typed):
        return []
    kind, rest = _kind_and_rest(typed)
    found = [*_zones(lookups, language), *_communities(lookups, language), *_roads(session, rest)]
    graded = [
        (grade, _ORDER[place.kind], len(place.name), sort_key(place.name), place)
        for place in found
        for grade in [_grade(place.name, place.kind, typed, kind, rest)]
        if grade is not None
    ]
    chosen = [row[-1] for row in sorted(graded, key=lambda row: row[:-1])[:MOST]]
    return _with_road_pins(session, actor, chosen)


_ORDER: Final = {PlaceKind.ZONE: 0, PlaceKind.COMMUNITY: 1, PlaceKind.ROAD: 2}


@lru_cache(maxsize=8_192)
def squashed(name: str) -> str:
    """Return a name in the form in which it is compared: search form without spaces, dots and dashes."""
    return _SILENT.sub("", search_form(name))


@lru_cache(maxsize=8_192)
def _bare(name: str) -> str:
    """Return the squashed name without the word for its kind."""
    return squashed(_kind_and_rest(search_form(name))[1])


def _kind_and_rest(text: str) -> tuple[PlaceKind | None, str]:
    for word, kind in _KIND_WORDS.items():
        rest = text.removeprefix(word)
        if rest != text and squashed(rest):
            return kind, rest
    return None, text


def _grade(name: str, kind: PlaceKind, typed: str, wanted: PlaceKind | None, rest: str) -> int | None:
    """Return how well a name fits, 0 best; None when it does not."""
    whole, bare = squashed(name), _bare(name)
    if wanted in (None, kind):
        grade = _fit(bare, squashed(rest))
        if grade is not None:
            return grade
    grade = _fit(whole, squashed(typed))
    if grade is not None:
        return grade
    words = [squashed(word) for word in typed.split()]
    return 4 if len(words) > 1 and all(word in whole for word in words) else None


def _fit(name: str, part: str) -> int | None:
    if name == part:
        return 0
    if name.startswith(part):
        return 1
    return 2 if part in name else None


def _zones(lookups: Lookups, language: str) -> Iterator[Place]:
    for row in lookups.zones.values():
        if row.is_active and row.boundary and not row.is_unknown:
            yield Place(PlaceKind.ZONE, row.word(language), area=bounds(row.boundary), zone_id=row.id)


def _communities(lookups: Lookups, language: str) -> Iterator[Place]:
    for row in lookups.communities.values():
        if row.is_active and not row.is_unknown:
            yield Place(
                PlaceKind.COMMUNITY,
                row.word(language),
                row.latitude,
                row.longitude,
                zone_id=row.parent_id,
                community_id=row.id,
            )


def _roads(session: Session, typed: str) -> Iterator[Place]:
    """Yield roads that hold the first word typed; the table may be long, so the database looks first."""
    parts = _SILENT.split(typed.strip())
    first = next((part for part in parts if part), "")
    silent = Road.name
    for sign in (" ", ".", "-"):
        silent = func.replace(silent, sign, "")  # type: ignore[assignment]
    forms = {first, to_thai_digits(first)}
    holds = or_(*(silent.ilike(f"%{form.translate(_LIKE_SIGNS)}%", escape="\\") for form in sorted(forms)))
    rows = session.scalars(
        select(Road.name).where(Road.is_active, holds).order_by(Road.name_key, Road.id).limit(_ROADS_READ)
    )
    for name in rows:
        yield Place(PlaceKind.ROAD, name)


def _with_road_pins(session: Session, actor: Actor, places: Sequence[Place]) -> list[Place]:
    """Give roads the pin of the newest case on them that the actor may see."""
    names = [place.name for place in places if place.kind is PlaceKind.ROAD]
    pins = _road_pins(session, actor, names) if names else {}
    return [
        Place(place.kind, place.name, *pins[place.name])
        if place.kind is PlaceKind.ROAD and place.name in pins
        else place
        for place in places
    ]


def _road_pins(session: Session, actor: Actor, names: Iterable[str]) -> dict[str, tuple[float, float]]:
    newest = scope_complaints(
        select(func.max(Complaint.id))
        .join(Road, Road.id == Complaint.road_id)
        .where(Road.name.in_(names), Complaint.latitude.is_not(None), Complaint.is_outside.is_(False))
        .group_by(Complaint.road_id),
        actor,
    )
    rows = session.execute(
        select(Road.name, Complaint.latitude, Complaint.longitude)
        .join(Road, Road.id == Complaint.road_id)
        .where(Complaint.id.in_(newest))
    )
    return {
        name: (float(latitude), float(longitude))
        for name, latitude, longitude in rows
        if latitude is not None and longitude is not None
    }
