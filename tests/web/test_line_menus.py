"""The page of the menus: asked for by who may, laid by the worker, shown as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from helpers.line import Town, town_with_line
from helpers.visitor import Desk
from sqlalchemy import select

from extensions import db
from models import Job, JobKind, RichMenu

PAGE = "/admin/line/menus/"


@pytest.fixture
def town(app: Flask) -> Iterator[Town]:
    with town_with_line(app) as made:
        yield made


def test_the_menus_are_asked_for_laid_by_the_worker_and_shown(app: Flask, town: Town, login_as: Any):
    desk = Desk(app, login_as, "admin")
    assert "ยังไม่ได้วาง" in desk.get(PAGE).get_data(as_text=True)

    assert desk.post(PAGE).status_code == 303
    assert "กำลังวาดและวางเมนู" in desk.get(PAGE).get_data(as_text=True)
    assert town.fake.state.rich_menus == {}, "nothing is asked of LINE in a request"
    town.drain()

    page = desk.get(PAGE).get_data(as_text=True)
    assert "ยังไม่ได้วาง" not in page
    assert len(town.fake.state.rich_menus) == 4
    menu_id = db.session.scalars(select(RichMenu.id)).first()
    picture = desk.get(f"{PAGE}{menu_id}/picture")
    assert picture.data[:4] in {b"\x89PNG", b"\xff\xd8\xff\xe0"}
    assert "sandbox" in picture.headers["Content-Security-Policy"]


def test_two_presses_are_one_job(app: Flask, town: Town, login_as: Any):
    desk = Desk(app, login_as, "admin")

    desk.post(PAGE)
    desk.post(PAGE)

    db.session.rollback()
    jobs = db.session.scalars(select(Job).where(Job.kind == JobKind.RICH_MENUS)).all()
    assert len(jobs) == 1


def test_what_stands_in_the_way_is_told_in_words(app: Flask, town: Town, login_as: Any):
    desk = Desk(app, login_as, "admin")
    desk.post(PAGE)
    town.fake.state.fail("401", 50)

    town.drain()

    assert "LINE ไม่ยอมรับ channel access token" in desk.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize("who", ["clerk", "executive", "central"])
def test_nobody_else_comes_in(app: Flask, town: Town, login_as: Any, who: str):
    desk = Desk(app, login_as, who)

    assert desk.get(PAGE).status_code in {403, 404}
    assert desk.post(PAGE).status_code in {403, 404}
    assert desk.get(f"{PAGE}1/picture").status_code in {403, 404}


def test_a_menu_there_is_not_has_no_picture(app: Flask, town: Town, login_as: Any):
    desk = Desk(app, login_as, "admin")

    assert desk.get(f"{PAGE}999999999999/picture").status_code == 404
