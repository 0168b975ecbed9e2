"""A national ID is checked by its last digit and shown by its last three."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidField, MissingField
from domain.national_id import check_digit, format_national_id, mask_national_id, normalise_national_id
from domain.thai_text import to_thai_digits

GOOD = "1100700000001"  # reliability.md, row 45
twelve_digits = st.from_regex("[0-9]{12}", fullmatch=True).filter(lambda digits: len(set(digits)) > 1)


def normalise(text):
    return normalise_national_id(text, field="national_id")


def fault(text):
    with pytest.raises(InvalidField) as caught:
        normalise(text)
    assert caught.value.field == "national_id"
    return caught.value


@pytest.mark.parametrize(
    "typed",
    [
        GOOD,
        "1-1007-00000-00-1",
        " 1 1007 00000 00 1 ",
        "1–1007–00000–00–1",
        "๑-๑๐๐๗-๐๐๐๐๐-๐๐-๑",
        "1100700000001\u200b",
    ],
    ids=["plain", "dashes", "spaces", "typographic dashes", "Thai digits", "zero-width space"],
)
def test_every_way_to_write_one_id(typed):
    assert normalise(typed) == GOOD


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param("1100700000000", "national_id_checksum", id="row 45, bad checksum"),
        pytest.param("110070000000", "national_id_length", id="twelve digits"),
        pytest.param("11007000000012", "national_id_length", id="fourteen digits"),
        pytest.param("110070000000A", "national_id_unreadable", id="a letter"),
        pytest.param("1100700000001'--", "national_id_unreadable", id="a quote"),
        pytest.param("²100700000001", "national_id_unreadable", id="a raised two"),
        pytest.param("---", "national_id_unreadable", id="dashes only"),
        pytest.param("1" * 100_000, "national_id_length", id="very many digits"),
    ],
)
def test_what_is_no_id(typed, code):
    assert fault(typed).code == code


@pytest.mark.parametrize("digit", "0123456789")
def test_thirteen_equal_digits_are_refused(digit):
    assert fault(digit * 13).code == "national_id_repeated"


@pytest.mark.parametrize("typed", ["", "  "])
def test_an_empty_box_is_missing(typed):
    assert isinstance(fault(typed), MissingField)


@settings(max_examples=200, deadline=None)
@given(twelve_digits)
def test_exactly_one_last_digit_fits(first):
    fitting = [digit for digit in range(10) if check_digit(first) == digit]
    assert len(fitting) == 1
    whole = f"{first}{fitting[0]}"
    assert (
        normalise(whole) == normalise(format_national_id(whole)) == normalise(to_thai_digits(whole)) == whole
    )


@settings(max_examples=200, deadline=None)
@given(twelve_digits, st.sampled_from([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11]), st.integers(1, 9))
def test_a_wrong_digit_is_noticed_but_for_the_two_remainders_that_share_a_check_digit(first, at, step):
    changed = f"{first[:at]}{(int(first[at]) + step) % 10}{first[at + 1 :]}"
    shift = (13 - at) * (int(changed[at]) - int(first[at])) % 11
    if check_digit(changed) == check_digit(first):
        assert shift in (1, 10)  # between remainders 0 and 10, which both give 1


@settings(max_examples=50, deadline=None)
@given(twelve_digits, st.integers(0, 9))
def test_the_third_digit_weighs_eleven_and_is_not_checked_at_all(first, other):
    assert check_digit(first) == check_digit(f"{first[:2]}{other}{first[3:]}")


def test_the_shape_on_the_card():
    assert format_national_id("1234567890123") == "1-2345-67890-12-3"  # 004-14


def test_only_the_last_three_digits_show():
    assert mask_national_id("1234567890123") == "x-xxxx-xxxxx-12-3"
    assert mask_national_id("0123") == "x-xxxx-xxxxx-12-3"
