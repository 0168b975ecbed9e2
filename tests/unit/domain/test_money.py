"""Amounts of money: read as typed, and in Thai words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythainlp.util import bahttext

from domain.errors import InvalidField
from domain.money import baht_words, format_amount, read_amount


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "ศูนย์บาทถ้วน"),
        ("0.01", "หนึ่งสตางค์"),
        ("0.25", "ยี่สิบห้าสตางค์"),
        ("1", "หนึ่งบาทถ้วน"),
        ("10", "สิบบาทถ้วน"),
        ("11.50", "สิบเอ็ดบาทห้าสิบสตางค์"),
        ("21", "ยี่สิบเอ็ดบาทถ้วน"),
        ("101", "หนึ่งร้อยเอ็ดบาทถ้วน"),
        ("121.21", "หนึ่งร้อยยี่สิบเอ็ดบาทยี่สิบเอ็ดสตางค์"),
        ("1000001", "หนึ่งล้านเอ็ดบาทถ้วน"),
        ("1000000000", "หนึ่งพันล้านบาทถ้วน"),
        (
            "9999999999.99",
            "เก้าพันเก้าร้อยเก้าสิบเก้าล้านเก้าแสนเก้าหมื่นเก้าพันเก้าร้อยเก้าสิบเก้าบาทเก้าสิบเก้าสตางค์",
        ),
    ],
)
def test_an_amount_is_written_in_words(amount: str, words: str) -> None:
    assert baht_words(Decimal(amount)) == words


@given(st.integers(min_value=100, max_value=999_999_999_999))
def test_from_one_baht_on_the_words_are_those_of_pythainlp(satang: int) -> None:
    assert baht_words(Decimal(satang) / 100) == bahttext(satang / 100)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("120", "120.00"), ("1,250.5", "1250.50"), ("๑๒๐.๒๕", "120.25"), (" 0.01 ", "0.01")],
)
def test_an_amount_is_read_as_people_type_it(typed: str, amount: str) -> None:
    assert str(read_amount(typed, field="amount")) == amount


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "field_required"),
        ("0", "amount_not_positive"),
        ("0.00", "amount_not_positive"),
        ("-5", "amount_unreadable"),
        ("1.005", "amount_unreadable"),
        ("1,00", "amount_unreadable"),
        ("1e9", "amount_unreadable"),
        ("NaN", "amount_unreadable"),
        ("99999999999", "amount_unreadable"),
        ("ร้อยบาท", "amount_unreadable"),
    ],
)
def test_what_is_no_amount_is_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_amount(typed, field="amount")

    assert refused.value.code == code


def test_an_amount_is_shown_with_two_decimals() -> None:
    assert format_amount(Decimal("1234567.5")) == "1,234,567.50"
