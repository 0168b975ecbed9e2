"""Menus at LINE: laid once, found again after a kill, each officer's own, and plain words when LINE balks."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from helpers.line import Town, officer_line_id
from helpers.people import actor_named, officer_named
from PIL import Image
from sqlalchemy import select

import worker.rich_menus
from domain.clock import FrozenClock
from domain.errors import NotPermitted
from domain.rich_menus import HEIGHT, WIDTH, ask_for_menus, latest_laying
from domain.settings import write_setting
from extensions import db, write_transaction
from menu_pictures import MenuPicture, MenuPictureFailed, draw_menu
from models import (
    DeliveryState,
    Job,
    JobKind,
    LineAccount,
    LineChannel,
    LineState,
    RichMenu,
    RichMenuKind,
)
from worker.rich_menus import link_menus

pytestmark = pytest.mark.usefixtures("frozen_noon", "quick_pictures")


@pytest.fixture
def quick_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain picture of the right size: how menus look is told elsewhere."""
    target = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (15, 94, 115)).save(target, "PNG")
    picture = MenuPicture(target.getvalue(), "image/png")
    monkeypatch.setattr(worker.rich_menus, "draw_menu", lambda _drawing, _sandbox: picture)


def lay(town: Town) -> None:
    with write_transaction() as session:
        ask_for_menus(session, actor_named(session, "admin"))
    town.drain()


def jobs() -> list[Job]:
    db.session.rollback()
    return list(db.session.scalars(select(Job).where(Job.kind == JobKind.RICH_MENUS).order_by(Job.id)))


def names(town: Town, channel: str) -> list[str]:
    return sorted(menu.body["name"] for menu in town.fake.state.menus_of(channel))


def shown_to(town: Town, user_id: str, channel: str = "staff") -> str:
    menu = town.fake.state.menu_of(channel, user_id)
    return menu.body["name"].split(":")[1] if menu else ""


def account_of(user_id: str) -> LineAccount:
    db.session.rollback()
    return db.session.scalars(select(LineAccount).where(LineAccount.line_user_id == user_id)).one()


def person(town: Town, username: str) -> str:
    with write_transaction() as session:
        return officer_line_id(session, town, username)


# Laying -----------------------------------------------------------------------------------------------------


def test_both_channels_get_their_menus_and_everybody_sees_the_first(town: Town):
    officer, boss = person(town, "officer"), person(town, "executive")
    malee = town.friend("malee")
    stranger = town.fake.state.add_user("guest", "guest", ["staff"]).user_id

    lay(town)

    assert [job.state for job in jobs()] == [DeliveryState.SENT]
    assert [name.split(":")[1] for name in names(town, "citizen")] == ["citizen"]
    assert [name.split(":")[1] for name in names(town, "staff")] == ["executive", "guest", "officer"]
    assert shown_to(town, malee, "citizen") == "citizen"
    assert shown_to(town, stranger) == "guest"
    assert (shown_to(town, officer), shown_to(town, boss)) == ("officer", "executive")
    rows = db.session.scalars(select(RichMenu)).all()
    assert all(row.laid_at and row.picture_key and len(row.areas) in {4, 6} for row in rows)
    assert {row.kind for row in rows} == set(RichMenuKind)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_pictures_we_draw_are_those_line_takes(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker.rich_menus, "draw_menu", draw_menu)

    lay(town)

    pictures = [menu.picture for menu in town.fake.state.rich_menus.values()]
    assert len(pictures) == 4
    assert all(picture and len(picture) < 400_000 for picture in pictures)
    assert len(set(pictures)) == 4


def test_laying_again_makes_nothing_new(town: Town):
    lay(town)
    before = names(town, "staff"), {menu.id for menu in town.fake.state.menus_of("staff")}

    lay(town)

    assert (names(town, "staff"), {menu.id for menu in town.fake.state.menus_of("staff")}) == before
    assert len(db.session.scalars(select(RichMenu)).all()) == 4


