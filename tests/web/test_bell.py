"""The bell: an officer reads what he was told, and nobody else's."""

from __future__ import annotations

import pytest
from helpers.people import officer_named
from helpers.visitor import Desk
from sqlalchemy import select

from domain.bell import SENTENCES, bell_rows
from domain.clock import now
from domain.deliveries import PAUSE_NOTICE
from domain.line_requests import BELL
from domain.officer_files import READY_KEY
from domain.tellings import EVERY_TELLING
from domain.workflow import Audience
from extensions import write_transaction
from models import Notification


@pytest.fixture
def told(app):
    with write_transaction() as session:
        for username in ("clerk", "health"):
            session.add(
                Notification(
                    staff_user_id=officer_named(session, username).id,
                    template_key="staff_result",
                    facts={},
                    created_at=now(),
                )
            )


def test_every_thing_an_officer_is_told_has_a_sentence():
    by_line_only = {Audience.COMPLAINANT, Audience.REQUESTER}
    told = {telling.template_key for telling in EVERY_TELLING if telling.audience not in by_line_only}
    assert told | {READY_KEY, PAUSE_NOTICE, *BELL.values()} <= set(SENTENCES)


def test_an_officer_sees_his_own_bell_and_marks_it_read(app, told, login_as, act_as, session):
    desk = Desk(app, login_as, "clerk")
    page = desk.get("/admin/notification/").get_data(as_text=True)
    assert page.count("บันทึกผลการดำเนินงานแล้ว") == 1
    assert desk.post("/admin/notification/read").status_code == 303
    assert not any(row.is_new for row in bell_rows(session, act_as("clerk"), "th"))
    others = session.scalars(select(Notification.read_at).order_by(Notification.id)).all()
    assert others[0] is not None
    assert others[1] is None


def test_a_stranger_hears_no_bell(app, told, login_as):
    assert Desk(app, login_as, None).get("/admin/notification/").status_code == 302


def test_reading_needs_a_token(app, told, login_as):
    desk = Desk(app, login_as, "clerk")
    assert desk.post("/admin/notification/read", token=False).status_code in {400, 401}
