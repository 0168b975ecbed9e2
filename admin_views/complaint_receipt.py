"""The slip of a saved complaint: what the complainant is told, printed or sent, and the next case."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, redirect, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from admin_views.base import SecureView, needs
from admin_views.database_errors import refusal_of
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups
from documents.drawings import qr_data_uri
from domain.errors import DomainError
from domain.permissions import Permission, scope_complaints
from domain.phones import readable_phone
from domain.tracking_links import hears_by_line, send_tracking_link
from domain.vault import Vault
from extensions import db, write_transaction
from models import Complaint


class ReceiptView(SecureView):
    """Number, tracking code and password; the way to the case by LINE, by QR, by a text to copy."""

    def __init__(self) -> None:
        self._default_view = "receipt"
        super().__init__(name="receipt", endpoint="complaint_receipt", url="/admin/complaint")

    @expose("/<public_code>/receipt")
    @needs(Permission.COMPLAINT_CREATE)
    def receipt(self, public_code: str) -> str:
        """Show the slip, to be told, printed or sent."""
        complaint = self._complaint(public_code)
        vault: Vault = current_app.extensions["vault"]
        password = vault.tracking_password(complaint.public_code, complaint.tracking_generation)
        track_url = f"{current_app.extensions['settings'].public_url}/track?code={complaint.public_code}"
        return self.render(
            "admin/complaint/receipt.html",
            complaint=complaint,
            password=password,
            track_url=track_url,
            qr=qr_data_uri(track_url),
            hears=hears_by_line(complaint.member),
            message=self._message(complaint, password, track_url),
            contact_phone=readable_phone(str(current_lookups().setting("contact_phone", ""))),
        )

    @expose("/<public_code>/send-link", methods=("POST",))
    @needs(Permission.COMPLAINT_CREATE)
    def send_link(self, public_code: str) -> Any:
        """Put the card with the link into the outbox."""
        complaint_id = self._complaint(public_code).id
        try:
            with write_transaction() as session:
                send_tracking_link(session, current_actor(), complaint_id)
        except (DomainError, SQLAlchemyError) as error:
            problem = refusal_of(error, Complaint.__table__)
            flash(problem.message_in(language()), "warning")
        else:
            flash(_("ส่งลิงก์ติดตามทาง LINE แล้ว ข้อความจะถึงผู้ร้องในไม่กี่วินาที"), "success")
        return redirect(url_for(".receipt", public_code=public_code), 303)

    def _complaint(self, public_code: str) -> Complaint:
        wanted = select(Complaint).where(Complaint.public_code == public_code[:20])
        complaint: Complaint | None = db.session().scalar(scope_complaints(wanted, current_actor()))
        if complaint is None:
            abort(404)
        return complaint

    def _message(self, complaint: Complaint, password: str, track_url: str) -> str:
        """Return what can be copied into a chat or a text message."""
        lines = [
            _("%(town)s รับเรื่องของท่านแล้ว", town=current_lookups().setting("municipality_name")),
            _("เลขที่คำร้อง %(number)s", number=str(complaint)),
            _("ติดตามเรื่องที่ %(url)s", url=track_url),
            _("รหัสติดตาม %(code)s รหัสผ่าน %(password)s", code=complaint.public_code, password=password),
        ]
        return "\n".join(lines)


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(ReceiptView())
