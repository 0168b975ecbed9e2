"""What goes out and what was done: messages, jobs, the audit log. To read, and to send stuck ones again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import flash, redirect, request
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import Session

from admin_views import formatters
from admin_views.base import SecureModelView, needs
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from domain.actor import Actor
from domain.deliveries import reason_words
from domain.errors import DomainError
from domain.permissions import Permission
from domain.resending import AGAIN, rerun_job, resend_message, scope_deliveries
from extensions import write_transaction
from models import AuditEntry, Base, Job, OutboxMessage


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
                type(self).again(session, current_actor(), self._row(row_id, lock=True))
        except DomainError as error:
            flash(error.message_in(language()), "error")
        else:
            flash(_("สั่งแล้ว ระบบจะทำในไม่ช้า"), "success")
        return redirect(self.get_url(".details_view", id=row_id))


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
    again_question = _l("ส่งข้อความนี้ซ้ำหรือไม่ ผู้รับอาจได้รับสองครั้งถ้าครั้งแรกถึงแล้ว")
    column_list = (
        *("created_at", "channel", "template_key", "recipient_name", "complaint", "state", "last_error"),
        "done_at",
    )
    column_details_list = (*column_list, "attempts", "not_before", "last_status", "provider_request_id")
    column_filters = ("state", "channel", "template_key", "created_at")
    masked_columns = frozenset({"recipient_name"})
    column_formatters: ClassVar[dict[str, Any]] = {
        **LeasedView.column_formatters,
        "recipient_name": lambda _v, _c, row, _n: formatters.person(row.recipient_name),
    }
    form_columns = ()


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
