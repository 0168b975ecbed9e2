"""Members: registered, corrected, found by phone; their personal data opened one by one, with a reason.

The form for correcting shows nothing personal: a box left empty keeps what is stored, a dash removes it.
Looking at it is ``reveal``, a POST with a reason that the audit log keeps.
"""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Response, current_app, flash, jsonify, redirect, request, url_for
from flask_admin import Admin, expose
from flask_admin.form import BaseForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import BooleanField

from admin_views import formatters
from admin_views.base import SecureModelView, SecureView, needs
from admin_views.fields import CleanTextField, PhoneField, RuleField, ThaiDateField, with_fields
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups
from admin_views.menu import register_menu_item
from domain.actor import Actor
from domain.addresses import find_subdistricts, read_subdistrict, subdistrict
from domain.errors import DomainError
from domain.members import (
    MemberEntry,
    create_member,
    members_matching,
    record_notice,
    reveal_member,
    scope_members,
    update_member,
)
from domain.permissions import Permission
from domain.vault import Vault
from extensions import write_transaction
from models import LineChannel, Member

MOST_SUGGESTIONS = 12
REMOVED = "-"
ENTRY_COLUMNS = (
    *("title", "first_name", "last_name", "occupation", "agency"),
    *("village_no", "soi", "road", "subdistrict_code", "postal_code", "is_active"),
)
PERSONAL_COLUMNS = ("phone", "birth_date", "national_id", "email", "line_id_text", "house_no")


class SubdistrictField(RuleField):
    """A subdistrict by name or code; the page suggests, the server decides."""

    def read(self, text: str) -> str:
        """Return the six-digit code."""
        return read_subdistrict(text, field=self.name, near=current_lookups().setting("subdistrict_code"))

    def show(self, value: str) -> str:
        """Write the place with the names above it."""
        place = subdistrict(value)
        return place.label if place else value

    def __call__(self, **kwargs: Any) -> Any:
        """Draw the box; a script may ask the address for suggestions."""
        kwargs.setdefault("data-suggest", url_for("address.index"))
        kwargs.setdefault("autocomplete", "off")
        return super().__call__(**kwargs)


class Kept(RuleField):
    """A box that shows nothing of what is stored: empty keeps it, a dash removes it."""

    def process_data(self, value: Any) -> None:
        """Show nothing."""
        self.data = None

    def read(self, text: str) -> Any:
        """Return the new value, or the sign that the old one goes."""
        return REMOVED if text.strip() in {"-", "–"} else super().read(text)


class KeptText(Kept, CleanTextField):
    """A personal text."""


class KeptDate(Kept, ThaiDateField):
    """A personal day."""


class KeptPhone(PhoneField):
    """The phone by which the member is known: kept when empty, never removed."""

    process_data = Kept.process_data


