"""What goes out and what was done: messages, jobs, the audit log. To read, and to send stuck ones again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import Session

from admin_views import formatters
from admin_views.base import SecureModelView, needs
from admin_views.fates import fate_look, fate_words
from admin_views.fields import LARGEST_INTEGER
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from domain.actor import Actor
from domain.deliveries import reason_words
from domain.errors import DomainError
from domain.permissions import Permission
from domain.resending import (
    AGAIN,
    may_arrive_twice,
    rerun_job,
    resend_many,
    resend_message,
    scope_deliveries,
)
from extensions import write_transaction
from models import AuditEntry, Base, DeliveryState, Job, OutboxMessage

MOST_ROWS = 100
STUCK = "dead,failed"
WAITING = "ready,leased"


class LeasedView(SecureModelView):
    """Rows the worker takes: to read, and to send again when they are stuck."""

    table, resource, title = Job, "delivery", _l("งานเบื้องหลัง")
    again: ClassVar[Callable[[Session, Actor, Any], Any]] = rerun_job
    again_words: ClassVar[Any] = _l("ทำอีกครั้ง")
    again_question: ClassVar[Any] = _l("ให้ทำงานนี้อีกครั้งหรือไม่")
    simple_list_pager = True
    details_template = "admin/delivery/details.html"
    column_sortable_list: ClassVar[Any] = ()
    column_default_sort = ("id", True)
    column_formatters: ClassVar[dict[str, Any]] = {
        "last_error": lambda _v, _c, row, _n: reason_words(row.last_error, language()) or None,
    }
    form_columns = ()

    def scope(self, query: Any) -> Any:
        """Narrow to what belongs to the complaints the officer may see."""
        return scope_deliveries(query, self.table, current_actor())

    def can_send_again(self, row: Any) -> bool:
        """Tell whether the button is shown; the rule asks again."""
        return row.state in AGAIN and self.admits("send_again")

    @expose("/again/", methods=("POST",))
    @needs(Permission.DELIVERY_RESEND)
    def send_again(self) -> Any:
        """Send a stuck row again."""
        row_id = request.args.get("id")
        self._row(row_id)
        try:
            with write_transaction() as session:
                self.do_again(session, self._row(row_id, lock=True))
        except DomainError as error:
            flash(error.message_in(language()), "error")
        else:
            flash(_("สั่งแล้ว ระบบจะทำในไม่ช้า"), "success")
        return redirect(self.get_url(".details_view", id=row_id))

    def needs_reason(self, _row: Any) -> bool:
        """Tell whether doing it again must be explained."""
        return False

    def do_again(self, session: Session, row: Any) -> None:
        """Do what the button says."""
        type(self).again(session, current_actor(), row)


class JobView(LeasedView):
    """งานเบื้องหลัง."""

    table, resource, title = Job, "delivery", _l("งานเบื้องหลัง")
    column_list = ("created_at", "kind", "state", "progress", "attempts", "last_error", "done_at")
    column_details_list = (*column_list, "not_before", "first_attempt_at", "leased_until", "max_attempts")
    column_filters = ("state", "kind", "created_at")
    form_columns = ()


class OutboxMessageView(LeasedView):
    """ข้อความขาออก."""

    table, resource, title = OutboxMessage, "delivery", _l("ข้อความขาออก")
    again = resend_message
    again_words = _l("ส่งซ้ำ")
    again_question = _l("ส่งข้อความนี้ซ้ำหรือไม่")
    list_template = "admin/delivery/list.html"
    column_list = (
        *("created_at", "channel", "template_key", "recipient_name", "complaint", "state", "last_error"),
        "done_at",
    )
    column_details_list = (
        *(*column_list, "priority", "attempts", "not_before", "first_attempt_at", "last_status"),
        "provider_request_id",
    )
    column_filters = ("state", "channel", "template_key", "priority", "created_at")
    masked_columns = frozenset({"recipient_name"})
    column_formatters: ClassVar[dict[str, Any]] = {
        **LeasedView.column_formatters,
        "recipient_name": lambda _v, _c, row, _n: formatters.person(row.recipient_name),
        "state": lambda _v, _c, row, _n: state_cell(row),
    }
    column_formatters_export: ClassVar[dict[str, Any]] = {"state": lambda _v, _c, row, _n: fate_words(row)}
    form_columns = ()

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """Return the tabs over the list: words, address, whether it is the one that shows."""
        chosen = request.args.get("flt_state__in", "")
        tabs = (("", _("ทั้งหมด")), (WAITING, _("รอส่ง")), (STUCK, _("ค้างหรือไม่สำเร็จ")))
        return [
            (words, url_for(".index_view", **({"flt_state__in": value} if value else {})), value == chosen)
            for value, words in tabs
        ]

    def filter_fields(self) -> list[dict[str, Any]]:
        """Return the filters; what a tab stands for reads as its words."""
        fields = super().filter_fields()
        for field in fields:
            if field["name"] == "flt_state__in":
                field["options"] = [(WAITING, _("รอส่ง")), (STUCK, _("ค้างหรือไม่สำเร็จ"))]
        return fields

    def get_actions_list(self) -> tuple[list[Any], dict[Any, Any]]:
        """Return what can be done with chosen rows: sending again, while stuck ones are looked at."""
        is_offered = request.args.get("flt_state__in") == STUCK and self.admits("send_many_again")
        return ([("again", _("ส่งซ้ำที่เลือก"))] if is_offered else []), {}

    def needs_reason(self, row: OutboxMessage) -> bool:
        """Tell whether sending again must be explained: it may arrive twice."""
        return may_arrive_twice(row)

    def do_again(self, session: Session, row: OutboxMessage) -> None:
        """Send a stuck message again."""
        resend_message(session, current_actor(), row, request.form.get("reason", ""))

    @expose("/again-many/", methods=("POST",))
    @needs(Permission.DELIVERY_RESEND)
    def send_many_again(self) -> Any:
        """Send the chosen messages again; those that may not go are named with why."""
        chosen = [int(one) for one in request.form.getlist("rowid")[:MOST_ROWS] if _is_row_id(one)]
        reason = request.form.get("reason", "")
        with write_transaction() as session:
            count, problems = resend_many(session, current_actor(), chosen, reason)
        if count:
            flash(_("สั่งส่งซ้ำแล้ว %(count)s ข้อความ ระบบจะส่งในไม่ช้า", count=count), "success")
        for words in dict.fromkeys(problem.message_in(language()) for problem in problems):
            flash(_("ไม่ได้ส่งซ้ำบางข้อความ: %(why)s", why=words), "error")
        if not chosen:
            flash(_("ยังไม่ได้เลือกข้อความ"), "warning")
        return redirect(url_for(".index_view", flt_state__in=STUCK), 303)


def _is_row_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_INTEGER


def state_cell(message: OutboxMessage) -> Markup:
    """Return the badge of a message's fate; one that went with another leads there."""
    badge = formatters.badge(fate_look(message), fate_words(message))
    if message.state is not DeliveryState.MERGED or message.merged_into_id is None:
        return badge
    address = url_for("outbox_message.details_view", id=message.merged_into_id)
    return Markup('<a href="{}">{}</a>').format(address, badge)


