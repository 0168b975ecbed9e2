"""Which subtypes a story resembles: by letters it shares with their names, without a word list."""

from __future__ import annotations

import pytest

from domain.lookups import SubcategoryRow
from domain.type_guess import MOST, likely_subtypes

ROWS = {
    number: SubcategoryRow(number, f"x.({number})", thai, english, sort_key=f"{number:03}")
    for number, (thai, english) in enumerate(
        [
            ("ขยะตกค้าง", "Uncollected waste"),
            ("ไฟฟ้าสาธารณะดับหรือกะพริบ", "Street light out or flickering"),
            ("น้ำท่วมขัง", "Flooding"),
            ("ท่อระบายน้ำอุดตัน", "Blocked drain"),
            ("สุนัขหรือแมวจรจัด", "Stray dogs or cats"),
            ("ความสะอาดถนน ตลาด และห้องน้ำสาธารณะ", "Cleanliness of streets and markets"),
            ("ถนนชำรุด เป็นหลุมเป็นบ่อ", "Damaged road or pothole"),
        ],
        start=1,
    )
}


@pytest.mark.parametrize(
    ("story", "first"),
    [
        ("มีขยะตกค้างหน้าตลาดสามวันแล้ว", "ขยะตกค้าง"),
        ("น้ําท่วมขังทั้งซอย", "น้ำท่วมขัง"),
        ("Uncollected WASTE in front of the market", "ขยะตกค้าง"),
        ("ท่อระบายน้ำหน้าบ้านตัน", "ท่อระบายน้ำอุดตัน"),
        ("ถนนเป็นหลุมใหญ่หน้าตลาด", "ถนนชำรุด เป็นหลุมเป็นบ่อ"),
    ],
)
def test_a_story_finds_the_subtype_it_speaks_of(story, first):
    assert likely_subtypes(story, ROWS)[0].name == first


@pytest.mark.parametrize("story", ["", "ก", "ขอบคุณครับ", "ช่วยมาดูหน่อย", "🙏"])
def test_what_resembles_nothing_finds_nothing(story):
    assert likely_subtypes(story, ROWS) == []


def test_a_subtype_switched_off_is_not_proposed():
    off = {1: SubcategoryRow(1, "x.(1)", "ขยะตกค้าง", is_active=False)}

    assert likely_subtypes("ขยะตกค้าง", off) == []


def test_no_more_than_a_few_are_proposed():
    many = {n: SubcategoryRow(n, str(n), "ขยะตกค้าง", sort_key=str(n)) for n in range(1, 9)}

    assert [row.id for row in likely_subtypes("ขยะตกค้าง", many)] == list(range(1, MOST + 1))