def test_another_layout_replaces_the_menu_and_removes_the_old_one(town: Town):
    malee = town.friend("malee")
    lay(town)
    [old] = town.fake.state.menus_of("citizen")
    with write_transaction() as session:
        write_setting(session, "line_menu_preset", "welfare")

    lay(town)

    [menu] = town.fake.state.menus_of("citizen")
    assert menu.id != old.id
    labels = [area["action"]["label"] for area in menu.body["areas"]]
    assert labels == ["แจ้งเรื่อง", "ฉุกเฉิน", "สวัสดิการ", "ชำระภาษี", "ค่าขยะ", "ข้อมูลข่าวสาร"]
    assert shown_to(town, malee, "citizen") == "citizen"
    retired = db.session.scalars(select(RichMenu).where(RichMenu.retired_at.is_not(None))).one()
    assert (retired.line_menu_id, retired.picture_key) == (old.id, None)


def test_a_tile_opens_the_towns_own_address_where_there_is_one(town: Town):
    with write_transaction() as session:
        write_setting(session, "news_url", "https://เทศบาล.ไทย/ข่าว")
    lay(town)

    [menu] = town.fake.state.menus_of("citizen")
    actions = {area["action"]["label"]: area["action"] for area in menu.body["areas"]}
    assert actions["ข่าวสาร"]["type"] == "uri"
    assert actions["ข่าวสาร"]["uri"].isascii()
    assert actions["แจ้งเรื่อง"]["data"] == "menu=report"


def test_menus_that_are_not_ours_are_left_alone(town: Town):
    body = {
        "size": {"width": 2500, "height": 843},
        "selected": False,
        "name": "by hand",
        "chatBarText": "x",
        "areas": [],
    }
    town.fake.state.add_menu("citizen", body)

    lay(town)

    assert "by hand" in names(town, "citizen")


@pytest.mark.parametrize(
    "point",
    ["menu_created", "menu_pictured", "menu_shown", "menu_linked", "menu_deleted", "worker_before_finish"],
)
def test_a_worker_killed_anywhere_leaves_nothing_twice(
    town: Town, point: str, fault_at: Callable[..., object], frozen_noon: FrozenClock
):
    officer = person(town, "officer")
    with write_transaction() as session:
        write_setting(session, "line_menu_preset", "portal")
    lay(town)
    with write_transaction() as session:
        write_setting(session, "line_menu_preset", "standard")
        write_setting(session, "municipality_name", "เทศบาลตำบลทดสอบ")
    with write_transaction() as session:
        ask_for_menus(session, actor_named(session, "admin"))
    with fault_at(point):  # type: ignore[attr-defined]
        town.drain()
    assert jobs()[-1].state is not DeliveryState.SENT, "it broke where it was to break"

    frozen_noon.advance(timedelta(hours=1))
    town.drain()

    assert [name.split(":")[1] for name in names(town, "citizen")] == ["citizen"]
    assert [name.split(":")[1] for name in names(town, "staff")] == ["executive", "guest", "officer"]
    assert all(menu.picture for menu in town.fake.state.rich_menus.values())
    assert shown_to(town, officer) == "officer"
    assert jobs()[-1].state is DeliveryState.SENT


# When LINE balks --------------------------------------------------------------------------------------------


def test_a_limit_of_line_is_waited_out_and_told_in_words(town: Town, frozen_noon: FrozenClock):
    town.fake.state.fail("429_rate", 1, channel="citizen", path="/richmenu")

    lay(town)

    [job] = jobs()
    assert job.state is DeliveryState.READY
    assert job.last_error is not None
    assert "ชั่วโมงละ 100 ครั้ง" in job.last_error
    assert "บัญชีประชาชน" in job.last_error
    assert len(names(town, "staff")) == 3, "the other channel does not wait"

    frozen_noon.advance(timedelta(hours=1))
    town.drain()

    assert jobs()[0].state is DeliveryState.SENT
    assert len(names(town, "citizen")) == 1


def test_while_line_is_down_the_job_waits_and_says_so(town: Town, frozen_noon: FrozenClock):
    town.fake.state.fail("500", 20)

    lay(town)

    [job] = jobs()
    assert job.state is DeliveryState.READY
    assert "ติดต่อ LINE ไม่ได้" in (job.last_error or "")
    assert (latest_laying(db.session()) or job).id == job.id


