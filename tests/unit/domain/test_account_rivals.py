"""What two people do to one account at the same moment, and what each database takes; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from helpers.people import officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.account_links import use_link
from domain.accounts import disable_staff_user, invite, set_password_by_link
from domain.actor import Actor
from domain.clock import FrozenClock, now
from domain.drafts import save_draft, take_draft
from domain.errors import DomainError
from domain.passwords import hash_password
from domain.second_factor import confirm_totp, enrol_totp, use_second_factor
from domain.sign_in import NeedsTotp, Visit, actor_of, begin, check_password, open_pending, sign_in
from domain.throttle import Limit, admit
from domain.user_sessions import SessionGrant
from extensions import write_transaction
from models import Draft, LinkPurpose, Role, StaffUser, UserSession

ActAs = Callable[[str], Actor]

TOKEN = "form-token-0001"


def race(app: Flask, acts: Sequence[Callable[[Session], object]]) -> list[str]:
    """Do all acts at once, each in a transaction of its own; return ``done`` or the error's code, sorted."""
    together, answers = threading.Barrier(len(acts)), []

    def run(act: Callable[[Session], object]) -> None:
        with app.app_context():
            together.wait()
            try:
                with write_transaction() as session:
                    act(session)
                answers.append("done")
            except DomainError as error:
                answers.append(error.code)

    rivals = [threading.Thread(target=run, args=(act,)) for act in acts]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    return sorted(answers)


def enrolled(app: Flask, username: str) -> tuple[int, str, str]:
    """Return the officer's id, a code of his phone and a recovery code."""
    vault = app.extensions["vault"]
    with write_transaction() as session:
        user = officer_named(session, username)
        enrolment = enrol_totp(vault, user, "Town")
        phone = pyotp.TOTP(enrolment.secret)
        first = phone.at(now() - timedelta(seconds=30))
        codes = confirm_totp(session, actor_of(user), vault, user, enrolment.sealed, first)
        return user.id, phone.at(now() + timedelta(seconds=30)), codes[0]


def test_guesses_side_by_side_all_count(app: Flask) -> None:
    limits = {"ip": Limit(free=3, window=timedelta(minutes=15))}

    answers = race(app, [lambda session: admit(session, "tracking", {"ip": "203.0.113.9"}, limits)] * 8)

    assert answers == ["attempts_exceeded"] * 5 + ["done"] * 3


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_of_two_who_use_one_code_at_once_one_gets_in(app: Flask, kind: str) -> None:
    user_id, digits, recovery = enrolled(app, "clerk")
    typed = digits if kind == "totp" else recovery

    def use(session: Session) -> None:
        use_second_factor(session, app.extensions["vault"], session.get_one(StaffUser, user_id), typed)

    assert race(app, [use, use]) == ["done", "second_factor_wrong"]


def test_of_two_who_use_a_link_at_once_one_gets_through(app: Flask, act_as: ActAs) -> None:
    with write_transaction() as session:
        link = invite(session, act_as("admin"), officer_named(session, "clerk"))

    answers = race(app, [lambda session: use_link(session, link.token, LinkPurpose.RESET)] * 2)

    assert answers == ["done", "link_invalid"]


def test_two_administrators_cannot_close_each_other_at_once(app: Flask, act_as: ActAs) -> None:
    with write_transaction() as session:
        second = officer_named(session, "central")
        second.roles.append(session.scalars(select(Role).where(Role.code == "system_admin")).one())
    admin, central = act_as("admin"), act_as("central")

    answers = race(
        app,
        [
            lambda session: disable_staff_user(session, admin, officer_named(session, "central")),
            lambda session: disable_staff_user(session, central, officer_named(session, "admin")),
        ],
    )

    assert answers == ["done", "last_administrator"]


def test_two_windows_may_autosave_one_form_at_once(app: Flask, session: Session, act_as: ActAs) -> None:
    clerk = act_as("clerk")
    session.rollback()

    answers = race(app, [lambda session: save_draft(session, clerk, "form", TOKEN, {"story": "ถนน"})] * 4)

    assert answers == ["done"] * 4
    assert len(session.scalars(select(Draft)).all()) == 1


@pytest.mark.parametrize("value", ["\x00ถนน", "\ud800ถนน", "ถนน\x00"])
def test_a_letter_no_database_takes_does_no_harm(session: Session, act_as: ActAs, value: str) -> None:
    save_draft(session, act_as("clerk"), "form" + value, TOKEN, {"story" + value: value})
    session.flush()

    assert list(take_draft(session, act_as("clerk"), TOKEN).values()) == ["ถนน"]


@pytest.mark.parametrize(
    "agent", [None, "", "x" * 5000, "Mozilla\x00\r\nSet-Cookie: a=b", "\ud800", "กำ" * 400]
)
def test_any_browser_name_can_be_kept(session: Session, agent: str | None) -> None:
    user = officer_named(session, "executive")

    granted = begin(session, user, Visit("2001:db8::1", agent), "none")

    row = session.get_one(UserSession, granted.session_id)
    assert len(row.user_agent or "") <= 300
    assert not set(row.user_agent or "") & {"\x00", "\r", "\n"}


def test_an_officers_way_in_from_the_link_to_the_phone(
    app: Flask, session: Session, act_as: ActAs, frozen_noon: FrozenClock
) -> None:
    vault, visit = app.extensions["vault"], Visit("203.0.113.9", "Firefox")
    link = invite(session, act_as("admin"), officer_named(session, "clerk"))
    set_password_by_link(session, link.token, hash_password("blue7kettle&fern"))
    session.commit()
    _user_id, digits, _recovery = enrolled(app, "clerk")

    asked = sign_in(session, vault, check_password(session, "clerk", "blue7kettle&fern"), None, visit)
    assert isinstance(asked, NeedsTotp)
    proof, _user = open_pending(session, vault, asked.pending)
    granted = sign_in(session, vault, proof, digits, visit)

    assert isinstance(granted, SessionGrant)
