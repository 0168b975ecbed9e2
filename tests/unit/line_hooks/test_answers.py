"""The plain answers: both languages say the same things, and no line says nothing."""

from __future__ import annotations

from string import Formatter

import pytest

from line_hooks.answers import ANSWERS, answer

FACTS = {
    "number": "อส. 56/2569",
    "stars": 4,
    "state": "กำลังดำเนินการ",
    "due": "24 พฤศจิกายน 2569",
    "name": "นางมาลี ใจดี",
    "days": 7,
    "phone": "0 4300 0100",
    "track_url": "https://town.example/track",
    "municipality": "เทศบาลนครขอนแก่น",
    "emergency": "เจ็บป่วยฉุกเฉิน 1669",
    "photos": 5,
    "count": 2,
    "why": "ไฟล์นี้ไม่ใช่ภาพ",
}


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", ANSWERS)
def test_thai_and_english_name_the_same_facts_on_as_many_lines(code):
    thai, english = ANSWERS[code]

    assert names_in(thai) == names_in(english) <= set(FACTS)
    assert thai.count("\n") == english.count("\n")


@pytest.mark.parametrize("code", ANSWERS)
@pytest.mark.parametrize("language", ["th", "en"])
def test_an_answer_is_short_whole_and_polite(code, language):
    said = answer(code, language, **FACTS)

    assert "{" not in said
    assert 10 < len(said) < 500
    assert not any(line.isspace() or not line for line in said.split("\n"))


def test_any_other_language_is_answered_in_thai():
    assert answer("unknown_button", "de", **FACTS) == answer("unknown_button", "th", **FACTS)


@pytest.mark.parametrize(
    ("missing", "gone"), [("phone", "โทร 0"), ("track_url", "ติดตาม"), ("emergency", "เหตุฉุกเฉิน")]
)
def test_a_line_about_something_the_town_does_not_have_is_left_out(missing, gone):
    said = answer("citizen_help", "th", **{**FACTS, missing: ""})

    assert gone not in said
    assert said.count("\n") == ANSWERS["citizen_help"].th.count("\n") - 1


def test_a_brace_in_a_fact_stays_what_it_is():
    assert "{number}" in answer("acknowledged", "th", number="{number}")


def test_an_answer_without_its_fact_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        answer("acknowledged", "th")
