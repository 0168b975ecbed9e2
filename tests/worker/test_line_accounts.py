"""Who an account is becomes known by itself: the hourly look at the quota asks while nobody knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from helpers.line import Town

from domain.clock import FrozenClock, now
from domain.line_connections import connection_of
from extensions import db, write_transaction
from line_hooks.client import LineGateway, LineRetryable
from models import LineChannel, LineConnection
from worker.line_quota import read_quotas

CITIZEN = LineChannel.CITIZEN


def connection(channel: LineChannel = CITIZEN) -> LineConnection:
    db.session.rollback()
    return db.session.get_one(LineConnection, channel)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which channels were asked who they are."""
    names: list[str] = []
    really = LineGateway.bot_info

    def bot_info(gateway: LineGateway) -> dict[str, object]:
        found = really(gateway)
        names.append(str(found["basicId"]))
        return found

    monkeypatch.setattr(LineGateway, "bot_info", bot_info)
    return names


def test_both_accounts_are_known_after_the_first_hour_and_never_asked_again(
    town: Town, asked: list[str]
) -> None:
    assert read_quotas(town.app) == 2

    assert {connection(channel).basic_id for channel in LineChannel} == {"@sim-citizen", "@sim-staff"}
    assert connection().bot_user_id == town.fake.state.channels["citizen"].bot_user_id
    assert asked == ["@sim-citizen", "@sim-staff"]
    read_quotas(town.app)
    assert len(asked) == 2


def test_an_account_line_does_not_tell_is_asked_for_again_and_the_quota_is_kept(
    town: Town, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    def refuse(_gateway: LineGateway) -> dict[str, object]:
        raise LineRetryable(503, "busy")

    with monkeypatch.context() as spoilt:
        spoilt.setattr(LineGateway, "bot_info", refuse)
        assert read_quotas(town.app) == 2
    assert connection().basic_id is None
    assert connection().quota_read_at is not None

    read_quotas(town.app)

    assert connection().basic_id == "@sim-citizen"


def test_an_answer_about_values_that_have_changed_meanwhile_is_dropped(
    town: Town, frozen_noon: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = LineGateway.bot_info

    def change_meanwhile(gateway: LineGateway) -> dict[str, object]:
        frozen_noon.advance(timedelta(seconds=1))
        with write_transaction() as session:
            connection_of(session, CITIZEN).updated_at = now()
        return really(gateway)

    monkeypatch.setattr(LineGateway, "bot_info", change_meanwhile)
    read_quotas(town.app)

    assert connection().basic_id is None
