"""What a message is made of: the facts of one case and the words of one template."""

from __future__ import annotations

from typing import Required, TypedDict


class CountFact(TypedDict, total=False):
    """One line of a digest: what, how many, and the list it opens."""

    word: Required[str]
    count: Required[int]
    url: str


class CaseFact(TypedDict, total=False):
    """One case of a digest; nothing of it comes from a citizen's own words."""

    number: Required[str]
    what: str
    due: str
    is_late: str
    url: str


class PictureFact(TypedDict):
    """A photo LINE may fetch, and the word below it."""

    url: str
    caption: str


class CardFacts(TypedDict, total=False):
    """What a card can say about one case, in the recipient's language and ready to show.

    Empty and missing are the same for a card's own rows, which are then left out. A template that names
    a missing fact is an error; one that names an empty fact loses that line (``words.fill``).
    """

    number: Required[str]
    """``อส. 56/2569``; before it is issued empty or the tracking code, which is then shown."""
    public_code: Required[str]
    """``2026-14``, the code for tracking."""
    state_code: Required[str]
    """Code of workflow.md, for example ``in_progress``: chooses colour and shape."""
    state_word: Required[str]
    """The state in the reader's words: the citizen's column for citizens, the officers' for staff."""
    state_colour: str
    """A tone (new, progress, waiting, done, soon, late, muted) or the town's ``#RRGGBB``; else by state."""
    kind_word: str
    """Complaint, suggestion or request for help, as a word."""
    subtype_name: str
    """Name of the subcategory, ``ขยะตกค้าง``."""
    place: str
    """Road, landmark or house as the citizen gave it."""
    zone: str
    """``เขต 3``."""
    community: str
    """Name of the community."""
    story_short: str
    """The first words of the story; staff cards only."""
    due_text: str
    """The promised day, ``24 พฤศจิกายน 2569``."""
    promised_text: str
    """The promise as a range, ``1–3 วันทำการ``."""
    department: str
    """Name of the department that has the case."""
    officer_name: str
    """Name of the responsible officer."""
    result_text: str
    """What was done."""
    outcome_word: str
    """What the result amounts to, as a word."""
    done_date_text: str
    """The day it was done, ``21 พฤศจิกายน 2569``."""
    reason: str
    """Why: of a rejection, a wait, a hand-over; or the question to the citizen."""
    comment: str
    """The citizen's words beside a rating, or an order's words to the officer."""
    stars: int | str
    """The latest rating, 1 to 5."""
    municipality: str
    """Name of the municipality."""
    contact_phone: str
    """Number for questions, as people write it; ``button_call`` dials it."""
    track_url: str
    """The citizen's page of the case."""
    add_url: str
    """The citizen's page for adding a photo or a text."""
    reopen_url: str
    """The citizen's page for saying that it is not done."""
    admin_url: str
    """The officers' page of the case."""
    result_url: str
    """The officers' page for recording the result."""
    map_url: str
    """The place on a map."""
    photo_url: str
    """A picture that may be public, over https; citizens' photos stay behind the link."""
    pictures: list[PictureFact]
    """Photos before and after the work, in this order; at most two are shown."""
    steps: list[tuple[str, str]]
    """The way in citizens' words: pairs of a word and a mark ``done``, ``now`` or ``todo``."""
    summary: str
    """A digest's counts as lines, for letters; its card shows ``counts`` instead."""
    counts: list[CountFact]
    """What a digest counts."""
    cases: list[CaseFact]
    """A digest's most urgent cases, at most five."""
    list_url: str
    """The officers' list a digest leads to first."""
    is_rated: bool
    """The result has its rating already, so that none is asked for."""
    latitude: str
    """Degrees north, for whoever makes ``map_url``; no card shows it."""
    longitude: str
    """Degrees east, likewise."""
    state_seq: int
    """For whoever makes the postbacks; no card shows it."""


class CardWords(TypedDict, total=False):
    """The texts of one message template; each may hold ``{placeholders}``. Which are needed: ``LAYOUTS``.

    A card shows a fact's row (due date, department …) unless the body already names the fact; with a
    ``label_…`` of its own the row is shown in any case.
    """

    title: str
    """The card's first line, bold."""
    body: str
    """A few plain sentences; may be empty on a card. The whole text of ``plain_text``."""
    alt: str
    """What the lock screen shows: number and state only, other facts are refused."""
    button_view: str
    """Opens ``track_url``."""
    button_add: str
    """Opens ``add_url``."""
    button_answer: str
    """Asks for the answer to a question in the chat."""
    button_reopen: str
    """Opens ``reopen_url``."""
    button_call: str
    """Dials ``contact_phone``."""
    button_open: str
    """Opens ``admin_url``."""
    button_result: str
    """Begins the result in the chat; in a letter it opens ``result_url``."""
    button_list: str
    """Opens ``list_url``."""
    label_cases: str
    """Stands over a digest's cases."""
    button_map: str
    """Opens ``map_url``; a line of its own, not one of the two buttons."""
    button_acknowledge: str
    """Sends the postback ``acknowledge``."""
    button_start: str
    """Sends the postback ``start``."""
    button_case: str
    """Shows the case in the chat."""
    button_give_time: str
    """Begins giving the time an officer asked for."""
    button_refuse_time: str
    """Begins refusing it."""
    rating_question: str
    """The question above the scores."""
    rating_score: str
    """What one score says aloud and in the chat, ``ให้ {score} คะแนน``; by default ``5/5``."""
    rating_lowest: str
    """What 1 means; shown below the scores when both ends are given."""
    rating_highest: str
    """What 5 means."""
    label_story: str
    label_due: str
    label_department: str
    label_officer: str
    label_result: str
    label_done_date: str
    label_reason: str
    label_comment: str


SHORT_NAMES = {
    "subtype": "subtype_name",
    "state": "state_word",
    "due": "due_text",
    "promised": "promised_text",
    "officer": "officer_name",
    "result": "result_text",
    "outcome": "outcome_word",
    "done_date": "done_date_text",
}
"""What a template may write instead of a fact's full name."""

ALT_FACTS = frozenset({"number", "public_code", "state_word", "kind_word"})
"""The facts that may stand on a lock screen."""

UNNAMED_FACTS = {"steps", "pictures", "counts", "cases", "is_rated", "latitude", "longitude", "state_seq"}
FACT_NAMES = frozenset(CardFacts.__annotations__) - UNNAMED_FACTS
"""The facts a template may name."""

UNBROKEN_FACTS = frozenset({"zone", "due_text", "done_date_text"})
"""The facts no line may break in. The number keeps its plain space: people copy it into searches."""
