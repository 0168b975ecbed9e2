"""The second factor: six digits from a phone (RFC 6238), and ten recovery codes for the day it is lost.

A secret is not stored before its first right code; until then it travels sealed with the form. A code is
good once: the step it belongs to is kept.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pyotp
from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.errors import InvalidField, add_message
from domain.permissions import Permission
from domain.thai_text import to_arabic_digits
from domain.user_sessions import end_sessions_of
from domain.vault import Vault, fold_code
from models import AuditAction, Role, RoleGrant, StaffUser
from tables.staff import staff_role

STEP_SECONDS: Final = 30
DRIFT_STEPS: Final = 1  # Phones may be half a minute off.
RECOVERY_CODES: Final = 10
ENROLMENT_SECONDS: Final = 3600

# Who sees personal data, and who could give himself that right (reliability.md §8).
ASKS_FOR_IT: Final = (Permission.MEMBER_REVEAL, Permission.STAFF_MANAGE, Permission.ROLE_MANAGE)

_RECOVERY_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's; 10 of 32 make 50 bits.
_CODE: Final = re.compile(r"\d{6}", re.ASCII)

add_message(
    "second_factor_wrong",
    thai="รหัสยืนยันไม่ถูกต้องหรือใช้ไปแล้ว กรุณารอรหัสใหม่จากแอป แล้วลองอีกครั้ง",
    english="This code is wrong or was used already. Please wait for the next one and try again.",
)
add_message(
    "second_factor_form_old",
    thai="หน้านี้เปิดค้างไว้นานเกินไป กรุณาสแกน QR ใหม่",
    english="This page was open for too long. Please scan the new QR code.",
)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that is not confirmed yet.

    Attributes:
        sealed: Goes into a hidden field and comes back with the first code.
        secret: To be typed by hand where a camera is missing.
        address: ``otpauth://`` address for the QR code.
    """

    sealed: str
    secret: str
    address: str


def grants_ask_for_it(grants: Iterable[str]) -> bool:
    """Tell whether somebody with these permissions needs a second factor."""
    return not set(ASKS_FOR_IT).isdisjoint(grants)


def wants_second_factor(session: Session, user_id: int) -> bool:
    """Tell whether the officer's roles ask for a second factor."""
    statement = (
        select(RoleGrant.id)
        .join(Role, Role.id == RoleGrant.role_id)
        .join(staff_role, staff_role.c.role_id == Role.id)
        .where(staff_role.c.staff_user_id == user_id, Role.is_active, RoleGrant.permission.in_(ASKS_FOR_IT))
    )
    return session.scalar(statement.limit(1)) is not None


def enrol_totp(vault: Vault, user: StaffUser, issuer: str) -> Enrolment:
    """Make a secret for the officer; nothing is stored.

    Args:
        vault: Seals the secret.
        user: Whose phone it will live on.
        issuer: Name shown in the app, such as the municipality's.
    """
    secret = pyotp.random_base32()
    sealed = vault.encrypt(f"enrolment|{user.id}|{int(now().timestamp())}|{secret}")
    return Enrolment(sealed, secret, _address(secret, user, issuer))


def reopen_enrolment(vault: Vault, user: StaffUser, issuer: str, sealed: str) -> Enrolment:
    """Return the enrolment of a form that came back, to show the same QR code again.

    Raises:
        InvalidField: ``second_factor_form_old``: too old, another officer's or damaged.
    """
    secret = _open_sealed(vault, user.id, sealed)
    return Enrolment(sealed, secret, _address(secret, user, issuer))


def confirm_totp(
    session: Session, actor: Actor, vault: Vault, user: StaffUser, sealed: str, code: str
) -> list[str]:
    """Store the secret after its first right code and return fresh recovery codes; the caller commits.

    An older secret of the officer is replaced.

    Raises:
        InvalidField: ``second_factor_wrong`` or ``second_factor_form_old``.
    """
    secret = _open_sealed(vault, user.id, sealed)
    step = _matching_step(secret, code)
    if step is None:
        raise InvalidField("second_factor_wrong", field="code")
    codes, hashes = _new_recovery_codes(vault, user.id)
    user.totp_secret_encrypted, user.totp_last_step = vault.encrypt(secret), step
    user.recovery_hashes = hashes
    audit.record(session, actor, AuditAction.UPDATE, user, changes={"second_factor": "enrolled"})
    return codes


