"""Which LINE account is which officer's: linked by LINE's own account linking, unlinked at any time.

The officer signs in with us, LINE sees whose phone it is, and a nonce of one use joins them (line.md §4.3).
One LINE account belongs to one officer; an officer may have several. What waits for a LINE account that
changes hands is not sent any more: it was written for somebody else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from domain import audit
from domain.account_links import LinkInvalid, issue_link, read_link, use_link
from domain.actor import Actor
from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.errors import NotFound, NotPermitted, add_message
from domain.line_ids import is_line_user_id
from models import (
    AuditAction,
    DeliveryState,
    LineAccount,
    LineChannel,
    LineState,
    LinkPurpose,
    OutboxChannel,
    OutboxMessage,
    StaffUser,
)

NONCE: LinkPurpose = LinkPurpose.LINE_LINK

add_message(
    "line_link_invalid",
    thai="การผูกบัญชีครั้งนี้หมดเวลาหรือใช้ไปแล้ว กรุณากดผูกบัญชีในแชตอีกครั้ง",
    english="This linking has expired or was used already. Please press link in the chat again.",
)


class LineLinkInvalid(LinkInvalid):
    """The nonce is unknown, used, expired, or its officer's account is closed."""

    default_code = "line_link_invalid"


def offer_link(session: Session, actor: Actor) -> str:
    """Return a nonce that links the actor's account with the LINE account LINE will name; he commits.

    It is good once, for ten minutes; an older one of his is void.

    Raises:
        NotPermitted: the actor is no officer, or his account is closed.
    """
    officer = session.get(StaffUser, actor.staff_user_id) if actor.staff_user_id is not None else None
    if officer is None or not officer.is_active:
        raise NotPermitted
    return issue_link(session, NONCE, officer).token


def complete_link(session: Session, line_user_id: str, nonce: str, at: datetime) -> StaffUser:
    """Link the LINE account LINE has named with the officer who was given the nonce; the caller commits.

    Args:
        session: Inside a write transaction.
        line_user_id: As LINE's signed event names it.
        nonce: From the same event.
        at: When it happened, by LINE's clock: a newer block stays one.

    Raises:
        LineLinkInvalid: the nonce is good for nobody, or the id is none of LINE's; nothing was linked.
    """
    if not is_line_user_id(line_user_id):
        raise LineLinkInvalid
    try:
        officer = use_link(session, nonce, NONCE).staff_user
    except LinkInvalid:
        raise LineLinkInvalid from None
    if officer is None:
        raise LineLinkInvalid
    account = _account_for_update(session, line_user_id)
    before = account.staff_user_id
    if before != officer.id:
        cancel_waiting(session, OutboxChannel.LINE_STAFF, line_user_id)
        account.staff_user_id, account.member_id = officer.id, None
        account.bound_at = now()
    account.language = officer.language
    if account.state_changed_at is None or account.state_changed_at < at:
        account.state, account.state_changed_at = LineState.FRIEND, at
    session.flush()
    actor = _officer_by_line(officer)
    if before not in {None, officer.id}:
        taken = {"line_unlinked": account.id, "moved_to": officer.id}
        _record(session, actor, before, taken)
    _record(session, actor, officer.id, {"line_linked": account.id})
    return officer


def burn(session: Session, nonce: str) -> bool:
    """Make a nonce worthless after LINE said that linking failed; the caller commits."""
    try:
        use_link(session, nonce, NONCE)
    except LinkInvalid:
        return False
    return True


def is_nonce_good(session: Session, nonce: str) -> bool:
    """Tell whether a nonce would still link; nothing is written."""
    try:
        read_link(session, nonce, NONCE)
    except LinkInvalid:
        return False
    return True


def linked_accounts(session: Session, staff_user_id: int) -> list[LineAccount]:
    """Return an officer's LINE accounts, oldest first."""
    return list(
        session.scalars(
            select(LineAccount)
            .where(LineAccount.channel == LineChannel.STAFF, LineAccount.staff_user_id == staff_user_id)
            .order_by(LineAccount.bound_at, LineAccount.id)
        )
    )


