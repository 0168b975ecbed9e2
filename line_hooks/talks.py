"""Talks: what a person tells us step by step in the chat, kept as a draft between the messages.

A talk is a row of ``TALKS``: what it does with words, with buttons, and how it asks for what is missing.
A new talk adds a line by ``register_talk`` and edits nobody's file. What a draft says is a wish: when it
becomes an act, the rules ask for right, state and assignment once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select

from domain import chat_drafts
from domain.coordinates import parse_coordinates
from domain.errors import DomainError, Words
from line_hooks import flex
from line_hooks.asking import Asking
from line_hooks.chat_cards import says, text_message, with_quick_replies
from line_hooks.incoming import reply, was_answered
from line_hooks.limits import JsonDict
from line_hooks.postback import Postback, encode
from models import AttachmentStage, ChatDraft, ChatDraftKind, WebhookReceipt

_LONGEST_ID: Final = 64

PREFIX: Final = "t_"
"""Of the actions on a talk's buttons; what follows is the press's name in the talk."""

SEND_BUTTON: Final = "send"
CONFIRM: Final = "confirm"
"""What was asked when all of a draft was shown, to be sent or changed."""

CANCEL: Final = Words("ยกเลิก", "cancel")
SKIP: Final = Words("ข้าม", "skip")
SEND: Final = Words("ส่ง", "send")
GO_ON: Final = Words("ทำต่อ", "continue")
"""Words that work in every talk; LINE on a PC shows no quick replies."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a person's inside a talk.

    Attributes:
        words: Of a text; empty for anything else.
        message_id: LINE's id of the message, by which it may be taken back.
        place: Latitude and longitude of a location.
        place_name: What LINE calls that place; often empty.
        place_refusal: Why a location cannot be one in this country.
        media: ``sticker``, ``video``, ``audio``, ``file`` or another type we make no use of.
    """

    words: str = ""
    message_id: str = ""
    place: tuple[Decimal, Decimal] | None = None
    place_name: str = ""
    place_refusal: DomainError | None = None
    media: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a talk: who speaks, the draft so far, and what the step has looked up already."""

    ask: Asking
    draft: ChatDraft
    looked_up: dict[str, Any] = field(default_factory=dict, compare=False)

    def known(self, name: str) -> Any:
        """Return what the draft knows of a thing; None for nothing."""
        return self.draft.said.get(name)

    def keep(self, **said: Any) -> None:
        """Add to the draft; buttons shown before are old from here on."""
        chat_drafts.keep(self.draft, **said)

    def press(self, label: Words, name: str, value: int | None = None) -> JsonDict:
        """Return a button of this talk as the draft is now; make it after the last ``keep``."""
        data = encode(
            f"{PREFIX}{name}",
            self.draft.code,
            self.ask.tools.button_key,
            state_seq=self.draft.turn,
            value=value,
        )
        return flex.postback_action(self.ask.pick(*label), data)

    def sends(self, label: Words) -> JsonDict:
        """Return the button that sends what its card shows."""
        return self.press(label, SEND_BUTTON)

    def cancels(self) -> JsonDict:
        """Return the button that gives the draft up; it says the word, so it works in any message."""
        return says(self.ask.pick("ยกเลิก", "Cancel"), self.ask.pick(*CANCEL))

    def skips(self) -> JsonDict:
        """Return the button that leaves a question out."""
        return says(self.ask.pick("ข้าม", "Skip"), self.ask.pick(*SKIP))

    def asks(self, what: str, words: str, *quick: JsonDict, before: str = "") -> str:
        """Ask something and remember that it was asked; return it for the log.

        Args:
            what: What the next words will be taken for.
            words: The question.
            quick: Buttons below the chat; the one to give up is added.
            before: A sentence about what just came, put before the question.
        """
        self.draft.asked = what
        said = f"{before}\n\n{words}" if before else words
        return self.shows(what, text_message(said), *quick)

    def shows(self, what: str, *messages_and_quick: JsonDict) -> str:
        """Answer with messages; actions among them become quick replies of the last message."""
        messages = [one for one in messages_and_quick if one["type"] in {"text", "flex", "image"}]
        quick = [one for one in messages_and_quick if one["type"] not in {"text", "flex", "image"}]
        self.draft.asked = what
        self.draft.photos_at = None  # Whatever has come so far is answered with this.
        messages[-1] = with_quick_replies(messages[-1], [*quick, self.cancels()])
        reply(self.ask.session, self.ask.event, messages, language=self.ask.language)
        return what


