"""What an officer writes about a case in the chat: a question, a wish, a reason; and his head's answer.

The acts stand in ``words_talk.WORD_ACTS``; days and reason are two acts of one talk, the first leads to the
second. What a citizen will read is shown before it is sent, or asked for as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from domain import complaints
from domain.actor import Actor
from domain.clock import bangkok_date
from domain.errors import InvalidField, MissingField, NotPermitted, Words
from domain.giving_time import give_as_asked
from domain.labels import duration_text
from domain.more_time import extensions_given, pending_request
from domain.moves import already_done
from domain.settings import read_setting
from domain.thai_calendar import thai_date
from domain.thai_text import to_arabic_digits
from domain.waiting import can_be_asked
from domain.workflow import Action
from line_hooks import talks
from line_hooks.asking import Asking
from line_hooks.chat_cards import says
from line_hooks.limits import JsonDict, graphemes
from line_hooks.officers import ACTS, GIVE, by_officer, case_for, officer_of
from line_hooks.postback import Postback
from line_hooks.staff_cases import wish_words
from line_hooks.talks import Turn
from line_hooks.words_talk import WordAct, asks_again, begin_words, register_word_act
from models import ChatDraftKind, Complaint, DurationUnit

OPENS: Final = (
    Action.ASK_CITIZEN,
    Action.ASK_MORE_TIME,
    Action.HAND_BACK,
    Action.EXTEND,
    Action.REFUSE_MORE_TIME,
)
"""Acts whose button asks for words."""

REASON_OF: Final = {"ask_more_time": "ask_more_time_reason", "extend": "extend_reason"}
"""The act that takes the reason, by the act that takes the days."""

DAYS_OFFERED: Final = (1, 3, 5, 7, 15, 30)
_LONGEST_SAYING: Final = 300
_DAYS: Final = re.compile(r"\s*([0-9]{1,3})\s*(?:วันทำการ|วัน|working days?|days?)?\s*", re.IGNORECASE)


# Beginning --------------------------------------------------------------------------------------------------


def opens_words(name: str) -> Callable[[Asking, Postback], str]:
    """Return what a button does that asks for the words of an act."""
    action = next((one for one in OPENS if ACTS[one][0] == name), Action.EXTEND)

    def begin(ask: Asking, press: Postback) -> str:
        def act(actor: Actor) -> str:
            complaint = case_for(ask, actor, press.public_code, action)
            _refuse_early(ask, complaint, action)
            return _begin_giving(ask, complaint) if name == GIVE else begin_words(ask, name, complaint)

        return by_officer(ask, press, act)

    return begin


def _refuse_early(ask: Asking, complaint: Complaint, action: Action) -> None:
    """Say at once what the act would say in the end, before anybody types in vain."""
    session = ask.session
    if action is Action.ASK_CITIZEN and not can_be_asked(complaint):
        raise InvalidField("complainant_unreachable", field="question")
    wish = pending_request(session, complaint)
    if action is Action.ASK_MORE_TIME and wish is not None:
        raise already_done(Action.ASK_MORE_TIME, wish)
    if action is Action.REFUSE_MORE_TIME and wish is None:
        raise InvalidField("no_time_request", field="reason")
    if action in {Action.ASK_MORE_TIME, Action.EXTEND}:
        most = int(read_setting(session, "most_extensions"))
        if extensions_given(session, complaint) >= most:
            raise InvalidField("extended_enough", field="days", most=most)


def _begin_giving(ask: Asking, complaint: Complaint) -> str:
    """Show what was asked for and ask for the reason the citizen will read."""
    wish = pending_request(ask.session, complaint)
    if wish is None:
        raise InvalidField("no_time_request", field="reason")
    said = {"action": GIVE, "number": str(complaint), "wish_id": wish.id, "why": wish.note or ""}
    turn = talks.begin(
        ask,
        ChatDraftKind.WORDS,
        complaint_id=complaint.id,
        state_seq=complaint.state_seq,
        said=said,
    )
    if turn is None:
        raise NotPermitted("not_an_officer_here")
    return asks_again(turn, f"{ask.pick('ขอขยายเวลา', 'More time asked for')}: {wish_words(ask, wish)}")


# Taking -----------------------------------------------------------------------------------------------------


def _takes_days(turn: Turn, text: str) -> str:
    """Keep the number of days and ask why.

    Raises:
        InvalidField: no number, or more days than the town allows.
    """
    days = _days_in(turn, text)
    if days is None:
        raise MissingField("days_required", field="days")
    turn.keep(days=days, action=REASON_OF[str(turn.known("action"))])
    return asks_again(turn, _days_words(turn.ask, days))


def _takes_reason(turn: Turn, text: str) -> str | None:
    """Take other days for what they are, as of a chip tapped twice; anything else is the reason."""
    days = _days_in(turn, text)
    if days is None:
        return None
    turn.keep(days=days)
    return asks_again(turn, _days_words(turn.ask, days))


def _days_in(turn: Turn, text: str) -> int | None:
    found = _DAYS.fullmatch(to_arabic_digits(text))
    if found is None:
        return None
    days, most = int(found[1]), _most_days(turn)
    if not 1 <= days <= most:
        raise InvalidField("number_out_of_range", field="days", min=1, max=most)
    return days


def _most_days(turn: Turn) -> int:
    return int(read_setting(turn.ask.session, "longest_extension_days"))


def _days_words(ask: Asking, days: int) -> str:
    return duration_text(None, days, DurationUnit.WORKING_DAYS, ask.language) or ""


def _offers_days(turn: Turn) -> list[JsonDict]:
    most = _most_days(turn)
    return [says(said, said) for said in (_days_words(turn.ask, one) for one in DAYS_OFFERED if one <= most)]


def _offers_reasons(turn: Turn) -> list[JsonDict]:
    """Offer the officer's own reason; the head sees the words the citizen will read before they go."""
    why = str(turn.known("why") or "")
    if not why or len(list(graphemes(why))) > _LONGEST_SAYING:
        return []
    return [says(turn.ask.pick("ใช้เหตุผลของผู้ขอ", "Use the officer's words"), why)]


