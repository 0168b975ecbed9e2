"""A case in the officers' chat (002-22): what it is, where it stands, and what this officer may do now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from domain import complaints
from domain.actor import Actor
from domain.clock import bangkok_date, now
from domain.errors import Words
from domain.labels import duration_text, word
from domain.more_time import pending_among
from domain.thai_calendar import thai_date
from domain.thai_text import grapheme_truncate
from domain.waiting import can_be_asked
from domain.workflow import Action, allowed_actions, is_finished
from line_hooks import flex
from line_hooks.asking import Asking
from line_hooks.chat_cards import CardLine, Fact, Line, text_message, with_quick_replies
from line_hooks.incoming import reply
from line_hooks.limits import JsonDict
from line_hooks.officers import ACTS, GIVE, acts_on, by_officer, case_of, presses, sees, subject
from line_hooks.postback import Postback
from models import Complaint, ComplaintEvent, ComplaintStatus, DurationUnit

CASE_PAGE: Final = "complaint_case.case"
SHOWN: Final = 300
_MOST_EVENTS: Final = 12
_BUTTONS: Final = 3
_SPOKEN: Final[dict[Action, Words]] = {
    Action.ASK_CITIZEN: Words("ถามผู้ร้องไว้ว่า", "The citizen was asked"),
    Action.ANSWER: Words("ผู้ร้องตอบ", "The citizen's answer"),
    Action.ADD_EVIDENCE: Words("ผู้ร้องเพิ่มข้อมูล", "The citizen adds"),
    Action.REOPEN: Words("เปิดอีกครั้งเพราะ", "Opened again because"),
    Action.HAND_BACK: Words("ส่งคืนเพราะ", "Handed back because"),
    Action.REFUSE_MORE_TIME: Words("ไม่ขยายเวลาเพราะ", "More time was refused because"),
}
"""Whose latest words stand on the card."""


def show_case(ask: Asking, press: Postback) -> str:
    """Show the case on the button as it is now."""

    def act(actor: Actor) -> str:
        complaint = case_of(ask, actor, press.public_code)
        return ask.show("case", _card(ask, actor, complaint), "my_work", "record_result")

    return by_officer(ask, press, act)


def acknowledge(ask: Asking, press: Postback) -> str:
    """Acknowledge an order (รับทราบ) for the officer who pressed."""
    return _moves(ask, press, Action.ACKNOWLEDGE, "acknowledged")


def start(ask: Asking, press: Postback) -> str:
    """Begin the work (เริ่มดำเนินการ) for the officer who pressed."""
    return _moves(ask, press, Action.START, "case_started")


_VERBS: Final = {Action.ACKNOWLEDGE: complaints.acknowledge, Action.START: complaints.start}


def _moves(ask: Asking, press: Postback, action: Action, said: str) -> str:
    """Do what needs no words, and offer what comes next."""
    seq = press.state_seq
    if seq is None:
        return ask.say("unknown_button")

    def act(actor: Actor) -> str:
        complaint = case_of(ask, actor, press.public_code)
        done = _VERBS[action](ask.session, actor, complaint.id, expected_seq=seq)
        told = text_message(ask.words(said, number=str(done)))
        next_ones = [*_actions(ask, actor, done, None), sees(ask, done.public_code)]
        reply(ask.session, ask.event, [with_quick_replies(told, next_ones)], language=ask.language)
        return press.action

    return by_officer(ask, press, act)


# The card ---------------------------------------------------------------------------------------------------


def _card(ask: Asking, actor: Actor, complaint: Complaint) -> JsonDict:
    events = _latest_events(ask, complaint)
    wish = pending_among(events)
    if wish is not None and wish.staff_user_id != complaint.assignee_id:
        wish = None  # It has lapsed with the officer who asked.
    acts = _actions(ask, actor, complaint, wish)
    opens = ask.cards.opens(
        ask.pick("เปิดในระบบ", "Open the page"), ask.tools.link(CASE_PAGE, public_code=complaint.public_code)
    )
    lines = [*_facts(ask, complaint), *_words_of(ask, events, wish)]
    lines += [Line(action["label"], action=action) for action in acts[_BUTTONS:]]
    return ask.cards.card(
        str(complaint),
        lines,
        [*acts[:_BUTTONS], *opens],
        note=word(complaint.status, ask.language),
        tone=flex.strip_colour(complaint.status.value),
        alt=f"{complaint} {word(complaint.status, ask.language)}",
    )


def _latest_events(ask: Asking, complaint: Complaint) -> Sequence[ComplaintEvent]:
    """Return the latest words about a case, newest first."""
    kinds = (*_SPOKEN, Action.ASK_MORE_TIME, Action.EXTEND)
    return ask.session.scalars(
        select(ComplaintEvent)
        .where(
            ComplaintEvent.complaint_id == complaint.id,
            ComplaintEvent.kind.in_(kinds),
            ComplaintEvent.undone_at.is_(None),
        )
        .order_by(ComplaintEvent.id.desc())
        .limit(_MOST_EVENTS)
    ).all()


def _facts(ask: Asking, complaint: Complaint) -> list[CardLine]:
    lookups = ask.tools.lookups(ask.session)
    zone = lookups.zones.get(complaint.zone_id or 0)
    community = lookups.communities.get(complaint.community_id or 0)
    officer = lookups.staff.get(complaint.assignee_id or 0)
    places = (complaint.place_text or "", *(row.word(ask.language) for row in (community, zone) if row))
    what = subject(ask, complaint) or word(complaint.kind, ask.language)
    rows = (
        (ask.pick("เรื่อง", "What"), what),
        (ask.pick("ที่ไหน", "Where"), " · ".join(filter(None, places))),
        (ask.pick("รายละเอียด", "Story"), grapheme_truncate(complaint.story, SHOWN)),
        (ask.pick("ผู้รับผิดชอบ", "Officer"), officer.word(ask.language) if officer else ""),
        (ask.pick("ผลที่รายงาน", "Result"), _result(complaint)),
    )
    return [*(Fact(label, said) for label, said in rows if said), *_due(ask, complaint)]


def _result(complaint: Complaint) -> str:
    is_told = is_finished(complaint.status) and complaint.results
    return grapheme_truncate(complaint.results[-1].result_text, SHOWN) if is_told else ""


def _due(ask: Asking, complaint: Complaint) -> list[CardLine]:
    if complaint.due_at is None or is_finished(complaint.status):
        return []
    day = thai_date(bangkok_date(complaint.due_at), lang=ask.language)
    is_late = complaint.due_at < now() and complaint.status is not ComplaintStatus.AWAITING_CITIZEN
    label = ask.pick("เกินกำหนดตั้งแต่", "Overdue since") if is_late else ask.pick("ต้องเสร็จภายใน", "Finish by")
    return [Line(label, below=day, is_late=is_late)]


def _words_of(ask: Asking, events: Sequence[ComplaintEvent], wish: ComplaintEvent | None) -> list[CardLine]:
    """Return the latest words between citizen, officer and head, and what is asked for now."""
    found: list[CardLine] = []
    spoken = next((one for one in events if one.kind in _SPOKEN and one.note), None)
    if spoken is not None:
        label = ask.pick(*_SPOKEN[spoken.kind])
        found.append(Fact(label, grapheme_truncate(spoken.note or "", SHOWN)))
    if wish is not None:
        found.append(Fact(ask.pick("ขอขยายเวลา", "More time asked for"), wish_words(ask, wish)))
    return found


def wish_words(ask: Asking, wish: ComplaintEvent) -> str:
    """Return how many days an officer asked for, and why."""
    days = duration_text(None, int(wish.facts["days"]), DurationUnit.WORKING_DAYS, ask.language)
    return f"{days} – {grapheme_truncate(wish.note or '', SHOWN)}"


def _actions(ask: Asking, actor: Actor, complaint: Complaint, wish: ComplaintEvent | None) -> list[JsonDict]:
    """Return the buttons for what this officer may do now, the most wanted first."""
    may = {row.action for row in allowed_actions(actor, complaint)}
    hidden = {
        Action.ASK_CITIZEN: not can_be_asked(complaint),
        Action.ASK_MORE_TIME: wish is not None or complaint.due_at is None,
        Action.EXTEND: complaint.due_at is None,
        Action.REFUSE_MORE_TIME: wish is None,
    }
    offered = [action for action in ACTS if action in may and not hidden.get(action)]
    given: list[JsonDict] = []
    if wish is not None and Action.EXTEND in may:
        given.append(presses(ask, complaint, GIVE, Words("ให้ตามที่ขอ", "Give what is asked")))
        offered.sort(key=lambda action: action is not Action.REFUSE_MORE_TIME)
    return [*given, *(acts_on(ask, complaint, action) for action in offered)]
