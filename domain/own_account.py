"""What an officer does to his own account: the password, by link or at the desk; language; other sessions.

Argon2id is slow: an edge makes the hash with ``new_password_hash`` before it opens the transaction that
stores it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain import audit
from domain.account_links import LinkInvalid, use_link
from domain.actor import Actor
from domain.errors import InvalidField, NotPermitted, add_message
from domain.passwords import check_new_password, hash_password, verify_password
from domain.settings import read_setting
from domain.sign_in import PasswordProof, actor_of, password_mark, user_of
from domain.user_sessions import end_sessions_of
from models import AuditAction, LinkPurpose, StaffUser

LANGUAGES: Final = ("th", "en")
PASSWORD_LINKS: Final = (LinkPurpose.INVITATION, LinkPurpose.RESET)

add_message(
    "password_now_wrong",
    thai="รหัสผ่านปัจจุบันไม่ถูกต้อง",
    english="The present password is wrong.",
)


def new_password_hash(
    session: Session, text: str, *, names: Iterable[str | None] = (), field: str = "password"
) -> str:
    """Check a new password and return its hash; slow, so call it before the writing transaction.

    Args:
        session: Any session; reads the municipality's name.
        text: What the person typed.
        names: User name and names of the person.
        field: Name of the form field, for the error.

    Raises:
        InvalidField: the password cannot be taken, as in ``passwords.check_new_password``.
    """
    own = [str(read_setting(session, key)) for key in ("municipality_name", "municipality_name_en")]
    own += [name for name in names if name]
    return hash_password(check_new_password(text, own_words=own, field=field))


def verify_own_password(session: Session, actor: Actor, typed: str, *, field: str) -> PasswordProof:
    """Return the proof that the actor knows his present password; slow, so before the transaction.

    Raises:
        InvalidField: ``password_now_wrong``.
    """
    stored = session.scalar(select(StaffUser.password_hash).where(StaffUser.id == actor.staff_user_id))
    if not verify_password(stored, typed) or actor.staff_user_id is None:
        raise InvalidField("password_now_wrong", field=field)
    return PasswordProof(actor.staff_user_id, password_mark(stored))


def change_password(
    session: Session, actor: Actor, proof: PasswordProof, password_hash: str, *, keep_session_id: int | None
) -> None:
    """Store a new password, and end every other session of the officer; the caller commits.

    Args:
        session: A writing session.
        actor: The owner.
        proof: From ``verify_own_password``.
        password_hash: From ``new_password_hash``.
        keep_session_id: The session he is working in.

    Raises:
        WrongCredentials: the password was changed meanwhile.
    """
    user = user_of(session, proof)
    _store_password(user, password_hash)
    end_sessions_of(session, user.id, keep_session_id=keep_session_id)
    audit.record(session, actor, AuditAction.UPDATE, user, changes={"password": "changed"})


def set_password_by_link(session: Session, token: str, password_hash: str) -> StaffUser:
    """Use up an invitation or reset link and store the password; all sessions end. The caller commits.

    It signs nobody in: the second factor is asked for at the sign-in that follows (ASVS 6.4.3).

    Raises:
        LinkInvalid: the link is not good any more.
    """
    link = use_link(session, token, *PASSWORD_LINKS)
    user = session.get(StaffUser, link.staff_user_id, populate_existing=True)
    if user is None or not user.is_active:
        raise LinkInvalid
    _store_password(user, password_hash)
    end_sessions_of(session, user.id)
    audit.record(session, actor_of(user), AuditAction.UPDATE, user, changes={"password": link.purpose.value})
    return user


def end_other_sessions(session: Session, actor: Actor, keep_session_id: int) -> int:
    """End the actor's sessions on other devices and return how many; the caller commits."""
    if actor.staff_user_id is None:
        raise NotPermitted
    return end_sessions_of(session, actor.staff_user_id, keep_session_id=keep_session_id)


def set_language(session: Session, actor: Actor, language: str) -> None:
    """Keep the language the officer reads in; the caller commits.

    Raises:
        InvalidField: ``choice_unknown``.
    """
    if language not in LANGUAGES:
        raise InvalidField("choice_unknown", field="language")
    session.execute(update(StaffUser).where(StaffUser.id == actor.staff_user_id).values(language=language))


def _store_password(user: StaffUser, password_hash: str) -> None:
    user.password_hash, user.must_change_password = password_hash, False
