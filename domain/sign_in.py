"""Signing in, in three steps that an edge calls one after the other.

1. ``admit_sign_in`` in a transaction of its own: counts the attempt before anything is looked at.
2. ``check_password``: reads the account and runs Argon2id, outside any transaction that writes.
3. ``sign_in`` in a second transaction: asks for the second factor where it is due and begins the session.

A refusal is noted by ``note_refusal`` in a transaction of its own. Whoever guesses learns nothing: an
unknown name, a wrong password and a closed account give the same answer and cost the same work.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import audit, throttle
from domain.actor import Actor
from domain.clock import now
from domain.errors import DomainError, add_message
from domain.passwords import hash_password, needs_rehash, verify_password
from domain.second_factor import confirm_totp, use_second_factor, wants_second_factor
from domain.user_sessions import SessionGrant, start_session
from domain.vault import Vault
from models import AuditAction, StaffUser

PURPOSE: Final = "sign_in"
SECOND_STEP: Final = "second_factor"
# All officers may share one address (NAT of the town hall), so an address has more free attempts than an
# account; only wrong attempts stay counted.
LIMITS: Final = {
    "ip": throttle.Limit(free=20, window=timedelta(minutes=5), longest_wait=timedelta(minutes=2)),
    "account": throttle.Limit(free=5, window=timedelta(minutes=15)),
    "device": throttle.Limit(free=5, window=timedelta(minutes=15)),
}
PENDING_SECONDS: Final = 600  # One-time passwords are good for 10 minutes at most (ASVS 6.5.5).

_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}", re.ASCII)

add_message(
    "sign_in_took_too_long",
    thai="ใช้เวลายืนยันนานเกินไป กรุณาเข้าสู่ระบบใหม่อีกครั้ง",
    english="Signing in took too long. Please begin again.",
)


class WrongCredentials(DomainError):
    """User name or password is wrong, or the account is closed: nobody is told which.

    ``staff_user_id`` is for the audit log only.
    """

    default_code = "password_wrong"

    def __init__(self, staff_user_id: int | None = None, reason: str = "unknown") -> None:
        super().__init__()
        self.staff_user_id = staff_user_id
        self.reason = reason


class PendingLost(DomainError):
    """The first step is too long ago, or the account changed since."""

    default_code = "sign_in_took_too_long"


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a request comes from; kept with the session and in the audit log."""

    ip_address: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """Says that the password of an account was given; ``mark`` binds it to that very password.

    ``new_hash`` is set when the stored hash was made with older parameters.
    """

    staff_user_id: int
    mark: str
    new_hash: str | None = None


@dataclass(frozen=True, slots=True)
class NeedsTotp:
    """The password was right and the second factor is due; ``pending`` brings the proof to the next step.

    ``is_enrolled`` is False when the officer has no second factor yet and must set one up first.
    """

    staff_user_id: int
    pending: str
    is_enrolled: bool


def fold_username(text: str) -> str | None:
    """Return the user name as it is stored, or None when no account can have such a name."""
    folded = unicodedata.normalize("NFKC", text[:200]).strip().lower()
    return folded if _USERNAME.fullmatch(folded) else None


def sign_in_keys(username: str, ip_address: str | None, device: str | None = None) -> dict[str, str]:
    """Return the keys an attempt counts under.

    A browser in which this account was signed in before counts by itself: so nobody who guesses elsewhere,
    or at the next desk, can make the owner wait.
    """
    if device is not None:
        return {"device": device}
    account = throttle.name_key(fold_username(username) or username[:200])
    return {"ip": throttle.address_key(ip_address), "account": account}


def admit_sign_in(session: Session, username: str, visit: Visit, device: str | None = None) -> list[int]:
    """Count the attempt and return its ids for ``throttle.withdraw``; the caller commits at once.

    Raises:
        throttle.Throttled: the person must wait.
    """
    return throttle.admit(session, PURPOSE, sign_in_keys(username, visit.ip_address, device), LIMITS)


def admit_second_step(session: Session, staff_user_id: int) -> list[int]:
    """Count an attempt at the second factor, as ``admit_sign_in`` does for the password."""
    return throttle.admit(session, SECOND_STEP, {"account": str(staff_user_id)}, LIMITS)


def check_password(session: Session, username: str, password: str) -> PasswordProof:
    """Return the proof that the password is right; takes one Argon2id computation whatever the answer.

    Raises:
        WrongCredentials: unknown name, wrong password, account closed or without a password.
    """
    found = session.execute(
        select(StaffUser.id, StaffUser.password_hash, StaffUser.is_active).where(
            StaffUser.username == (fold_username(username) or "")
        )
    ).one_or_none()
    stored = found.password_hash if found is not None and found.is_active else None
    if not verify_password(stored, password) or found is None or stored is None:
        raise WrongCredentials(None if found is None else found.id, _reason(found))
    new_hash = hash_password(password) if needs_rehash(stored) else None
    return PasswordProof(found.id, password_mark(stored), new_hash)


