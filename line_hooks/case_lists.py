"""Lists of cases in the officers' chat: each line opens its case there, so that work needs no other page."""

from __future__ import annotations

from typing import Final

from domain.chat_figures import late_cases, new_counts, own_unacknowledged
from domain.labels import word
from domain.officer_lists import MOST_CASES, TO_FINISH, first_cases
from domain.permissions import Permission
from domain.workflow import Action
from line_hooks.chat_cards import CardLine
from line_hooks.desk import Desk
from line_hooks.limits import JsonDict
from line_hooks.officers import acts_on
from models import Complaint, ComplaintStatus

_MOST_NEW: Final = 4
"""Of the officer's own orders and of what waits to be taken on: with the counts they fill a card."""


def new_cases(desk: Desk) -> str:
    """Show the officer's orders to acknowledge, then what waits for a beginning within his reach."""
    ask, actor = desk.ask, desk.actor
    lines: list[CardLine] = []
    mine = own_unacknowledged(ask.session, actor)
    if mine:
        label = ask.pick("ของท่าน รอรับทราบ", "Yours, to acknowledge")
        lines.append(desk.counted(label, mine, officer="me", status="directed"))
        orders = [ComplaintStatus.DIRECTED]
        lines += desk.case_lines(first_cases(ask.session, actor, orders, only_own=True, limit=_MOST_NEW))
    for status, count in new_counts(ask.session, actor).items():
        lines.append(desk.counted(word(status, ask.language), count, status=status.value))
        if status is ComplaintStatus.SUBMITTED and actor.can(Permission.COMPLAINT_ACCEPT):
            right = Permission.COMPLAINT_ACCEPT
            waiting = first_cases(ask.session, actor, [status], permission=right, limit=_MOST_NEW)
            lines += desk.case_lines(waiting)
    none = ask.pick("ไม่มีเรื่องใหม่", "There are no new cases.")
    card = ask.cards.card(
        ask.pick("เรื่องใหม่", "New cases"), lines or [none], desk.opens_list(state="open"), tone="new"
    )
    return ask.show("new_cases", card, "my_work", "overdue")


def overdue(desk: Desk) -> str:
    """Show what is past its day."""
    return late_list(desk, "overdue", desk.ask.pick("เกินกำหนด", "Overdue"))


def late_list(desk: Desk, code: str, title: str) -> str:
    """Show how many cases are past their day, and the first of them."""
    ask = desk.ask
    found = late_cases(ask.session, desk.actor)
    lines: list[CardLine] = []
    if found.mine:
        lines.append(desk.counted(ask.pick("ของท่าน", "Yours"), found.mine, officer="me", due="overdue"))
    lines.append(desk.counted(ask.pick("ทั้งหมดที่ท่านเห็น", "All you may see"), found.count, due="overdue"))
    lines += desk.case_lines(found.first)
    none = [ask.pick("ไม่มีเรื่องเกินกำหนด", "Nothing is overdue.")]
    card = ask.cards.card(
        title,
        lines if found.count else none,
        desk.opens_list(due="overdue"),
        tone="late" if found.count else "done",
    )
    return ask.show(code, card, "my_work", "statistics")


def record_result(desk: Desk) -> str:
    """Show the officer's cases whose result may be recorded; a tap begins it here in the chat."""
    ask = desk.ask
    right = Permission.COMPLAINT_RECORD_RESULT
    found = first_cases(
        ask.session, desk.actor, TO_FINISH, permission=right, only_own=True, limit=MOST_CASES + 1
    )

    def begins(case: Complaint) -> JsonDict:
        return acts_on(ask, case, Action.RECORD_RESULT, str(case))

    lines: list[CardLine] = [*desk.case_lines(found[:MOST_CASES], begins)]
    if len(found) > MOST_CASES:
        lines.append(ask.words("result_more_cases"))
    none = ask.pick("ไม่มีเรื่องในมือท่านที่รอรายงานผล", "No case of yours waits for its result.")
    title = ask.pick("รายงานผล", "Record results")
    note = ask.pick("แตะเรื่อง หรือส่งภาพหลังทำเสร็จมาเลย", "Tap a case, or just send the photos")
    button = desk.opens_list(officer="me", status=",".join(status.value for status in TO_FINISH))
    card = ask.cards.card(title, lines or [none], button, note=note)
    return ask.show("record_result", card, "my_work", first=ask.pictures() if lines else ())
