"""The one talk of acts that need words: a reason, a question, days, photos for a case.

``WORD_ACTS`` lists the acts; the citizens' stand in ``citizen_words``, the officers' in ``staff_words``. The
draft holds the complaint and its ``state_seq``: the verb refuses when it has moved since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain import chat_drafts
from domain.actor import Actor
from domain.errors import (
    AlreadyDone,
    DomainError,
    IllegalTransition,
    MissingField,
    NotFound,
    NotPermitted,
    StaleRow,
    Words,
)
from domain.moves import MAX_NOTE
from domain.thai_text import clean_text
from line_hooks import talks
from line_hooks.asking import Asking
from line_hooks.chat_cards import CardLine, Fact, says, text_message
from line_hooks.incoming import answer_by_card
from line_hooks.limits import JsonDict
from line_hooks.report_sending import wait_for_photos
from line_hooks.talks import CONFIRM, Said, Talk, Turn
from models import AttachmentStage, ChatDraftKind, Complaint

_OVER: Final = (AlreadyDone, IllegalTransition, NotFound, NotPermitted, StaleRow)
"""What no other words would change."""

WORDS: Final = "words"


@dataclass(frozen=True, slots=True)
class WordAct:
    """One act that needs words.

    Attributes:
        title: What is being done, as the head of the card that shows it before it is sent.
        asks: The question.
        actor: Returns who acts, with his rights of now; raises what a refusal says.
        carry_out: Calls the verb with the words and returns what the person is told.
        photos: What photos sent meanwhile show; None where the act takes none.
        shows_first: The words are shown once more before they are sent.
        may_be_empty: It can be sent without words, by ``ข้าม`` or by photos alone.
        takes: Keeps a text in the draft and asks what is next; by default it is the words themselves.
        quick: More buttons under the question.
    """

    title: Words
    asks: Words
    actor: Callable[[Turn], Actor]
    carry_out: Callable[[Turn, Actor, str], str]
    photos: AttachmentStage | None = None
    shows_first: bool = False
    may_be_empty: bool = False
    takes: Callable[[Turn, str], str | None] | None = None
    quick: Callable[[Turn], list[JsonDict]] | None = None


WORD_ACTS: Final[dict[str, WordAct]] = {}


def register_word_act(name: str, act: WordAct) -> None:
    """Add an act by its name in ``said["action"]``; call it at import.

    Raises:
        ValueError: there is one of this name already.
    """
    if WORD_ACTS.setdefault(name, act) is not act:
        raise ValueError(f"there is a word act {name!r} already")


def begin_words(ask: Asking, name: str, complaint: Complaint) -> str:
    """Ask for the words of an act on a case."""
    turn = talks.begin(
        ask,
        ChatDraftKind.WORDS,
        complaint_id=complaint.id,
        state_seq=complaint.state_seq,
        said={"action": name, "number": str(complaint)},
    )
    return asks_again(turn) if turn else ask.say("add_us_first")


def act_of(turn: Turn) -> WordAct:
    """Return the act a draft of words is for."""
    return WORD_ACTS[turn.draft.said["action"]]


def asks_again(turn: Turn, before: str = "") -> str:
    """Ask for the words; show what is known where that is to be looked over."""
    act = act_of(turn)
    if turn.known("words") or turn.known("photos"):
        return _shows(turn, act, before)
    quick = [*(act.quick(turn) if act.quick else []), *([turn.skips()] if act.may_be_empty else [])]
    head = f"{turn.known('number')} · {turn.ask.pick(*act.title)}"
    return turn.asks(WORDS, f"{head}\n{turn.ask.pick(*act.asks)}", *quick, before=before)


def _shows(turn: Turn, act: WordAct, before: str) -> str:
    ask = turn.ask
    photos = turn.known("photos")
    lines: list[CardLine] = [Fact(ask.pick("ข้อความ", "Words"), turn.known("words") or "")]
    if photos:
        lines.append(Fact(ask.pick("ภาพ", "Photos"), str(photos)))
    card = ask.cards.card(
        ask.pick(*act.title),
        lines,
        [turn.sends(Words("ส่ง", "Send")), says(ask.pick("ยกเลิก", "Cancel"), ask.pick(*talks.CANCEL))],
        note=str(turn.known("number")),
    )
    said = [text_message(before)] if before else []
    return turn.shows(CONFIRM, *said, card)


def _hears(turn: Turn, said: Said) -> str:
    act = act_of(turn)
    if not said.words:
        takes = "talk_takes_no_media" if act.photos is not None else "talk_takes_words_only"
        return asks_again(turn, turn.ask.words(takes))
    if act.takes is not None:
        went_on = act.takes(turn, said.words)
        if went_on is not None:
            return went_on
    words = clean_text(said.words, max_length=MAX_NOTE, field="words")
    turn.keep(words=words, words_id=said.message_id)
    if act.shows_first or turn.known("photos"):
        return _shows(turn, act, "")
    return _sends(turn)


def _sends(turn: Turn) -> str:
    act = act_of(turn)
    words = str(turn.known("words") or "")
    if not words and not turn.known("photos") and not act.may_be_empty:
        raise MissingField("reply_required", field="words")
    wait_for_photos(turn)
    try:
        return talks.carry_out(turn, lambda: _act(turn, act, words))
    except _OVER as refusal:
        return _over(turn, refusal)


def _over(turn: Turn, refusal: DomainError) -> str:
    """Say that the case has moved on; a draft kept for it would only swallow what is written next."""
    chat_drafts.drop(turn.ask.session, turn.draft)
    told = text_message(refusal.message_in(turn.ask.language))
    return talks.done(turn, refusal.code, [told])


def _act(turn: Turn, act: WordAct, words: str) -> str:
    told = act.carry_out(turn, act.actor(turn), words)
    name = str(turn.known("action"))
    complaint_id = turn.draft.complaint_id
    chat_drafts.finish(turn.ask.session, turn.draft, complaint_id)
    if not answer_by_card(turn.ask.session, turn.ask.event, complaint_id or 0):
        talks.done(turn, name, [text_message(told)])
    return name


def _photos(turn: Turn) -> AttachmentStage | None:
    return act_of(turn).photos


def _skips(turn: Turn) -> str:
    if not act_of(turn).may_be_empty:
        return asks_again(turn, turn.ask.words("cannot_skip"))
    return _sends(turn)


talks.register_talk(
    ChatDraftKind.WORDS,
    Talk(
        name=Words("ข้อความที่ค้างไว้", "My unsent words"),
        hears=_hears,
        asks_again=asks_again,
        photos=_photos,
        sends=_sends,
        skips=_skips,
    ),
)