def linked_officer(session: Session, line_user_id: str) -> StaffUser | None:
    """Return whose a LINE account of the officers' channel is."""
    return session.scalar(
        select(StaffUser)
        .join(LineAccount, LineAccount.staff_user_id == StaffUser.id)
        .where(LineAccount.channel == LineChannel.STAFF, LineAccount.line_user_id == line_user_id)
    )


def unlink(session: Session, actor: Actor, staff_user_id: int, account_id: int) -> None:
    """Part a LINE account from an officer; the caller has asked whether the actor may, and commits.

    Raises:
        NotFound: it is not, or no longer, that officer's.
    """
    account = session.scalar(
        select(LineAccount)
        .where(
            LineAccount.id == account_id,
            LineAccount.channel == LineChannel.STAFF,
            LineAccount.staff_user_id == staff_user_id,
        )
        .with_for_update()
    )
    if account is None:
        raise NotFound
    _part(session, actor, account)


def unlink_own(session: Session, actor: Actor, account_id: int) -> None:
    """Part a LINE account from the actor himself; the caller commits.

    Raises:
        NotPermitted: the actor is no officer.
        NotFound: it is not, or no longer, his.
    """
    if actor.staff_user_id is None:
        raise NotPermitted
    unlink(session, actor, actor.staff_user_id, account_id)


def unlink_by_chat(session: Session, line_user_id: str) -> StaffUser | None:
    """Part a LINE account from its officer, as whoever holds the phone asks; the caller commits.

    Returns:
        The officer it belonged to; None when it was nobody's.
    """
    officer = linked_officer(session, line_user_id)
    if officer is not None:
        account = _account_for_update(session, line_user_id)
        _part(session, _officer_by_line(officer), account)
    return officer


def unlink_all(session: Session, actor: Actor, staff_user_id: int) -> int:
    """Part every LINE account from an officer whose account closes; return how many. The caller commits."""
    accounts = linked_accounts(session, staff_user_id)
    for account in accounts:
        _part(session, actor, account)
    return len(accounts)


def _part(session: Session, actor: Actor, account: LineAccount) -> None:
    """Leave the row: LINE's friendship lasts, and the menu is taken away by whoever looks after menus."""
    owner, account.staff_user_id = account.staff_user_id, None
    session.flush()
    cancel_waiting(session, OutboxChannel.LINE_STAFF, account.line_user_id)
    _record(session, actor, owner, {"line_unlinked": account.id})


def cancel_waiting(session: Session, channel: OutboxChannel, line_user_id: str) -> None:
    """Let nothing that waits for the owner before reach whoever holds the phone now; answers may go."""
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.channel == channel,
            OutboxMessage.recipient == line_user_id,
            OutboxMessage.state == DeliveryState.READY,
            or_(OutboxMessage.reply_token.is_(None), OutboxMessage.reply_until.is_not(None)),
        )
        .values(state=DeliveryState.CANCELLED, last_error=DeliveryReason.UNLINKED.value)
        .execution_options(synchronize_session=False)
    )


def _account_for_update(session: Session, line_user_id: str) -> LineAccount:
    """Return the row of a LINE account, made where there is none; of two at once, one waits."""
    make = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    fresh = make(LineAccount).values(
        channel=LineChannel.STAFF,
        line_user_id=line_user_id,
        state=LineState.FRIEND,
        language="th",
        bound_at=now(),
    )
    session.execute(fresh.on_conflict_do_nothing(index_elements=["channel", "line_user_id"]))
    return session.scalars(
        select(LineAccount)
        .where(LineAccount.channel == LineChannel.STAFF, LineAccount.line_user_id == line_user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _officer_by_line(officer: StaffUser) -> Actor:
    return Actor(kind="staff", name=officer.full_name, staff_user_id=officer.id, via="line")


def _record(session: Session, actor: Actor, staff_user_id: int | None, changes: dict[str, Any]) -> None:
    audit.record(
        session,
        actor,
        AuditAction.UPDATE,
        object_type="staff_user",
        object_id=staff_user_id,
        changes=changes,
    )
