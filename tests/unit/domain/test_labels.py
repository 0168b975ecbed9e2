"""Codes become words; a promise is said in the reader's language."""

from __future__ import annotations

import pytest

from domain.labels import (
    CITIZEN_WORDS,
    STEP_WORDS,
    WORDS,
    choices,
    citizen_word,
    duration_text,
    promised_words,
    word,
)
from domain.workflow import CITIZEN_STEPS
from models import ComplaintStatus, DurationUnit, EventKind, Urgency


def has_thai(text: str) -> bool:
    return any("\u0e00" <= letter <= "\u0e7f" for letter in text)


def test_every_word_is_in_its_language() -> None:
    pairs = [pair for words in WORDS.values() for pair in words.values()]
    pairs += [*CITIZEN_WORDS.values(), *STEP_WORDS.values()]

    assert [english for _thai, english in pairs if has_thai(english)] == []
    assert [thai for thai, _english in pairs if not has_thai(thai) and thai != "LINE"] == []


def test_no_two_states_read_alike_for_officers() -> None:
    for column in (0, 1):
        words = [pair[column] for pair in WORDS[ComplaintStatus].values()]
        assert len(words) == len(set(words))


def test_citizens_have_a_word_for_every_state() -> None:
    assert set(CITIZEN_WORDS) == set(ComplaintStatus)


def test_citizens_have_a_word_for_every_step_of_the_way() -> None:
    assert [key for key, _states in CITIZEN_STEPS] == list(STEP_WORDS)


def test_officers_and_citizens_read_their_own_words() -> None:
    assert word(ComplaintStatus.DIRECTED) == "สั่งการแล้ว"
    assert citizen_word(ComplaintStatus.DIRECTED) == "รอดำเนินการ"
    assert word(ComplaintStatus.DIRECTED, "en") == "Ordered"
    assert citizen_word(ComplaintStatus.DIRECTED, "en") == "Waiting to be worked on"


def test_an_unknown_language_is_thai() -> None:
    assert word(EventKind.ACCEPT, "de") == "รับเรื่อง"


def test_a_drop_down_keeps_the_order_of_the_enum() -> None:
    assert choices(Urgency) == [("normal", "ปกติ"), ("urgent", "เร่งด่วน"), ("emergency", "ฉุกเฉิน")]


@pytest.mark.parametrize(
    ("low", "high", "unit", "thai", "english"),
    [
        (1, 3, DurationUnit.WORKING_DAYS, "1–3 วันทำการ", "1–3 working days"),
        (3, 3, DurationUnit.DAYS, "3 วัน", "3 days"),
        (None, 24, DurationUnit.HOURS, "24 ชั่วโมง", "24 hours"),
        (1, 1, DurationUnit.WORKING_DAYS, "1 วันทำการ", "1 working day"),
        (None, 1, DurationUnit.HOURS, "1 ชั่วโมง", "1 hour"),
    ],
)
def test_a_range_is_said_in_both_languages(
    low: int | None, high: int, unit: DurationUnit, thai: str, english: str
) -> None:
    assert duration_text(low, high, unit) == thai
    assert duration_text(low, high, unit, "en") == english
    assert promised_words(thai) == thai
    assert promised_words(thai, "en") == english


def test_where_nothing_is_promised_nothing_is_said() -> None:
    assert duration_text(None, None, DurationUnit.DAYS) is None
    assert promised_words(None) == ""
    assert promised_words("", "en") == ""


def test_a_promise_of_other_words_stays_as_it_is() -> None:
    assert promised_words("ตามฤดูกาล", "en") == "ตามฤดูกาล"
