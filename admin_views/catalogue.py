"""What complaints are about and how they come in; departments and days off; the words of messages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from flask import flash, request
from flask_admin import Admin
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from admin_views.base import SecureModelView
from admin_views.menu import register_menu_item
from admin_views.message_words import WordsField, check_template, every_text, placeholder_names
from admin_views.subtype_questions import QuestionsField, shown
from domain.actor import Actor
from domain.catalogue import (
    check_category,
    check_channel,
    check_department,
    check_import_mapping,
    check_subcategory,
    unfinished_complaints,
)
from domain.labels import duration_text
from domain.permissions import Permission
from domain.questions import every_question_of, write_questions
from extensions import db
from models import (
    Category,
    Channel,
    Complaint,
    Department,
    Holiday,
    ImportMapping,
    MessageTemplate,
    Subcategory,
)


class KeepsComplaints:
    """Says what becomes of unfinished complaints when their type is switched off: they keep it."""

    complaint_column: ClassVar[str]  # The column of Complaint that points at these rows.

    def after_model_change(self, form: Any, model: Any, is_created: bool) -> None:
        """Tell the officer how many complaints still use a row he switched off."""
        column = getattr(Complaint, self.complaint_column)
        left = 0 if model.is_active else unfinished_complaints(db.session(), column, model.id)
        if left:
            flash(_("มีเรื่องที่ยังไม่เสร็จ %(count)s เรื่องใช้รายการนี้อยู่ เรื่องเหล่านั้นคงเดิม", count=left), "warning")


class CategoryView(KeepsComplaints, SecureModelView):
    """ตัวย่อ (ประเภทหลัก)."""

    table, resource, title = Category, "category", _l("ตัวย่อ (ประเภทหลัก)")
    rule = staticmethod(check_category)
    complaint_column = "category_id"
    column_list = ("code", "name", "department", "is_active")
    column_details_list = ("code", "name", "name_en", "department", "is_active", "subcategories")
    column_searchable_list = ("code", "name", "name_en")
    column_filters = ("department", "is_active")
    column_default_sort = "sort_order"
    column_descriptions = {"code": _l("ขึ้นต้นเลขที่คำร้อง เช่น อส. ได้เลขที่ อส. 56/2569")}
    form_columns = ("code", "name", "name_en", "department", "sort_order", "is_active")


class SubcategoryView(KeepsComplaints, SecureModelView):
    """ตัวย่อย่อย, with its promised time."""

    table, resource, title = Subcategory, "subcategory", _l("ตัวย่อย่อย")
    rule = staticmethod(check_subcategory)
    complaint_column = "subcategory_id"
    column_list = ("code", "name", "category", "duration_max", "needs_photo", "is_active")
    column_details_list = (*column_list, "name_en", "nearby_radius_m")
    column_labels = {"duration_max": _l("ระยะเวลาที่แจ้งประชาชน")}
    column_searchable_list = ("code", "name", "name_en")
    column_filters = ("category", "needs_photo", "is_active", "duration_max")
    column_default_sort = [("category_id", False), ("sort_order", False)]
    column_formatters = {
        "duration_max": lambda _v, _c, row, _n: duration_text(
            row.duration_min, row.duration_max, row.duration_unit
        )
    }
    form_args = {"duration_max": {"label": _l("ระยะเวลาอย่างช้า")}}
    form_columns = (
        "code",
        "name",
        "name_en",
        "category",
        "duration_min",
        "duration_max",
        "duration_unit",
        "needs_photo",
        "nearby_radius_m",
        "sort_order",
        "is_active",
        "questions",
    )
    form_extra_fields: ClassVar[dict[str, Any]] = {"questions": QuestionsField(_l("คำถามเพิ่มเติมตอนรับเรื่อง"))}

    def edit_form(self, obj: Any = None) -> Any:
        """Return the form with a row for each question the subtype asks."""
        form = super().edit_form(obj)
        if request.method == "GET" and obj is not None and not form.questions.entries:
            for question in every_question_of(db.session(), obj.id):
                form.questions.append_entry(shown(question))
        return form

    def insert(self, session: Session, actor: Actor, form: Any) -> Subcategory:
        """Add a subtype with its questions."""
        row: Subcategory = super().insert(session, actor, form)
        write_questions(session, actor, row, form.questions.questions())
        return row

    def change(self, session: Session, actor: Actor, form: Any, row: Subcategory) -> None:
        """Change a subtype and its questions."""
        super().change(session, actor, form, row)
        write_questions(session, actor, row, form.questions.questions())


class ChannelView(SecureModelView):
    """ช่องทางการแจ้ง, under the five groups of 000-32."""

    table, resource, title = Channel, "channel", _l("ช่องทางการแจ้ง")
    rule = staticmethod(check_channel)
    column_list = ("name", "channel_group", "is_active")
    column_details_list = ("code", "name", "name_en", "channel_group", "is_active")
    column_searchable_list = ("code", "name", "name_en")
    column_filters = ("channel_group", "is_active")
    column_default_sort = "sort_order"
    form_columns = ("code", "name", "name_en", "channel_group", "sort_order", "is_active")


class DepartmentView(SecureModelView):
    """สำนัก กอง ฝ่าย งาน."""

    table, resource, title = Department, "department", _l("หน่วยงาน")
    rule = staticmethod(check_department)
    column_list = ("name", "short_name", "kind", "parent", "is_intake_centre", "is_active")
    column_details_list = (*column_list, "code", "name_en", "phone", "children")
    column_searchable_list = ("code", "name", "name_en", "short_name")
    column_filters = ("kind", "parent", "is_intake_centre", "is_active")
    column_default_sort = "sort_order"
    form_columns = (
        "code",
        "name",
        "name_en",
        "short_name",
        "kind",
        "parent",
        "phone",
        "is_intake_centre",
        "sort_order",
        "is_active",
    )


class HolidayView(SecureModelView):
    """วันหยุดราชการ; promises already made keep their day."""

    table, resource, title = Holiday, "holiday", _l("วันหยุดราชการ")
    column_list = ("holiday_date", "name", "is_active")
    column_searchable_list = ("name",)
    column_filters = ("holiday_date", "is_active")
    column_default_sort = ("holiday_date", True)
    form_columns = ("holiday_date", "name", "is_active")


class ImportMappingView(SecureModelView):
    """ตารางแปลงคำนำเข้า."""

    table, resource, title = ImportMapping, "import_map", _l("ตารางแปลงคำนำเข้า")
    deletable = True
    rule = staticmethod(check_import_mapping)
    column_list = ("source", "field", "external_label", "target_code")
    column_searchable_list = ("source", "external_label", "target_code")
    column_filters = ("source", "field", "external_label")
    column_default_sort = [("source", False), ("field", False), ("external_label", False)]
    form_columns = ("source", "field", "external_label", "target_code")


class MessageTemplateView(SecureModelView):
    """ข้อความแจ้งเตือน; rows come with the product, only their words are the municipality's."""

    table, resource, title = MessageTemplate, "message_template", _l("ข้อความแจ้งเตือน")
    guarded = frozenset({"key", "language", "layout"})
    can_create = False
    rule = staticmethod(check_template)
    column_list = ("key", "language", "is_active")
    column_details_list = ("key", "language", "layout", "is_active")
    column_searchable_list = ("key",)
    column_filters = ("language", "is_active")
    column_default_sort = [("key", False), ("language", True)]
    form_columns = ("words", "is_active")
    form_extra_fields = {"words": WordsField(_l("ถ้อยคำ"))}

    def edit_form(self, obj: Any = None) -> Any:
        """Return the form with a box for each text the layout can show, written or not."""
        form = super().edit_form(SimpleNamespace(words=every_text(obj), is_active=obj.is_active))
        form.words.description = _(
            "%(key)s (%(language)s) คำแทนที่ใช้ได้ในวงเล็บปีกกา: %(names)s",
            key=obj.key,
            language=obj.language,
            names=placeholder_names(),
        )
        return form


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_views(
        CategoryView(),
        SubcategoryView(),
        ChannelView(),
        DepartmentView(),
        HolidayView(),
        ImportMappingView(),
        MessageTemplateView(),
    )


for _endpoint, _label, _icon, _permission, _order in (
    ("category", _l("ตัวย่อ"), "category", Permission.CATEGORY_READ, 10),
    ("subcategory", _l("ตัวย่อย่อย"), "category-2", Permission.SUBCATEGORY_READ, 11),
    ("channel", _l("ช่องทางการแจ้ง"), "route", Permission.CHANNEL_READ, 12),
    ("department", _l("หน่วยงาน"), "hierarchy-2", Permission.DEPARTMENT_READ, 20),
    ("holiday", _l("วันหยุดราชการ"), "calendar", Permission.HOLIDAY_READ, 50),
    ("message_template", _l("ข้อความแจ้งเตือน"), "message-2", Permission.MESSAGE_TEMPLATE_READ, 51),
    ("import_mapping", _l("ตารางแปลงคำนำเข้า"), "file-import", Permission.IMPORT_MAP_READ, 52),
):
    register_menu_item("settings", f"{_endpoint}.index_view", _label, _icon, _permission, _order)