def test_a_lost_answer_to_a_creation_makes_no_second_menu(town: Town, frozen_noon: FrozenClock):
    town.fake.state.fail("500_after_accept", 1, channel="citizen", path="/v2/bot/richmenu")
    lay(town)

    frozen_noon.advance(timedelta(minutes=5))
    town.drain()

    assert len(names(town, "citizen")) == 1
    assert jobs()[0].state is DeliveryState.SENT


def test_a_wrong_token_is_told_in_words(town: Town):
    town.fake.state.fail("401", 20, channel="staff")

    lay(town)

    assert "channel access token" in (jobs()[0].last_error or "")


def test_a_picture_that_cannot_be_made_is_told_in_words(town: Town, monkeypatch: pytest.MonkeyPatch):
    def break_down(*_args: object) -> MenuPicture:
        raise MenuPictureFailed("ภาพเมนูใหญ่ 2000 กิโลไบต์ LINE รับไม่เกิน 1 เมกะไบต์")

    monkeypatch.setattr(worker.rich_menus, "draw_menu", break_down)

    lay(town)

    assert "1 เมกะไบต์" in (jobs()[0].last_error or "")
    assert names(town, "citizen") == []


# Asking -----------------------------------------------------------------------------------------------------


def test_asking_twice_waits_for_one_job(town: Town):
    with write_transaction() as session:
        one = ask_for_menus(session, actor_named(session, "admin")).id
        assert ask_for_menus(session, actor_named(session, "admin")).id == one


def test_only_who_manages_line_may_ask(town: Town):
    with write_transaction() as session, pytest.raises(NotPermitted):
        ask_for_menus(session, actor_named(session, "officer"))


# Whose menu -------------------------------------------------------------------------------------------------


def test_an_officer_who_is_switched_off_loses_his_menu(town: Town):
    officer = person(town, "officer")
    lay(town)
    with write_transaction() as session:
        officer_named(session, "officer").is_active = False

    link_menus(town.app)

    assert shown_to(town, officer) == "guest"
    assert account_of(officer).menu_id is None


def test_who_parts_his_account_sees_the_guests_menu(town: Town):
    officer = person(town, "officer")
    lay(town)
    with write_transaction() as session:
        session.scalars(
            select(LineAccount).where(LineAccount.line_user_id == officer)
        ).one().staff_user_id = None

    link_menus(town.app)

    assert shown_to(town, officer) == "guest"


def test_the_round_asks_line_nothing_about_whom_nothing_changed(town: Town):
    person(town, "officer")
    lay(town)

    assert link_menus(town.app) == 0


def test_the_round_follows_the_settings_once_menus_were_laid(town: Town):
    assert link_menus(town.app) == 0, "nobody ever asked for menus here"
    lay(town)
    with write_transaction() as session:
        write_setting(session, "colour_primary", "#5B2A86")

    assert link_menus(town.app) > 0
    town.drain()

    hashes = {
        row.content_hash[:12]
        for row in db.session.scalars(select(RichMenu).where(RichMenu.retired_at.is_(None)))
    }
    assert {name.split(":")[2] for name in names(town, "citizen")} <= hashes
    assert jobs()[-1].state is DeliveryState.SENT


def test_who_blocked_us_is_linked_when_he_comes_back(town: Town, frozen_noon: FrozenClock):
    officer = person(town, "officer")
    with write_transaction() as session:
        account = session.scalars(select(LineAccount).where(LineAccount.line_user_id == officer)).one()
        account.state = LineState.BLOCKED
    lay(town)
    assert account_of(officer).menu_id is None

    event = {**town.fake.hooks.follow("staff", officer), "timestamp": 4102444800000}
    assert town.fake.send_webhook("staff", [event]) == 200
    town.drain()

    assert shown_to(town, officer) == "officer"


def test_a_channel_that_is_off_is_passed_over(town: Town, monkeypatch: pytest.MonkeyPatch):
    kept = worker.rich_menus.keys_of

    def keys(app: object, channel: LineChannel, **more: object) -> object:
        found = kept(app, channel, **more)  # type: ignore[arg-type]
        return found if channel is LineChannel.STAFF else type(found)()

    monkeypatch.setattr(worker.rich_menus, "keys_of", keys)

    lay(town)

    assert (len(names(town, "citizen")), len(names(town, "staff"))) == (0, 3)
    assert jobs()[0].state is DeliveryState.SENT
