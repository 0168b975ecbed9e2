"""Reporting a result in the chat (000-69): the case first or the photos first, words in any order.

What is missing is asked for; one card shows it all before it is sent. The citizen has it at once: nobody
approves a result (workflow.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select

from domain import chat_drafts, complaints
from domain.actor import Actor
from domain.clock import bangkok_date, today
from domain.errors import (
    AlreadyDone,
    IllegalTransition,
    InvalidField,
    NotFound,
    NotPermitted,
    StaleRow,
    Words,
)
from domain.labels import word
from domain.officer_lists import MOST_CASES, TO_FINISH, first_cases
from domain.permissions import Permission
from domain.results import MAX_RESULT, needs_photo
from domain.thai_calendar import thai_date
from domain.thai_text import clean_text, grapheme_truncate
from domain.workflow import Action
from line_hooks import talks
from line_hooks.asking import Asking
from line_hooks.chat_cards import CardLine, Fact, Line, says, text_message
from line_hooks.limits import JsonDict
from line_hooks.officers import acts_on, by_officer, case_for, officer_of, refused, subject
from line_hooks.postback import Postback
from line_hooks.report_sending import wait_for_photos
from line_hooks.report_talk import story_of
from line_hooks.talks import CONFIRM, Said, Talk, Turn
from models import AttachmentStage, ChatDraft, ChatDraftKind, Complaint, Outcome

CASE: Final = "case"
STORY: Final = "story"
PHOTO: Final = "photo"
SHOWN_STORY: Final = 300
OUTCOMES: Final = tuple(one for one in Outcome if one is not Outcome.NO_ANSWER)
READY_WORDS: Final = (
    Words("แก้ไขเรียบร้อยแล้ว", "Fixed and working again"),
    Words("เข้าตรวจแล้ว ไม่พบปัญหา", "We went and found no problem"),
)
"""What is written most, one tap away."""

_OVER: Final = (AlreadyDone, IllegalTransition, NotFound, NotPermitted)
"""Refusals no waiting will change: the draft has lost its case."""


# Beginning --------------------------------------------------------------------------------------------------


def begin_by_photo(ask: Asking) -> Turn | None:
    """Begin a result with its first photo; the case is asked for afterwards. None for who is no officer."""
    if ask.account is None or ask.account.staff_user_id is None:
        return None
    return talks.begin(ask, ChatDraftKind.RESULT)


def begin_result(ask: Asking, press: Postback) -> str:
    """Begin the result of the case on the button, or tie what was begun without one to it."""

    def act(actor: Actor) -> str:
        complaint = case_for(ask, actor, press.public_code, Action.RECORD_RESULT)
        turn = _turn_for(ask, complaint)
        _tie(turn, complaint)
        return _asks_next(turn, "")

    return by_officer(ask, press, act)


def _turn_for(ask: Asking, complaint: Complaint) -> Turn:
    """Return the draft for a case: the current one without a case or of this one, a parked one, a new one."""
    draft = ask.draft
    is_result = draft is not None and draft.kind is ChatDraftKind.RESULT
    if draft is not None and is_result and draft.complaint_id in {None, complaint.id}:
        return Turn(ask, draft)
    parked = _parked(ask, complaint.id)
    if parked is not None:
        chat_drafts.resume(ask.session, parked)
        return Turn(ask, parked)
    turn = talks.begin(ask, ChatDraftKind.RESULT)
    if turn is None:
        raise NotPermitted("not_an_officer_here")
    return turn


def _parked(ask: Asking, complaint_id: int) -> ChatDraft | None:
    if ask.account is None:
        return None
    mine = (ChatDraft.line_account_id == ask.account.id, ChatDraft.kind == ChatDraftKind.RESULT)
    found = select(ChatDraft).where(*mine, ChatDraft.complaint_id == complaint_id)
    return ask.session.scalars(found.order_by(ChatDraft.id.desc()).limit(1)).one_or_none()


def _tie(turn: Turn, complaint: Complaint) -> None:
    """Note in the draft which case it is about and all that later steps show of it."""
    turn.draft.complaint_id, turn.draft.state_seq = complaint.id, complaint.state_seq
    received = complaint.received_at
    turn.keep(
        number=str(complaint),
        what=subject(turn.ask, complaint) or None,
        needs_photo=needs_photo(turn.ask.session, complaint) or None,
        received=bangkok_date(received).isoformat() if received else None,
    )


# Hearing ----------------------------------------------------------------------------------------------------


def _hears(turn: Turn, said: Said) -> str:
    if not said.words:
        return _asks_next(turn, turn.ask.words("talk_takes_no_media"))
    words = clean_text(said.words, max_length=MAX_RESULT, field="result_text")
    before = turn.known("texts") or []
    if words and words not in {one["text"] for one in before[-1:]}:  # A chip may be tapped twice.
        told = [*before, {"id": said.message_id, "text": words}]
        clean_text("\n".join(one["text"] for one in told), max_length=MAX_RESULT, field="result_text")
        turn.keep(texts=told)
    return _asks_next(turn, "")


# Asking -----------------------------------------------------------------------------------------------------


def _asks_next(turn: Turn, before: str) -> str:
    """Ask for the first thing that is missing; show the whole when nothing is."""
    ask = turn.ask
    if turn.draft.complaint_id is None:
        return _asks_case(turn, before)
    number = f"{turn.known('number')} · {ask.pick('รายงานผล', 'Result')}"
    if not turn.known("texts"):
        words = ask.words("result_ask_words" if turn.known("photos") else "result_ask_first")
        ready = [says(ask.pick(*one), ask.pick(*one)) for one in READY_WORDS]
        return turn.asks(STORY, f"{number}\n{words}", *ask.pictures(), *ready, before=before)
    if turn.known("needs_photo") and not turn.known("photos"):
        return turn.asks(PHOTO, f"{number}\n{ask.words('result_ask_photo')}", *ask.pictures(), before=before)
    return _shows_all(turn, before)


def _asks_case(turn: Turn, before: str) -> str:
    """Let the officer choose among his cases at work; the only one there is needs no choice."""
    ask = turn.ask
    try:
        actor = officer_of(ask)
    except NotPermitted:
        chat_drafts.drop(ask.session, turn.draft)
        return ask.say("officer_not_linked", "link", "administrator")
    right = Permission.COMPLAINT_RECORD_RESULT
    cases = first_cases(ask.session, actor, TO_FINISH, permission=right, only_own=True, limit=MOST_CASES + 1)
    if not cases:
        chat_drafts.drop(ask.session, turn.draft)
        return ask.say("result_no_case", "new_cases", "my_work")
    if len(cases) == 1 and not turn.known("choosing"):
        _tie(turn, cases[0])
        return _asks_next(turn, before)
    return _shows_cases(turn, before, cases)


def _shows_cases(turn: Turn, before: str, cases: Sequence[Complaint]) -> str:
    ask = turn.ask
    lines: list[CardLine] = [
        Line(str(case), below=_about(ask, case), action=acts_on(ask, case, Action.RECORD_RESULT, str(case)))
        for case in cases[:MOST_CASES]
    ]
    if len(cases) > MOST_CASES:
        lines.append(ask.words("result_more_cases"))
    title = ask.pick("เป็นผลของเรื่องไหน", "Which case is it?")
    card = ask.cards.card(title, lines, note=ask.pick("แตะหนึ่งเรื่อง", "Tap one"))
    said = [text_message(before)] if before else []
    return turn.shows(CASE, *said, card)


def _about(ask: Asking, case: Complaint) -> str:
    return " · ".join(filter(None, (subject(ask, case), case.place_text or "")))


def _shows_all(turn: Turn, before: str) -> str:
    """Show the result as the citizen will read it, with the one button that sends it."""
    ask = turn.ask
    card = ask.cards.card(
        ask.pick("ตรวจแล้วกดส่งผล", "Look it over, then send"),
        _lines(turn),
        [
            turn.sends(Words("ส่งผล", "Send the result")),
            turn.press(Words("เปลี่ยนผลลัพธ์", "Change the outcome"), "outcomes"),
            _picks_day(turn),
            turn.press(Words("พิมพ์ใหม่", "Write it anew"), "anew"),
        ],
        note=str(turn.known("number")),
        alt=ask.pick("ตรวจผลก่อนส่ง", "Look over the result"),
    )
    said = [text_message(before)] if before else []
    other = turn.press(Words("เปลี่ยนเรื่อง", "Another case"), "other")
    return turn.shows(CONFIRM, *said, card, *ask.pictures(), other)


def _lines(turn: Turn) -> list[CardLine]:
    ask = turn.ask
    photos = turn.known("photos")
    day = _done_date(turn)
    said_day = thai_date(day, lang=ask.language)
    is_today = f"{ask.pick('วันนี้', 'Today')} · {said_day}"
    rows = (
        (ask.pick("เรื่อง", "What"), turn.known("what") or ""),
        (ask.pick("ทำอะไรไปแล้ว", "What was done"), grapheme_truncate(story_of(turn.draft.said), SHOWN_STORY)),
        (ask.pick("ภาพหลังทำเสร็จ", "Photos"), str(photos) if photos else ask.pick("ไม่มี", "None")),
        (ask.pick("ผลลัพธ์", "Outcome"), word(_outcome(turn), ask.language)),
        (ask.pick("เสร็จเมื่อ", "Done on"), is_today if day == today() else said_day),
    )
    lines: list[CardLine] = [Fact(label, text) for label, text in rows if text]
    lines.append(ask.words("result_goes_at_once"))
    return lines


def _done_date(turn: Turn) -> date:
    return date.fromisoformat(turn.known("done_date")) if turn.known("done_date") else today()


def _outcome(turn: Turn) -> Outcome:
    return Outcome(turn.known("outcome") or Outcome.FIXED.value)


def _picks_day(turn: Turn) -> JsonDict:
    """Return the button that opens the phone's calendar, from the day of receipt until today."""
    button = turn.press(Words("เปลี่ยนวันที่เสร็จ", "Change the day"), "day")
    least = date.fromisoformat(turn.known("received")) if turn.known("received") else None
    if least is None or least >= today():
        least = today() - timedelta(days=1)  # LINE wants an earlier first day; the rules refuse it.
    return {
        "type": "datetimepicker",
        "label": button["label"],
        "data": button["data"],
        "mode": "date",
        "initial": _done_date(turn).isoformat(),
        "min": least.isoformat(),
        "max": today().isoformat(),
    }


