"""The bulk rows behind plans and benchmarks: like real ones where it counts, the same for the same seed."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.filling import fill
from domain.clock import FrozenClock
from domain.registration import take_public_code
from domain.search import complaint_search_text, matching
from domain.workflow import is_finished
from extensions import db, write_transaction
from models import Complaint, ComplaintStatus, Figure


def test_rows_are_found_by_the_text_the_rules_would_have_written(session: Session) -> None:
    with write_transaction() as writing:
        fill(writing, 120)
    cases = session.scalars(select(Complaint)).all()
    assert [case.search_text for case in cases] == [complaint_search_text(case) for case in cases]


def test_states_and_their_columns_agree(session: Session) -> None:
    with write_transaction() as writing:
        fill(writing, 400)
    for case in session.scalars(select(Complaint)):
        assert (case.finished_at is not None) is is_finished(case.status)
        assert case.figure is (case.status.figure if case.received_at else Figure.NONE)
        assert (case.number is None) is (case.status is ComplaintStatus.SUBMITTED)


def test_numbers_go_on_behind_the_filled_ones(session: Session) -> None:
    with write_transaction() as writing:
        fill(writing, 60)
        fill(writing, 60, seed=8)
    with write_transaction() as writing:
        newest = writing.scalars(select(Complaint).order_by(Complaint.id.desc())).first()
        assert newest
        code = take_public_code(writing, newest.listed_at)
    assert code not in set(session.scalars(select(Complaint.public_code)))
    assert session.scalar(select(func.count()).select_from(Complaint)) == 120


def test_the_search_index_holds_what_was_filled(session: Session) -> None:
    with write_transaction() as writing:
        fill(writing, 80)
    case = session.scalars(select(Complaint).where(Complaint.number.is_not(None))).first()
    assert case
    match = matching(session, str(case.number))
    assert match
    assert case.id in set(session.scalars(select(Complaint.id).where(match.condition)))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_same_seed_gives_the_same_rows(session: Session, frozen_noon: FrozenClock) -> None:
    columns = (Complaint.story, Complaint.status, Complaint.zone_id, Complaint.received_at)
    seen = []
    for _ in range(2):
        with write_transaction() as writing:
            fill(writing, 40)
            seen.append(writing.execute(select(*columns).order_by(Complaint.id)).all())
            writing.rollback()
        db.session.remove()
    assert seen[0] == seen[1]