# Carrying out -----------------------------------------------------------------------------------------------


def _officer(turn: Turn) -> Actor:
    return officer_of(turn.ask)


def _on(turn: Turn) -> dict[str, Any]:
    return {"expected_seq": turn.draft.state_seq}


def _asks_citizen(turn: Turn, actor: Actor, words: str) -> str:
    case = turn.draft.complaint_id or 0
    done = complaints.ask_citizen(turn.ask.session, actor, case, question=words, **_on(turn))
    return turn.ask.words("staff_asked", number=str(done))


def _hands_back(turn: Turn, actor: Actor, words: str) -> str:
    number = str(turn.known("number"))
    case = turn.draft.complaint_id or 0
    complaints.hand_back(turn.ask.session, actor, case, reason=words, **_on(turn))
    return turn.ask.words("staff_handed_back", number=number)


def _asks_time(turn: Turn, actor: Actor, words: str) -> str:
    case, days = turn.draft.complaint_id or 0, turn.known("days")
    done = complaints.ask_more_time(turn.ask.session, actor, case, days=days, reason=words, **_on(turn))
    return turn.ask.words("staff_time_asked", number=str(done), days=days)


def _extends(turn: Turn, actor: Actor, words: str) -> str:
    case, days = turn.draft.complaint_id or 0, turn.known("days")
    done = complaints.extend(turn.ask.session, actor, case, days=days, reason=words, **_on(turn))
    return _new_day(turn, done)


def _gives(turn: Turn, actor: Actor, words: str) -> str:
    case, wish = turn.draft.complaint_id or 0, int(turn.known("wish_id"))
    done = give_as_asked(turn.ask.session, actor, case, request_id=wish, reason=words, **_on(turn))
    return _new_day(turn, done)


def _new_day(turn: Turn, done: Complaint) -> str:
    due = thai_date(bangkok_date(done.due_at), lang=turn.ask.language) if done.due_at else ""
    return turn.ask.words("staff_time_given", number=str(done), due=due)


def _refuses(turn: Turn, actor: Actor, words: str) -> str:
    case = turn.draft.complaint_id or 0
    done = complaints.refuse_more_time(turn.ask.session, actor, case, reason=words, **_on(turn))
    return turn.ask.words("staff_time_refused", number=str(done))


def _act(action: Action, asks: Words, carry_out: Callable[[Turn, Actor, str], str]) -> WordAct:
    return WordAct(title=ACTS[action][1], asks=asks, actor=_officer, carry_out=carry_out)


_HOW_MANY: Final = Words("กี่วันทำการ แตะหรือพิมพ์ตัวเลข", "How many working days? Tap or type a number.")
_FOR_THE_CITIZEN: Final = Words(
    "เพราะอะไร พิมพ์สั้น ๆ ผู้ร้องจะได้อ่านข้อความนี้", "Why? A few words; the citizen will read them."
)
_MORE_TIME: Final = _act(
    Action.ASK_MORE_TIME,
    Words("เพราะอะไร พิมพ์สั้น ๆ ให้หัวหน้าอ่าน", "Why? A few words for your head."),
    _asks_time,
)
_EXTEND: Final = _act(Action.EXTEND, _FOR_THE_CITIZEN, _extends)

_ACTS: Final[dict[str, WordAct]] = {
    "ask_citizen": replace(
        _act(
            Action.ASK_CITIZEN,
            Words("อยากถามอะไรผู้ร้อง พิมพ์คำถามสั้น ๆ", "What do you want to ask? Type a short question."),
            _asks_citizen,
        ),
        shows_first=True,
    ),
    "hand_back": _act(
        Action.HAND_BACK,
        Words("ส่งคืนเพราะอะไร พิมพ์สั้น ๆ ให้งานรับเรื่องอ่าน", "Why do you hand it back? A few words."),
        _hands_back,
    ),
    "ask_more_time": replace(_MORE_TIME, asks=_HOW_MANY, takes=_takes_days, quick=_offers_days),
    "ask_more_time_reason": replace(_MORE_TIME, takes=_takes_reason),
    "extend": replace(_EXTEND, asks=_HOW_MANY, takes=_takes_days, quick=_offers_days),
    "extend_reason": replace(_EXTEND, takes=_takes_reason),
    GIVE: replace(
        _act(Action.EXTEND, _FOR_THE_CITIZEN, _gives),
        quick=_offers_reasons,
    ),
    "refuse_more_time": _act(
        Action.REFUSE_MORE_TIME,
        Words("ไม่ขยายเพราะอะไร พิมพ์สั้น ๆ ให้ผู้รับผิดชอบอ่าน", "Why not? A few words for the officer."),
        _refuses,
    ),
}
for _name, _one in _ACTS.items():
    register_word_act(_name, _one)
