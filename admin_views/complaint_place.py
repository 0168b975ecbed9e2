"""The map of a complaint's forms and pages: what it draws, where it looks, what lies around a pin."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _

from admin_views.base import SecureView, needs
from admin_views.guard import language
from admin_views.identity import current_lookups
from domain.coordinates import Coordinates, parse_coordinates
from domain.errors import InvalidField
from domain.permissions import Permission
from domain.placing import Surroundings, surroundings
from domain.settings import DEFAULTS

AN_HOUR = 3600


class PlaceView(SecureView):
    """Small answers for the map, as JSON."""

    def __init__(self) -> None:
        self._default_view = "around"
        super().__init__(name="place", endpoint="complaint_place", url="/admin/complaint")

    @expose("/around.json")
    @needs(Permission.COMPLAINT_CREATE)
    def around(self) -> Response:
        """Say what lies around a pin."""
        try:
            pin = parse_coordinates(request.args.get("lat"), request.args.get("lon"))
        except InvalidField as error:
            return jsonify(said=error.message_in(language()))
        found = around_pin(pin)
        return jsonify(
            zone_id=found.zone.id if found and found.zone else None,
            community_id=found.community.id if found and found.community else None,
            said=said_of(found) if found else "",
        )

    @expose("/zones.json")
    @needs(Permission.COMPLAINT_READ)
    def zones(self) -> Response:
        """Return the zones as GeoJSON; the address carries the version, so it may be kept for a while."""
        features = [
            {
                "type": "Feature",
                "properties": {"name": zone.word(language())},
                "geometry": zone.boundary,
            }
            for zone in current_lookups().zones.values()
            if zone.boundary and zone.is_active
        ]
        response = jsonify(type="FeatureCollection", features=features)
        response.headers["Cache-Control"] = f"private, max-age={AN_HOUR}"
        return response


def map_facts() -> dict[str, Any]:
    """Return the attributes of ``<map-picker>`` and of the small map: zones, tiles, where to look."""
    lookups = current_lookups()

    def setting(key: str) -> Any:
        return lookups.setting(key, DEFAULTS.get(key, ""))

    latitude, longitude = setting("map_latitude"), setting("map_longitude")
    return {
        "zones": url_for("complaint_place.zones", v=lookups.version),
        "tiles": setting("map_tile_url") or None,
        "attribution": setting("map_attribution") or None,
        "center": f"{latitude},{longitude}" if latitude and longitude else None,
        "zoom": setting("map_zoom") or None,
    }


def around_pin(pin: Coordinates | None) -> Surroundings | None:
    """Return what lies around a pin, None without one."""
    return surroundings(current_lookups(), *pin) if pin else None


def said_of(around: Surroundings) -> str:
    """Return what lies around a pin in a sentence."""
    if around.is_outside:
        return _("หมุดอยู่นอกเขตเทศบาล")
    if around.zone is None:
        return ""
    zone = around.zone.word(language())
    if around.community is None:
        return _("หมุดอยู่ใน%(zone)s", zone=zone)
    return _(
        "หมุดอยู่ใน%(zone)s ใกล้ชุมชน%(community)s (%(metres)s ม.)",
        zone=zone,
        community=around.community.word(language()),
        metres=around.community_metres,
    )


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(PlaceView())
