"""Issued papers and copies: versions that stay, wishes that are made once."""

from __future__ import annotations

import pytest
from flask import Flask
from helpers.casework import register_case
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import now
from domain.papers import (
    StoredPaper,
    add_copy,
    archive_paper,
    copy_is_due,
    event_of,
    latest_copy,
    latest_paper,
    papers_of,
    request_copy,
)
from models import Complaint, DeliveryState, Document, DocumentKind, Job

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def pdf(mark: str, through: int | None = None) -> StoredPaper:
    return StoredPaper(storage_key=f"bb/{mark}.pdf", byte_size=10, sha256=mark * 8, through_event_id=through)


def last_event(case: Complaint) -> int:
    return case.events[-1].id


def test_every_copy_is_a_version_and_the_older_ones_stay(app: Flask, session: Session) -> None:
    case = register_case(app, session)

    add_copy(session, case.id, pdf("a"))
    session.flush()
    add_copy(session, case.id, pdf("b"))
    session.flush()

    copies = session.scalars(select(Document).order_by(Document.id)).all()
    assert [copy.version for copy in copies] == [1, 2]
    assert copies[0].display_name == f"ฟ.1-{now().year + 543}-แบบคำร้องทุกข์-1.pdf"
    assert latest_copy(session, case.id) is copies[1]


def test_a_copy_makes_every_copy_that_was_asked_for_up_to_what_it_shows(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    later = request_copy(session, case, last_event(case) + 1)
    session.flush()
    first = session.scalars(select(Job).where(Job.id != later.id)).one()

    add_copy(session, case.id, pdf("a", last_event(case)))
    session.expire_all()

    assert event_of(first) == last_event(case)
    assert (first.result_key, later.result_key) == ("bb/a.pdf", None)


def test_a_copy_is_due_until_the_one_that_was_asked_for_is_made(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    assert copy_is_due(session, case.id)

    add_copy(session, case.id, pdf("a", last_event(case)))
    session.flush()
    assert not copy_is_due(session, case.id)

    request_copy(session, case, last_event(case) + 1)
    session.flush()
    assert copy_is_due(session, case.id)


def test_a_cancelled_wish_for_a_copy_is_not_due(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    add_copy(session, case.id, pdf("a", last_event(case)))
    wish = request_copy(session, case, last_event(case) + 1)
    wish.state = DeliveryState.CANCELLED
    session.flush()

    assert not copy_is_due(session, case.id)


def test_papers_of_one_kind_are_versions_of_their_own(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    for kind in (DocumentKind.ORDER, DocumentKind.MEMO, DocumentKind.ORDER):
        archive_paper(session, kind, pdf("c"), complaint=case)
        session.flush()

    newest = latest_paper(session, DocumentKind.ORDER, complaint_id=case.id)
    assert newest is not None
    assert (newest.version, newest.display_name) == (2, f"ฟ.1-{now().year + 543}-ใบสั่งการ-2.pdf")
    assert [paper.kind.value for paper in papers_of(session, case.id)] == ["order", "memo", "order"]
