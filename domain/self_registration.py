"""A citizen registers himself by LINE, or finds himself by phone and birth date (000-25, 000-27).

Nobody learns here who is registered. A number we do not know, and one whose birth date does not prove whose
it is, look exactly alike to the person: the first makes a member whose card nobody has seen, the second a
request on which the centre decides (``line_requests``). Only who knows both is tied at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.errors import AlreadyDone, add_message
from domain.line_requests import note_request, waiting_request
from domain.member_line import tie_account
from domain.member_writing import MemberEntry, told, write_member
from domain.members import kept_member, record_notice
from domain.phones import normalise_phone
from domain.settings import read_setting
from domain.throttle import Limit, admit, withdraw
from domain.vault import Vault
from models import (
    AuditAction,
    LineAccount,
    LineChannel,
    LineRequest,
    LineRequestKind,
    LineState,
    Member,
)

PURPOSE: Final = "self_registration"
LIMITS: Final = {
    "line": Limit(3, timedelta(days=1), timedelta(minutes=10), timedelta(hours=6)),
    "phone": Limit(3, timedelta(days=1), timedelta(minutes=10), timedelta(hours=6)),
}
"""A birth date has some thirty thousand values: at four guesses a day nobody finds one."""

add_message(
    "registered_already",
    thai="LINE นี้ลงทะเบียนไว้แล้ว ถ้าข้อมูลไม่ถูกต้อง โทรแจ้งเทศบาลได้",
    english="This LINE is registered already. If something is wrong, please call the municipality.",
)


class Outcome(StrEnum):
    """What a registration came to, as far as the person is told."""

    REGISTERED = "registered"
    TIED = "tied"
    """The phone belongs now to the member we knew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a citizen says about himself, not yet checked."""

    phone: str
    first_name: str
    last_name: str | None = None
    title: str | None = None
    birth_date: date | None = None


def check_registration(session: Session, vault: Vault, wish: Registration) -> None:
    """Raise what cannot be taken of a registration, without asking whether anybody is known.

    Raises:
        FieldErrors: everything that cannot be taken, field by field.
    """
    _member_of(session, vault, wish)


def is_registered(session: Session, account: LineAccount) -> bool:
    """Tell whether an account has registered: what has become of it makes no difference to be seen."""
    return account.member_id is not None or waiting_request(session, account.id) is not None


def has_registered(session: Session, line_user_id: str) -> bool:
    """Tell the same of whom LINE has named; nothing is locked."""
    account = session.scalar(
        select(LineAccount).where(
            LineAccount.channel == LineChannel.CITIZEN, LineAccount.line_user_id == line_user_id
        )
    )
    return account is not None and is_registered(session, account)


def register_self(session: Session, vault: Vault, account: LineAccount, wish: Registration) -> Outcome:
    """Register whoever holds a phone, or tie it to the member he proves to be; the caller commits.

    Args:
        session: Inside a write transaction.
        vault: For what is kept encrypted.
        account: Of the citizens' channel, locked by the caller.
        wish: What he says; read the notice and agreed.

    Raises:
        AlreadyDone: ``registered_already``.
        FieldErrors, InvalidField: what cannot be taken.
        Throttled: too often from this LINE, or for this number; nothing was looked up.
    """
    if is_registered(session, account):
        raise AlreadyDone("registered_already")
    phone = normalise_phone(wish.phone, field="phone")
    draft = _member_of(session, vault, wish)  # Whatever cannot be taken is refused before anything is known.
    keys = {"line": str(account.id), "phone": phone}
    attempts = admit(session, PURPOSE, keys, LIMITS)
    known = session.execute(select(Member.id).where(Member.phone == phone)).scalar_one_or_none()
    if known is None:
        _keep(session, account, draft)
        return Outcome.REGISTERED
    member = kept_member(session, known)
    if member is not None and _proves(member, wish):
        withdraw(session, attempts)
        _tie(session, account, member)
        return Outcome.TIED
    note_request(
        session,
        account,
        LineRequest(
            kind=LineRequestKind.MEMBER,
            title=draft.title,
            first_name=draft.first_name,
            last_name=draft.last_name,
            phone=phone,
            birth_date=draft.birth_date,
        ),
    )
    return Outcome.REGISTERED


def _proves(member: Member, wish: Registration) -> bool:
    """Tell whether the birth date shows whose number it is; a member whose LINE works stays with it.

    Who has got another phone keeps his LINE; somebody new who knows both is for the centre to look at.
    """
    if not member.is_active or member.is_shared or member.birth_date is None:
        return False
    is_taken = any(account.state is LineState.FRIEND for account in member.line_accounts)
    return member.birth_date == wish.birth_date and not is_taken


def _member_of(session: Session, vault: Vault, wish: Registration) -> Member:
    """Return the checked row of somebody new, not added to the session; the number may be taken."""
    member = Member(created_at=now(), self_registered_at=now())
    entry = MemberEntry(
        phone=wish.phone,
        title=wish.title,
        first_name=wish.first_name,
        last_name=wish.last_name,
        birth_date=wish.birth_date,
    )
    with session.no_autoflush:
        write_member(_NobodyKnown(), vault, member, entry)
    return member


class _NobodyKnown:
    """Says that nothing is taken: whose a number is, is asked later and told to nobody."""

    def phone(self, _phone: str, _member: Member) -> bool:
        return False

    def national_id(self, _lookup_hash: str, _member: Member) -> bool:
        return False


def _keep(session: Session, account: LineAccount, member: Member) -> None:
    changes = audit.column_changes(member)
    session.add(member)
    session.flush()
    actor = Actor.member(member.id, member.full_name, via="line")
    audit.record(session, actor, AuditAction.CREATE, member, changes=told(changes))
    _tie(session, account, member)


def _tie(session: Session, account: LineAccount, member: Member) -> None:
    actor = Actor.member(member.id, member.full_name, via="line")
    record_notice(session, actor, member, str(read_setting(session, "notice_version")))
    tie_account(session, account, member)
    audit.record(session, actor, AuditAction.UPDATE, member, changes={"line_linked": account.id})
