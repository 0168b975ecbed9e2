"""Numbers inside a story are found however they are written, and moved without breaking the sentence."""

from __future__ import annotations

import pytest

from domain.story_phones import PLACE_OF_NUMBER, phones_in, take_phone_out


@pytest.mark.parametrize(
    ("story", "numbers"),
    [
        ("โทรกลับ 081 999 0000 ไฟดับ", ["+66819990000"]),
        ("โทรกลับ๐๘๑-๙๙๙-๐๐๐๐นะคะ", ["+66819990000"]),
        ("0 4327 1261 หรือ 043.271.261", ["+6643271261"]),
        ("+66 81 999 0000", ["+66819990000"]),
        ("081-9990000/0899999999", ["+66819990000", "+66899999999"]),
        ("เลขบัตร 1100700000001", []),
        ("1-1007-00000-00-1", []),
        ("ท่อเลขที่ 100200300 ลึก 0.5 เมตร", []),
        ("พิกัด 16.4321050, 102.8364100", []),
        ("โทร 191 แล้ว", []),
    ],
)
def test_numbers_are_found(story: str, numbers: list[str]) -> None:
    assert phones_in(story) == numbers


def test_a_number_is_moved_and_the_sentence_stays() -> None:
    assert take_phone_out("โทร ๐๘๑ ๙๙๙ ๐๐๐๐ ได้ทั้งวัน") == (
        f"โทร {PLACE_OF_NUMBER} ได้ทั้งวัน",
        "+66819990000",
    )


def test_a_story_without_a_number_stays_as_it_is() -> None:
    assert take_phone_out("ไฟดับ") == ("ไฟดับ", None)