class AuditEntryView(SecureModelView):
    """บันทึกการใช้งาน; append-only, so there is nothing here but reading."""

    table, resource, title = AuditEntry, "audit", _l("บันทึกการใช้งาน")
    simple_list_pager = True
    column_list = ("at", "actor_name", "action", "object_type", "object_id", "reason", "ip_address")
    column_details_list = (*column_list, "actor_kind", "changes", "seal")
    column_export_list = (*column_list, "changes")
    column_sortable_list: ClassVar[Any] = ()
    column_filters = ("at", "action", "object_type", "object_id", "staff_user_id")
    column_default_sort = ("id", True)
    column_formatters: ClassVar[dict[str, Any]] = {
        "object_type": lambda _v, _c, row, _n: object_words(row.object_type),
        "changes": lambda _v, _c, row, _n: Markup("<br>").join(change_lines(row)) or None,
    }
    column_formatters_export: ClassVar[dict[str, Any]] = {
        "object_type": lambda _v, _c, row, _n: object_words(row.object_type),
        "changes": lambda _v, _c, row, _n: "\n".join(change_lines(row)),
    }
    form_columns = ()


def object_words(table_name: str) -> str:
    """Return what a table's rows are called, from its class's Thai name; the name itself when unknown."""
    for mapper in Base.registry.mappers:
        if mapper.local_table.name == table_name and mapper.class_.__doc__:  # type: ignore[attr-defined]
            return mapper.class_.__doc__.partition(" — ")[0].strip()
    return table_name


def change_lines(entry: AuditEntry) -> list[str]:
    """Return one line for each changed column or noted fact."""
    table = Base.metadata.tables.get(entry.object_type)
    lines = []
    for name, value in entry.changes.items():
        known = table is not None and name in table.columns
        label = table.columns[name].info.get("label", name) if table is not None and known else name
        lines.append(f"{label}: {_change(value)}")
    return lines


def _change(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        before, after = ("–" if part is None else str(part) for part in value)
        return f"{before} → {after}"
    if isinstance(value, dict):
        return "; ".join(f"{name} {_change(part)}" for name, part in value.items())
    return str(value)


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_views(OutboxMessageView(), JobView(), AuditEntryView())


register_menu_item(
    "system", "outbox_message.index_view", _l("ข้อความขาออก"), "send", Permission.DELIVERY_READ, 10
)
register_menu_item("system", "job.index_view", _l("งานเบื้องหลัง"), "refresh", Permission.DELIVERY_READ, 11)
register_menu_item(
    "system", "audit_entry.index_view", _l("บันทึกการใช้งาน"), "history", Permission.AUDIT_READ, 20
)
