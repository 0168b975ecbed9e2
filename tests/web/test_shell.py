"""The shell around an officer's page: only open doors, few statements, the officer's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import lazy_gettext as _l
from helpers.casework import bring_to
from helpers.statements import analyse, full_scans, plan_of
from sqlalchemy import insert
from sqlalchemy.orm import Session

from admin_views import menu
from admin_views.menu import MOST, counts_statement, register_menu_item, shell_counts
from domain.actor import Actor
from domain.clock import now
from domain.permissions import Permission
from extensions import write_transaction
from models import Complaint, ComplaintStatus, Notification, Scope, Setting

PAGE = "/admin/account"
LINKS = re.compile(r'<a href="([^"]+)"[^>]*>')


@pytest.fixture
def no_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(menu, "_items", [])


def side_of(page: str) -> str:
    found = re.search(r'<div class="side".*?</nav>', page, re.DOTALL)
    assert found
    return found[0]


def a_complaint(session: Session, officer: Actor, status: ComplaintStatus, *, due_in_days: int) -> None:
    session.add(
        Complaint(
            public_code=f"2026-{session.query(Complaint).count() + 900}",
            status=status,
            figure=status.figure,
            story="ไฟดับ",
            assignee_id=officer.staff_user_id,
            created_at=now(),
            listed_at=now(),
            due_at=now() + timedelta(days=due_in_days),
        )
    )
    session.flush()


@pytest.mark.parametrize("who", ["admin", "clerk", "executive"])
def test_every_door_in_the_menu_opens(client: FlaskClient, login_as: Any, who: str) -> None:
    login_as(client, who)
    doors = LINKS.findall(side_of(client.get(PAGE).text))
    assert doors, f"{who} has no menu"
    shut = [
        door
        for door in doors
        if client.get(door.replace("&amp;", "&"), follow_redirects=True).status_code != 200
    ]
    assert not shut


def test_an_officer_sees_no_door_he_may_not_open(client: FlaskClient, login_as: Any) -> None:
    assert "/admin/role/" in side_of(login_as(client, "admin").get(PAGE).text)
    client.delete_cookie("session")
    assert "/admin/role/" not in side_of(login_as(client, "officer").get(PAGE).text)


def test_the_shell_costs_one_statement_beside_who_is_signed_in(
    client: FlaskClient, login_as: Any, sql_count: Any
) -> None:
    login_as(client, "admin")
    client.get("/admin/category/")
    with sql_count() as statements:
        assert client.get("/admin/category/").status_code == 200
    shell = [sent for sent in statements if "notification" in sent or "user_session" in sent]
    assert len(shell) == 2, shell
    assert len([sent for sent in statements if sent != "BEGIN"]) <= 5, statements


def test_the_counts_are_open_late_and_unread(app: Flask, act_as: Callable[[str], Actor]) -> None:
    officer, other = act_as("officer"), act_as("clerk")
    with write_transaction() as session:
        a_complaint(session, officer, ComplaintStatus.IN_PROGRESS, due_in_days=3)
        a_complaint(session, officer, ComplaintStatus.IN_PROGRESS, due_in_days=-1)
        a_complaint(session, officer, ComplaintStatus.AWAITING_PLAN, due_in_days=-1)
        a_complaint(session, officer, ComplaintStatus.RESOLVED, due_in_days=-1)
        a_complaint(session, other, ComplaintStatus.IN_PROGRESS, due_in_days=-1)
        session.add(Notification(staff_user_id=officer.staff_user_id, template_key="x", created_at=now()))
        read = {
            "staff_user_id": officer.staff_user_id,
            "template_key": "x",
            "created_at": now(),
            "read_at": now(),
        }
        session.add(Notification(**read))
    assert shell_counts(officer) == {"my_open": 3, "my_overdue": 1, "unread": 1}


def test_counting_stops_at_999(app: Flask, act_as: Callable[[str], Actor]) -> None:
    officer = act_as("officer")
    with write_transaction() as session:
        session.add_all(
            Notification(staff_user_id=officer.staff_user_id, template_key="x", created_at=now())
            for _number in range(MOST + 50)
        )
    assert shell_counts(officer)["unread"] == MOST


def test_the_counts_read_no_whole_table(session: Session, act_as: Callable[[str], Actor]) -> None:
    officer, moment = act_as("officer"), now()
    state = ComplaintStatus.RESOLVED
    cases = [
        {"public_code": f"x{n}", "status": state, "figure": state.figure, "story": "", "search_text": ""}
        | {"created_at": moment, "listed_at": moment, "assignee_id": None}
        for n in range(6000)
    ]
    told = {"template_key": "x", "facts": {}, "created_at": moment, "read_at": moment}
    others = act_as("clerk").staff_user_id
    session.execute(insert(Complaint), cases)
    session.execute(insert(Notification), [told | {"staff_user_id": others} for _n in range(6000)])
    session.flush()
    analyse(session)
    for orders in (None, Scope.DEPARTMENT, Scope.ALL):
        plan = plan_of(session, counts_statement(officer.staff_user_id, moment, orders, [1, 2]))
        assert not full_scans(plan, "complaint") + full_scans(plan, "notification"), plan


def test_who_gives_orders_is_told_what_waits_for_one(app: Flask, act_as: Callable[[str], Actor]) -> None:
    with write_transaction() as session:
        bring_to(app, session, ComplaintStatus.ACCEPTED)
        bring_to(app, session, ComplaintStatus.SUBMITTED)
        bring_to(app, session, ComplaintStatus.DIRECTED)

    assert shell_counts(act_as("clerk"))["to_order"] == 2
    assert shell_counts(act_as("central"))["to_order"] == 2
    assert shell_counts(act_as("health"))["to_order"] == 0
    assert "to_order" not in shell_counts(act_as("officer"))


def test_the_first_page_is_the_one_with_something_to_do(
    app: Flask, client: FlaskClient, login_as: Any
) -> None:
    with write_transaction() as session:
        bring_to(app, session, ComplaintStatus.ACCEPTED)
    login_as(client, "head")

    assert "status=submitted" in str(client.get("/admin/").location)


def test_nobody_is_counted_for_a_stranger(app: Flask) -> None:
    assert shell_counts(Actor(kind="anonymous", name="")) == {}


def test_the_name_and_the_colour_are_the_towns(app: Flask, client: FlaskClient, login_as: Any) -> None:
    with write_transaction() as session:
        session.merge(Setting(key="municipality_name", value="เทศบาล <ทดลอง>"))
        session.merge(Setting(key="colour_primary", value="#7A1F5C"))
    page = login_as(client, "admin").get(PAGE).text
    assert "เทศบาล &lt;ทดลอง&gt;" in page
    assert "--primary:#7A1F5C" in page


def test_an_emblem_is_shown_from_our_own_address_only(client: FlaskClient, login_as: Any) -> None:
    with write_transaction() as session:
        session.merge(Setting(key="logo_key", value="ab/" + "0123456789abcdef" * 2 + ".png"))

    assert 'src="/town/emblem/0123456789ab.png"' in login_as(client, "admin").get(PAGE).text


def test_signing_out_is_a_form_not_a_link(client: FlaskClient, login_as: Any) -> None:
    page = login_as(client, "admin").get(PAGE).text
    assert re.search(
        r'<form method="post" action="/admin/sign-out">\s*<input type="hidden" name="csrf_token"', page
    )


def test_a_page_of_fifty_rows_stays_light(client: FlaskClient, login_as: Any) -> None:
    page = login_as(client, "admin").get("/admin/community/")
    assert page.text.count("<tr") > 50
    assert len(page.data) <= 45 * 1024


def test_a_door_stands_in_a_known_section(no_items: None) -> None:
    with pytest.raises(ValueError, match="kitchen"):
        register_menu_item("kitchen", "x.index", _l("ครัว"), "home", None, 10)


def test_doors_stand_in_the_order_of_sections_then_numbers(no_items: None) -> None:
    for section, order in (("system", 1), ("work", 20), ("settings", 5), ("work", 10)):
        register_menu_item(section, f"{section}{order}.index", "x", "home", Permission.MAP_READ, order)
    assert [item.endpoint for item in menu.menu_items()] == [
        "work10.index",
        "work20.index",
        "settings5.index",
        "system1.index",
    ]


def test_registering_a_door_twice_makes_one_door(no_items: None) -> None:
    for _time in range(2):
        register_menu_item("work", "x.index", "x", "home", None, 10)
    assert len(menu.menu_items()) == 1