class MemberView(SecureModelView):
    """สมาชิก/ประชาชน."""

    table, resource, title = Member, "member", _l("สมาชิก")
    guarded = frozenset(
        {
            *("name_key", "search_text", "address_text", "created_at", "version", "is_shared"),
            "self_registered_at",
            *("national_id_encrypted", "national_id_hmac", "national_id_last4"),
        }
    )
    masked_columns = frozenset({"phone", "birth_date", "email", "line_id_text", "national_id_last4"})
    column_list = ("first_name", "phone", "address_text", "line_accounts", "is_active")
    eager = (Member.line_accounts,)
    column_export_list = (
        *("title", "first_name", "last_name", "phone", "birth_date", "national_id_last4", "email"),
        *("line_id_text", "occupation", "agency", "address_text", "is_active", "created_at"),
    )
    column_details_list = (
        *("first_name", "phone", "national_id_last4", "birth_date", "email", "line_id_text"),
        *("occupation", "agency", "address_text", "line_accounts", "is_shared", "is_active", "created_at"),
    )
    column_sortable_list = (("first_name", "name_key"), "is_active")
    column_searchable_list = ("search_text",)
    column_filters = ("is_active", "created_at")
    column_default_sort = "name_key"
    column_formatters: ClassVar[dict[str, Any]] = {
        "first_name": lambda _v, _c, row, _n: row.full_name,
        "phone": lambda _v, _c, row, _n: formatters.phone(row.phone),
        "national_id_last4": lambda _v, _c, row, _n: formatters.national_id(row.national_id_last4),
        "birth_date": lambda _v, _c, row, _n: formatters.hidden(row.birth_date),
        "email": lambda _v, _c, row, _n: formatters.email(row.email),
        "line_id_text": lambda _v, _c, row, _n: formatters.hidden(row.line_id_text),
        "line_accounts": lambda _v, _c, row, _n: (
            formatters.NOTHING
            if row.is_shared
            else formatters.line_reach(row.line_accounts, LineChannel.CITIZEN)
        ),
    }
    column_formatters_export: ClassVar[dict[str, Any]] = {
        "phone": lambda _v, _c, row, _n: formatters.phone(row.phone, revealed=True)
    }
    details_template = "admin/member/details.html"
    form_columns = (
        *("phone", "title", "first_name", "last_name", "birth_date", "national_id", "email", "line_id_text"),
        *("occupation", "agency", "house_no", "village_no", "soi", "road", "subdistrict_code"),
        *("postal_code", "is_active"),
    )
    form_extra_fields: ClassVar[dict[str, Any]] = {
        "phone": PhoneField(_l("โทรศัพท์"), required=True),
        "birth_date": ThaiDateField(_l("วันเกิด"), not_future=True, description=_l("ตามบัตร เช่น 03/03/2500")),
        "national_id": CleanTextField(_l("เลขประจำตัวประชาชน")),
        "subdistrict_code": SubdistrictField(_l("ตำบล"), description=_l("พิมพ์ชื่อตำบล หรือตำบลกับอำเภอ")),
    }

    def get_create_form(self) -> type[BaseForm]:
        """Return the form for a new member, with the notice on the use of personal data."""
        form = self.get_form()
        told = BooleanField(_l("แจ้งเจ้าของข้อมูลแล้วว่าเทศบาลเก็บและใช้ข้อมูลเพื่อรับเรื่องร้องทุกข์"))
        return with_fields(form, notice_given=told)

    def get_edit_form(self) -> type[BaseForm]:
        """Return the form for correcting a member, which shows nothing personal."""
        kept = {
            "phone": KeptPhone(_l("โทรศัพท์")),
            "birth_date": KeptDate(_l("วันเกิด"), not_future=True),
            "national_id": KeptText(_l("เลขประจำตัวประชาชน")),
            "email": KeptText(_l("อีเมล")),
            "line_id_text": KeptText(_l("Line ID")),
            "house_no": KeptText(_l("บ้านเลขที่")),
        }
        return with_fields(super().get_edit_form(), **kept)

    def edit_form(self, obj: Any = None) -> Any:
        """Return the form, each personal box saying what is stored in its masked form."""
        form = super().edit_form(obj)
        stored = {name: masked for name, masked in masked_facts(obj).items() if masked != formatters.NOTHING}
        for name, masked in stored.items():
            form[name].description = _("ปัจจุบัน %(masked)s เว้นว่างถ้าไม่เปลี่ยน", masked=masked)
            if name != "phone":
                form[name].description += " " + _("พิมพ์ - ถ้าต้องการลบ")
        return form

    def scope(self, query: Any) -> Any:
        """Narrow to the members the officer may see."""
        return scope_members(query, current_actor())

    def searched(self, search: str) -> Any:
        """Find by a whole phone number or by words of the name."""
        return members_matching(search)

    def search_placeholder(self) -> str:
        """Return what can be typed."""
        return _("เบอร์โทรศัพท์ทั้งหมายเลข หรือชื่อ")

    def insert(self, session: Session, actor: Actor, form: Any) -> Member:
        """Register a citizen."""
        entry = MemberEntry(**{name: form[name].data for name in (*ENTRY_COLUMNS, *PERSONAL_COLUMNS)})
        member = create_member(session, actor, vault(), entry)
        if form.notice_given.data:
            record_notice(session, actor, member, str(current_lookups().setting("notice_version", "1")))
        return member

    def change(self, session: Session, actor: Actor, form: Any, row: Member) -> None:
        """Correct a member's data."""
        personal = {name: _kept(form[name].data, _stored(row, name)) for name in PERSONAL_COLUMNS}
        if form.national_id.data == REMOVED:
            personal["national_id"] = ""
        plain = {name: form[name].data for name in ENTRY_COLUMNS}
        update_member(session, actor, vault(), row, MemberEntry(**plain, **personal))

    @expose("/reveal/", methods=("POST",))
    @needs(Permission.MEMBER_REVEAL)
    def reveal(self) -> Any:
        """Show one member's personal data in full, once, and note who looked and why."""
        member = self.get_one(request.args.get("id"))
        try:
            with write_transaction() as session:
                shown = reveal_member(
                    session, current_actor(), vault(), member, request.form.get("reason", "")
                )
        except DomainError as error:
            flash(error.message_in(language()), "error")
            return redirect(self.get_url(".details_view", id=member.id))
        return self.render(
            self.details_template,
            model=member,
            details_columns=self._details_columns,
            get_value=self.get_detail_value,
            return_url=self.get_url(".index_view"),
            revealed=shown,
        )


class AddressView(SecureView):
    """Suggestions for a subdistrict while it is typed."""

    @expose("/")
    @needs(Permission.MEMBER_READ)
    def index(self) -> Response:
        """Return places that fit ``?q=``, nearest first, as JSON."""
        near = current_lookups().setting("subdistrict_code")
        found = find_subdistricts(request.args.get("q", ""), limit=MOST_SUGGESTIONS, near=near)
        return jsonify(
            [{"value": place.code, "text": f"{place.label} {place.postal_codes[0]}"} for place in found]
        )


def masked_facts(member: Member) -> dict[str, str]:
    """Return what may be shown of a member's personal data without opening it."""
    return {
        "phone": formatters.phone(member.phone),
        "birth_date": formatters.hidden(member.birth_date),
        "national_id": formatters.national_id(member.national_id_last4),
        "email": formatters.email(member.email),
        "line_id_text": formatters.hidden(member.line_id_text),
        "house_no": formatters.hidden(member.house_no),
    }


def vault() -> Vault:
    """Return the application's keys."""
    keys: Vault = current_app.extensions["vault"]
    return keys


def _stored(member: Member, name: str) -> Any:
    return None if name == "national_id" else getattr(member, name)


def _kept(typed: Any, stored: Any) -> Any:
    if typed == REMOVED:
        return None
    return stored if typed is None else typed


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_views(MemberView(), AddressView(name="address", endpoint="address", url="/admin/addresses"))


register_menu_item("work", "member.index_view", _l("สมาชิก"), "users", Permission.MEMBER_READ, 70)