Press = Callable[[Turn, int | None], str]
"""What a button does: the turn, and its number."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One kind of talk.

    Attributes:
        name: What the draft is called when it waits, ``เรื่องที่แจ้งค้างไว้``.
        hears: Takes a message that is neither a command nor a photo.
        asks_again: Asks for what is still missing, after a sentence about what just came.
        presses: By name of the button; the one that sends is ``sends``.
        photos: Says what the photos of a draft show; None where it takes none.
        sends: What ``ส่ง`` and the filled button do, once all was shown; None where there is nothing to send.
        skips: What ``ข้าม`` does.
    """

    name: Words
    hears: Callable[[Turn, Said], str]
    asks_again: Callable[[Turn, str], str]
    presses: Mapping[str, Press] = field(default_factory=dict)
    photos: Callable[[Turn], AttachmentStage | None] | None = None
    sends: Callable[[Turn], str] | None = None
    skips: Callable[[Turn], str] | None = None


TALKS: Final[dict[ChatDraftKind, Talk]] = {}


def register_talk(kind: ChatDraftKind, talk: Talk) -> None:
    """Add a talk; call it at import.

    Raises:
        ValueError: there is one of this kind already.
    """
    if TALKS.setdefault(kind, talk) is not talk:
        raise ValueError(f"there is a talk {kind!r} already")


def turn_of(ask: Asking) -> Turn | None:
    """Return the step of whoever is in the middle of something; None for everybody else."""
    return Turn(ask, ask.draft) if ask.draft is not None else None


def begin(ask: Asking, kind: ChatDraftKind, **more: Any) -> Turn | None:
    """Begin a talk and return its first step; None for who has no account with us yet.

    ``more`` are ``complaint_id``, ``state_seq`` and ``said`` of ``chat_drafts.open_draft``.
    """
    if ask.account is None:
        return None
    is_only = ask.draft is None
    return Turn(ask, chat_drafts.open_draft(ask.session, ask.account, kind, is_only=is_only, **more))


def said_in(message: Mapping[str, Any]) -> Said:
    """Return what a message of LINE's says, of any shape; a photo is no matter of this."""
    message_id = str(message.get("id", ""))[:_LONGEST_ID]
    kind = message.get("type")
    text = message.get("text")
    if kind == "text" and isinstance(text, str):
        return Said(words=text, message_id=message_id)
    if kind == "location":
        return _place_in(message, message_id)
    return Said(message_id=message_id, media=str(kind)[:20])


def _place_in(message: Mapping[str, Any], message_id: str) -> Said:
    name = " ".join(str(message[part]) for part in ("title", "address") if message.get(part))
    try:
        place = parse_coordinates(str(message.get("latitude")), str(message.get("longitude")))
    except DomainError as refusal:
        return Said(message_id=message_id, place_refusal=refusal, media="location")
    return Said(message_id=message_id, place=place, place_name=name)


# Hearing ----------------------------------------------------------------------------------------------------


def hear(turn: Turn, said: Said) -> str:
    """Let the talk take a message; what it cannot take is told, and asked for once more."""
    talk = TALKS[turn.draft.kind]
    try:
        return talk.hears(turn, said)
    except DomainError as refusal:
        _forget_step(turn)
        told, code = refusal.message_in(turn.ask.language), refusal.code
    guarded(turn, lambda: talk.asks_again(turn, told))
    return code


def press(ask: Asking, pressed: Postback) -> str:
    """Do what a talk's button says; an old button of a draft that is gone is told so."""
    draft = ask.draft
    if draft is None or draft.code != pressed.public_code:
        draft = _parked(ask, pressed.public_code)
        if draft is None:
            return ask.say("draft_gone", *_ways_on(ask))
        chat_drafts.resume(ask.session, draft)
    turn = Turn(ask, draft)
    name = pressed.action.removeprefix(PREFIX)
    if name == SEND_BUTTON:
        return guarded(turn, lambda: _pressed_send(turn, is_fresh=pressed.state_seq == draft.turn))
    act = TALKS[draft.kind].presses.get(name)
    return guarded(turn, lambda: act(turn, pressed.value)) if act else ask.say("unknown_button")


def _pressed_send(turn: Turn, *, is_fresh: bool) -> str:
    """Send what the pressed card shows; an older card than the draft shows the newer one instead."""
    talk = TALKS[turn.draft.kind]
    if is_fresh and talk.sends is not None:
        return talk.sends(turn)
    turn.draft.asked = ""
    return talk.asks_again(turn, turn.ask.words("card_outdated"))


def guarded(turn: Turn, act: Callable[[], str]) -> str:
    """Take a step; a rule's refusal is said and the draft stays as it was.

    The step writes nothing but the draft before it raises; what becomes an act goes through ``carry_out``.
    """
    try:
        return act()
    except DomainError as refusal:
        _forget_step(turn)
        refuse(turn, refusal)
        return refusal.code


def _forget_step(turn: Turn) -> None:
    """Let the draft be as it was before the step; one that began with the step stays as it is."""
    if turn.draft not in turn.ask.session.new:
        turn.ask.session.expire(turn.draft)


def carry_out(turn: Turn, act: Callable[[], str]) -> str:
    """Let a draft become an act; a refusal undoes it, and is raised for ``guarded`` to say."""
    with turn.ask.session.begin_nested():
        return act()


