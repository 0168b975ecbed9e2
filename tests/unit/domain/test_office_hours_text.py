"""Office hours as people type them."""

from __future__ import annotations

import pytest

from domain.office_hours_text import hours_text, read_hours, read_time

LUNCH = [["08:30", "12:00"], ["13:00", "16:30"]]


@pytest.mark.parametrize(
    "text",
    [
        "08:30-12:00, 13:00-16:30",
        "8.30-12.00 13.00-16.30".replace(" ", ","),
        "๐๘.๓๐–๑๒.๐๐ น. และ ๑๓.๐๐–๑๖.๓๐ น.",
        "08:30 ถึง 12:00; 13:00 ถึง 16:30",
    ],
)
def test_the_same_hours_in_many_hands(text: str) -> None:
    assert read_hours(text) == LUNCH
    assert read_hours(hours_text(LUNCH)) == LUNCH


def test_an_empty_text_is_a_day_off() -> None:
    assert read_hours("  ") == []
    assert hours_text([]) == ""


@pytest.mark.parametrize("text", ["เช้า", "08:30", "08:30-", "8-16", "08:30-12:00-13:00"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="office hours"):
        read_hours(text)


def test_one_time_of_day() -> None:
    assert read_time("๘.๓๐ น.") == "08:30"
    with pytest.raises(ValueError, match="time of day"):
        read_time("08:30-09:00")
