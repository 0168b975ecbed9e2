"""The PDF copy as a job: made after the act, made once, tried again when it fails."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, register_case, result_facts
from helpers.people import actor_named
from sqlalchemy import select

from documents.paper_files import BrokenCopy
from domain.complaints import record_result
from domain.papers import latest_copy
from extensions import db, write_transaction
from models import ComplaintStatus, DeliveryState, Document, Job, JobKind
from worker import copies
from worker.jobs import HANDLERS, run_due


@pytest.fixture
def case_id(app: Flask) -> int:
    """A complaint just saved, whose copy is still to be made."""
    with write_transaction() as session:
        return register_case(app, session).id


def jobs_of(case_id: int) -> list[Job]:
    db.session.rollback()
    wanted = select(Job).where(Job.complaint_id == case_id).order_by(Job.id)
    return list(db.session.scalars(wanted))


def versions(case_id: int) -> list[int | None]:
    db.session.rollback()
    wanted = select(Document.version).where(Document.complaint_id == case_id)
    return list(db.session.scalars(wanted.order_by(Document.id)))


def test_the_worker_knows_how_to_make_copies() -> None:
    assert HANDLERS[JobKind.COMPLAINT_COPY] is copies.make_copy


def test_the_copy_is_there_after_the_worker_has_run(app: Flask, case_id: int) -> None:
    assert run_due(app) == 1

    (job,) = jobs_of(case_id)
    copy = latest_copy(db.session(), case_id)
    assert copy is not None
    assert (job.state, job.result_key) == (DeliveryState.SENT, copy.storage_key)
    assert app.extensions["files"].get(copy.storage_key).startswith(b"%PDF-")
    assert copy.display_name.endswith("-แบบคำร้องทุกข์-1.pdf")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_one_copy_serves_every_wish_it_came_too_late_for(app: Flask) -> None:
    with write_transaction() as session:
        case_id = bring_to(app, session, ComplaintStatus.RESOLVED).id

    while run_due(app):
        pass

    assert versions(case_id) == [1]
    first, second = jobs_of(case_id)
    assert first.result_key == second.result_key
    assert {first.state, second.state} == {DeliveryState.SENT}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_copy_made_while_the_worker_rendered_counts(app: Flask, case_id: int, monkeypatch: Any) -> None:
    render = copies.file_case_paper

    def overtaken(*arguments: Any) -> Any:
        stored = render(*arguments)
        with write_transaction() as session:  # Somebody opened the copy on screen meanwhile.
            session.get_one(Job, jobs_of(case_id)[0].id).result_key = "elsewhere.pdf"
        return stored

    monkeypatch.setattr(copies, "file_case_paper", overtaken)
    run_due(app)

    assert versions(case_id) == []
    assert jobs_of(case_id)[0].result_key == "elsewhere.pdf"
    assert app.extensions["files"].keys() == set()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_broken_copy_is_tried_again_later_and_leaves_nothing(
    app: Flask, case_id: int, monkeypatch: Any, caplog: Any
) -> None:
    def broken(*_: Any) -> Any:
        raise BrokenCopy("no Thai font inside")

    monkeypatch.setattr(copies, "file_case_paper", broken)
    run_due(app)

    (job,) = jobs_of(case_id)
    assert (job.state, job.attempts) == (DeliveryState.READY, 1)
    assert versions(case_id) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_transaction_stays_open_while_a_page_is_rendered(
    app: Flask, case_id: int, monkeypatch: Any
) -> None:
    render, seen = copies.file_case_paper, []

    def watched(*arguments: Any) -> Any:
        seen.append(db.session().in_transaction())
        return render(*arguments)

    monkeypatch.setattr(copies, "file_case_paper", watched)
    run_due(app)

    assert seen == [False]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_result_makes_a_second_version_and_the_first_stays(app: Flask, case_id: int) -> None:
    run_due(app)
    with write_transaction() as session:
        record_result(session, actor_named(session, "officer"), case_id, **result_facts())
    run_due(app)

    assert versions(case_id) == [1, 2]
