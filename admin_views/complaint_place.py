"""The map of a complaint's forms: what it draws, what lies around a pin, and the search for a place."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from flask import Response, current_app, flash, jsonify, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _

from admin_views.base import SecureView, needs
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups
from admin_views.map import areas_of, packed_json
from admin_views.photo_intake import form_token, take_photos
from admin_views.place_words import Hit, Search, distance_words, hit_of, pin_hit, said_of
from domain.coordinate_text import is_like_coordinates
from domain.coordinates import Coordinates, parse_coordinates
from domain.drafts import save_draft
from domain.errors import DomainError, InvalidField
from domain.permissions import Permission
from domain.place_search import find_places
from domain.placing import Surroundings, surroundings
from domain.settings import DEFAULTS
from domain.thai_text import search_form
from extensions import db, write_transaction
from geocoding import Geocoder
from models import AttachmentStage

__all__ = ["around_pin", "distance_words", "map_facts", "said_of"]

AN_HOUR: Final = 3600
ENTRY_FORM: Final = "/admin/complaint/new"
CHOSEN: Final = frozenset({"latitude", "longitude", "zone_id", "community_id", "road_name"})


class PlaceView(SecureView):
    """Small answers for the map, and the search of a browser without script."""

    def __init__(self) -> None:
        self._default_view = "around"
        super().__init__(name="place", endpoint="complaint_place", url="/admin/complaint")

    @expose("/around.json")
    @needs(Permission.COMPLAINT_READ)
    def around(self) -> Response:
        """Read a pin, however it was typed, and say what lies around it."""
        try:
            pin = parse_coordinates(request.args.get("lat"), request.args.get("lon"))
        except InvalidField as error:
            return jsonify(said=error.message_in(language()), is_bad=True, instead=_right_way(error))
        found = around_pin(pin)
        return jsonify(
            latitude=str(pin.latitude) if pin else None,
            longitude=str(pin.longitude) if pin else None,
            zone_id=found.zone.id if found and found.zone else None,
            community_id=found.community.id if found and found.community else None,
            said=said_of(found) if found else "",
            is_unsure=bool(found and (found.is_outside or found.is_near_border)),
            links=map_links(pin),
        )

    @expose("/places.json")
    @needs(Permission.COMPLAINT_READ)
    def places(self) -> Response:
        """Find places by name; ``far`` asks the municipality's geocoder as well."""
        found = search(request.args.get("q", ""), far="far" in request.args)
        return jsonify(hits=[hit.as_json() for hit in found.hits], said=found.said, far=found.far)

    @expose("/areas.json")
    @needs(Permission.COMPLAINT_READ)
    def areas(self) -> Response:
        """Return edge, zones and communities; the address carries the version, so it may be kept."""
        return _kept(packed_json(areas_of(current_lookups())))

    @expose("/zones.json")
    @needs(Permission.COMPLAINT_READ)
    def zones(self) -> Response:
        """Return the zones alone as GeoJSON, for the small map."""
        features = [
            {
                "type": "Feature",
                "properties": {"name": zone.word(language())},
                "geometry": zone.boundary,
            }
            for zone in current_lookups().zones.values()
            if zone.boundary and zone.is_active
        ]
        return _kept(jsonify(type="FeatureCollection", features=features))

    @expose("/new/place", methods=("POST",))
    @needs(Permission.COMPLAINT_CREATE)
    def choose(self) -> Any:
        """Search, or take a place that was found, without script: what is typed becomes a draft meanwhile."""
        token = form_token(request.form.get("form_token"))
        fields = {**request.form.to_dict(flat=False), "form_token": [token]}
        chosen = dict(parse_qsl(request.form.get("place_found", "")))
        fields.update({name: [value] for name, value in chosen.items() if name in CHOSEN})
        query = "" if chosen else request.form.get("place_query", "")[:300]
        try:
            for refused in take_photos(token, AttachmentStage.BEFORE):
                flash(f"{refused.name}: {refused.message}", "warning")
            with write_transaction() as session:
                save_draft(
                    session,
                    current_actor(),
                    ENTRY_FORM,
                    token,
                    fields,
                    vault=current_app.extensions["vault"],
                )
        except DomainError as error:
            flash(error.message_in(language()), "warning")
        wanted = {"places": query or None, "far": request.form.get("far") and "1"}
        return redirect(
            url_for("complaint_entry.entry", draft=token, _anchor="where-title", **wanted), code=303
        )


