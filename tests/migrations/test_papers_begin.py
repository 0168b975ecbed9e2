"""A town of the fifth version comes up to date: copies move into the archive, ratings onto the cases."""

from __future__ import annotations

from alembic import command
from flask import Flask
from helpers.casework import S, bring_to
from helpers.people import actor_named
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from commands import database
from commands.database import upgrade_database
from domain.actor import Actor
from domain.complaint_filter import ComplaintFilter
from domain.complaints import rate, reopen
from domain.papers import StoredPaper, add_copy, latest_copy
from models import Complaint, Document
from reports.figures import count_cells
from reports.results import results_of


def test_copies_ratings_and_counts_survive_the_way_back_and_forth(app: Flask, session: Session) -> None:
    content, opened = bring_to(app, session, S.RESOLVED), bring_to(app, session, S.RESOLVED)
    for case, stars in ((content, 5), (opened, 4)):
        rate(session, Actor.holder(case.id, "ผู้ร้อง"), case.id, stars=stars)
    reopen(session, actor_named(session, "clerk"), opened.id, reason="ผู้ร้องแจ้งว่ายังไม่เรียบร้อย")
    for mark in ("a", "b"):
        add_copy(
            session, content.id, StoredPaper(storage_key=f"aa/{mark}.pdf", byte_size=9, sha256=mark * 64)
        )
        session.flush()
    session.commit()
    ids = content.id, opened.id
    before = _told(session, *ids)
    session.close()

    command.downgrade(database._config(), "0005")
    stages = session.scalars(text("SELECT stage FROM attachment WHERE copy_version IS NOT NULL ORDER BY id"))
    assert stages.all() == ["copy", "copy"]
    session.close()
    upgrade_database()

    assert before == _told(session, *ids)
    assert before["ratings"] == [(5, True), (4, False)]


def _told(session: Session, content: int, opened: int) -> dict[str, object]:
    """Return what the new columns and tables say of two cases."""
    session.expire_all()
    newest, central = latest_copy(session, content), actor_named(session, "central")
    cases = [session.get_one(Complaint, case) for case in (content, opened)]
    return {
        "ratings": [(case.rated_stars, case.confirmed_at is not None) for case in cases],
        "versions": session.execute(
            select(Document.version, Document.storage_key, Document.sha256).order_by(Document.version)
        ).all(),
        "newest": newest and newest.display_name,
        "cells": count_cells(session, central, ComplaintFilter()),
        "mean": results_of(session, central, ComplaintFilter()).mean,
    }