def sign_in(
    session: Session,
    vault: Vault,
    proof: PasswordProof,
    totp: str | None,
    visit: Visit,
    *,
    is_demo: bool = False,
) -> SessionGrant | NeedsTotp:
    """Begin the session, or ask for the second factor; the caller commits.

    Args:
        session: A writing session.
        vault: Opens the secret of the second factor.
        proof: From ``check_password`` or ``open_pending``.
        totp: What was typed as the second factor; None in the first step.
        visit: Where the request comes from.
        is_demo: There is no second factor in demo mode.

    Raises:
        WrongCredentials: the account was closed or its password changed meanwhile.
        InvalidField: ``second_factor_wrong``.
    """
    user = user_of(session, proof)
    if proof.new_hash is not None:
        user.password_hash = proof.new_hash
        proof = PasswordProof(user.id, password_mark(proof.new_hash))
    factor = "none"
    if not is_demo and (user.totp_secret_encrypted is not None or wants_second_factor(session, user.id)):
        if totp is None or user.totp_secret_encrypted is None:
            return NeedsTotp(user.id, _seal(vault, proof), user.totp_secret_encrypted is not None)
        factor = use_second_factor(session, vault, user, totp)
    return begin(session, user, visit, factor)


def enrol_and_sign_in(
    session: Session, vault: Vault, proof: PasswordProof, sealed: str, code: str, visit: Visit
) -> tuple[SessionGrant, list[str]]:
    """Store the officer's first second factor, begin the session and return his recovery codes.

    The caller commits. A password alone never replaces a second factor that is there.

    Raises:
        PendingLost: there is one already.
        WrongCredentials: the account was closed or its password changed meanwhile.
        InvalidField: ``second_factor_wrong`` or ``second_factor_form_old``.
    """
    user = user_of(session, proof, lock=True)
    if user.totp_secret_encrypted is not None:
        raise PendingLost
    codes = confirm_totp(session, actor_of(user, visit.ip_address), vault, user, sealed, code)
    return begin(session, user, visit, "enrolled"), codes


def begin(session: Session, user: StaffUser, visit: Visit, factor: str) -> SessionGrant:
    """Begin the session of an officer who has shown everything asked for, and log it; the caller commits."""
    grant = start_session(session, user, ip_address=visit.ip_address, user_agent=visit.user_agent)
    audit.record(
        session,
        actor_of(user, visit.ip_address),
        AuditAction.SIGN_IN,
        object_type="user_session",
        object_id=grant.session_id,
        changes={"second_factor": factor},
    )
    return grant


def open_pending(session: Session, vault: Vault, pending: str) -> tuple[PasswordProof, StaffUser]:
    """Return the proof of the first step with its officer.

    Raises:
        PendingLost: more than 10 minutes ago, damaged, or the account changed since.
    """
    try:
        word, user_id, mark, made_at = json.loads(vault.decrypt(pending))
    except (InvalidToken, ValueError) as error:
        raise PendingLost from error
    if word != PURPOSE or now().timestamp() - made_at > PENDING_SECONDS:
        raise PendingLost
    proof = PasswordProof(user_id, mark)
    try:
        return proof, user_of(session, proof)
    except WrongCredentials as error:
        raise PendingLost from error


def user_of(session: Session, proof: PasswordProof, *, lock: bool = False) -> StaffUser:
    """Return the officer of a proof, read afresh; with ``lock`` nobody else changes him meanwhile.

    Raises:
        WrongCredentials: the account was closed or its password changed since the proof was made.
    """
    user = session.get(StaffUser, proof.staff_user_id, populate_existing=True, with_for_update=lock or None)
    if user is None or not user.is_active or password_mark(user.password_hash) != proof.mark:
        raise WrongCredentials(proof.staff_user_id, "changed_meanwhile")
    return user


def note_refusal(
    session: Session, error: DomainError, visit: Visit, staff_user_id: int | None = None
) -> None:
    """Log a refused sign-in without what was typed; the caller commits."""
    reason = error.reason if isinstance(error, WrongCredentials) else error.code
    if isinstance(error, WrongCredentials):
        staff_user_id = error.staff_user_id
    audit.record(
        session,
        Actor(kind="anonymous", name="", ip_address=visit.ip_address),
        AuditAction.SIGN_IN_FAILED,
        object_type="staff_user",
        object_id=staff_user_id,
        changes={"reason": reason},
    )


def actor_of(user: StaffUser, ip_address: str | None = None) -> Actor:
    """Return the officer as an actor without any right, for what he does to his own account."""
    return Actor(
        kind="staff",
        name=user.full_name,
        staff_user_id=user.id,
        ip_address=ip_address,
        language=user.language,
    )


def password_mark(stored: str | None) -> str:
    """Return a short mark of a stored hash: it changes with the password and tells nothing about it."""
    return hashlib.sha256((stored or "-").encode()).hexdigest()[:32]


def _reason(found: object) -> str:
    if found is None:
        return "unknown"
    if not getattr(found, "is_active", False):
        return "closed"
    return "no_password" if getattr(found, "password_hash", None) is None else "password"


def _seal(vault: Vault, proof: PasswordProof) -> str:
    return vault.encrypt(json.dumps([PURPOSE, proof.staff_user_id, proof.mark, now().timestamp()]))
