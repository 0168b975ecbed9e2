"""A citizen's LINE tied to his own row at the counter: a code of one use, shown as a QR, sent by his phone.

The clerk knows who stands before him, LINE's signed event says whose phone it is, the code joins the two; it
says nothing about who is registered (features 000-26).
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from domain import audit
from domain.account_links import LIFETIMES, LinkInvalid, use_link
from domain.actor import Actor
from domain.clock import now
from domain.errors import NotPermitted, add_message
from domain.line_linking import cancel_waiting
from domain.members import refresh_complaints, scope_members
from domain.permissions import Permission, require
from domain.vault import ALPHABET, fold_code, token_hash
from models import (
    AccountLink,
    AuditAction,
    Complaint,
    Consent,
    ConsentPurpose,
    LineAccount,
    LineChannel,
    LineState,
    LinkPurpose,
    Member,
    OutboxChannel,
)

PURPOSE: Final = LinkPurpose.MEMBER_LINE
LENGTH: Final = 10
WORD: Final = "ผูก"
"""What stands before the code in the chat; ``link`` in English."""
CONSENT_WORDING: Final = "line-qr-1"

add_message(
    "member_line_invalid",
    thai="รหัสผูกบัญชีนี้ใช้ไปแล้วหรือหมดอายุ กรุณาขอ QR ใหม่จากเจ้าหน้าที่",
    english="This code was used already or has expired. Please ask the officer for a new QR.",
)


class MemberLineInvalid(LinkInvalid):
    """The code is unknown, used or expired, or its member is gone."""

    default_code = "member_line_invalid"


def offer_member_line(session: Session, actor: Actor, member_id: int) -> str:
    """Return a fresh code that ties a phone to a member, good once for a quarter of an hour; he commits.

    Raises:
        NotPermitted: without ``member:update``, beyond its reach, or for the shared member.
    """
    require(actor, Permission.MEMBER_UPDATE)
    reached = scope_members(select(Member).where(Member.id == member_id), actor, Permission.MEMBER_UPDATE)
    member = session.scalar(reached)
    if member is None or member.is_shared or member.merged_into_id is not None or not member.is_active:
        raise NotPermitted
    moment = now()
    older = AccountLink.purpose == PURPOSE, AccountLink.member_id == member.id, AccountLink.used_at.is_(None)
    session.execute(update(AccountLink).where(*older).values(used_at=moment))
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    session.add(
        AccountLink(
            purpose=PURPOSE,
            token_hash=token_hash(code),
            member_id=member.id,
            created_at=moment,
            expires_at=moment + LIFETIMES[PURPOSE],
        )
    )
    audit.record(session, actor, AuditAction.UPDATE, member, changes={"line_code": "offered"})
    return code


def tie_member_line(session: Session, line_user_id: str, code: str, at: datetime) -> Member:
    """Tie the phone that sent the code to its member and return him; the caller commits.

    A phone that was another member's becomes this one's: what waits for the one before is not sent to it.

    Args:
        session: Inside a write transaction.
        line_user_id: As LINE's signed event names it.
        code: As it was typed; capitals, spaces and look-alikes do not count.
        at: When it was sent, by LINE's clock.

    Raises:
        MemberLineInvalid: nothing was tied.
    """
    try:
        link = use_link(session, fold_code(code), PURPOSE)
    except LinkInvalid:
        raise MemberLineInvalid from None
    member = session.get(Member, link.member_id) if link.member_id is not None else None
    if member is None or not member.is_active or member.merged_into_id is not None:
        raise MemberLineInvalid
    account = citizens_account(session, line_user_id)
    account.state, account.state_changed_at = LineState.FRIEND, at  # Who writes to us is reached.
    tie_account(session, account, member)
    session.add(
        Consent(
            member_id=member.id,
            purpose=ConsentPurpose.LINE_UPDATES,
            wording_version=CONSENT_WORDING,
            given_at=now(),
        )
    )
    session.flush()
    actor = Actor.member(member.id, member.full_name, via="line")
    audit.record(session, actor, AuditAction.UPDATE, member, changes={"line_linked": account.id})
    return member


def tie_account(session: Session, account: LineAccount, member: Member) -> int:
    """Make a phone a member's, with the cases it reported before we knew whose it is; return how many.

    What waits for another member who had the phone before is not sent to it. The caller commits.
    """
    if account.member_id not in {None, member.id}:
        cancel_waiting(session, OutboxChannel.LINE_CITIZEN, account.line_user_id)
    account.member, account.staff_user_id, account.bound_at = member, None, now()
    session.flush()
    adopted = session.execute(
        update(Complaint)
        .where(Complaint.reporter_account_id == account.id, Complaint.member_id.is_(None))
        .values(member_id=member.id)
        .execution_options(synchronize_session=False)
    )
    count = int(adopted.rowcount)  # type: ignore[attr-defined]
    if count:
        refresh_complaints(session, member)
        changes = {"cases_adopted": count, "line_account": account.id}
        actor = Actor.member(member.id, member.full_name, via="line")
        audit.record(session, actor, AuditAction.UPDATE, member, changes=changes)
    return count


def is_tied_since(session: Session, member_id: int, since: datetime) -> bool:
    """Tell whether a phone was tied to a member after a moment; for the page that waits for it."""
    found = select(LineAccount.id).where(
        LineAccount.channel == LineChannel.CITIZEN,
        LineAccount.member_id == member_id,
        LineAccount.bound_at >= since,
    )
    return session.scalar(found.limit(1)) is not None


def chat_address(basic_id: str, code: str) -> str:
    """Return LINE's address that opens the town's chat with the code typed in."""
    return f"https://line.me/R/oaMessage/{quote(basic_id, safe='')}/?{quote(f'{WORD} {code}')}"


def citizens_account(session: Session, line_user_id: str, state: LineState = LineState.FRIEND) -> LineAccount:
    """Return a citizen's LINE account, locked; made where there is none: of two at once, one waits."""
    make = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    fresh = make(LineAccount).values(
        channel=LineChannel.CITIZEN,
        line_user_id=line_user_id,
        state=state,
        language="th",
        bound_at=now(),
    )
    session.execute(fresh.on_conflict_do_nothing(index_elements=["channel", "line_user_id"]))
    return session.scalars(
        select(LineAccount)
        .where(LineAccount.channel == LineChannel.CITIZEN, LineAccount.line_user_id == line_user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
