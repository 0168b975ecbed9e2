"""Pure builders of LINE messages: a layout, the words of a template, the facts of one case.

``build("citizen_status_card", words, facts, postbacks)`` returns message objects ready for the gateway.
Words are rows a municipality edits, facts are snapshots taken when the message was put in the outbox,
postbacks come from ``line_hooks.postback``. Nothing is read, nothing is sent, no clock is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from domain.phones import dialled_phone
from line_hooks import flex
from line_hooks.facts import FACT_NAMES, CardFacts, CardWords
from line_hooks.limits import (
    DASH,
    MAX_ALT_UNITS,
    MAX_QUICK_LABEL,
    MAX_QUICK_REPLIES,
    MAX_TEXT_UNITS,
    CardProblem,
    JsonDict,
    LinkProblem,
    check_messages,
    clean,
    safe_uri,
    shorten,
    shorten_label,
)
from line_hooks.words import TemplateProblem, fill, fill_alt, named_in, unbroken

__all__ = [
    "LAYOUTS",
    "CardFacts",
    "CardProblem",
    "CardWords",
    "LinkProblem",
    "TemplateProblem",
    "build",
    "check_words",
    "fill",
]

_RATINGS = range(1, 6)
_NOTE_BUTTONS = ("button_case", "button_give_time", "button_refuse_time")
_MOST_CASES = 5


@dataclass(frozen=True, slots=True)
class Card:
    """One message being built: the words, facts and postbacks a layout draws from."""

    words: Mapping[str, str]
    facts: CardFacts
    postbacks: Mapping[str, str]
    allow_http: bool

    def word(self, name: str) -> str:
        """Return a text of the template, filled."""
        return fill(self.words, name, self.facts)

    def fact(self, name: str) -> str:
        """Return a fact, cleaned; empty when there is none."""
        value = cast("Mapping[str, object]", self.facts).get(name)
        return clean(value) if isinstance(value, str) else ""

    def says(self, name: str) -> bool:
        """Tell whether the template's body already names this fact."""
        return name in named_in(self.words.get("body", ""))

    def row(self, name: str, units: int = 200) -> list[JsonDict]:
        """Return the fact with its label; nothing without the fact, or where the body says it already."""
        label = f"label_{name.removesuffix('_text').removesuffix('_short').removesuffix('_name')}"
        is_labelled = label in self.words
        if not self.fact(name) or (self.says(name) and not is_labelled):
            return []
        return flex.labelled(self.word(label) if is_labelled else "", self.fact(name), units)

    def address(self, name: str) -> str:
        """Return a link fact made safe; empty when there is none."""
        raw = self.fact(name)
        return safe_uri(raw, allow_http=self.allow_http) if raw else ""

    def opens(self, word: str, fact: str) -> list[JsonDict]:
        """Return the action that opens a link fact; nothing without the link or the word for it."""
        address = self.address(fact)
        return [flex.uri_action(self.word(word), address)] if address and word in self.words else []

    def calls(self) -> list[JsonDict]:
        """Return the action that dials the number for questions; nothing without number or word."""
        number = dialled_phone(self.fact("contact_phone"))
        known = number and "button_call" in self.words
        return [flex.uri_action(self.word("button_call"), safe_uri(f"tel:{number}"))] if known else []

    def presses(self, name: str) -> list[JsonDict]:
        """Return the action of a postback; nothing where it is not offered or has no word."""
        if name not in self.postbacks or f"button_{name}" not in self.words:
            return []
        return [flex.postback_action(self.word(f"button_{name}"), self.postbacks[name])]

    def does(self, name: str, fact: str) -> list[JsonDict]:
        """Return the button that does it in the chat; where there is none, the one that opens its page."""
        return self.presses(name) or self.opens(f"button_{name}", fact)

    def what_and_where(self) -> list[JsonDict]:
        """Return the two lines of every card: what it is about, and where."""
        places = (self.fact("place"), self.fact("community"), unbroken(self.fact("zone")))
        where = " · ".join(filter(None, places))
        what = self.fact("subtype_name") or self.fact("kind_word")
        lines = []
        if not self.says("subtype_name"):
            lines.append(flex.text(what, units=120, weight="bold"))
        if not self.says("place"):
            lines.append(flex.text(where, units=220, size="sm", color=flex.MUTED))
        return [flex.column(lines, spacing="xs")] if lines else []

    def pictures(self) -> list[JsonDict]:
        """Return the photos side by side, each with its word; nothing where there are none."""
        told = self.facts.get("pictures", [])
        shown = [(safe_uri(one["url"], allow_http=self.allow_http), one["caption"]) for one in told]
        return flex.pictures(shown, self.opens("button_view", "track_url"))

    def map_link(self) -> list[JsonDict]:
        """Return the line that opens the map; nothing without one."""
        return [flex.link(action) for action in self.opens("button_map", "map_url")]

    def line(self, text: str, raw_address: str) -> JsonDict:
        """Return a line of text that opens an address; plain where there is none."""
        if not raw_address:
            return flex.text(text, units=120)
        return flex.link(flex.uri_action(text, safe_uri(raw_address, allow_http=self.allow_http)))

    def said(self, units: int = 1200) -> list[JsonDict]:
        """Return the template's body; nothing when it is empty."""
        body = self.word("body")
        return [flex.text(body, units=units)] if body else []

    def flex_message(
        self, body: Sequence[JsonDict], actions: Sequence[JsonDict], *, first_is_next: bool = True
    ) -> list[JsonDict]:
        """Return the finished card: header strip, photo, title, what and where, ``body``, two buttons.

        Args:
            body: What stands below the two lines.
            actions: What can be done, most wanted first; the first two become buttons.
            first_is_next: The first one is the next thing to do and is filled.
        """
        top = [flex.text(self.word("title"), units=160, size="lg", weight="bold"), *self.what_and_where()]
        return self.framed([*top, *body], actions, first_is_next=first_is_next)

    def framed(
        self, body: Sequence[JsonDict], actions: Sequence[JsonDict], *, first_is_next: bool = True
    ) -> list[JsonDict]:
        """Return ``body`` in its frame: header strip, photo, two buttons, and the text for lock screens."""
        picture = self.address("photo_url")
        strip = flex.header(*map(self.fact, ("state_code", "state_word", "number", "state_colour")))
        body = [*body, *map(flex.link, actions[2:4])]  # What is no button is still to be tapped.
        buttons = [
            flex.button(action, primary=first_is_next and place == 0)
            for place, action in enumerate(actions[:2])
        ]
        card = flex.bubble(strip, body, buttons, flex.photo(picture) if picture else None)
        alt = fill_alt(self.words, self.facts)
        return [{"type": "flex", "altText": shorten(alt, MAX_ALT_UNITS) or DASH, "contents": card}]


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to draw a message.

    Attributes:
        draw: Makes the messages from a card.
        needs: The words a template for it must have, whatever the facts.
        may_use: The words it also uses when the facts or postbacks call for them.
    """

    draw: Callable[[Card], list[JsonDict]]
    needs: tuple[str, ...]
    may_use: tuple[str, ...] = ()


def citizen_status_card(card: Card) -> list[JsonDict]:
    """Tell a citizen where the case stands: steps, the promised date, the way to the page of the case."""
    progress = flex.steps(card.facts.get("steps", []))
    body = [
        *card.said(),
        *card.row("reason", 400),
        *([flex.separator(), *progress] if progress else []),
        *card.row("due_text"),
    ]
    first = [*card.presses("answer"), *card.opens("button_view", "track_url")]
    actions = [*first, *card.does("add", "add_url"), *card.calls()]
    return card.flex_message(body, actions)


def citizen_result_card(card: Card) -> list[JsonDict]:
    """Tell a citizen what was done, with photos, and ask for a score: ``rate_1`` to ``rate_5`` (000-64)."""
    body = [
        *card.said(),
        *card.pictures(),
        *card.row("result_text", 800),
        *card.row("done_date_text"),
        *card.row("department"),
        *_rating(card),
    ]
    again = card.does("reopen", "reopen_url")
    actions = [*card.opens("button_view", "track_url"), *again, *card.calls()]
    return card.flex_message(body, actions, first_is_next=False)


def _rating(card: Card) -> list[JsonDict]:
    offered = [score for score in _RATINGS if f"rate_{score}" in card.postbacks]
    if not offered:
        return []
    spoken = {"rating_score": "{score}/5", **card.words}
    choices = [
        (score, fill(spoken, "rating_score", {**card.facts, "score": score}), card.postbacks[f"rate_{score}"])
        for score in offered
    ]
    has_ends = "rating_lowest" in card.words and "rating_highest" in card.words
    ends = (card.word("rating_lowest"), card.word("rating_highest")) if has_ends else None
    question = flex.text(card.word("rating_question"), weight="bold")
    return [flex.separator(), question, flex.rating_row(choices, ends)]


def staff_new_complaint_card(card: Card) -> list[JsonDict]:
    """Tell intake that a complaint has come in, before an officer is chosen (000-67)."""
    body = [*card.map_link(), *card.said(), *card.row("story_short", 400), *card.row("department")]
    return card.flex_message(body, card.opens("button_open", "admin_url"))


def staff_order_card(card: Card) -> list[JsonDict]:
    """Hand the responsible officer a case, with the button รับทราบ (000-61, 000-68)."""
    body = [
        *card.map_link(),
        *card.said(),
        *card.row("story_short", 400),
        *card.row("comment", 400),
        *card.row("due_text"),
        *card.row("department"),
        *card.row("officer_name"),
    ]
    actions = [
        *card.presses("acknowledge"),
        *card.presses("start"),
        *card.does("result", "result_url"),
        *card.opens("button_open", "admin_url"),
    ]
    return card.flex_message(body, actions)


def staff_note_card(card: Card) -> list[JsonDict]:
    """Tell staff that something happened to a case, with what to do about it or the way to it."""
    body = [*card.said(), *card.row("reason", 400), *card.row("comment", 400), *card.row("officer_name")]
    ways = [*card.presses("case"), *card.opens("button_open", "admin_url")]
    decides = [*card.presses("give_time"), *card.presses("refuse_time")]
    if decides:
        return card.flex_message([*body, *map(flex.link, ways[:1])], decides)
    return card.flex_message(body, ways)


def staff_digest_card(card: Card) -> list[JsonDict]:
    """Tell an officer what is to be done today: counts that open their lists, and the most urgent cases."""
    counted = Card(card.words, {**card.facts, "summary": ""}, card.postbacks, card.allow_http)
    counts = [
        card.line(f"{one['word']}: {one['count']}", one.get("url", ""))
        for one in card.facts.get("counts", [])
    ]
    body = [*counted.said(), *([flex.column(counts)] if counts else []), *_cases(card)]
    top = flex.text(card.word("title"), units=160, size="lg", weight="bold")
    return card.framed([top, *body], card.opens("button_list", "list_url"))


def _cases(card: Card) -> list[JsonDict]:
    cases = card.facts.get("cases", [])[:_MOST_CASES]
    if not cases:
        return []
    lines = []
    for one in cases:
        colour = flex.TONES["late"] if one.get("is_late") else flex.MUTED
        said = " · ".join(filter(None, (one.get("what", ""), unbroken(one.get("due", "")))))
        first = card.line(one["number"], one.get("url", ""))
        lines.append(
            flex.column([first, flex.text(said, units=160, size="sm", color=colour)], spacing="none")
        )
    label = [flex.text(card.word("label_cases"), units=60, weight="bold")]
    return [flex.separator(), *label, flex.column(lines, spacing="md")]


def request_card(card: Card) -> list[JsonDict]:
    """Tell whoever asked by LINE to be let in what was decided (000-66)."""
    rows = [*card.said(), *card.row("reason", 400), *card.row("department"), *card.row("officer_name")]
    top = flex.text(card.word("title"), units=160, size="lg", weight="bold")
    return card.framed([top, *rows], card.calls(), first_is_next=False)


def plain_text(card: Card) -> list[JsonDict]:
    """Say the body as an ordinary text; each postback ``x`` is a quick reply with the word ``button_x``."""
    message: JsonDict = {"type": "text", "text": shorten(card.word("body"), MAX_TEXT_UNITS) or DASH}
    items = []
    for name, data in list(card.postbacks.items())[:MAX_QUICK_REPLIES]:
        label = shorten_label(card.word(f"button_{name}"), MAX_QUICK_LABEL) or DASH
        items.append({"type": "action", "action": flex.postback_action(label, data)})
    if items:
        message["quickReply"] = {"items": items}
    return [message]


_CARD = ("title", "body", "alt")
LAYOUTS: dict[str, Layout] = {
    "citizen_status_card": Layout(
        citizen_status_card,
        (*_CARD, "button_view"),
        ("button_answer", "button_add", "button_call", "label_due", "label_reason"),
    ),
    "citizen_result_card": Layout(
        citizen_result_card,
        (*_CARD, "button_view", "rating_question"),
        (
            *("button_reopen", "button_call", "rating_score", "rating_lowest", "rating_highest"),
            *("label_result", "label_done_date", "label_department"),
        ),
    ),
    "staff_new_complaint_card": Layout(
        staff_new_complaint_card,
        (*_CARD, "button_open", "button_map"),
        ("label_story", "label_department"),
    ),
    "staff_order_card": Layout(
        staff_order_card,
        (*_CARD, "button_acknowledge", "button_open", "button_map"),
        (
            *("button_start", "button_result", "label_story", "label_comment"),
            *("label_due", "label_department", "label_officer"),
        ),
    ),
    "staff_note_card": Layout(
        staff_note_card,
        (*_CARD, "button_open"),
        ("label_reason", "label_comment", "label_officer", *_NOTE_BUTTONS),
    ),
    "staff_digest_card": Layout(staff_digest_card, (*_CARD, "button_list", "label_cases")),
    "request_card": Layout(
        request_card, _CARD, ("button_call", "label_reason", "label_department", "label_officer")
    ),
    "plain_text": Layout(plain_text, ("body",)),
}
"""Every layout by its code; another room adds its own with one line."""


def build(
    layout: str,
    words: Mapping[str, str],
    facts: CardFacts,
    postbacks: Mapping[str, str] | None = None,
    *,
    allow_http: bool = False,
) -> list[JsonDict]:
    """Return the messages of one sending, within every limit of LINE.

    Args:
        layout: A key of ``LAYOUTS``.
        words: The template's texts (``CardWords``).
        facts: The case as it was when the message was made (``CardFacts``).
        postbacks: Data of the buttons by name: ``acknowledge``, ``start``, ``rate_1`` to ``rate_5``.
        allow_http: Let plain http links through; for a demo on one's own machine only.

    Raises:
        TemplateProblem: The words do not fit the layout or the facts.
        LinkProblem: A link cannot stand on a button.
        LimitProblem: Something exceeds LINE's limits, for example a postback's data.
        KeyError: There is no such layout.
    """
    chosen = LAYOUTS[layout]
    for word in chosen.needs:
        if word not in words:
            raise TemplateProblem("missing_word", word)
    # Until the number is issued the tracking code stands in its place, in the strip and in the words.
    numbered: CardFacts = {**facts, "number": facts["number"] or facts["public_code"]}
    messages = chosen.draw(Card(words, numbered, postbacks or {}, allow_http))
    check_messages(messages, allow_http=allow_http)
    return messages


def check_words(layout: str, words: Mapping[str, str]) -> list[TemplateProblem]:
    """Return what is wrong with a template before it is kept, one problem per text; empty when it is fit."""
    chosen = LAYOUTS[layout]
    known: dict[str, object] = {**dict.fromkeys(FACT_NAMES, DASH), "score": DASH}
    problems = []
    for word in (*chosen.needs, *(name for name in words if name not in chosen.needs)):
        allowed = known if word == "rating_score" else {**known, "score": None}
        try:
            fill_alt(words, allowed) if word == "alt" else fill(words, word, allowed)
        except TemplateProblem as problem:
            problems.append(problem)
    return problems
