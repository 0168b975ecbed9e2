"""ผูก LINE ด้วย QR: the clerk shows a code, the citizen's phone sends it, the page says when it is done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import segno
from flask import abort, request
from flask_admin import Admin, expose
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin_views.base import SecureView, needs
from admin_views.identity import current_actor
from domain.account_links import LIFETIMES
from domain.clock import now
from domain.errors import DomainError
from domain.member_line import PURPOSE, WORD, chat_address, is_tied_since, offer_member_line
from domain.members import scope_members
from domain.permissions import Permission
from extensions import db, write_transaction
from models import LineChannel, LineConnection, Member


class MemberLineView(SecureView):
    """Every press makes a new code; the one before is void."""

    def __init__(self) -> None:
        self._default_view = "offer"
        super().__init__(name=_l("ผูก LINE ด้วย QR"), endpoint="member_line", url="/admin/member")

    @expose("/<int:member_id>/line", methods=("POST",))
    @needs(Permission.MEMBER_UPDATE)
    def offer(self, member_id: int) -> Any:
        """Make a code and show it, this once."""
        member = _member(member_id)
        since = now()
        try:
            with write_transaction() as session:
                code = offer_member_line(session, current_actor(), member.id)
        except DomainError:
            abort(404)
        account = db.session.get(LineConnection, LineChannel.CITIZEN)
        basic_id = (account.basic_id or "") if account else ""
        address = chat_address(basic_id, code) if basic_id else ""
        return self.render(
            "admin/member/line.html",
            member=_member(member_id),
            code=code,
            typed=f"{WORD} {code}",
            address=address,
            basic_id=basic_id,
            qr=_drawn(address) if address else "",
            minutes=int(LIFETIMES[PURPOSE].total_seconds()) // 60,
            since=since.isoformat(),
            is_tied=False,
        )

    @expose("/<int:member_id>/line/state")
    @needs(Permission.MEMBER_UPDATE)
    def state(self, member_id: int) -> Any:
        """Say whether the phone has sent its code since the page was opened."""
        member = _member(member_id)
        since = _moment(request.args.get("since", ""))
        is_piece = request.headers.get("HX-Request") is not None
        return self.render(
            "admin/member/_line_state.html" if is_piece else "admin/member/line_waiting.html",
            member=member,
            since=since.isoformat(),
            is_tied=is_tied_since(db.session(), member.id, since),
        )


def _member(member_id: int) -> Member:
    wanted = scope_members(select(Member).where(Member.id == member_id), current_actor())
    member = db.session.scalar(wanted)
    if member is None:
        abort(404)
    return member


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return now()
    return moment if moment.tzinfo else now()


def _drawn(address: str) -> str:
    code = segno.make(address, error="m")
    return code.svg_data_uri(scale=6, border=3, dark="#000", light="#fff", omitsize=True)


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(MemberLineView())
