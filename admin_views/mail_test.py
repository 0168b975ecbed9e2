"""The button that tries the mail settings, and the page that tells how it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, current_app, flash, redirect, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.base import SecureView, needs
from admin_views.guard import language
from admin_views.identity import current_actor
from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.errors import DomainError, NotPermitted
from domain.mail_testing import ask_for_test_letter, own_test_letter
from domain.permissions import Permission
from domain.settings import read_setting
from extensions import db, write_transaction
from models import DeliveryState, OutboxMessage

PATIENCE_SECONDS = 30
LARGEST_ID = 2**31 - 1
WAITING = frozenset({DeliveryState.READY, DeliveryState.LEASED})


class MailTestView(SecureView):
    """Sends nothing itself: the worker does, as it sends every letter."""

    def __init__(self) -> None:
        self._default_view = "result"
        super().__init__(name=_l("ทดสอบการส่งอีเมล"), endpoint="mail_test", url="/admin/settings/mail")

    @expose("/test", methods=("POST",))
    @needs(Permission.SETTING_UPDATE)
    def send(self) -> Any:
        """Ask for a letter to the officer's own address."""
        try:
            with write_transaction() as session:
                letter_id = ask_for_test_letter(session, current_actor()).id
        except DomainError as error:
            flash(error.message_in(language()), "error")
            return redirect(url_for("setting.section", section="mail"), 303)
        _wake_worker()
        return redirect(url_for(".result", letter_id=letter_id), 303)

    @expose("/test/<int:letter_id>")
    @needs(Permission.SETTING_UPDATE)
    def result(self, letter_id: int) -> Any:
        """Tell how it went, or that it is still under way."""
        session = db.session()
        try:
            letter = own_test_letter(session, current_actor(), min(letter_id, LARGEST_ID))
        except NotPermitted:
            abort(404)
        host, port = str(read_setting(session, "mail_host")), int(read_setting(session, "mail_port"))
        is_waiting = letter.state in WAITING
        is_slow = is_waiting and (now() - letter.created_at).total_seconds() > PATIENCE_SECONDS
        words = None if is_waiting else outcome_words(letter, host, port)
        return self.render(
            "admin/mail/result.html", letter=letter, words=words, is_waiting=is_waiting, is_slow=is_slow
        )


def _wake_worker() -> None:
    """End the sleep of the worker in this process, if there is one; others notice within seconds."""
    ring: Callable[[], None] | None = current_app.extensions.get("wake_worker")
    if ring is not None:
        ring()


def outcome_words(letter: OutboxMessage, host: str, port: int) -> str:
    """Return how a test ended, and what mends it."""
    if letter.state is DeliveryState.SENT:
        return _("ส่งถึงเครื่องส่งแล้ว กรุณาดูในกล่องจดหมายของท่าน รวมถึงกล่องจดหมายขยะ")
    code = (letter.last_error or "").partition(":")[0]
    where = {"host": host, "port": port}
    sentences = {
        DeliveryReason.MAIL_UNAUTHORISED: _("เครื่องส่งไม่รับรหัสผ่าน: ตรวจชื่อผู้ใช้และรหัสผ่าน"),
        DeliveryReason.MAIL_UNREACHABLE: _(
            "ติดต่อ %(host)s พอร์ต %(port)s ไม่ได้: ตรวจชื่อเครื่อง พอร์ต และไฟร์วอลล์", **where
        ),
        DeliveryReason.MAIL_LATER: _("เครื่องส่งขอให้ส่งใหม่ภายหลัง: รอสักครู่แล้วทดสอบอีกครั้ง"),
        DeliveryReason.MAIL_INSECURE: _(
            "เข้ารหัสกับ %(host)s ไม่ได้: ตรวจช่องการเข้ารหัส พอร์ต และใบรับรองของเครื่องส่ง", **where
        ),
        DeliveryReason.MAIL_SENDER: _("เครื่องส่งไม่ให้ส่งจากที่อยู่นี้: ตรวจช่อง “ส่งจากอีเมล”"),
        DeliveryReason.MAIL_RECIPIENT: _("เครื่องส่งไม่รับที่อยู่ของท่าน: ตรวจอีเมลในบัญชีของท่าน"),
        DeliveryReason.MAIL_REFUSED: _("เครื่องส่งไม่รับจดหมาย: ดูคำตอบของเครื่องส่งด้านล่าง"),
        DeliveryReason.CHANNEL_OFF: _("ยังไม่ได้ตั้งเครื่องส่งอีเมล"),
        DeliveryReason.MAIL_GONE: _("อีเมลของบัญชีท่านเปลี่ยนไปแล้ว กรุณาทดสอบอีกครั้ง"),
        DeliveryReason.EXPIRED: _("ไม่ได้ส่งภายใน 10 นาที: ตรวจว่างานเบื้องหลังทำงานอยู่ แล้วทดสอบอีกครั้ง"),
    }
    return sentences.get(DeliveryReason(code)) if code in sentences else _("ส่งไม่สำเร็จ กรุณาทดสอบอีกครั้ง")


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(MailTestView())
