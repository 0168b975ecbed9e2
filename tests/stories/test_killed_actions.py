"""An act on a case killed without warning at each of its steps: it happened whole, or not at all.

Whoever pressed the button presses it again. Then there is one event, one message each, one trace in the
audit, whatever the moment of the kill.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from helpers.act_nursery import WAS_DONE, act_nursery
from helpers.casework import bring_to, member_of, register_case
from helpers.nursery import KILLED, Nursery
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.workflow import Action
from extensions import db
from models import (
    ActionResult,
    AuditAction,
    AuditEntry,
    Complaint,
    ComplaintEvent,
    ComplaintFollower,
    ComplaintStatus,
    Job,
    OutboxMessage,
)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

S = ComplaintStatus
MOST_PASSES = 20
# Before and after the commit, and the three steps of every act.
LEAST_KILLS = 5
ACTS = {
    Action.RECORD_RESULT: ("officer", S.IN_PROGRESS, S.RESOLVED),
    Action.FORWARD: ("central", S.DIRECTED, S.ACCEPTED),
    Action.MERGE: ("clerk", S.DIRECTED, S.DUPLICATE),
    Action.ACCEPT: ("clerk", S.SUBMITTED, S.ACCEPTED),
}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with act_nursery() as made:
        yield made


class Press:
    """One button on one case, pressed in another process."""

    def __init__(self, app: Flask, nursery: Nursery, data_dir: Path, action: Action) -> None:
        self._nursery = nursery
        self.action = action
        who, source, self.target = ACTS[action]
        session = db.session()
        original = register_case(app, session, member_id=member_of(session, "+66890000007").id)
        case = bring_to(app, session, source)
        session.commit()
        self.case_id, self.seq, self.original_id = case.id, case.state_seq, original.id
        self.before = self.traces()
        db.session.remove()
        self._environment = {
            "APP_MODE": "test",
            "APP_DATA": str(data_dir),
            "DATABASE_URL": app.extensions["settings"].database_url,
            "EMBEDDED_WORKER": "0",
            "ACT": action.value,
            "WHO": who,
            "CASE": str(self.case_id),
            "ORIGINAL": str(self.original_id),
        }

    def press(self, fault: str = "") -> int:
        """Press and return how the process ended."""
        return self._nursery.wait(self._nursery.start({**self._environment, "FAULT": fault}))

    def traces(self) -> Counter[str]:
        """Count what there is of the case."""
        session: Session = db.session()
        session.rollback()
        about: list[tuple[Any, Any]] = [
            (ComplaintEvent, ComplaintEvent.complaint_id == self.case_id),
            (OutboxMessage, OutboxMessage.complaint_id == self.case_id),
            (Job, Job.complaint_id == self.case_id),
            (ActionResult, ActionResult.complaint_id == self.case_id),
            (ComplaintFollower, ComplaintFollower.complaint_id == self.original_id),
            (
                AuditEntry,
                (AuditEntry.object_id == str(self.case_id)) & (AuditEntry.action == AuditAction.UPDATE),
            ),
        ]
        return Counter(
            {kind.__name__: len(session.scalars(select(kind).where(one)).all()) for kind, one in about}
        )

    def made(self) -> Counter[str]:
        """Count what the act added."""
        return self.traces() - self.before

    def is_whole_or_nothing(self, whole: Counter[str]) -> bool:
        """Tell whether the act happened; anything between fails the test."""
        made = self.made()
        case = db.session.get_one(Complaint, self.case_id)
        happened = case.status is self.target
        assert made == (whole if happened else Counter())
        assert case.state_seq == self.seq + happened
        return happened


@pytest.mark.parametrize("action", list(ACTS), ids=str)
def test_an_act_killed_at_any_step_is_done_whole_or_not_at_all(
    app: Flask, nursery: Nursery, tmp_path: Path, action: Action
) -> None:
    undisturbed = Press(app, nursery, tmp_path, action)
    assert undisturbed.press() == 0
    whole = undisturbed.made()
    assert whole["ComplaintEvent"] == whole["AuditEntry"] == 1
    assert whole["OutboxMessage"] >= 1
    db.session.remove()

    ends: list[bool] = []
    while True:
        button = Press(app, nursery, tmp_path, action)
        if button.press(f"*:{len(ends) + 1}:kill") != KILLED:
            break
        ends.append(button.is_whole_or_nothing(whole))
        assert button.press() == (WAS_DONE if ends[-1] else 0)
        assert button.is_whole_or_nothing(whole)
        db.session.remove()
        assert len(ends) < MOST_PASSES

    # Nothing is kept of an act until its commit; after it, nothing is lost.
    assert len(ends) >= LEAST_KILLS
    assert ends == [False] * (len(ends) - 1) + [True]