def map_facts() -> dict[str, Any]:
    """Return what the map of a page needs: where its lines and answers are, its tiles, where to look."""
    lookups = current_lookups()

    def setting(key: str) -> Any:
        return lookups.setting(key, DEFAULTS.get(key, ""))

    latitude, longitude = setting("map_latitude"), setting("map_longitude")
    asked = request.args.get("places", "")
    return {
        "zones": url_for("complaint_place.zones", v=lookups.version),
        "areas": url_for("complaint_place.areas", v=lookups.version, words=language()),
        "around": url_for("complaint_place.around"),
        "search": url_for("complaint_place.places"),
        "tiles": setting("map_tile_url") or None,
        "attribution": setting("map_attribution") or None,
        "max_zoom": setting("map_max_zoom") or None,
        "center": f"{latitude},{longitude}" if latitude and longitude else None,
        "zoom": setting("map_zoom") or None,
        "found": search(asked, far="far" in request.args) if asked else None,
        "far": _geocoder()[1],
        "links_of": _typed_links,
    }


def around_pin(pin: Coordinates | None) -> Surroundings | None:
    """Return what lies around a pin, None without one."""
    return surroundings(current_lookups(), *pin) if pin else None


def map_links(pin: Coordinates | None) -> dict[str, str] | None:
    """Return the addresses of Google Maps and Street View at a pin, to see what is there (000-46)."""
    if pin is None:
        return None
    point = f"{pin.latitude},{pin.longitude}"
    maps = "https://www.google.com/maps"
    return {
        "map": f"{maps}/search/?{urlencode({'api': 1, 'query': point})}",
        "street": f"{maps}/@?{urlencode({'api': 1, 'map_action': 'pano', 'viewpoint': point})}",
    }


def search(query: str, *, far: bool = False) -> Search:
    """Find places by name, or read the coordinates or the link that was pasted instead of a name."""
    typed = search_form(query[:2_000])
    if not typed:
        return Search(query)
    if is_like_coordinates(typed):
        return _search_point(query)
    lookups = current_lookups()
    session = db.session()
    found = find_places(session, current_actor(), lookups, query, language=language())
    session.rollback()  # No transaction stays open while the geocoder is asked.
    hits = [hit_of(place, lookups) for place in found]
    url, label = _geocoder()
    if far and url:
        return _search_far(query, hits, url, label)
    said = "" if hits else _("ไม่พบ “%(query)s” ในชื่อชุมชน ถนน และเขต ปักหมุดบนแผนที่ได้เลย", query=query[:60])
    return Search(query, hits, said, label)


def _search_point(query: str) -> Search:
    try:
        pin = parse_coordinates(query, "")
    except InvalidField as error:
        right = _right_way(error)
        hits = [pin_hit(right["latitude"], right["longitude"])] if right else []
        return Search(query, hits, error.message_in(language()))
    around = around_pin(pin)
    hits = [pin_hit(str(pin.latitude), str(pin.longitude), said_of(around) if around else "")] if pin else []
    return Search(query, hits)


def _search_far(query: str, hits: list[Hit], url: str, label: str) -> Search:
    geocoder: Geocoder = current_app.extensions["geocoder"]
    answer = geocoder.ask(url, query)
    if answer is None:
        said = _("%(label)s ไม่ตอบในขณะนี้ เลือกจากรายการ หรือปักหมุดบนแผนที่ได้เลย", label=label)
        return Search(query, hits, said, label)
    for place in answer:
        try:
            pin = parse_coordinates(place.latitude, place.longitude)
        except InvalidField:
            continue  # A namesake in another country.
        if pin:
            hits.append(pin_hit(str(pin.latitude), str(pin.longitude), label, name=place.name))
    return Search(query, hits, "" if hits else _("ไม่พบ “%(query)s”", query=query[:60]))


def _geocoder() -> tuple[str, str]:
    """Return the geocoder's address and its name for people; both empty while it is off."""
    lookups = current_lookups()
    url = str(lookups.setting("geocoder_url", "") or "")
    label = str(lookups.setting("geocoder_label", "") or "")
    return (url, label or _("แหล่งข้อมูลภายนอก")) if url else ("", "")


def _right_way(error: InvalidField) -> dict[str, str] | None:
    """Return the pair an error suggests instead."""
    if error.code != "coordinates_swapped":
        return None
    return {name: str(error.params[name]) for name in ("latitude", "longitude")}


def _typed_links(latitude: Any, longitude: Any) -> dict[str, str] | None:
    try:
        return map_links(parse_coordinates(latitude, longitude))
    except InvalidField:
        return None


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = f"private, max-age={AN_HOUR}"
    return response


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.app.extensions["geocoder"] = Geocoder()
    admin.add_view(PlaceView())
