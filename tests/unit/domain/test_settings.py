"""A municipality's own values, and what holds until it sets them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from domain.clock import FrozenClock
from domain.settings import DEFAULTS, read_setting, write_setting
from models import Setting


def test_a_missing_row_means_the_default(session: Session) -> None:
    session.execute(delete(Setting))

    assert {key: read_setting(session, key) for key in DEFAULTS} == DEFAULTS


def test_a_row_rules_over_the_default(session: Session) -> None:
    assert read_setting(session, "municipality_name") == "เทศบาลนครขอนแก่น"


def test_an_unknown_setting_is_a_mistake_of_ours(session: Session) -> None:
    with pytest.raises(KeyError):
        read_setting(session, "colour_of_the_sky")


def test_a_written_value_is_read_again_with_its_time(session: Session, frozen_noon: FrozenClock) -> None:
    write_setting(session, "undo_hold_seconds", 5)
    write_setting(session, "undo_hold_seconds", 7)
    session.commit()

    assert read_setting(session, "undo_hold_seconds") == 7
    assert session.get_one(Setting, "undo_hold_seconds").updated_at == frozen_noon()


@pytest.mark.parametrize("value", [0, False, "", None, [], {"ก": [1, 2.5]}])
def test_any_value_json_can_hold_is_kept_as_it_is(session: Session, value: object) -> None:
    write_setting(session, "reopen_days", value)
    session.commit()

    kept = session.get_one(Setting, "reopen_days").value
    assert json.dumps(kept) == json.dumps(value)


def test_the_defaults_can_be_stored() -> None:
    assert json.loads(json.dumps(DEFAULTS)) == DEFAULTS
