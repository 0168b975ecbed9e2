"""The way of a complaint as citizens are shown it (000-74), drawn from the table of transitions.

A state the table leads to appears by itself: one of the four steps of ``CITIZEN_STEPS``, or a branch beside
the step it belongs to. Only what it means to a citizen is written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from domain.errors import Words
from domain.labels import STEP_WORDS, citizen_word
from domain.settings import read_setting
from domain.workflow import CITIZEN_STEPS, TRANSITIONS, Action, transition_for
from models import ComplaintStatus, StatusKind

S = ComplaintStatus
DAYS: Final = ("answer_days", "close_days", "reopen_days")

STEP_NOTES: Final = {
    "received": (
        Words("ได้รหัสติดตามเรื่องทันที", "You get a tracking code at once"),
        Words("เจ้าหน้าที่อ่านเรื่องและรับไว้ดำเนินการ", "An officer reads it and takes it on"),
    ),
    "waiting": (
        Words("ออกเลขเรื่อง และบอกวันที่จะแล้วเสร็จ", "It gets a number and a promised day"),
        Words("มอบหมายเจ้าหน้าที่ผู้รับผิดชอบ", "It goes to the responsible officer"),
    ),
    "working": (
        Words("ทำให้เสร็จในเวลาที่สัญญาของแต่ละประเภท", "Done within the time promised for its type"),
        Words("แจ้งท่านทุกครั้งที่มีความคืบหน้า", "You hear of every step"),
    ),
    "done": (
        Words("แจ้งผล พร้อมภาพหลังดำเนินการ", "You are told the result, with photos"),
        Words("ให้คะแนนได้ ระบบปิดเรื่องใน {close_days} วัน", "You rate it; it closes after {close_days} days"),
    ),
}
BRANCH_NOTES: Final = {
    S.AWAITING_CITIZEN: Words(
        "หยุดนับเวลา ไม่ตอบใน {answer_days} วันจะปิด", "The clock stops; it closes after {answer_days} days"
    ),
    S.AWAITING_PLAN: Words("หยุดนับเวลา รอวัสดุ อุปกรณ์ หรืองบประมาณ", "The clock stops: material or money"),
    S.REFERRED_OUT: Words("หยุดนับเวลา รอหน่วยงานนั้นดำเนินการ", "The clock stops: the other body acts"),
    S.REJECTED: Words("บอกเหตุผลและหน่วยงานที่ดูแลเรื่องนี้", "You hear why, and who is in charge"),
    S.WITHDRAWN: Words("ท่านขอถอนเรื่องได้จนกว่าจะเสร็จสิ้น", "You may withdraw until it is finished"),
    S.DUPLICATE: Words("ติดตามผลจากเรื่องเดิมได้", "You follow the earlier one"),
}
AGAIN: Final = Words("เปิดเรื่องอีกครั้ง", "Open again")
AGAIN_NOTE: Final = Words(
    "ยังไม่เรียบร้อย บอกได้ใน {reopen_days} วัน", "Not right yet? Say so within {reopen_days} days"
)


class BranchKind(StrEnum):
    """Where a branch leads."""

    WAITS = "waits"
    ENDS = "ends"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Branch:
    """What may happen beside the straight way."""

    kind: BranchKind
    word: Words
    note: Words


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step of the straight way with what may happen there."""

    key: str
    word: Words
    notes: tuple[Words, ...]
    branches: tuple[Branch, ...]


def process_flow(session: Session) -> list[FlowStep]:
    """Return the steps in their order, with the town's own words and days."""
    days = {key: int(read_setting(session, key)) for key in DAYS}
    beside = [status for status in S if status.kind is not StatusKind.OPEN and _leads_to(status)]
    steps = []
    for key, states in CITIZEN_STEPS:
        branches = [_branch(one, days) for one in beside if one in BRANCH_NOTES and _home(one) == key]
        if transition_for(Action.REOPEN).sources & states:
            branches.append(Branch(BranchKind.AGAIN, AGAIN, _with(AGAIN_NOTE, days)))
        notes = tuple(_with(note, days) for note in STEP_NOTES[key])
        steps.append(FlowStep(key, Words(*STEP_WORDS[key]), notes, tuple(branches)))
    return steps


def _leads_to(status: ComplaintStatus) -> frozenset[ComplaintStatus]:
    """Return the states from which an act leads to a state."""
    return frozenset(source for row in TRANSITIONS if row.target is status for source in row.sources)


def _home(status: ComplaintStatus) -> str:
    """Return the step a state hangs at: its own, else the first one it can be reached from."""
    for key, states in CITIZEN_STEPS:
        if status in states:
            return key
    return next(key for key, states in CITIZEN_STEPS if states & _leads_to(status))


def _branch(status: ComplaintStatus, days: dict[str, int]) -> Branch:
    kind = BranchKind.WAITS if status.kind is StatusKind.WAITING else BranchKind.ENDS
    return Branch(
        kind, Words(citizen_word(status), citizen_word(status, "en")), _with(BRANCH_NOTES[status], days)
    )


def _with(words: Words, days: dict[str, int]) -> Words:
    return Words(*(text.format(**days) for text in words))
