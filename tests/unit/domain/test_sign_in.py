"""Signing in: the right password opens, everything else sounds and costs the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask
from helpers.backends import SqliteBackend
from helpers.people import officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import DEMO_PASSWORD
from domain import sign_in as door
from domain.clock import FrozenClock, now
from domain.errors import InvalidField
from domain.lookups import current_version
from domain.passwords import hash_password
from domain.second_factor import confirm_totp, enrol_totp
from domain.sign_in import (
    NeedsTotp,
    PendingLost,
    Visit,
    WrongCredentials,
    actor_of,
    admit_sign_in,
    check_password,
    enrol_and_sign_in,
    fold_username,
    note_refusal,
    open_pending,
    sign_in,
    sign_in_keys,
)
from domain.throttle import Throttled, withdraw
from domain.user_sessions import SessionGrant, end_sessions_of, open_sessions, sweep, touch, windows
from domain.vault import Vault
from models import AuditAction, AuditEntry, UserSession

VISIT = Visit("203.0.113.9", "Mozilla/5.0")
OTHER_PASSWORD = "blue7kettle&fern"
LIVES = windows(30, 12)


@pytest.fixture
def backend(sqlite_backend: SqliteBackend) -> SqliteBackend:
    """One database is enough here; test_account_rivals.py runs on both."""
    return sqlite_backend


@pytest.fixture
def vault(app: Flask) -> Vault:
    found: Vault = app.extensions["vault"]
    return found


def first_step(session: Session, vault: Vault, username: str) -> SessionGrant | NeedsTotp:
    return sign_in(session, vault, check_password(session, username, DEMO_PASSWORD), None, VISIT)


def enrol(session: Session, vault: Vault, username: str) -> str:
    user = officer_named(session, username)
    enrolment = enrol_totp(vault, user, "Town")
    code = pyotp.TOTP(enrolment.secret).at(now() - timedelta(seconds=30))
    confirm_totp(session, actor_of(user), vault, user, enrolment.sealed, code)
    return enrolment.secret


def test_an_officer_without_personal_data_signs_in_with_his_password(session: Session, vault: Vault) -> None:
    granted = first_step(session, vault, "executive")

    assert isinstance(granted, SessionGrant)
    row = session.get_one(UserSession, granted.session_id)
    assert (row.ip_address, row.user_agent, row.ended_at) == ("203.0.113.9", "Mozilla/5.0", None)
    assert granted.token not in row.token_hash


def test_every_sign_in_has_a_token_of_its_own(session: Session, vault: Vault) -> None:
    first, second = (first_step(session, vault, "executive") for _time in range(2))

    assert first.token != second.token  # type: ignore[union-attr]


@pytest.mark.parametrize("typed", ["executive", "Executive", "  EXECUTIVE ", "ｅｘｅｃｕｔｉｖｅ"])
def test_a_user_name_may_be_typed_in_capitals_or_with_spaces(session: Session, typed: str) -> None:
    assert check_password(session, typed, DEMO_PASSWORD)


@pytest.mark.parametrize(
    "typed",
    ["", "nobody", "executive\x00", "\ud800", "exec%", "'; drop table staff_user; --", "ผู้ใช้", "x" * 10_000],
)
def test_a_name_nobody_has_sounds_like_a_wrong_password(session: Session, typed: str) -> None:
    with pytest.raises(WrongCredentials) as unknown:
        check_password(session, typed, DEMO_PASSWORD)
    with pytest.raises(WrongCredentials) as wrong:
        check_password(session, "executive", OTHER_PASSWORD)

    assert unknown.value.message == wrong.value.message
    assert fold_username(typed) is None or typed == "nobody"


def closed(session: Session) -> None:
    officer_named(session, "executive").is_active = False


def without_password(session: Session) -> None:
    officer_named(session, "executive").password_hash = None


@pytest.mark.parametrize("unfit", [closed, without_password])
def test_a_closed_account_sounds_like_a_wrong_password(
    session: Session, unfit: Callable[[Session], None]
) -> None:
    unfit(session)
    session.flush()

    with pytest.raises(WrongCredentials) as refused:
        check_password(session, "executive", DEMO_PASSWORD)

    assert refused.value.code == "password_wrong"


@pytest.mark.parametrize("username", ["nobody", "\x00", "executive", "closed-one"])
def test_every_refusal_costs_one_hash_and_the_same_statements(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    sql_count: Callable[[], AbstractContextManager[list[str]]],
    username: str,
) -> None:
    gone = officer_named(session, "finance")
    gone.username, gone.is_active = "closed-one", False
    session.flush()
    hashed = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, *given: hashed.append(1) or verify(self, *given)
    )
    monkeypatch.setattr(PasswordHasher, "hash", lambda self, *given: hashed.append(1))

    with sql_count() as statements, pytest.raises(WrongCredentials):
        check_password(session, username, OTHER_PASSWORD)

    assert (len(hashed), len(statements)) == (1, 1)


def test_a_hash_of_older_parameters_is_made_again_at_sign_in(session: Session, vault: Vault) -> None:
    user = officer_named(session, "executive")
    user.password_hash = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(DEMO_PASSWORD)
    session.flush()

    first_step(session, vault, "executive")

    assert user.password_hash.startswith("$argon2id$v=19$m=32768,t=2,p=1$")
    assert check_password(session, "executive", DEMO_PASSWORD)


def test_signing_in_does_not_make_everybody_read_the_lookups_again(session: Session, vault: Vault) -> None:
    before = current_version(session)
    first_step(session, vault, "executive")
    session.flush()

    assert current_version(session) == before


def test_who_sees_personal_data_must_set_up_a_second_factor_first(session: Session, vault: Vault) -> None:
    asked = first_step(session, vault, "clerk")

    assert isinstance(asked, NeedsTotp)
    assert not asked.is_enrolled
    assert session.scalars(select(UserSession)).all() == []


def test_demo_mode_asks_for_no_second_factor(session: Session, vault: Vault) -> None:
    enrol(session, vault, "clerk")
    proof = check_password(session, "clerk", DEMO_PASSWORD)

    assert isinstance(sign_in(session, vault, proof, None, VISIT, is_demo=True), SessionGrant)


def test_the_second_step_opens_with_the_code(
    session: Session, vault: Vault, frozen_noon: FrozenClock
) -> None:
    secret = enrol(session, vault, "clerk")
    asked = first_step(session, vault, "clerk")
    assert isinstance(asked, NeedsTotp)
    assert asked.is_enrolled
    proof, user = open_pending(session, vault, asked.pending)

    granted = sign_in(session, vault, proof, pyotp.TOTP(secret).at(now()), VISIT)

    assert isinstance(granted, SessionGrant)
    assert granted.staff_user_id == user.id


def test_a_wrong_code_opens_nothing(session: Session, vault: Vault, frozen_noon: FrozenClock) -> None:
    enrol(session, vault, "clerk")
    proof = check_password(session, "clerk", DEMO_PASSWORD)

    with pytest.raises(InvalidField):
        sign_in(session, vault, proof, "000000", VISIT)

    assert session.scalars(select(UserSession)).all() == []


def test_the_first_step_is_good_for_ten_minutes(
    session: Session, vault: Vault, frozen_noon: FrozenClock
) -> None:
    asked = first_step(session, vault, "clerk")
    assert isinstance(asked, NeedsTotp)
    frozen_noon.advance(timedelta(minutes=10, seconds=1))

    with pytest.raises(PendingLost):
        open_pending(session, vault, asked.pending)


@pytest.mark.parametrize("change", ["password", "closed"])
def test_the_first_step_is_void_when_the_account_changes(session: Session, vault: Vault, change: str) -> None:
    asked = first_step(session, vault, "clerk")
    assert isinstance(asked, NeedsTotp)
    user = officer_named(session, "clerk")
    if change == "password":
        user.password_hash = hash_password(OTHER_PASSWORD)
    else:
        user.is_active = False
    session.flush()

    with pytest.raises(PendingLost):
        open_pending(session, vault, asked.pending)


@pytest.mark.parametrize("pending", ["", "x", "gAAAAA=="])
def test_a_forged_first_step_opens_nothing(session: Session, vault: Vault, pending: str) -> None:
    with pytest.raises(PendingLost):
        open_pending(session, vault, pending)


def test_a_secret_of_another_kind_is_no_first_step(session: Session, vault: Vault) -> None:
    enrolment = enrol_totp(vault, officer_named(session, "clerk"), "Town")

    with pytest.raises(PendingLost):
        open_pending(session, vault, enrolment.sealed)


def test_enrolling_opens_and_gives_recovery_codes(
    session: Session, vault: Vault, frozen_noon: FrozenClock
) -> None:
    proof = check_password(session, "clerk", DEMO_PASSWORD)
    enrolment = enrol_totp(vault, officer_named(session, "clerk"), "Town")

    granted, codes = enrol_and_sign_in(
        session, vault, proof, enrolment.sealed, pyotp.TOTP(enrolment.secret).at(now()), VISIT
    )

    assert granted.token
    assert len(codes) == 10


def test_a_password_alone_never_replaces_a_second_factor(
    session: Session, vault: Vault, frozen_noon: FrozenClock
) -> None:
    enrol(session, vault, "clerk")
    proof = check_password(session, "clerk", DEMO_PASSWORD)
    stolen = enrol_totp(vault, officer_named(session, "clerk"), "Town")

    with pytest.raises(PendingLost):
        enrol_and_sign_in(session, vault, proof, stolen.sealed, pyotp.TOTP(stolen.secret).at(now()), VISIT)


def test_one_account_is_slowed_down_from_wherever_the_guesses_come(
    session: Session, frozen_noon: FrozenClock
) -> None:
    for number in range(5):
        admit_sign_in(session, "clerk", Visit(f"203.0.113.{number}"))

    with pytest.raises(Throttled):
        admit_sign_in(session, " CLERK ", Visit("198.51.100.1"))


def test_one_address_is_slowed_down_whatever_account_it_tries(
    session: Session, frozen_noon: FrozenClock
) -> None:
    for number in range(door.LIMITS["ip"].free):
        admit_sign_in(session, f"nobody{number}", VISIT)

    with pytest.raises(Throttled):
        admit_sign_in(session, "clerk", VISIT)


def test_an_officer_at_his_own_desk_is_not_kept_out_by_guesses_elsewhere(
    session: Session, frozen_noon: FrozenClock
) -> None:
    for number in range(5):
        admit_sign_in(session, "clerk", Visit(f"203.0.113.{number}"))

    assert admit_sign_in(session, "clerk", Visit("203.0.113.1"), device="desk-of-the-clerk")


def test_guesses_at_a_known_desk_are_slowed_down_too(session: Session, frozen_noon: FrozenClock) -> None:
    for _time in range(5):
        admit_sign_in(session, "clerk", VISIT, device="desk-of-the-clerk")

    with pytest.raises(Throttled):
        admit_sign_in(session, "clerk", VISIT, device="desk-of-the-clerk")


def test_a_morning_of_right_passwords_behind_one_address_slows_nobody_down(
    session: Session, frozen_noon: FrozenClock
) -> None:
    for number in range(200):
        withdraw(session, admit_sign_in(session, f"officer{number}", VISIT))


def test_a_password_typed_as_the_user_name_is_not_stored() -> None:
    assert "blue7kettle" not in str(sign_in_keys(OTHER_PASSWORD, "203.0.113.9"))


def test_the_audit_log_knows_who_came_in_and_who_did_not(session: Session, vault: Vault) -> None:
    first_step(session, vault, "executive")
    try:
        check_password(session, "executive", OTHER_PASSWORD)
    except WrongCredentials as error:
        note_refusal(session, error, VISIT)
    session.flush()

    came, refused = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()

    user_id = officer_named(session, "executive").id
    assert (came.action, came.staff_user_id, came.ip_address) == (AuditAction.SIGN_IN, user_id, "203.0.113.9")
    assert (refused.action, refused.object_id) == (AuditAction.SIGN_IN_FAILED, str(user_id))
    assert refused.changes == {"reason": "password"}
    assert refused.staff_user_id is None


def test_the_audit_log_keeps_no_unknown_name(session: Session) -> None:
    with pytest.raises(WrongCredentials) as refused:
        check_password(session, OTHER_PASSWORD, "x")
    note_refusal(session, refused.value, VISIT)
    session.flush()

    entry = session.scalars(select(AuditEntry)).one()

    assert (entry.object_id, entry.changes) == (None, {"reason": "unknown"})


def test_a_session_is_touched_at_most_every_five_minutes(
    session: Session, vault: Vault, frozen_noon: FrozenClock
) -> None:
    granted = first_step(session, vault, "executive")
    row = session.get_one(UserSession, granted.session_id)  # type: ignore[union-attr]
    began = row.seen_at
    frozen_noon.advance(timedelta(minutes=4))
    touch(session, row.id, LIVES)
    assert row.seen_at == began

    frozen_noon.advance(timedelta(minutes=1))
    touch(session, row.id, LIVES)

    assert row.seen_at == began + timedelta(minutes=5)


def test_only_living_sessions_are_listed(session: Session, vault: Vault, frozen_noon: FrozenClock) -> None:
    user = officer_named(session, "executive")
    first_step(session, vault, "executive")
    end_sessions_of(session, user.id)
    first_step(session, vault, "executive")
    frozen_noon.advance(timedelta(minutes=31))
    latest = first_step(session, vault, "executive")

    assert [row.id for row in open_sessions(session, user.id, LIVES)] == [latest.session_id]  # type: ignore[union-attr]


def test_sessions_are_kept_for_ninety_days(session: Session, vault: Vault, frozen_noon: FrozenClock) -> None:
    first_step(session, vault, "executive")
    frozen_noon.advance(timedelta(days=90))
    assert sweep(session) == 0

    frozen_noon.advance(timedelta(seconds=1))

    assert sweep(session) == 1


@pytest.mark.parametrize("idle", [None, "30", 0, -5, 0.5, 10_000, True, float("nan"), [30]])
def test_a_setting_no_session_could_live_with_falls_back(idle: object) -> None:
    assert windows(idle, idle) == windows(30, 12)


def test_a_short_idle_window_is_touched_oftener() -> None:
    assert windows(6, 12).touch_every == timedelta(minutes=1)