def refuse(turn: Turn, refusal: DomainError) -> None:
    """Say why something cannot be taken, with the way to give up."""
    turn.draft.photos_at = None
    said = text_message(refusal.message_in(turn.ask.language))
    message = with_quick_replies(said, [turn.cancels()])
    reply(turn.ask.session, turn.ask.event, [message], language=turn.ask.language)


def take_photo(turn: Turn, message_id: str) -> str:
    """Note a photo for the draft; the burst it belongs to is answered once, when the last one is there."""
    stage_of = TALKS[turn.draft.kind].photos
    stage = stage_of(turn) if stage_of else None
    if stage is None:
        return _without_photos(turn, message_id)
    receipt_id = _receipt_of(turn)
    chat_drafts.note_photo(
        turn.ask.session, turn.draft, turn.ask.event.channel, message_id, stage, receipt_id
    )
    return "photo_noted"


def _without_photos(turn: Turn, message_id: str) -> str:
    """Say that a talk takes no photos: once for all that come together, however many."""
    minute = int(turn.ask.event.received_at.timestamp() // 60)
    once = replace(turn.ask.event, event_id=f"photos:{turn.draft.code}:{minute}")
    if was_answered(turn.ask.session, once):
        return "told_before"
    return hear(Turn(replace(turn.ask, event=once), turn.draft), Said(message_id=message_id, media="image"))


def _receipt_of(turn: Turn) -> int | None:
    if turn.ask.event.receipt_id is not None:
        return turn.ask.event.receipt_id
    event = turn.ask.event
    return turn.ask.session.scalar(
        select(WebhookReceipt.id).where(
            WebhookReceipt.channel == event.channel, WebhookReceipt.webhook_event_id == event.event_id
        )
    )


# Words that work in every talk ------------------------------------------------------------------------------


def cancel(ask: Asking) -> str:
    """Give up what somebody is in the middle of; nothing was sent."""
    turn = turn_of(ask)
    if turn is None:
        return ask.say("nothing_begun", *_ways_on(ask))
    chat_drafts.drop(ask.session, turn.draft)
    return ask.say("draft_dropped", *_ways_on(ask))


def send(ask: Asking) -> str:
    """Send what is complete; ask for what is missing otherwise."""
    turn = turn_of(ask)
    if turn is None:
        return ask.say("nothing_begun", *_ways_on(ask))
    sends = TALKS[turn.draft.kind].sends
    if sends is None or turn.draft.asked != CONFIRM:
        return TALKS[turn.draft.kind].asks_again(turn, "")
    return guarded(turn, lambda: sends(turn))


def skip(ask: Asking) -> str:
    """Leave out what was asked, where it may be left out."""
    turn = turn_of(ask)
    if turn is None:
        return ask.say("nothing_begun", *_ways_on(ask))
    skips = TALKS[turn.draft.kind].skips
    if skips is None:
        return TALKS[turn.draft.kind].asks_again(turn, ask.words("cannot_skip"))
    return guarded(turn, lambda: skips(turn))


def go_on(ask: Asking) -> str:
    """Take up what was left: the current draft, or the latest that was parked."""
    turn = turn_of(ask)
    if turn is None and ask.account is not None:
        parked = chat_drafts.parked_drafts(ask.session, ask.account.id)
        if parked:
            chat_drafts.resume(ask.session, parked[0])
            turn = Turn(ask, parked[0])
    if turn is None:
        return ask.say("nothing_begun", *_ways_on(ask))
    return TALKS[turn.draft.kind].asks_again(turn, "")


def done(turn: Turn, code: str, messages: Sequence[JsonDict], *quick: JsonDict) -> str:
    """Say that a talk has become an act, and offer what was left before; the draft is gone by now."""
    offered = [*quick, *left_over(turn.ask)]
    last = with_quick_replies(messages[-1], offered)
    reply(turn.ask.session, turn.ask.event, [*messages[:-1], last], language=turn.ask.language)
    return code


def left_over(ask: Asking) -> list[JsonDict]:
    """Return the button that takes up the latest parked draft; nothing without one."""
    if ask.account is None:
        return []
    parked = chat_drafts.parked_drafts(ask.session, ask.account.id)
    return [says(ask.pick(*TALKS[parked[0].kind].name), ask.pick(*GO_ON))] if parked else []


def _parked(ask: Asking, code: str) -> ChatDraft | None:
    """Return a parked draft of the same person by the code on a button."""
    if ask.account is None:
        return None
    mine = (ChatDraft.line_account_id == ask.account.id, ChatDraft.code == code)
    return ask.session.scalars(select(ChatDraft).where(*mine)).one_or_none()


def _ways_on(ask: Asking) -> tuple[str, ...]:
    return ("report", "follow", "contact") if ask.for_citizen else ("my_work", "record_result")
