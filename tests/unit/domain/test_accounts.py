"""Accounts: nobody is given a password, closing is at once, and an administrator is always left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from helpers.backends import SqliteBackend
from helpers.people import officer_named
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config import DEMO_PASSWORD
from domain.account_links import LIFETIMES, LinkInvalid, issue_link, read_link, sweep
from domain.accounts import (
    LastAdministrator,
    NewStaffUser,
    change_password,
    check_email,
    check_username,
    create_first_administrator,
    create_staff_user,
    disable_staff_user,
    enable_staff_user,
    end_all_sessions,
    end_other_sessions,
    end_session,
    has_administrator,
    invite,
    manageable_user,
    new_password_hash,
    require_administrator_left,
    set_language,
    set_password_by_link,
    start_session,
    verify_own_password,
)
from domain.actor import Actor
from domain.clock import FrozenClock
from domain.errors import DuplicateEntry, FieldErrors, InvalidField, NotFound, NotPermitted
from domain.passwords import hash_password
from domain.sign_in import WrongCredentials, check_password
from models import AccountLink, AuditEntry, LinkPurpose, Role, Scope, StaffUser, UserSession
from tables.staff import staff_role

ActAs = Callable[[str], Actor]

NEW_PASSWORD = "blue7kettle&fern"
ENTRY = NewStaffUser(username="wanphen.kr", first_name="วันเพ็ญ", last_name="เกรียงไกร", phone="081 234 5678")


@pytest.fixture
def backend(sqlite_backend: SqliteBackend) -> SqliteBackend:
    """One database is enough here; test_account_rivals.py runs on both."""
    return sqlite_backend


def role_id(session: Session, code: str) -> int:
    return session.scalars(select(Role.id).where(Role.code == code)).one()


def open_sessions_of(session: Session, user: StaffUser) -> list[int]:
    living = select(UserSession.id).where(
        UserSession.staff_user_id == user.id, UserSession.ended_at.is_(None)
    )
    return list(session.scalars(living))


def empty_office(session: Session) -> None:
    """Leave the roles, take every officer's password."""
    session.execute(update(StaffUser).values(password_hash=None))


# Making an account ------------------------------------------------------------------------------------------


def test_an_administrator_makes_an_account_without_a_password(session: Session, act_as: ActAs) -> None:
    entry = replace(ENTRY, role_ids=(role_id(session, "intake_clerk"),))

    user = create_staff_user(session, act_as("admin"), entry)

    assert (user.username, user.full_name, user.phone) == ("wanphen.kr", "วันเพ็ญ เกรียงไกร", "+66812345678")
    assert user.password_hash is None
    assert [role.code for role in user.roles] == ["intake_clerk"]


@pytest.mark.parametrize("username", ["clerk", "head", "executive"])
def test_only_who_manages_accounts_makes_one(session: Session, act_as: ActAs, username: str) -> None:
    with pytest.raises(NotPermitted):
        create_staff_user(session, act_as(username), ENTRY)


@pytest.mark.parametrize("taken", ["clerk", "Clerk", " CLERK "])
def test_a_user_name_is_given_once_whatever_its_capitals(session: Session, act_as: ActAs, taken: str) -> None:
    with pytest.raises(DuplicateEntry):
        create_staff_user(session, act_as("admin"), replace(ENTRY, username=taken))


@pytest.mark.parametrize(
    "username", ["", "ab", "1abc", ".abc", "abc.", "a..b", "สมชาย", "a b", "a" * 41, "a\x00bc", "a/bc"]
)
def test_a_user_name_is_plain(username: str) -> None:
    with pytest.raises(InvalidField):
        check_username(username)


@pytest.mark.parametrize("address", ["x", "a@b", "a b@c.th", "a@b..th", "a@b.th,c@d.th", "<a@b.th>", "ก@"])
def test_an_email_address_has_its_shape(address: str) -> None:
    with pytest.raises(InvalidField):
        check_email(address)


def test_everything_that_cannot_be_taken_is_said_at_once(session: Session, act_as: ActAs) -> None:
    entry = NewStaffUser(username="?", first_name=" ", email="x", phone="12", department_id=99_999)

    with pytest.raises(FieldErrors) as refused:
        create_staff_user(session, act_as("admin"), entry)

    fields = {error.field for error in refused.value.errors}
    assert fields == {"username", "first_name", "email", "phone", "department_id"}


