"""Where things are: zones, communities, roads."""

from __future__ import annotations

import json
from typing import Any

from flask_admin import Admin
from flask_babel import lazy_gettext as _l

from admin_views.base import SecureModelView
from admin_views.fields import CleanTextArea
from admin_views.menu import register_menu_item
from domain.catalogue import check_community, check_road, check_zone, read_boundary
from domain.permissions import Permission
from models import Community, Road, Zone


class BoundaryField(CleanTextArea):
    """A GeoJSON geometry as text."""

    def read(self, text: str) -> dict[str, Any]:
        """Return the geometry."""
        return read_boundary(text, field=self.name)

    def show(self, value: dict[str, Any]) -> str:
        """Write the geometry as GeoJSON."""
        return json.dumps(value, separators=(",", ":"))


class ZoneView(SecureModelView):
    """เขต."""

    table, resource, title = Zone, "zone", _l("เขต")
    page_note = _l("เขตการปกครองย่อย ขอบเขตใช้หาเขตจากหมุด และแยกตัวเลขในรายงาน")
    guarded = frozenset({"is_unknown"})
    rule = staticmethod(check_zone)
    column_list = ("code", "name", "name_en", "is_unknown", "is_active")
    column_details_list = ("code", "name", "name_en", "is_unknown", "is_active", "communities")
    column_searchable_list = ("code", "name", "name_en")
    column_filters = ("is_active",)
    column_default_sort = "sort_order"
    form_columns = ("code", "name", "name_en", "boundary", "sort_order", "is_active")
    form_extra_fields = {
        "boundary": BoundaryField(
            _l("ขอบเขต"), description=_l("GeoJSON ชนิด Polygon หรือ MultiPolygon ใช้หาเขตจากหมุดบนแผนที่")
        )
    }


class CommunityView(SecureModelView):
    """ชุมชน."""

    table, resource, title = Community, "community", _l("ชุมชน")
    page_note = _l("ชุมชนในแต่ละเขต พิกัดใช้เสนอชุมชนจากหมุดบนแผนที่")
    guarded = frozenset({"is_unknown", "name_key"})
    rule = staticmethod(check_community)
    column_list = ("code", "name", "zone", "is_unknown", "is_active")
    column_details_list = ("code", "name", "zone", "latitude", "longitude", "is_unknown", "is_active")
    column_searchable_list = ("code", "name")
    column_sortable_list = ("code", ("name", "name_key"), "is_active")
    column_filters = ("zone", "is_active", "latitude")
    column_default_sort = "name_key"
    form_columns = ("code", "name", "zone", "latitude", "longitude", "is_active")


class RoadView(SecureModelView):
    """ถนนและซอย; the table fills from what officers type."""

    table, resource, title = Road, "road", _l("ถนน/ซอย")
    page_note = _l("ถนนและซอยที่ใช้อ้างอิงจุดเกิดเหตุ เพิ่มเองจากที่เจ้าหน้าที่พิมพ์")
    guarded = frozenset({"name_key"})
    rule = staticmethod(check_road)
    column_list = ("name", "is_active")
    column_searchable_list = ("name",)
    column_sortable_list = (("name", "name_key"), "is_active")
    column_filters = ("is_active",)
    column_default_sort = "name_key"
    form_columns = ("name", "is_active")


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_views(ZoneView(), CommunityView(), RoadView())


register_menu_item("settings", "zone.index_view", _l("เขต"), "map-2", Permission.ZONE_READ, 40)
register_menu_item(
    "settings", "community.index_view", _l("ชุมชน"), "building-community", Permission.COMMUNITY_READ, 41
)
register_menu_item("settings", "road.index_view", _l("ถนน/ซอย"), "road", Permission.ROAD_READ, 42)
