"""Who a citizen is by his LINE: what a verified ID token must say, and which cases are then open to him.

A name, a picture or a user id that a page sends is never believed; only ``sub`` of a token that LINE has
verified for our own Login channel (line.md §4.2).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, select, union
from sqlalchemy.orm import Session

from domain.clock import bangkok_date, now
from domain.errors import DomainError, add_message
from domain.labels import word
from domain.line_ids import is_line_user_id
from domain.settings import read_setting
from domain.throttle import Limit
from domain.tracking import Tracked, clean_code
from domain.vault import Vault
from models import (
    Complaint,
    ComplaintFollower,
    ComplaintStatus,
    LineAccount,
    LineChannel,
    Member,
    Setting,
    StatusKind,
)

ISSUER: Final = "https://access.line.me"
PURPOSE: Final = "line_login"
LIMITS: Final = {"ip": Limit(free=20, window=timedelta(minutes=15))}
"""Many share an address of a mobile network; an attempt that LINE confirms is given back."""

ROWS_ON_A_PAGE: Final = 20
LAST_PAGE: Final = 500
_CHANNEL_ID: Final = re.compile(r"[0-9]{5,20}", re.ASCII)
_SECRET_KEY: Final = "line_login_secret"  # noqa: S105 - the name of a setting

add_message(
    "line_identity_refused",
    thai="LINE ไม่ยืนยันตัวตนครั้งนี้ กรุณาเปิดจาก LINE อีกครั้ง หรือใส่รหัสติดตามกับรหัสผ่าน",
    english="LINE did not confirm who you are. Please open it from LINE again, or type code and password.",
)
add_message(
    "line_login_unreachable",
    thai="ติดต่อ LINE ไม่ได้ในขณะนี้ ใส่รหัสติดตามกับรหัสผ่านแทนได้",
    english="LINE cannot be reached right now. You can type code and password instead.",
)


class IdentityRefused(DomainError):
    """The token is not LINE's, not for us, not of this sign-in, or no longer good."""

    default_code = "line_identity_refused"


class LoginUnreachable(DomainError):
    """LINE did not answer, or too many are asking it at this moment."""

    default_code = "line_login_unreachable"


@dataclass(frozen=True, slots=True)
class LoginChannel:
    """The town's LINE Login channel."""

    channel_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reach:
    """A case that is open to a LINE account.

    Attributes:
        complaint_id: Which one.
        public_code: Its code, for the way back when the visit has ended.
        member_id: Of whoever the LINE account belongs to; None for who reported in the chat and is no member.
        is_own: He is the complainant; otherwise he follows the case and may only look.
    """

    complaint_id: int
    public_code: str
    member_id: int | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Whose:
    """A LINE account of the citizens' channel and the member it belongs to, if to any."""

    account_id: int
    member_id: int | None


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A line of the list of one's own cases, in the citizen's words."""

    public_code: str
    number: str
    subject: str
    status: ComplaintStatus
    is_own: bool
    received_at: datetime | None
    due_date: date | None


def login_channel(session: Session, vault: Vault) -> LoginChannel | None:
    """Return the town's Login channel; None when it has none, or its secret cannot be read any more."""
    channel_id = str(read_setting(session, "line_login_channel_id")).strip()
    stored = session.scalar(select(Setting.value).where(Setting.key == _SECRET_KEY))
    if not _CHANNEL_ID.fullmatch(channel_id) or not stored:
        return None
    try:
        return LoginChannel(channel_id, vault.decrypt(str(stored)))
    except InvalidToken:
        return None


def has_login_channel(session: Session) -> bool:
    """Tell whether addresses may lead through LINE Login."""
    channel_id = str(read_setting(session, "line_login_channel_id")).strip()
    stored = select(Setting.key).where(Setting.key == _SECRET_KEY, Setting.value.is_not(None))
    return bool(_CHANNEL_ID.fullmatch(channel_id)) and session.scalar(stored) is not None