# Buttons ----------------------------------------------------------------------------------------------------


def _pressed_outcomes(turn: Turn, _value: int | None) -> str:
    ask = turn.ask
    lines: list[CardLine] = []
    for place, outcome in enumerate(OUTCOMES):
        label = Words(word(outcome), word(outcome, "en"))
        lines.append(Line(ask.pick(*label), action=turn.press(label, "outcome", place)))
    title = ask.pick("ผลเป็นอย่างไร", "How did it end?")
    return turn.shows(CONFIRM, ask.cards.card(title, lines, note=ask.pick("แตะหนึ่งข้อ", "Tap one")))


def _pressed_outcome(turn: Turn, value: int | None) -> str:
    if value is None or value >= len(OUTCOMES):
        raise InvalidField("choice_unknown", field="outcome")
    turn.keep(outcome=OUTCOMES[value].value)
    return _asks_next(turn, "")


def _pressed_day(turn: Turn, _value: int | None) -> str:
    """Take the day of LINE's calendar; the rules look at it again when the result is sent."""
    picked = turn.ask.event.part("postback").get("params")
    said = str(picked.get("date", "")) if isinstance(picked, dict) else ""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return _asks_next(turn, "")
    if day > today():
        raise InvalidField("date_in_future", field="done_date", date=day, today=today())
    received = turn.known("received")
    if received and day < date.fromisoformat(received):
        raise InvalidField("done_before_received", field="done_date", received=date.fromisoformat(received))
    turn.keep(done_date=day.isoformat() if day != today() else None)
    return _asks_next(turn, "")