def narrowed(actor: Actor, session: Session) -> Actor:
    """An administrator of one department who does not manage roles."""
    bureau = officer_named(session, "clerk").department_id
    return replace(
        actor,
        department_id=bureau,
        department_ids=frozenset({bureau}),
        grants={"staff:manage": Scope.DEPARTMENT, "complaint:read": Scope.DEPARTMENT},
    )


def test_an_administrator_of_a_department_stays_in_it(session: Session, act_as: ActAs) -> None:
    local = narrowed(act_as("admin"), session)

    with pytest.raises(NotFound):
        create_staff_user(session, local, ENTRY)
    assert create_staff_user(session, local, replace(ENTRY, department_id=local.department_id))


def test_nobody_hands_out_rights_he_does_not_hold(session: Session, act_as: ActAs) -> None:
    local = narrowed(act_as("admin"), session)
    entry = replace(ENTRY, department_id=local.department_id, role_ids=(role_id(session, "system_admin"),))

    with pytest.raises(NotPermitted):
        create_staff_user(session, local, entry)


@pytest.mark.parametrize(("who", "error"), [("clerk", NotPermitted), ("local", NotFound), ("admin", None)])
def test_an_account_is_managed_only_within_reach(
    session: Session, act_as: ActAs, who: str, error: type[Exception] | None
) -> None:
    health = officer_named(session, "health")
    actor = narrowed(act_as("admin"), session) if who == "local" else act_as(who)

    if error is None:
        assert manageable_user(session, actor, health.id) is health
    else:
        with pytest.raises(error):
            manageable_user(session, actor, health.id)
        with pytest.raises(error):
            disable_staff_user(session, actor, health)


# Links ------------------------------------------------------------------------------------------------------


def test_a_new_officer_is_invited_and_others_reset(session: Session, act_as: ActAs) -> None:
    admin = act_as("admin")
    newcomer = create_staff_user(session, admin, ENTRY)

    assert invite(session, admin, newcomer).purpose is LinkPurpose.INVITATION
    assert invite(session, admin, officer_named(session, "clerk")).purpose is LinkPurpose.RESET


def test_by_the_link_the_officer_sets_his_password(session: Session, act_as: ActAs) -> None:
    newcomer = create_staff_user(session, act_as("admin"), ENTRY)
    link = invite(session, act_as("admin"), newcomer)

    set_password_by_link(session, link.token, hash_password(NEW_PASSWORD))

    assert check_password(session, "wanphen.kr", NEW_PASSWORD).staff_user_id == newcomer.id


def test_a_link_is_good_once(session: Session, act_as: ActAs) -> None:
    link = invite(session, act_as("admin"), officer_named(session, "clerk"))
    set_password_by_link(session, link.token, hash_password(NEW_PASSWORD))

    with pytest.raises(LinkInvalid):
        set_password_by_link(session, link.token, hash_password(DEMO_PASSWORD))


@pytest.mark.parametrize("purpose", list(LinkPurpose))
def test_a_link_lives_its_time_and_no_longer(
    session: Session, frozen_noon: FrozenClock, purpose: LinkPurpose
) -> None:
    link = issue_link(session, purpose, officer_named(session, "clerk"))
    frozen_noon.advance(LIFETIMES[purpose] - timedelta(seconds=1))
    assert read_link(session, link.token, purpose)
    frozen_noon.advance(timedelta(seconds=1))

    with pytest.raises(LinkInvalid):
        read_link(session, link.token, purpose)


def test_a_new_link_voids_the_older_one(session: Session, act_as: ActAs) -> None:
    older = invite(session, act_as("admin"), officer_named(session, "clerk"))
    newer = invite(session, act_as("admin"), officer_named(session, "clerk"))

    with pytest.raises(LinkInvalid):
        read_link(session, older.token, LinkPurpose.RESET)
    assert read_link(session, newer.token, LinkPurpose.RESET)


