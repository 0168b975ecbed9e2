"""The government's days off of a year, as the seed has them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from domain.errors import InvalidField
from domain.holiday_years import FIRST, LAST, kind_of, official_days
from models import Holiday, HolidayKind

SEED = Path(__file__).resolve().parents[3] / "seed" / "holidays.csv"


def seeded() -> dict[date, str]:
    with SEED.open(encoding="utf-8", newline="") as stream:
        return {date.fromisoformat(row["date"]): row["name"] for row in csv.DictReader(stream)}


@pytest.mark.parametrize("year", sorted({day.year for day in seeded()}))
def test_a_year_is_what_the_seed_has(year: int) -> None:
    found = official_days(year)

    assert {day: name for day, name, _kind in found} == {
        day: name for day, name in seeded().items() if day.year == year
    }
    assert found == sorted(found)


def test_every_day_says_where_it_comes_from() -> None:
    kinds = {day: kind for day, _name, kind in official_days(2026)}

    assert kinds[date(2026, 4, 13)] is HolidayKind.NATIONAL
    assert kinds[date(2026, 12, 7)] is HolidayKind.SUBSTITUTE
    assert kinds[date(2026, 1, 2)] is HolidayKind.CABINET
    assert kind_of("ชดเชยวันวิสาขบูชา / ชดเชยวันฉัตรมงคล") is HolidayKind.SUBSTITUTE


def test_a_year_beyond_the_seed_has_its_days_and_no_schools_or_workers_day() -> None:
    found = {day: name for day, name, _kind in official_days(2029)}

    assert found[date(2029, 4, 16)] == "ชดเชยวันสงกรานต์"  # Sunday 15 April.
    assert not [name for name in found.values() if "แรงงาน" in name or "เด็ก" in name]


def test_every_name_fits_its_column() -> None:
    longest = Holiday.__table__.c.name.type.length  # type: ignore[attr-defined]

    assert all(
        0 < len(name) <= longest for year in range(2022, 2036) for _day, name, _kind in official_days(year)
    )


@pytest.mark.parametrize("year", [FIRST - 1, LAST + 1, 2569, 0, -5])
def test_a_year_that_cannot_be_known_is_refused_with_those_that_can(year: int) -> None:
    with pytest.raises(InvalidField) as caught:
        official_days(year)

    assert (caught.value.code, caught.value.field) == ("holiday_year_unknown", "year")
    assert str(year + 543) in caught.value.message
    assert "2533" in caught.value.message
    assert "2643" in caught.value.message
