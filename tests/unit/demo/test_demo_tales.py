"""The demo's stories with blanks: many, different, by many voices, and from nobody's real complaint."""

from __future__ import annotations

import csv
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import seed
from demo.people import PEOPLE
from demo.seasons import fits, moment_between, season_of, trouble_of
from demo.stories import STORIES
from demo.tales import CHANNELS_OF, LIFE, RESULTS, TALES, Tale, Teller, voice_of
from domain.clock import bangkok, to_bangkok
from tables.enums import Outcome

REAL_COMPLAINTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "complaints_th.csv"
COPIED_LETTERS = 30
BLANKS = {"spot", "time", "when", "long", "who", "n", "k", "me", "com"}
every: list[Tale] = [tale for tales in TALES.values() for tale in tales]


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalpha() or "\u0e30" <= char <= "\u0e4e")


def texts_of(value: Any) -> Iterator[str]:
    """Every text anywhere in a JSON document."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_of(inner)


def written() -> list[str]:
    """The hand-written texts, cut at their blanks."""
    whole = [tale.text for tale in every] + [one.text for many in RESULTS.values() for one in many]
    return [part for text in (*whole, *texts_of(LIFE)) for part in re.split(r"\{\w+\}", text)]


def test_there_are_at_least_160_and_every_subtype_has_three() -> None:
    codes = {row["code"] for row in seed.rows("subcategories.csv")}

    assert len(every) >= 160
    assert len({tale.text for tale in every}) == len(every)
    assert set(TALES) == set(RESULTS) == codes
    assert min(len(tales) for tales in TALES.values()) >= 3
    assert min(len(results) for results in RESULTS.values()) >= 2


def test_most_have_two_blanks_or_more_and_no_unknown_one() -> None:
    blanks = [re.findall(r"\{(\w+)\}", tale.text) for tale in every]

    assert {name for found in blanks for name in found} <= BLANKS
    assert sum(len(found) >= 2 for found in blanks) / len(blanks) > 0.9


def test_they_come_by_every_door_but_the_import_and_in_many_voices() -> None:
    channels = {row["code"] for row in seed.rows("channels.csv")} - {"import"}
    flags = Counter(flag for tale in every for flag in tale.flags)

    assert {channel for doors in CHANNELS_OF.values() for channel in doors} == channels
    assert {tale.by for tale in every} == set(CHANNELS_OF)
    assert all(flags[voice] >= 4 for voice in ("elder", "student", "angry", "nospace", "long"))
    assert all(flags[season] >= 5 for season in ("rain", "dry", "hot"))


def test_no_text_is_lent_from_a_real_complaint() -> None:
    if not REAL_COMPLAINTS.is_file():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{REAL_COMPLAINTS} must be there when CI=true")
        pytest.skip(f"real complaints are not on this machine: {REAL_COMPLAINTS}")
    with REAL_COMPLAINTS.open(encoding="utf-8", newline="") as handle:
        real = [letters(row["comment"]) for row in csv.DictReader(handle)]
    plain = [letters(part) for part in written()]
    runs = {text[at : at + COPIED_LETTERS] for text in plain for at in range(len(text) - COPIED_LETTERS + 1)}

    assert len(runs) > 3_000
    for text in real:
        lent = [text[at : at + COPIED_LETTERS] for at in range(len(text) - COPIED_LETTERS + 1)]
        assert runs.isdisjoint(lent), text


def test_no_two_of_them_are_nearly_the_same() -> None:
    cut = []
    for tale in every:
        plain = letters(re.sub(r"\{\w+\}", "", tale.text))
        cut.append({plain[at : at + 3] for at in range(len(plain) - 2)})
    alike = [
        (every[one].text, every[other].text)
        for one in range(len(cut))
        for other in range(one)
        if len(cut[one] & cut[other]) / len(cut[one] | cut[other]) > 0.35
    ]

    assert alike == []


def test_a_telling_has_no_blank_left_and_a_result_of_its_kind() -> None:
    chance = random.Random(7)  # noqa: S311 - invented data
    teller = Teller(chance)
    for person in PEOPLE[:40]:
        for code in TALES:
            told = teller.tell(code, "rain", person, person.community)
            assert "{" not in told.story + told.place + told.result
            assert told.story == told.story.strip() != ""
            assert told.blanks["spot"] in told.place


def test_a_story_told_often_sounds_different_each_time() -> None:
    teller = Teller(random.Random(7))  # noqa: S311 - invented data
    told = [teller.tell("ช.(1)", "rain", person, person.community).story for person in PEOPLE]

    assert len(set(told)) == len(told)


def test_a_neighbour_tells_of_the_same_place_in_other_words() -> None:
    teller = Teller(random.Random(7))  # noqa: S311 - invented data
    first = teller.tell("ท.(1)", "rain", PEOPLE[0], "ศรีฐาน 1")
    again = teller.same_again(first, PEOPLE[1], "ศรีฐาน 1")

    assert again.story != first.story
    assert (again.place, again.blanks["spot"]) == (first.place, first.blanks["spot"])
    assert again.by_citizen


def test_fixed_stories_are_told_in_their_own_words() -> None:
    code, story = next((code, stories[0]) for code, stories in STORIES.items())
    told = Teller(random.Random(7)).as_written(code, story)  # noqa: S311 - invented data

    assert told.story.startswith(story.story)
    assert (told.place, told.result, told.channel) == (story.place, story.result, story.channel)


def test_elders_and_students_write_in_their_own_voice() -> None:
    assert voice_of(None) == "polite"
    assert {voice_of(person) for person in PEOPLE} == {"elder", "student", "polite"}


def test_there_are_words_for_every_other_outcome() -> None:
    teller = Teller(random.Random(7))  # noqa: S311 - invented data

    for outcome in set(Outcome) - {Outcome.FIXED, Outcome.NO_ANSWER}:
        assert teller.other_result(outcome.value)


def test_floods_come_with_the_rain_and_burning_with_the_dry_months() -> None:
    chance = random.Random(3)  # noqa: S311 - invented data
    september, february = bangkok(2026, 9, 10, 9), bangkok(2026, 2, 10, 9)
    wet = Counter(trouble_of(september, chance) for _ in range(2_000))
    dry = Counter(trouble_of(february, chance) for _ in range(2_000))

    assert wet["ท.(3)"] > 5 * dry["ท.(3)"]
    assert dry["อส.(6)"] > 5 * wet["อส.(6)"]
    assert (season_of(september), season_of(february)) == ("rain", "dry")
    assert sum(fits("ท.(3)", february, chance) for _ in range(200)) < 20
    assert all(fits("ท.(3)", september, chance) for _ in range(200))


def test_citizens_complain_when_they_are_awake_and_more_of_them_lately() -> None:
    chance = random.Random(3)  # noqa: S311 - invented data
    until = datetime(2026, 11, 20, 5, tzinfo=UTC)
    start = until - timedelta(days=700)
    moments = [moment_between(start, until, chance) for _ in range(1_500)]
    later = sum(moment > start + timedelta(days=350) for moment in moments)

    assert all(start < moment < until for moment in moments)
    assert {to_bangkok(moment).hour for moment in moments} <= set(range(6, 23))
    assert later > 800
