"""The process citizens are shown is the table of transitions: nothing of it is left out, nothing invented."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from citizen.process_drawing import WIDTH, draw_process
from domain.labels import citizen_word, use_state_words
from domain.process_flow import BranchKind, process_flow
from domain.settings import write_setting
from domain.workflow import TRANSITIONS
from extensions import write_transaction
from models import ComplaintStatus, StatusKind
from reports.cells import shown_width

LETTER = 7.3  # Units of the drawing a letter is wide, in the mean.

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_every_state_a_citizen_may_come_to_is_shown_once(session: Session) -> None:
    steps = process_flow(session)
    beside = {
        row.target
        for row in TRANSITIONS
        if row.target and row.target.kind not in {StatusKind.OPEN, StatusKind.DONE}
    }
    shown = [branch.word.th for step in steps for branch in step.branches if branch.kind != BranchKind.AGAIN]

    assert [step.key for step in steps] == ["received", "waiting", "working", "done"]
    assert sorted(shown) == sorted(citizen_word(status) for status in beside)


def test_waits_hang_at_the_work_and_endings_at_the_beginning(session: Session) -> None:
    kinds = {step.key: [branch.kind for branch in step.branches] for step in process_flow(session)}

    assert kinds == {
        "received": [BranchKind.ENDS] * 3,
        "waiting": [],
        "working": [BranchKind.WAITS] * 3,
        "done": [BranchKind.AGAIN],
    }


def test_the_towns_days_and_words_are_said(session: Session) -> None:
    with write_transaction() as writing:
        write_setting(writing, "reopen_days", 21)
    use_state_words({ComplaintStatus.AWAITING_PLAN.value: {"citizen_th": "รองบปีหน้า"}})
    steps = process_flow(session)

    assert "21 วัน" in steps[-1].branches[-1].note.th
    assert "รองบปีหน้า" in [branch.word.th for branch in steps[2].branches]


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_drawing_fits_a_phone_and_no_box_covers_another(session: Session, language: str) -> None:
    drawing = draw_process(process_flow(session), language)

    ends = [box.y + box.height for box in drawing.boxes]
    assert all(box.y > end for box, end in zip(drawing.boxes[1:], ends, strict=False))
    assert len(drawing.ways) == 3
    for box in drawing.boxes:
        assert box.x + box.width == WIDTH
        for line in box.lines:
            assert shown_width(line.text) * LETTER < box.width