def use_second_factor(session: Session, vault: Vault, user: StaffUser, typed: str) -> str:
    """Accept a code of the app or a recovery code, each good once; the caller commits.

    Returns:
        ``totp`` or ``recovery``.

    Raises:
        InvalidField: ``second_factor_wrong``.
    """
    digits = re.sub(r"[\s\-]", "", to_arabic_digits(typed[:40]))
    if _CODE.fullmatch(digits):
        if _use_totp(session, vault, user, digits):
            return "totp"
    elif _use_recovery_code(session, vault, user, typed[:40]):
        return "recovery"
    raise InvalidField("second_factor_wrong", field="code")


def renew_recovery_codes(session: Session, actor: Actor, vault: Vault, user: StaffUser) -> list[str]:
    """Replace the recovery codes and return the new ones, shown once; the caller commits."""
    codes, hashes = _new_recovery_codes(vault, user.id)
    user.recovery_hashes = hashes
    audit.record(session, actor, AuditAction.UPDATE, user, changes={"second_factor": "codes_renewed"})
    return codes


def forget_totp(session: Session, actor: Actor, user: StaffUser) -> None:
    """Take the second factor away and end the officer's sessions; he enrols again at the next sign-in."""
    user.totp_secret_encrypted, user.totp_last_step, user.recovery_hashes = None, None, []
    end_sessions_of(session, user.id)
    audit.record(session, actor, AuditAction.UPDATE, user, changes={"second_factor": "reset"})


def _use_totp(session: Session, vault: Vault, user: StaffUser, digits: str) -> bool:
    _lock(session, user)
    if user.totp_secret_encrypted is None:
        return False
    step = _matching_step(vault.decrypt(user.totp_secret_encrypted), digits)
    if step is None or (user.totp_last_step is not None and step <= user.totp_last_step):
        return False
    user.totp_last_step = step
    return True


def _use_recovery_code(session: Session, vault: Vault, user: StaffUser, typed: str) -> bool:
    _lock(session, user)
    given = _recovery_hash(vault, user.id, typed)
    kept = [each for each in user.recovery_hashes if not hmac.compare_digest(each, given)]
    if len(kept) == len(user.recovery_hashes):
        return False
    user.recovery_hashes = kept
    return True


def _lock(session: Session, user: StaffUser) -> None:
    """Read the officer afresh and keep others waiting: two uses of one code must not both find it unused."""
    session.flush()
    session.refresh(user, with_for_update=True)


def _matching_step(secret: str, code: str) -> int | None:
    """Return the time step the code belongs to, the present one or one beside it."""
    digits = re.sub(r"[\s\-]", "", to_arabic_digits(code[:40]))
    if not _CODE.fullmatch(digits):
        return None
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(now().timestamp()) // STEP_SECONDS
    steps: Iterable[int] = range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1)
    matching = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), digits)]
    return max(matching, default=None)


def _open_sealed(vault: Vault, user_id: int, sealed: str) -> str:
    try:
        word, owner, made_at, secret = vault.decrypt(sealed).split("|")
    except (InvalidToken, ValueError) as error:
        raise InvalidField("second_factor_form_old", field="code") from error
    age = now().timestamp() - int(made_at)
    if word != "enrolment" or int(owner) != user_id or age > ENROLMENT_SECONDS:
        raise InvalidField("second_factor_form_old", field="code")
    return secret


def _address(secret: str, user: StaffUser, issuer: str) -> str:
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=user.username, issuer_name=issuer)


def _new_recovery_codes(vault: Vault, user_id: int) -> tuple[list[str], list[str]]:
    letters = ["".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    codes = [f"{each[:5]}-{each[5:]}" for each in letters]
    return codes, [_recovery_hash(vault, user_id, code) for code in codes]


def _recovery_hash(vault: Vault, user_id: int, code: str) -> str:
    """Return the keyed hash of a recovery code; the key lies outside the database (ASVS 6.5.2)."""
    folded = fold_code(code).encode("utf-8", "backslashreplace").decode()
    return vault.lookup_hash(f"recovery:{user_id}:{folded}")
