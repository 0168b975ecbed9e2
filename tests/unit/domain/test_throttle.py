"""Guesses are slowed down per address and per account; nobody is locked out, and no guess slips by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain import throttle
from domain.clock import FrozenClock
from domain.throttle import Limit, Throttled, address_key, admit, check, name_key, note, sweep, withdraw
from models import AuthAttempt

LIMITS = {
    "ip": Limit(free=5, window=timedelta(minutes=15), first_wait=timedelta(seconds=10)),
    "complaint": Limit(free=10, window=timedelta(hours=1)),
}
HERE = {"ip": "203.0.113.9"}


def use_up(session: Session, keys: dict[str, str], times: int = 5) -> None:
    for _time in range(times):
        admit(session, "tracking", keys, LIMITS)


def test_the_free_attempts_need_not_wait(session: Session, frozen_noon: FrozenClock) -> None:
    use_up(session, HERE)

    with pytest.raises(Throttled) as refused:
        admit(session, "tracking", HERE, LIMITS)

    assert refused.value.seconds == 10


def test_each_further_attempt_waits_twice_as_long_up_to_a_limit(
    session: Session, frozen_noon: FrozenClock
) -> None:
    patient = {"ip": Limit(5, timedelta(hours=24), timedelta(seconds=10), timedelta(seconds=60))}
    for _time in range(5):
        admit(session, "tracking", HERE, patient)
    waits = []
    for _time in range(5):
        with pytest.raises(Throttled) as refused:
            admit(session, "tracking", HERE, patient)
        waits.append(refused.value.seconds)
        frozen_noon.advance(timedelta(seconds=refused.value.seconds))
        admit(session, "tracking", HERE, patient)

    assert waits == [10, 20, 40, 60, 60]


def test_who_waits_as_told_is_let_in_whatever_others_tried_meanwhile(
    session: Session, frozen_noon: FrozenClock
) -> None:
    use_up(session, HERE)
    for _second in range(9):
        frozen_noon.advance(timedelta(seconds=1))
        with pytest.raises(Throttled):
            admit(session, "tracking", HERE, LIMITS)

    frozen_noon.advance(timedelta(seconds=1))

    assert admit(session, "tracking", HERE, LIMITS)


def test_attempts_fall_out_of_the_window(session: Session, frozen_noon: FrozenClock) -> None:
    use_up(session, HERE)
    frozen_noon.advance(timedelta(minutes=15))

    use_up(session, HERE)


def test_an_address_that_tries_many_complaints_is_slowed_down(
    session: Session, frozen_noon: FrozenClock
) -> None:
    for number in range(5):
        admit(session, "tracking", HERE | {"complaint": f"2026-{number}"}, LIMITS)

    with pytest.raises(Throttled):
        admit(session, "tracking", HERE | {"complaint": "2026-99"}, LIMITS)


def test_many_addresses_that_try_one_complaint_are_slowed_down(
    session: Session, frozen_noon: FrozenClock
) -> None:
    for number in range(10):
        admit(session, "tracking", {"ip": f"203.0.113.{number}", "complaint": "2026-56"}, LIMITS)

    with pytest.raises(Throttled):
        admit(session, "tracking", {"ip": "198.51.100.1", "complaint": "2026-56"}, LIMITS)

    assert admit(session, "tracking", {"ip": "198.51.100.1", "complaint": "2026-57"}, LIMITS)


def test_the_longest_wait_of_all_keys_counts(session: Session, frozen_noon: FrozenClock) -> None:
    both = HERE | {"complaint": "2026-56"}
    note_many(session, both, 7)

    with pytest.raises(Throttled) as refused:
        check(session, "tracking", both, LIMITS)

    assert refused.value.seconds == 40


def test_doors_do_not_count_each_others_attempts(session: Session, frozen_noon: FrozenClock) -> None:
    use_up(session, HERE)

    assert admit(session, "sign_in", HERE, LIMITS)


def test_a_refused_attempt_is_not_counted(session: Session, frozen_noon: FrozenClock) -> None:
    use_up(session, HERE)
    before = session.scalar(select(func.count(AuthAttempt.id)))

    with pytest.raises(Throttled):
        admit(session, "tracking", HERE, LIMITS)

    assert session.scalar(select(func.count(AuthAttempt.id))) == before


def test_a_right_answer_gives_its_attempt_back(session: Session, frozen_noon: FrozenClock) -> None:
    for _time in range(20):
        withdraw(session, admit(session, "tracking", HERE, LIMITS))

    assert session.scalar(select(func.count(AuthAttempt.id))) == 0


def test_the_person_is_told_whole_minutes(session: Session, frozen_noon: FrozenClock) -> None:
    note_many(session, HERE, 8)

    with pytest.raises(Throttled) as refused:
        check(session, "tracking", HERE, LIMITS)

    assert refused.value.seconds == 80
    assert "2 นาที" in refused.value.message


def test_old_attempts_are_swept_away_and_fresh_ones_stay(session: Session, frozen_noon: FrozenClock) -> None:
    note(session, "tracking", HERE)
    frozen_noon.advance(throttle.KEEP + timedelta(seconds=1))
    note(session, "tracking", HERE)

    assert sweep(session) == 1
    assert session.scalar(select(func.count(AuthAttempt.id))) == 1


@pytest.mark.parametrize("value", ["", "x" * 5000, "\x00", "ไทย\u202e", "\ud800"])
def test_any_key_can_be_counted(session: Session, value: str) -> None:
    assert note(session, "tracking", {"complaint": value})


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("not an address", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_ipv6_subscriber_counts_as_one_address(address: str | None, key: str) -> None:
    assert address_key(address) == key


def test_a_typed_name_is_stored_only_as_a_hash() -> None:
    assert "somchai" not in name_key("somchai")
    assert name_key("somchai") == name_key("somchai") != name_key("somsri")


def note_many(session: Session, keys: dict[str, str], times: int) -> None:
    for _time in range(times):
        note(session, "tracking", keys)
