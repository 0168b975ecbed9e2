"""Amounts of money: read as they are typed, written as papers show them, and in Thai words.

pythainlp's ``bahttext`` takes no Decimal and begins what is less than a baht with ศูนย์บาท, so the words are
made here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from domain.errors import InvalidField, MissingField, add_message
from domain.thai_text import to_arabic_digits

MOST_BAHT: Final = Decimal("9999999999.99")
"""What the column of a receipt's total holds."""
SATANG: Final = Decimal("0.01")

_AMOUNT: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?", re.ASCII)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?", re.ASCII)
_DIGITS: Final = ("", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า")
_PLACES: Final = ("แสน", "หมื่น", "พัน", "ร้อย")
_MILLION: Final = 1_000_000

add_message(
    "amount_unreadable",
    thai="จำนวนเงินอ่านไม่ได้ พิมพ์เป็นตัวเลข ทศนิยมไม่เกิน 2 ตำแหน่ง เช่น 1,250.50",
    english="This is no amount of money: type digits, at most two after the point, such as 1,250.50",
)
add_message(
    "amount_not_positive",
    thai="จำนวนเงินต้องมากกว่า 0",
    english="The amount must be more than 0",
)


def read_amount(text: str | None, *, field: str) -> Decimal:
    """Return a typed amount in baht, with two decimals: ``1,250.5``, ``๑๒๐``.

    Raises:
        MissingField: nothing was typed.
        InvalidField: ``amount_unreadable`` or ``amount_not_positive``.
    """
    plain = to_arabic_digits(text or "").strip()
    if not plain:
        raise MissingField(field=field)
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _AMOUNT.fullmatch(plain):
        raise InvalidField("amount_unreadable", field=field)
    amount = Decimal(plain).quantize(SATANG)
    if not amount:
        raise InvalidField("amount_not_positive", field=field)
    return amount


def format_amount(amount: Decimal) -> str:
    """Return an amount as papers show it: ``1,250.50``."""
    return f"{amount:,.2f}"


def baht_words(amount: Decimal) -> str:
    """Return an amount in Thai words: ``หนึ่งพันสองร้อยห้าสิบบาทห้าสิบสตางค์``.

    Args:
        amount: Baht, not less than 0 and with at most two decimals.
    """
    baht, satang = divmod(int(amount.quantize(SATANG).scaleb(2)), 100)
    whole = f"{_number_words(baht)}บาท" if baht or not satang else ""
    return whole + (f"{_number_words(satang)}สตางค์" if satang else "ถ้วน")


def _number_words(number: int) -> str:
    millions, rest = divmod(number, _MILLION)
    head = f"{_number_words(millions)}ล้าน" if millions else ""
    return head + _below_million(rest, follows=bool(millions)) or "ศูนย์"


def _below_million(number: int, *, follows: bool) -> str:
    """Return the words of a number under a million; ``follows`` tells that millions stand before it."""
    high, low = divmod(number, 100)
    tens, ones = divmod(low, 10)
    words = "".join(
        _DIGITS[int(digit)] + place
        for digit, place in zip(f"{high:04}", _PLACES, strict=True)
        if digit != "0"
    )
    if tens:
        words += {1: "", 2: "ยี่"}.get(tens, _DIGITS[tens]) + "สิบ"
    return words + ("เอ็ด" if ones == 1 and (words or follows) else _DIGITS[ones])