def sub_of(claims: Mapping[str, Any], channel: LoginChannel, nonce: str) -> str:
    """Return whose token it is; LINE has verified it, and we look again at what it says.

    Args:
        claims: LINE's answer to the token.
        channel: Whom the token must be for.
        nonce: Made for this one sign-in.

    Raises:
        IdentityRefused: issuer, audience, time, nonce or subject is not as it must be.
    """
    expires, said = claims.get("exp"), claims.get("nonce")
    sub = claims.get("sub")
    good = (
        claims.get("iss") == ISSUER
        and claims.get("aud") == channel.channel_id
        and isinstance(expires, int)
        and expires > now().timestamp()
        and isinstance(said, str)
        and hmac.compare_digest(said.encode("utf-8", "replace"), nonce.encode())
    )
    if not good or not isinstance(sub, str) or not is_line_user_id(sub):
        raise IdentityRefused
    return sub


def whose_is(session: Session, sub: str) -> Whose | None:
    """Return whose a LINE account of the citizens' channel is; None for one we do not know.

    A shared member, and one switched off, is nobody: then the account stands for itself.
    """
    found = session.execute(
        select(LineAccount.id, Member.id.label("member_id"))
        .outerjoin(
            Member,
            (Member.id == LineAccount.member_id) & Member.is_active & Member.is_shared.is_(False),
        )
        .where(LineAccount.channel == LineChannel.CITIZEN, LineAccount.line_user_id == sub)
    ).one_or_none()
    return Whose(found.id, found.member_id) if found else None


def reach_of(session: Session, sub: str, code: str) -> Reach | None:
    """Return the case of a code if it is open to this LINE account.

    A case of somebody else and one that does not exist are the same: None.
    """
    whose = whose_is(session, sub)
    if whose is None:
        return None
    case = session.scalars(
        select(Complaint).where(Complaint.public_code == clean_code(code), is_his(whose))
    ).one_or_none()
    return Reach(case.id, case.public_code, whose.member_id, is_own(case, whose)) if case else None


def cases_of(session: Session, whose: Whose, language: str, page: int = 1) -> tuple[list[OwnCase], bool]:
    """Return a page of somebody's own and followed cases, newest first, and whether there are more."""
    at = min(max(page, 1), LAST_PAGE) - 1
    rows = latest_cases(session, whose, ROWS_ON_A_PAGE + 1, at * ROWS_ON_A_PAGE)
    return [_line(row, whose, language) for row in rows[:ROWS_ON_A_PAGE]], len(rows) > ROWS_ON_A_PAGE


def latest_cases(session: Session, whose: Whose, limit: int, offset: int = 0) -> Sequence[Complaint]:
    """Return somebody's own and followed cases, the newest first."""
    return session.scalars(
        select(Complaint).where(is_his(whose)).order_by(Complaint.id.desc()).offset(offset).limit(limit)
    ).all()


def follower_view(view: Tracked) -> Tracked:
    """Return what a follower sees: how it goes and what was done, nothing of the complainant's own."""
    return replace(view, acts=[], question="", before=[], may_rate=False, stars=None, comment="")


def is_his(whose: Whose) -> ColumnElement[bool]:
    """Return the condition that a case is somebody's: own, followed, or told from his chat as nobody's."""
    reported = select(Complaint.id).where(
        Complaint.reporter_account_id == whose.account_id, Complaint.member_id.is_(None)
    )
    if whose.member_id is None:
        return Complaint.id.in_(reported)
    own = select(Complaint.id).where(Complaint.member_id == whose.member_id)
    followed = select(ComplaintFollower.complaint_id).where(ComplaintFollower.member_id == whose.member_id)
    return Complaint.id.in_(union(own, followed, reported))


def is_own(case: Complaint, whose: Whose) -> bool:
    """Tell whether somebody is a case's complainant; its followers are not."""
    if case.member_id is None:
        return case.reporter_account_id == whose.account_id
    return case.member_id == whose.member_id


def _line(row: Complaint, whose: Whose, language: str) -> OwnCase:
    is_open = row.status.kind in {StatusKind.OPEN, StatusKind.WAITING}
    subject = row.subcategory or row.category
    english = getattr(subject, "name_en", None) if language == "en" else None
    return OwnCase(
        public_code=row.public_code,
        number=row.number or "",
        subject=english or getattr(subject, "name", "") or word(row.kind, language),
        status=row.status,
        is_own=is_own(row, whose),
        received_at=row.received_at,
        due_date=bangkok_date(row.due_at) if row.due_at and is_open else None,
    )
