"""The names of friends: asked for once, kept with the language, and a 404 is no error."""

from __future__ import annotations

import pytest
from helpers.line import Town
from sqlalchemy import select, update

from domain.clock import now
from extensions import db, write_transaction
from line_sim.state import SimUser
from models import LineAccount, LineChannel, LineState
from worker import line_people
from worker.line_people import fetch_profiles

pytestmark = pytest.mark.usefixtures("frozen_noon", "only_ours")


@pytest.fixture
def only_ours(town: Town) -> None:
    """The demo officers' accounts have been asked for already."""
    with write_transaction() as session:
        session.execute(update(LineAccount).values(profile_at=now()))


def account_of(user_id: str) -> LineAccount:
    db.session.rollback()
    return db.session.scalars(select(LineAccount).where(LineAccount.line_user_id == user_id)).one()


def test_a_friends_name_and_language_are_kept(town: Town):
    malee = town.friend("malee")
    town.fake.state.users[malee] = SimUser(malee, "Malee 🌸", ("citizen",), "en")

    assert fetch_profiles(town.app) == 1

    account = account_of(malee)
    assert (account.display_name, account.language) == ("Malee 🌸", "en")
    assert account.profile_at is not None


def test_nobody_is_asked_for_twice(town: Town):
    town.friend("malee")
    fetch_profiles(town.app)

    assert fetch_profiles(town.app) == 0


def test_another_language_than_ours_changes_nothing(town: Town):
    malee = town.friend("malee")
    town.fake.state.users[malee] = SimUser(malee, "Malee", ("citizen",), "ja")

    fetch_profiles(town.app)

    assert account_of(malee).language == "th"


def test_whom_line_does_not_show_us_is_unknown(town: Town):
    malee = town.friend("malee")
    town.fake.state.block("citizen", malee)

    assert fetch_profiles(town.app) == 1

    account = account_of(malee)
    assert account.state is LineState.UNKNOWN
    assert account.profile_at is not None


def test_who_blocked_us_is_not_asked_for(town: Town):
    malee = town.friend("malee")
    with write_transaction() as session:
        session.execute(update(LineAccount).values(state=LineState.BLOCKED))

    assert fetch_profiles(town.app) == 0
    assert account_of(malee).profile_at is None


def test_while_line_is_down_the_round_ends_and_the_next_one_goes_on(town: Town):
    town.friend("malee")
    town.friend("somsri")
    town.fake.state.fail("500", 1)

    assert fetch_profiles(town.app) == 0
    assert fetch_profiles(town.app) == 2


def test_a_round_asks_for_a_few_only(town: Town, monkeypatch: pytest.MonkeyPatch):
    for number in range(3):
        town.friend(f"friend-{number}")
    monkeypatch.setattr(line_people, "MOST_A_ROUND", 2)

    assert fetch_profiles(town.app) == 2
    assert fetch_profiles(town.app) == 1


def test_a_name_of_any_length_and_kind_fits(town: Town):
    malee = town.friend("malee", "staff")
    town.fake.state.users[malee] = SimUser(malee, "\u202e" + "ชื่อยาว" * 60, ("staff",), "th")

    fetch_profiles(town.app)

    name = account_of(malee).display_name
    assert name is not None
    assert len(name) <= 120
    assert "\u202e" not in name
    assert account_of(malee).channel is LineChannel.STAFF
