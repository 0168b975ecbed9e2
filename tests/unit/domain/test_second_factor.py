"""The second factor: six digits good once, ten recovery codes good once each, for those who need it."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from helpers.backends import SqliteBackend
from helpers.people import officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import FrozenClock, now
from domain.errors import InvalidField
from domain.lookups import current_version
from domain.second_factor import (
    confirm_totp,
    enrol_totp,
    forget_totp,
    renew_recovery_codes,
    reopen_enrolment,
    use_second_factor,
    wants_second_factor,
)
from domain.sign_in import actor_of
from domain.user_sessions import start_session
from domain.vault import Vault
from extensions import db
from models import AuditEntry, StaffUser, UserSession

TOWN = "Manchakhiri"


@pytest.fixture
def backend(sqlite_backend: SqliteBackend) -> SqliteBackend:
    """One database is enough here; test_account_rivals.py runs on both."""
    return sqlite_backend


@pytest.fixture
def vault(app: Flask) -> Vault:
    found: Vault = app.extensions["vault"]
    return found


@pytest.fixture
def clerk(session: Session) -> StaffUser:
    return officer_named(session, "clerk")


def digits_now(secret: str, ahead: timedelta = timedelta(0)) -> str:
    return pyotp.TOTP(secret).at(now() + ahead)


def enrolled(session: Session, vault: Vault, user: StaffUser) -> tuple[str, list[str]]:
    """Enrol an officer; the code he enrolled with belongs to the half minute before now."""
    enrolment = enrol_totp(vault, user, TOWN)
    before = digits_now(enrolment.secret, timedelta(seconds=-30))
    codes = confirm_totp(session, actor_of(user), vault, user, enrolment.sealed, before)
    session.flush()
    return enrolment.secret, codes


def test_nothing_is_stored_before_the_first_right_code(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    enrolment = enrol_totp(vault, clerk, TOWN)

    with pytest.raises(InvalidField) as refused:
        confirm_totp(session, actor_of(clerk), vault, clerk, enrolment.sealed, "000000")

    assert refused.value.code == "second_factor_wrong"
    assert clerk.totp_secret_encrypted is None


def test_an_officer_enrols_with_his_phone(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    secret, codes = enrolled(session, vault, clerk)

    assert use_second_factor(session, vault, clerk, digits_now(secret)) == "totp"
    assert len(set(codes)) == 10


def test_the_secret_and_the_codes_lie_in_the_database_unreadable(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    secret, codes = enrolled(session, vault, clerk)
    stored = f"{clerk.totp_secret_encrypted} {clerk.recovery_hashes}"

    assert secret not in stored
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_the_address_for_the_app_names_the_town_and_the_officer(vault: Vault, clerk: StaffUser) -> None:
    address = pyotp.parse_uri(enrol_totp(vault, clerk, TOWN).address)

    assert (address.issuer, address.name) == (TOWN, "clerk")


def test_an_enrolment_shows_the_same_picture_after_a_wrong_code(vault: Vault, clerk: StaffUser) -> None:
    enrolment = enrol_totp(vault, clerk, TOWN)

    assert reopen_enrolment(vault, clerk, TOWN, enrolment.sealed) == enrolment


def test_an_enrolment_is_good_for_an_hour(vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock) -> None:
    sealed = enrol_totp(vault, clerk, TOWN).sealed
    frozen_noon.advance(timedelta(hours=1, seconds=1))

    with pytest.raises(InvalidField):
        reopen_enrolment(vault, clerk, TOWN, sealed)


def test_an_enrolment_belongs_to_one_officer(session: Session, vault: Vault, clerk: StaffUser) -> None:
    sealed = enrol_totp(vault, officer_named(session, "head"), TOWN).sealed

    for foreign in (sealed, "", "damaged", vault.encrypt("enrolment|1|2|3|4"), vault.encrypt("other|1|2|3")):
        with pytest.raises(InvalidField):
            reopen_enrolment(vault, clerk, TOWN, foreign)


def test_a_code_is_good_once(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    secret, _codes = enrolled(session, vault, clerk)
    use_second_factor(session, vault, clerk, digits_now(secret))

    with pytest.raises(InvalidField):
        use_second_factor(session, vault, clerk, digits_now(secret))


def test_an_older_code_than_the_last_is_worthless(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    secret, _codes = enrolled(session, vault, clerk)
    frozen_noon.advance(timedelta(seconds=60))
    use_second_factor(session, vault, clerk, digits_now(secret, timedelta(seconds=30)))

    with pytest.raises(InvalidField):
        use_second_factor(session, vault, clerk, digits_now(secret))


@pytest.mark.parametrize(("off", "fits"), [(-60, False), (-30, False), (0, True), (30, True), (60, False)])
def test_a_phone_may_be_half_a_minute_off(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock, off: int, fits: bool
) -> None:
    secret, _codes = enrolled(session, vault, clerk)  # Used up the step half a minute ago.
    code = digits_now(secret, timedelta(seconds=off))

    if fits:
        assert use_second_factor(session, vault, clerk, code) == "totp"
    else:
        with pytest.raises(InvalidField):
            use_second_factor(session, vault, clerk, code)


@pytest.mark.parametrize("spelling", ["{0}{1}", "{0} {1}", " {0}-{1} "])
def test_a_code_may_be_typed_with_spaces_or_thai_digits(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock, spelling: str
) -> None:
    secret, _codes = enrolled(session, vault, clerk)
    code = digits_now(secret)
    typed = spelling.format(code[:3], code[3:]).translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))

    assert use_second_factor(session, vault, clerk, typed) == "totp"


def test_a_recovery_code_is_good_once_however_it_is_typed(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    _secret, codes = enrolled(session, vault, clerk)

    assert use_second_factor(session, vault, clerk, f" {codes[3].lower().replace('-', ' ')}") == "recovery"
    with pytest.raises(InvalidField):
        use_second_factor(session, vault, clerk, codes[3])
    assert len(clerk.recovery_hashes) == 9


def test_another_officers_recovery_code_is_worthless(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    _secret, codes = enrolled(session, vault, clerk)
    head = officer_named(session, "head")
    enrolled(session, vault, head)

    with pytest.raises(InvalidField):
        use_second_factor(session, vault, head, codes[0])


def test_new_recovery_codes_make_the_old_ones_worthless(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    _secret, old = enrolled(session, vault, clerk)
    new = renew_recovery_codes(session, actor_of(clerk), vault, clerk)

    with pytest.raises(InvalidField):
        use_second_factor(session, vault, clerk, old[0])
    assert use_second_factor(session, vault, clerk, new[0]) == "recovery"


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "abcdef", "\x00", "\ud800", "๑๒๓", "9" * 5000]
)
def test_anything_else_is_refused_in_the_same_words(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock, typed: str
) -> None:
    enrolled(session, vault, clerk)

    with pytest.raises(InvalidField) as refused:
        use_second_factor(session, vault, clerk, typed)

    assert refused.value.code == "second_factor_wrong"


def test_a_reset_takes_everything_away_and_ends_the_sessions(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    secret, codes = enrolled(session, vault, clerk)
    start_session(session, clerk)

    forget_totp(session, actor_of(officer_named(session, "admin")), clerk)

    assert clerk.totp_secret_encrypted is None
    assert all(row.ended_at for row in session.scalars(select(UserSession)))
    for code in (digits_now(secret), codes[0]):
        with pytest.raises(InvalidField):
            use_second_factor(session, vault, clerk, code)


@pytest.mark.parametrize(
    ("username", "wanted"),
    [
        ("admin", True),  # Could give himself the right.
        ("central", True),
        ("clerk", True),
        ("officer", True),
        ("head", True),
        ("executive", False),
    ],
)
def test_who_may_see_personal_data_or_manage_accounts_needs_it(
    session: Session, username: str, wanted: bool
) -> None:
    assert wants_second_factor(session, officer_named(session, username).id) is wanted


def test_the_audit_log_knows_of_it_without_a_secret(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    secret, codes = enrolled(session, vault, clerk)

    entries = [entry.changes for entry in session.scalars(select(AuditEntry))]

    assert {"second_factor": "enrolled"} in entries
    assert not any(secret in str(entry) or codes[0] in str(entry) for entry in entries)


def test_using_a_code_does_not_make_everybody_read_the_lookups_again(
    session: Session, vault: Vault, clerk: StaffUser, frozen_noon: FrozenClock
) -> None:
    before = current_version(db.session())
    secret, codes = enrolled(session, vault, clerk)
    use_second_factor(session, vault, clerk, digits_now(secret))
    use_second_factor(session, vault, clerk, codes[0])
    session.flush()

    assert current_version(db.session()) == before
