"""What complaints are about and how they come in; departments and days off; the words of messages."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_admin.helpers import get_redirect_target
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from admin_views.base import SecureModelView, needs
from admin_views.fields import MonthField, month_name
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from admin_views.message_preview import preview_of, priority_words
from admin_views.message_words import WordsField, check_template, every_text, placeholder_names
from admin_views.saving import Refusal
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
from domain.clock import BUDDHIST_OFFSET, today
from domain.days_off import check_holiday
from domain.department_tree import department_tree
from domain.errors import DomainError
from domain.holiday_filling import add_official_days, proposed_days
from domain.labels import duration_text
from domain.permissions import Permission
from domain.questions import every_question_of, write_questions
from domain.thai_text import to_arabic_digits
from extensions import db, write_transaction
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
    page_note = _l("ประเภทหลักของเรื่อง ตัวย่อขึ้นต้นเลขที่คำร้อง และบอกว่าเรื่องเป็นของหน่วยงานใด")
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
    page_note = _l("ประเภทย่อยกำหนดระยะเวลาที่แจ้งประชาชน ภาพที่ต้องมี รัศมีเรื่องใกล้เคียง ฤดูกาล และคำถามเพิ่มเติม")
    rule = staticmethod(check_subcategory)
    complaint_column = "subcategory_id"
    column_list = ("code", "name", "category", "duration_max", "needs_photo", "is_active")
    column_details_list = (*column_list, "name_en", "nearby_radius_m", "season_from", "season_to")
    column_labels = {"duration_max": _l("ระยะเวลาที่แจ้งประชาชน")}
    column_descriptions = {
        "duration_min": _l("ตัวเลขแรกของช่วง เช่น 1 ใน 1–3 วัน เว้นว่างได้ถ้ามีตัวเลขเดียว"),
        "duration_max": _l("กำหนดแล้วเสร็จนับจากตัวเลขนี้"),
        "duration_unit": _l("วันทำการข้ามวันหยุด ชั่วโมงทำการนับเฉพาะเวลาที่เปิด"),
        "needs_photo": _l("บันทึกผลโดยไม่มีภาพไม่ได้ เว้นแต่ตั้งค่ากลางเป็นอย่างอื่น"),
        "nearby_radius_m": _l("ถามว่าซ้ำหรือไม่เมื่อมีเรื่องในรัศมีนี้ เว้นว่างใช้ค่ากลาง 0 คือไม่ถาม"),
        "season_from": _l("ในฤดูกาล ประเภทนี้ขึ้นก่อนเวลาเลือก นอกฤดูกาลยังเลือกได้"),
    }
    column_searchable_list = ("code", "name", "name_en")
    column_filters = ("category", "needs_photo", "is_active", "duration_max")
    column_default_sort = [("category_id", False), ("sort_order", False)]
    column_formatters = {
        "duration_max": lambda _v, _c, row, _n: duration_text(
            row.duration_min, row.duration_max, row.duration_unit
        )
    }
    column_formatters |= {
        name: lambda _v, _c, row, key: month_name(getattr(row, key)) for name in ("season_from", "season_to")
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
        "season_from",
        "season_to",
        "sort_order",
        "is_active",
        "questions",
    )
    form_extra_fields: ClassVar[dict[str, Any]] = {
        "questions": QuestionsField(_l("คำถามเพิ่มเติมตอนรับเรื่อง")),
        "season_from": MonthField(_l("ฤดูกาลตั้งแต่เดือน")),
        "season_to": MonthField(_l("ฤดูกาลถึงเดือน")),
    }

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
    page_note = _l("ช่องทางที่ประชาชนแจ้งเรื่องเข้ามา ใช้ตอนบันทึกเรื่องและแยกตัวเลขในรายงาน")
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
    page_note = _l("สำนัก กอง ฝ่าย งาน ซ้อนกันเป็นชั้น เรื่องและสิทธิ์ของเจ้าหน้าที่ไล่ตามผังนี้")
    rule = staticmethod(check_department)
    column_list = ("name", "short_name", "kind", "parent", "is_intake_centre", "is_active")
    column_details_list = (*column_list, "code", "name_en", "phone", "children")
    column_searchable_list = ("code", "name", "name_en", "short_name")
    column_filters = ("kind", "parent", "is_intake_centre", "is_active")
    column_default_sort = "sort_order"
    toolbar_links = ((".tree", "hierarchy-2", _l("ดูเป็นผัง")),)
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

    @expose("/tree")
    @needs(Permission.DEPARTMENT_READ)
    def tree(self) -> str:
        """Show the parts of the municipality below one another, with who and what belongs to each."""
        return self.render("admin/department/tree.html", parts=department_tree(db.session()))


class HolidayView(SecureModelView):
    """วันหยุดราชการ; promises already made keep their day."""

    table, resource, title = Holiday, "holiday", _l("วันหยุดราชการ")
    page_note = _l("วันที่ไม่นับเป็นวันทำการ หรือเปิดเพียงครึ่งวัน คำมั่นที่ให้ประชาชนไปแล้วไม่เปลี่ยนตาม")
    rule = staticmethod(check_holiday)
    column_list = ("holiday_date", "name", "kind", "opens_at", "closes_at", "is_active")
    column_descriptions = {
        "kind": _l("ชดเชย มติ ครม. หรือของเทศบาลเอง “วันทำการพิเศษ” คือวันหยุดที่เปิดทำงาน"),
        "opens_at": _l("เว้นว่างทั้งสองช่องถ้าปิดทั้งวัน ใส่ทั้งสองช่องถ้าเปิดเพียงช่วงนั้น เช่น 08:30"),
        "closes_at": _l("เช่น 12:00 เมื่อหยุดครึ่งวันบ่าย"),
    }
    column_searchable_list = ("name",)
    column_filters = ("holiday_date", "kind", "is_active")
    column_default_sort = ("holiday_date", True)
    form_columns = ("holiday_date", "name", "kind", "opens_at", "closes_at", "is_active")
    toolbar_links = ((".year", "calendar", _l("เติมวันหยุดทั้งปี")),)

    @expose("/year", methods=("GET", "POST"))
    @needs(Permission.HOLIDAY_UPDATE)
    def year(self) -> Any:
        """Show the official days off of a year beside the town's own; add those that are ticked."""
        year = chosen_year(request.values.get("year", ""))
        try:
            if request.method == "POST":
                wanted = chosen_days(request.form.getlist("day"))
                with write_transaction() as session:
                    added = add_official_days(session, current_actor(), year, wanted)
                flash(_("เพิ่มวันหยุดแล้ว %(count)s วัน", count=added), "success")
                return redirect(url_for(".year", year=year + BUDDHIST_OFFSET), 303)
            days = proposed_days(db.session(), year)
        except DomainError as error:
            flash(error.message_in(language()), "error")
            days = []
        years = [today().year + more + BUDDHIST_OFFSET for more in range(-1, 4)]
        shown = year + BUDDHIST_OFFSET
        return self.render("admin/holiday/year.html", days=days, year=shown, years=sorted({*years, shown}))