def test_a_link_opens_only_its_own_door(session: Session, act_as: ActAs) -> None:
    link = invite(session, act_as("admin"), officer_named(session, "clerk"))

    with pytest.raises(LinkInvalid):
        read_link(session, link.token, LinkPurpose.FIRST_ADMINISTRATOR)


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "' or 1=1", "x" * 10_000])
def test_a_guessed_link_opens_nothing(session: Session, token: str) -> None:
    with pytest.raises(LinkInvalid):
        read_link(session, token, *LinkPurpose)


def test_only_the_hash_of_a_link_is_stored(session: Session, act_as: ActAs) -> None:
    link = invite(session, act_as("admin"), officer_named(session, "clerk"))
    session.flush()

    row = session.scalars(select(AccountLink)).one()
    log = [str(entry.changes) for entry in session.scalars(select(AuditEntry))]

    assert link.token not in row.token_hash
    assert not any(link.token in changes for changes in log)


def test_a_reset_ends_every_session_and_keeps_the_second_factor(session: Session, act_as: ActAs) -> None:
    clerk = officer_named(session, "clerk")
    clerk.totp_secret_encrypted = "sealed"
    start_session(session, clerk)
    link = invite(session, act_as("admin"), clerk)

    set_password_by_link(session, link.token, hash_password(NEW_PASSWORD))

    assert open_sessions_of(session, clerk) == []
    assert clerk.totp_secret_encrypted == "sealed"


def test_old_links_are_swept_away(session: Session, act_as: ActAs, frozen_noon: FrozenClock) -> None:
    invite(session, act_as("admin"), officer_named(session, "clerk"))
    frozen_noon.advance(timedelta(days=31))

    assert sweep(session) == 1


# Closing and opening ----------------------------------------------------------------------------------------


def test_closing_an_account_ends_its_sessions_and_voids_its_links(session: Session, act_as: ActAs) -> None:
    clerk = officer_named(session, "clerk")
    start_session(session, clerk)
    link = invite(session, act_as("admin"), clerk)

    disable_staff_user(session, act_as("admin"), clerk)

    assert open_sessions_of(session, clerk) == []
    with pytest.raises(LinkInvalid):
        read_link(session, link.token, LinkPurpose.RESET)
    with pytest.raises(WrongCredentials):
        check_password(session, "clerk", DEMO_PASSWORD)
    with pytest.raises(InvalidField):
        invite(session, act_as("admin"), clerk)


def test_an_account_can_be_opened_again(session: Session, act_as: ActAs) -> None:
    clerk = officer_named(session, "clerk")
    disable_staff_user(session, act_as("admin"), clerk)
    enable_staff_user(session, act_as("admin"), clerk)
    session.flush()

    assert check_password(session, "clerk", DEMO_PASSWORD)


def test_an_administrator_signs_an_officer_out_everywhere(session: Session, act_as: ActAs) -> None:
    clerk, head = officer_named(session, "clerk"), officer_named(session, "head")
    for user in (clerk, clerk, head):
        start_session(session, user)

    end_all_sessions(session, act_as("admin"), clerk)

    assert (len(open_sessions_of(session, clerk)), len(open_sessions_of(session, head))) == (0, 1)


# Never without an administrator -----------------------------------------------------------------------------


def test_the_last_administrator_cannot_be_closed(session: Session, act_as: ActAs) -> None:
    with pytest.raises(LastAdministrator):
        disable_staff_user(session, act_as("admin"), officer_named(session, "admin"))


def test_the_last_administrator_cannot_lose_the_role(session: Session) -> None:
    officer_named(session, "admin").roles = []

    with pytest.raises(LastAdministrator):
        require_administrator_left(session)


def test_the_role_cannot_lose_the_right_that_makes_administrators(session: Session) -> None:
    role = session.scalars(select(Role).where(Role.code == "system_admin")).one()
    role.grants = [grant for grant in role.grants if grant.permission != "staff:manage"]

    with pytest.raises(LastAdministrator):
        require_administrator_left(session)


def test_an_administrator_who_never_set_a_password_does_not_count(session: Session, act_as: ActAs) -> None:
    create_staff_user(session, act_as("admin"), replace(ENTRY, role_ids=(role_id(session, "system_admin"),)))

    with pytest.raises(LastAdministrator):
        disable_staff_user(session, act_as("admin"), officer_named(session, "admin"))