def _pressed_anew(turn: Turn, _value: int | None) -> str:
    turn.keep(texts=None)
    return _asks_next(turn, "")


def _pressed_other(turn: Turn, _value: int | None) -> str:
    """Let go of the case and keep the rest."""
    turn.draft.complaint_id = turn.draft.state_seq = None
    turn.keep(number=None, what=None, needs_photo=None, received=None, choosing=True)
    return _asks_case(turn, "")


# Sending ----------------------------------------------------------------------------------------------------


def _sends(turn: Turn) -> str:
    if turn.draft.complaint_id is None:
        return _asks_next(turn, "")
    wait_for_photos(turn)
    try:
        return talks.carry_out(turn, lambda: _record(turn))
    except StaleRow:
        return _looks_again(turn)
    except _OVER as refusal:
        return _gives_up(turn, refusal)


def _record(turn: Turn) -> str:
    ask, draft = turn.ask, turn.draft
    actor = officer_of(ask)
    complaint = complaints.record_result(
        ask.session,
        actor,
        draft.complaint_id or 0,
        done_date=_done_date(turn),
        result_text=story_of(draft.said),
        outcome=_outcome(turn),
        photo_token=draft.token,
        expected_seq=draft.state_seq,
    )
    chat_drafts.finish(ask.session, draft, complaint.id, complaint.results[-1].id)
    told = text_message(ask.words("result_sent", number=str(complaint)))
    return talks.done(turn, "result_recorded", [told], *ask.menu_actions("record_result", "my_work"))


def _looks_again(turn: Turn) -> str:
    """Show the result once more, as the case has moved since it was begun and yet may be finished."""
    case = turn.ask.session.get_one(Complaint, turn.draft.complaint_id)
    _tie(turn, case)
    return _asks_next(turn, turn.ask.words("result_case_moved", number=str(case)))


def _gives_up(turn: Turn, refusal: AlreadyDone | IllegalTransition | NotFound | NotPermitted) -> str:
    """Say why this case takes no result any more; the draft goes, so that nothing more is put into it."""
    ask = turn.ask
    case = ask.session.get(Complaint, turn.draft.complaint_id)
    chat_drafts.drop(ask.session, turn.draft)
    return refused(ask, refusal, case.public_code if case else "0")


def _skips(turn: Turn) -> str:
    return _asks_next(turn, turn.ask.words("cannot_skip") if turn.draft.asked != CONFIRM else "")


talks.register_talk(
    ChatDraftKind.RESULT,
    Talk(
        name=Words("ผลที่ค้างไว้", "My unsent result"),
        hears=_hears,
        asks_again=_asks_next,
        presses={
            "outcomes": _pressed_outcomes,
            "outcome": _pressed_outcome,
            "day": _pressed_day,
            "anew": _pressed_anew,
            "other": _pressed_other,
        },
        photos=lambda _turn: AttachmentStage.AFTER,
        sends=_sends,
        skips=_skips,
    ),
)
