"""One-time links for the first administrator, an invitation, a reset, a LINE account: stored as a hash."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from domain.clock import now
from domain.errors import NotFound, add_message
from domain.vault import new_token, token_hash
from models import AccountLink, LinkPurpose, StaffUser

LIFETIMES: Final = {
    LinkPurpose.FIRST_ADMINISTRATOR: timedelta(minutes=60),
    LinkPurpose.INVITATION: timedelta(hours=72),
    LinkPurpose.RESET: timedelta(minutes=60),
    LinkPurpose.LINE_LINK: timedelta(minutes=10),
    LinkPurpose.MEMBER_LINE: timedelta(minutes=15),
}
KEEP: Final = timedelta(days=30)

add_message(
    "link_invalid",
    thai="ลิงก์นี้ใช้ไปแล้วหรือหมดอายุ กรุณาขอลิงก์ใหม่จากผู้ดูแลระบบ",
    english="This link was used already or has expired. Please ask the administrator for a new one.",
)


class LinkInvalid(NotFound):
    """The link is unknown, used, expired, or its officer's account is closed."""

    default_code = "link_invalid"


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A fresh link; ``token`` exists only here and with the person it is handed to."""

    token: str
    purpose: LinkPurpose
    expires_at: datetime


def issue_link(session: Session, purpose: LinkPurpose, user: StaffUser | None = None) -> IssuedLink:
    """Make a link and void the older unused ones of the same person; the caller has asked the permission.

    Those that set a password void each other; linking a LINE account is a matter of its own.
    """
    moment = now()
    user_id = None if user is None else user.id
    void_links(session, user_id, _rivals(purpose))
    link = IssuedLink(new_token(), purpose, moment + LIFETIMES[purpose])
    session.add(
        AccountLink(
            purpose=purpose,
            token_hash=token_hash(link.token),
            staff_user_id=user_id,
            created_at=moment,
            expires_at=link.expires_at,
        )
    )
    session.flush()
    return link


def read_link(session: Session, token: str, *purposes: LinkPurpose) -> AccountLink:
    """Return a link that is still good; nothing is written.

    Raises:
        LinkInvalid: it is not good for any of the purposes.
    """
    link = session.scalar(
        select(AccountLink).where(
            AccountLink.token_hash == token_hash(token.encode("utf-8", "backslashreplace").decode()),
            AccountLink.purpose.in_(purposes),
            AccountLink.used_at.is_(None),
            AccountLink.expires_at > now(),
        )
    )
    if link is None or (link.staff_user is not None and not link.staff_user.is_active):
        raise LinkInvalid
    return link


def use_link(session: Session, token: str, *purposes: LinkPurpose) -> AccountLink:
    """Use a link up; of two who try at once, one gets through. The caller commits.

    Raises:
        LinkInvalid: it is not good any more.
    """
    link = read_link(session, token, *purposes)
    used = session.execute(
        update(AccountLink)
        .where(AccountLink.id == link.id, AccountLink.used_at.is_(None))
        .values(used_at=now())
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        raise LinkInvalid
    return link


def void_links(
    session: Session, staff_user_id: int | None, purposes: Collection[LinkPurpose] = tuple(LinkPurpose)
) -> None:
    """Make every unused link of an officer worthless; None means those of the first administrator."""
    whose = AccountLink.staff_user_id.is_not_distinct_from(staff_user_id)
    unused = AccountLink.purpose.in_(purposes), AccountLink.used_at.is_(None)
    session.execute(update(AccountLink).where(whose, *unused).values(used_at=now()))


def _rivals(purpose: LinkPurpose) -> Collection[LinkPurpose]:
    links_line = {LinkPurpose.LINE_LINK, LinkPurpose.MEMBER_LINE}
    return {purpose} if purpose in links_line else set(LinkPurpose) - links_line


def sweep(session: Session) -> int:
    """Delete links that expired 30 days ago and return how many; the caller commits."""
    gone = session.execute(delete(AccountLink).where(AccountLink.expires_at < now() - KEEP))
    return int(gone.rowcount)  # type: ignore[attr-defined]