def test_one_of_two_administrators_can_be_closed(session: Session, act_as: ActAs) -> None:
    second = officer_named(session, "central")
    second.roles.append(session.get_one(Role, role_id(session, "system_admin")))

    disable_staff_user(session, act_as("central"), officer_named(session, "admin"))

    assert has_administrator(session)


# The first administrator ------------------------------------------------------------------------------------


def test_the_first_administrator_comes_by_the_setup_link(session: Session) -> None:
    empty_office(session)
    link = issue_link(session, LinkPurpose.FIRST_ADMINISTRATOR)

    user = create_first_administrator(session, link.token, ENTRY, hash_password(NEW_PASSWORD))
    session.flush()

    assert has_administrator(session)
    assert check_password(session, user.username, NEW_PASSWORD)


def test_the_setup_link_is_closed_once_there_is_an_administrator(session: Session) -> None:
    link = issue_link(session, LinkPurpose.FIRST_ADMINISTRATOR)

    with pytest.raises(LinkInvalid) as refused:
        create_first_administrator(session, link.token, ENTRY, hash_password(NEW_PASSWORD))

    assert refused.value.code == "setup_closed"


def test_without_the_starting_roles_there_is_nothing_to_set_up(session: Session) -> None:
    session.execute(delete(staff_role))
    session.execute(delete(Role))
    link = issue_link(session, LinkPurpose.FIRST_ADMINISTRATOR)

    with pytest.raises(NotFound) as refused:
        create_first_administrator(session, link.token, ENTRY, hash_password(NEW_PASSWORD))

    assert refused.value.code == "administrator_role_missing"


# One's own account ------------------------------------------------------------------------------------------


def test_changing_the_password_needs_the_present_one(session: Session, act_as: ActAs) -> None:
    with pytest.raises(InvalidField) as refused:
        verify_own_password(session, act_as("clerk"), NEW_PASSWORD, field="current")

    assert (refused.value.code, refused.value.field) == ("password_now_wrong", "current")


def test_changing_the_password_ends_the_other_sessions(session: Session, act_as: ActAs) -> None:
    clerk = officer_named(session, "clerk")
    here, _elsewhere = start_session(session, clerk), start_session(session, clerk)
    proof = verify_own_password(session, act_as("clerk"), DEMO_PASSWORD, field="current")

    change_password(
        session, act_as("clerk"), proof, hash_password(NEW_PASSWORD), keep_session_id=here.session_id
    )

    assert open_sessions_of(session, clerk) == [here.session_id]
    assert check_password(session, "clerk", NEW_PASSWORD)


def test_a_password_changed_meanwhile_is_not_overwritten(session: Session, act_as: ActAs) -> None:
    proof = verify_own_password(session, act_as("clerk"), DEMO_PASSWORD, field="current")
    officer_named(session, "clerk").password_hash = hash_password(NEW_PASSWORD)
    session.flush()

    with pytest.raises(WrongCredentials):
        change_password(session, act_as("clerk"), proof, hash_password("another"), keep_session_id=None)


@pytest.mark.parametrize("password", ["clerk2569", "เทศบาลนครขอนแก่น", "khon kaen city municipality"])
def test_a_new_password_is_not_the_own_name_or_the_towns(session: Session, password: str) -> None:
    with pytest.raises(InvalidField):
        new_password_hash(session, password, names=["clerk", "สุภัทรา", None])


def test_an_officer_ends_only_his_own_sessions(session: Session, act_as: ActAs) -> None:
    clerk, head = officer_named(session, "clerk"), officer_named(session, "head")
    here, elsewhere, foreign = (start_session(session, user) for user in (clerk, clerk, head))

    assert not end_session(session, foreign.session_id, staff_user_id=clerk.id)
    assert end_other_sessions(session, act_as("clerk"), here.session_id) == 1
    assert open_sessions_of(session, clerk) == [here.session_id]
    assert open_sessions_of(session, head) == [foreign.session_id]
    assert not end_session(session, elsewhere.session_id)


def test_an_officer_reads_thai_or_english(session: Session, act_as: ActAs) -> None:
    set_language(session, act_as("clerk"), "en")
    assert officer_named(session, "clerk").language == "en"

    with pytest.raises(InvalidField):
        set_language(session, act_as("clerk"), "xx")
