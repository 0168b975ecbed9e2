"""What citizens complain about in the demo town, and what clerks, officers and citizens write along the way.

The texts live in demo/words/*.json, one file per part of town hall. All are written by hand for this
project; none is taken from real complaints, and no living person is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from demo.people import WORDS

STORY_FILES = ("stories_roads.json", "stories_works.json", "stories_health.json", "stories_town.json")


class Story(NamedTuple):
    """One complaint from first word to result.

    ``result`` is what the officer writes when it is fixed. ``community`` is a name of the town's list and
    ``channel``, ``kind`` and ``urgency`` are codes that fit the way the story is told.
    """

    story: str
    place: str
    result: str
    community: str
    channel: str
    kind: str = "complaint"
    urgency: str = "normal"


class Rejection(NamedTuple):
    """Why a complaint is not taken, and who can help instead."""

    reason: str
    responsible: str


class Referral(NamedTuple):
    """To which body outside the town a complaint goes, and why."""

    body: str
    reason: str


class Question(NamedTuple):
    """What an officer asks the complainant, and the answer that comes back."""

    question: str
    answer: str


def _read(name: str) -> Any:
    return json.loads((WORDS / name).read_text(encoding="utf-8"))


def _blocks() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in STORY_FILES:
        yield from _read(name).items()


def _by_key(words: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(texts) for key, texts in words.items()}


# By the code of the subcategory, such as "อส.(3)".
STORIES: dict[str, list[Story]] = {
    code: [Story(**told) for told in block["stories"]] for code, block in _blocks()
}
# What the citizen asks the town to do (000-31), by the same code.
REQUESTS: dict[str, tuple[str, ...]] = {code: tuple(block["requests"]) for code, block in _blocks()}

_PHRASES = _read("phrases.json")

REJECTIONS: tuple[Rejection, ...] = tuple(Rejection(**told) for told in _PHRASES["rejections"])
REFERRALS: tuple[Referral, ...] = tuple(Referral(**told) for told in _PHRASES["referrals"])
QUESTIONS: tuple[Question, ...] = tuple(Question(**told) for told in _PHRASES["questions"])
# What citizens write beside a rating, by its stars.
COMMENTS: dict[int, tuple[str, ...]] = {
    int(stars): tuple(said) for stars, said in _PHRASES["comments"].items()
}
# Results other than "fixed", by outcome code.
RESULTS_BY_OUTCOME: dict[str, tuple[str, ...]] = _by_key(_PHRASES["results_by_outcome"])
# Why a case waits, by plan reason: material, equipment, budget.
PLAN_NOTES: dict[str, tuple[str, ...]] = _by_key(_PHRASES["plan_notes"])
DIRECTIVES: tuple[str, ...] = tuple(_PHRASES["directives"])
NOTES: tuple[str, ...] = tuple(_PHRASES["notes"])
REOPEN_REASONS: tuple[str, ...] = tuple(_PHRASES["reopen_reasons"])
WITHDRAW_REASONS: tuple[str, ...] = tuple(_PHRASES["withdraw_reasons"])
HAND_BACK_REASONS: tuple[str, ...] = tuple(_PHRASES["hand_back_reasons"])
FORWARD_REASONS: tuple[str, ...] = tuple(_PHRASES["forward_reasons"])
MORE_TIME_REASONS: tuple[str, ...] = tuple(_PHRASES["more_time_reasons"])
