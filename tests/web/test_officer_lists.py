"""The lists of the officers' chat on a table of thousands: no whole table is read for a handful of lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers.statements import analyse, full_scans, plan_of
from sqlalchemy import insert
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.officer_lists import TO_FINISH, first_cases, first_cases_statement
from domain.permissions import Permission
from models import Complaint, ComplaintStatus


@pytest.mark.parametrize(("username", "only_own"), [("officer", True), ("central", False)])
def test_a_list_of_cases_reads_no_whole_table(
    session: Session, act_as: Callable[[str], Actor], username: str, only_own: bool
) -> None:
    actor, moment = act_as(username), now()
    done = ComplaintStatus.RESOLVED
    rows = [
        {"public_code": f"x{n}", "status": done, "figure": done.figure, "story": "", "search_text": ""}
        | {"created_at": moment, "listed_at": moment, "finished_at": moment, "assignee_id": None}
        for n in range(6_000)
    ]
    session.execute(insert(Complaint), rows)
    session.flush()
    analyse(session)

    states = TO_FINISH if only_own else [ComplaintStatus.SUBMITTED]
    wanted = first_cases_statement(
        actor, states, permission=Permission.COMPLAINT_READ, only_own=only_own
    ).limit(10)
    plan = plan_of(session, wanted)
    assert not full_scans(plan, "complaint"), plan
    assert list(first_cases(session, actor, states, only_own=only_own)) == []
