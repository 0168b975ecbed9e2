"""Numbers without gaps and without twins, by the Bangkok calendar."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import bangkok
from domain.numbering import (
    PUBLIC_SERIES,
    format_number,
    number_year,
    take_number,
    take_numbers,
    take_public_code,
)
from extensions import db, write_transaction
from models import NumberSeries

THREADS, EACH = 8, 25


class GaveUp(Exception):
    """A transaction that ends without being saved."""


def test_a_series_begins_at_one_and_goes_on(session: Session) -> None:
    assert [take_number(session, "อส.", 2569) for _time in range(3)] == [1, 2, 3]


def test_every_code_and_every_year_has_its_own_series(session: Session) -> None:
    take_number(session, "อส.", 2569)

    assert take_number(session, "ช.", 2569) == 1
    assert take_number(session, "อส.", 2570) == 1
    assert take_number(session, "อส.", 2569) == 2


def test_several_numbers_are_taken_at_once(session: Session) -> None:
    take_number(session, "อส.", 2569)

    assert take_numbers(session, "อส.", 2569, 500) == 501
    assert take_number(session, "อส.", 2569) == 502


def test_a_number_given_back_by_a_roll_back_is_given_out_again(app: Flask) -> None:
    with write_transaction() as session:
        take_number(session, "อส.", 2569)
    with suppress(GaveUp), write_transaction() as session:
        assert take_number(session, "อส.", 2569) == 2
        raise GaveUp
    with write_transaction() as session:
        assert take_number(session, "อส.", 2569) == 2


def test_people_who_register_at_once_get_every_number_once(app: Flask) -> None:
    taken: list[int] = []
    problems: list[BaseException] = []
    barrier = threading.Barrier(THREADS)

    def register_some(seat: int) -> None:
        barrier.wait()
        for turn in range(EACH):
            try:
                _register_one(app, taken, gives_up=(seat + turn) % 5 == 0)
            except GaveUp:
                continue
            except BaseException as problem:
                problems.append(problem)
                return

    threads = [threading.Thread(target=register_some, args=(seat,)) for seat in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert sorted(taken) == list(range(1, len(taken) + 1))
    assert len(taken) == THREADS * EACH * 4 // 5
    last = db.session.scalar(select(NumberSeries.last_number).where(NumberSeries.code == "อส."))
    assert last == len(taken)


def _register_one(app: Flask, taken: list[int], *, gives_up: bool) -> None:
    with app.app_context():
        try:
            with write_transaction() as session:
                session.scalars(select(NumberSeries)).all()  # An act reads before it writes.
                number = take_number(session, "อส.", 2569)
                if gives_up:
                    raise GaveUp
            taken.append(number)
        finally:
            db.session.remove()


@pytest.mark.parametrize(
    ("moment", "kind", "year"),
    [
        (bangkok(2026, 12, 31, 23, 59, 59), "calendar", 2569),
        (bangkok(2027, 1, 1), "calendar", 2570),
        (bangkok(2026, 9, 30, 23, 59, 59), "fiscal", 2569),
        (bangkok(2026, 10, 1), "fiscal", 2570),
        (bangkok(2026, 12, 31, 23, 59, 59), "fiscal", 2570),
        (bangkok(2026, 10, 1), "calendar", 2569),
        (bangkok(2026, 10, 1), "something else", 2569),
    ],
)
def test_the_year_of_a_number_is_that_of_the_bangkok_day(moment: datetime, kind: str, year: int) -> None:
    assert number_year(moment, kind) == year


def test_the_last_tenth_of_a_second_still_belongs_to_the_old_year() -> None:
    last = bangkok(2026, 12, 31, 23, 59, 59).replace(microsecond=900_000)

    assert last.isoformat() == "2026-12-31T16:59:59.900000+00:00"  # The server itself lives in UTC.
    assert number_year(last, "calendar") == 2569


@pytest.mark.parametrize(
    ("pattern", "printed"),
    [
        ("{code} {running}/{year}", "อส. 56/2569"),
        ("{year}-{running}", "2569-56"),
        ("ขก {code}{running}", "ขก อส.56"),
        ("{code.__class__} {running}", "{code.__class__} 56"),
        ("{unknown} {running}", "{unknown} 56"),
        ("{} {0} {running}", "{} {0} 56"),
        ("{running", "{running"),
        ("100% {running}", "100% 56"),
    ],
)
def test_a_pattern_fills_its_three_places_and_nothing_else(pattern: str, printed: str) -> None:
    assert format_number(pattern, "อส.", 56, 2569) == printed


def test_a_code_that_looks_like_a_place_is_not_filled_again() -> None:
    assert format_number("{code} {running}", "{year}", 1, 2569) == "{year} 1"


def test_public_codes_run_through_the_christian_year_of_the_bangkok_day(session: Session) -> None:
    codes = [
        take_public_code(session, moment)
        for moment in (bangkok(2026, 12, 31, 23, 59, 59), bangkok(2027, 1, 1), bangkok(2027, 1, 1, 0, 0, 1))
    ]

    assert codes == ["2026-1", "2027-1", "2027-2"]


def test_public_codes_do_not_touch_the_series_of_types(session: Session) -> None:
    take_public_code(session, bangkok(2026, 11, 20))

    assert take_number(session, "อส.", 2569) == 1
    assert session.scalar(select(NumberSeries.last_number).where(NumberSeries.code == PUBLIC_SERIES)) == 1
