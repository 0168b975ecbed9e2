"""แผนที่: complaints where they are, by the filter of the lists; a table says the same without script."""

from __future__ import annotations

import gzip
import json
from typing import Any, Final

from flask import Response, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.complaint_filters import (
    OWN_KEYS,
    Asked,
    asked_filter,
    filter_form,
    presets,
    shown_name,
    tidied,
)
from admin_views.complaint_rows import CASE_PAGE, state_look
from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor, current_lookups
from admin_views.menu import register_menu_item
from domain.complaint_filter import NONE_WORD
from domain.labels import word
from domain.lookups import Lookups
from domain.permissions import Permission
from extensions import db
from models import ComplaintStatus
from reports.map_points import HIGHEST_ZOOM, Shown, ZoneCount, read_bounds, shown_on_map, zone_counts

VIEW_KEYS: Final = frozenset({"bbox", "zoom", "at"})
DEGREE_PLACES: Final = 5  # About a metre.
THAILAND: Final = ("13.0", "101.5", 6)
WORTH_PACKING: Final = 1_000
DEFAULT_ARGS: Final = {"state": "open"}


class MapView(SecureView):
    """The map of complaints."""

    def __init__(self) -> None:
        super().__init__(name=_l("แผนที่"), endpoint="map", url="/admin/map")

    @expose("/")
    @needs(Permission.MAP_READ)
    def index_view(self) -> Any:
        """Show the map and, below it, the same by zone."""
        to_plain_address = tidied()
        if to_plain_address is not None:
            return to_plain_address
        actor, lookups = current_actor(), current_lookups()
        asked = asked_filter(actor, lookups, OWN_KEYS | VIEW_KEYS)
        zones, without_pin = zone_counts(db.session(), actor, asked.chosen)
        panel = request.args.get("panel") == "filter"
        return self.render(
            "admin/map/show.html",
            asked=asked,
            panel="filter" if panel else "",
            fields=filter_form(asked, actor, lookups) if panel else [],
            presets=presets() if panel else [],
            zones=_zone_rows(zones, asked, lookups),
            total=sum(zone.cases for zone in zones),
            without_pin=without_pin,
            list_url=url_for("complaint.index_view", **asked.url_args()),
            place=_place(asked, lookups),
        )

    @expose("/points")
    @needs(Permission.MAP_READ)
    def points(self) -> Response:
        """Answer with the points or clusters inside the bounds as GeoJSON."""
        actor, lookups = current_actor(), current_lookups()
        asked = asked_filter(actor, lookups, OWN_KEYS | VIEW_KEYS)
        bounds = read_bounds(request.args.get("bbox", ""), request.args.get("zoom", ""))
        if bounds is None:
            return packed_json({"error": _("อ่านขอบเขตของแผนที่ไม่ได้ กรุณาเปิดหน้าแผนที่ใหม่")}, 400)
        return packed_json(_features(shown_on_map(db.session(), actor, asked.chosen, bounds), lookups))

    @expose("/areas")
    @needs(Permission.MAP_READ)
    def areas(self) -> Response:
        """Answer with the municipality's edge, its zones and its communities as GeoJSON."""
        return packed_json(areas_of(current_lookups()))


def _place(asked: Asked, lookups: Lookups) -> dict[str, Any]:
    """Return what the map element needs to begin."""
    latitude, longitude, zoom = THAILAND
    centre = lookups.setting("map_latitude", latitude), lookups.setting("map_longitude", longitude)
    return {
        "points": url_for(".points", **asked.url_args()),
        "areas": url_for(".areas"),
        "tiles": lookups.setting("map_tile_url", ""),
        "attribution": lookups.setting("map_attribution", ""),
        "max_zoom": lookups.setting("map_max_zoom", HIGHEST_ZOOM - 3),
        "centre": ",".join(str(part) for part in centre),
        "zoom": lookups.setting("map_zoom", zoom),
        "case": url_for(CASE_PAGE, public_code="__"),
    }


def _zone_rows(
    zones: list[ZoneCount], asked: Asked, lookups: Lookups
) -> list[tuple[str, int, int, str, str]]:
    """Return (name, cases, unfinished, address of the cases, address of the unfinished) of each zone."""
    counted = {zone.zone_id: zone for zone in zones}
    named = [(row.id, row.code, shown_name("zone", row)) for row in lookups.zones.values()]
    known = [*named, (None, NONE_WORD, _("ไม่ระบุเขต"))]
    return [
        (
            name,
            counted[zone_id].cases,
            counted[zone_id].unfinished,
            _list_url(asked, zone=code),
            _list_url(asked, zone=code, state="open"),
        )
        for zone_id, code, name in known
        if zone_id in counted
    ]


def _list_url(asked: Asked, **args: str) -> str:
    return url_for("complaint.index_view", **{**asked.url_args(), **args})


def _features(shown: Shown, lookups: Lookups) -> dict[str, Any]:
    """Return GeoJSON; words of states and types stand once, not with each point."""
    lang = language()
    points = [
        _feature(
            point.latitude,
            point.longitude,
            {"code": point.code, "number": point.number, "state": point.status.value, "type": point.type_id},
        )
        for point in shown.points
    ]
    clusters = [
        _feature(group.latitude, group.longitude, {"cases": group.cases, "open": group.unfinished})
        for group in shown.clusters
    ]
    types = {point.type_id for point in shown.points if point.type_id is not None}
    return {
        "type": "FeatureCollection",
        "features": points or clusters,
        "cases": shown.cases,
        "states": {s.value: [state_look(s), word(s, lang)] for s in ComplaintStatus} if points else {},
        "types": {str(type_id): lookups.subcategories[type_id].word(lang) for type_id in sorted(types)},
    }


def _feature(latitude: float, longitude: float, properties: dict[str, Any]) -> dict[str, Any]:
    where = [round(longitude, DEGREE_PLACES), round(latitude, DEGREE_PLACES)]
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": where},
        "properties": properties,
    }


def areas_of(lookups: Lookups) -> dict[str, Any]:
    """Return the municipality's edge, its zones and its communities as GeoJSON."""
    lang = language()
    outline = lookups.setting("outline") or {}
    edges = [
        {"type": "Feature", "geometry": part["geometry"], "properties": {"kind": "outline"}}
        for part in outline.get("features", [])
    ]
    zones = [
        {"type": "Feature", "geometry": row.boundary, "properties": {"kind": "zone", "name": row.word(lang)}}
        for row in lookups.zones.values()
        if row.is_active and row.boundary
    ]
    communities = [
        _feature(row.latitude, row.longitude, {"kind": "community", "name": row.word(lang)})
        for row in lookups.communities.values()
        if row.is_active and row.latitude is not None and row.longitude is not None
    ]
    return {"type": "FeatureCollection", "features": [*edges, *zones, *communities]}


def packed_json(content: dict[str, Any], status: int = 200) -> Response:
    """Return compact JSON, packed where the browser can unpack it: points of a town repeat themselves."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    response = Response(
        body, status, mimetype="application/geo+json" if status == 200 else "application/json"
    )
    response.headers["Vary"] = "Accept-Encoding"
    if len(body) > WORTH_PACKING and "gzip" in request.accept_encodings:
        response.set_data(gzip.compress(body, compresslevel=6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def register(admin: Admin) -> None:
    """Add the map to the back office."""
    admin.add_view(MapView())


register_menu_item(
    "work", "map.index_view", _l("แผนที่"), "map-pin", Permission.MAP_READ, 65, args=DEFAULT_ARGS
)