def chosen_year(text: str) -> int:
    """Return the Christian year of a typed Buddhist one; without a readable one next year."""
    plain = to_arabic_digits(text).strip()
    return int(plain) - BUDDHIST_OFFSET if plain.isdecimal() and len(plain) <= 4 else today().year + 1


def chosen_days(texts: list[str]) -> list[date]:
    """Return the ticked dates; what is none is left out."""
    return [date.fromisoformat(text) for text in texts if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII)]


class ImportMappingView(SecureModelView):
    """ตารางแปลงคำนำเข้า."""

    table, resource, title = ImportMapping, "import_map", _l("ตารางแปลงคำนำเข้า")
    page_note = _l("คำในระบบเดิมตรงกับรหัสใดในระบบนี้ ใช้ตอนนำเข้าเรื่องจากระบบอื่น")
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
    page_note = _l("ถ้อยคำของข้อความแต่ละแบบ แก้คำได้ ส่วนผู้รับและทางที่ส่งตั้งที่ “ใครได้รับแจ้งทางใด”")
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
    edit_template = "admin/message_template/edit.html"
    details_template = "admin/message_template/details.html"
    preview_of = staticmethod(preview_of)
    priority_words = staticmethod(priority_words)

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

    def show_refusal(self, error: Refusal, form: Any, row_id: int | None = None) -> None:
        """Put errors of words beside their boxes too."""
        super().show_refusal(error, form, row_id)
        if form is not None and isinstance(error, DomainError):
            form.words.place(error)

    @expose("/preview/", methods=("POST",))
    @needs(Permission.MESSAGE_TEMPLATE_READ)
    def preview(self) -> str:
        """Draw the typed words as they would look, with what is wrong with them; nothing is kept."""
        template = self._row(request.args.get("id"))
        form = self.edit_form(template)
        form.validate()
        unsaved = MessageTemplate(layout=template.layout, words=dict(form.words.data))
        try:
            check_template(db.session(), current_actor(), unsaved)
        except DomainError as error:
            self.show_refusal(error, form)
        return self.render(
            self.edit_template,
            model=template,
            form=form,
            form_opts=None,
            return_url=get_redirect_target() or self.get_url(".index_view"),
            is_preview=True,
        )


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
