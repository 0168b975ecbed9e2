"""Statistics in the chat: a picture LINE can fetch above its numbers, and the numbers alone without one."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from helpers.line import Town, officer_line_id, postbacks_of, words_of
from helpers.line_case import Case
from helpers.statements import count_statements
from PIL import Image
from sqlalchemy import func, select

from domain.clock import FrozenClock, now
from domain.lookups import load_lookups
from domain.rich_menus import postback_of
from extensions import db, write_transaction
from figure_pictures import WIDTH, FigurePictureFailed
from line_hooks.figure_choices import Choice, View
from line_hooks.handlers import Incoming, Tools, handle
from line_hooks.postback import encode
from models import ChatPicture, LineAccount, LineChannel, Zone
from worker import drawn_figures

pytestmark = pytest.mark.usefixtures("frozen_noon")
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


class Phone:
    """An officer's phone: it presses, and shows the newest answer."""

    def __init__(self, case: Case, username: str) -> None:
        self.town: Town = case.town
        with write_transaction() as session:
            self.who = officer_line_id(session, case.town, username)

    def ask(self, data: str) -> dict[str, Any]:
        before = len(self.shown)
        assert self.town.fake.send_webhook("staff", [self.event(data)]) == 200
        self.town.drain()
        [answer] = self.shown[before:]
        return answer

    def event(self, data: str) -> dict[str, Any]:
        return self.town.fake.hooks.postback("staff", self.who, data)

    @property
    def shown(self) -> list[dict[str, Any]]:
        return self.town.fake.state.messages_of("staff", self.who)

    def press(self, action: str, choice: str, **more: Any) -> dict[str, Any]:
        return self.ask(encode(action, choice, self.town.app.extensions["vault"].button_key, **more))


@pytest.fixture
def case(town: Town) -> Case:
    return Case(town)


@pytest.fixture
def chief(case: Case) -> Phone:
    return Phone(case, "executive")


def fetched(town: Town, message: dict[str, Any]) -> Any:
    """Return what LINE gets when it fetches the picture of a card, as a stranger does."""
    return town.app.test_client().get(message["contents"]["hero"]["url"].removeprefix("http://localhost"))


def words(message: dict[str, Any]) -> str:
    return words_of(message)


def test_the_answer_shows_a_picture_line_can_fetch_above_the_same_numbers(chief: Phone) -> None:
    answer = chief.ask(postback_of("statistics"))

    got = fetched(chief.town, answer)
    assert (got.status_code, got.mimetype) == (200, "image/png")
    image = Image.open(io.BytesIO(got.data))
    assert answer["contents"]["hero"]["aspectRatio"] == f"{WIDTH}:{image.height}"
    assert image.width == WIDTH
    assert "เรื่องทั้งหมด: 1" in words(answer)
    assert "ระหว่างตรวจสอบ: 1" in words(answer)
    assert "ปีงบประมาณ 2570 · ทั้งเทศบาล" in words(answer)


def test_the_same_numbers_are_drawn_once_and_other_numbers_anew(
    chief: Phone, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    really = drawn_figures.draw_figures
    monkeypatch.setattr(drawn_figures, "draw_figures", lambda *wish: drawn.append(wish) or really(*wish))

    first, second = chief.ask(postback_of("statistics")), chief.ask(postback_of("statistics"))
    assert first["contents"]["hero"] == second["contents"]["hero"]
    assert len(drawn) == 1

    case.press(case.card_button())
    third = chief.ask(postback_of("statistics"))
    assert third["contents"]["hero"] != first["contents"]["hero"]
    assert len(drawn) == 2


@on_sqlite
@pytest.mark.parametrize("problem", [FigurePictureFailed("timeout"), OSError, KeyError("title")])
def test_whatever_happens_to_the_picture_the_numbers_arrive(
    chief: Phone, problem: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_wish: object) -> None:
        raise problem

    monkeypatch.setattr(drawn_figures, "draw_figures", fail)

    answer = chief.ask(postback_of("by_zone"))

    assert "hero" not in answer["contents"]
    assert "งานตามเขต" in words(answer)


@on_sqlite
def test_a_town_line_cannot_fetch_from_gets_the_numbers_alone(chief: Phone) -> None:
    settings = chief.town.app.extensions["settings"]
    chief.town.app.extensions["settings"] = replace(settings, mode="production", public_url="http://town.lan")
    try:
        answer = chief.ask(postback_of("statistics"))
    finally:
        chief.town.app.extensions["settings"] = settings

    assert "hero" not in answer["contents"]
    assert "เรื่องทั้งหมด: 1" in words(answer)
    assert db.session.scalar(select(func.count()).select_from(ChatPicture)) == 0


def test_two_who_ask_for_the_same_at_once_share_one_picture(chief: Phone, case: Case) -> None:
    other = Phone(case, "central")
    events = [phone.event(postback_of("statistics")) for phone in (chief, other)]
    before = [len(phone.shown) for phone in (chief, other)]

    assert chief.town.fake.send_webhook("staff", events) == 200
    chief.town.drain()

    answers = [phone.shown[seen:] for phone, seen in zip((chief, other), before, strict=True)]
    assert [len(one) for one in answers] == [1, 1]
    assert len({one[0]["contents"]["hero"]["url"] for one in answers}) == 1
    files = chief.town.app.extensions["files"]
    kept = set(db.session.scalars(select(ChatPicture.storage_key)))
    stored = {key for key in files.keys() if key.endswith(".png")}  # noqa: SIM118 - a store is no dict
    assert stored == kept
    assert len(kept) == 1


# Choosing ---------------------------------------------------------------------------------------------------


@on_sqlite
def test_every_button_of_an_answer_leads_on(chief: Phone) -> None:
    buttons = postbacks_of(chief.ask(postback_of("statistics")))

    answers = {data.split("&h=")[0]: words(chief.ask(data)) for data in buttons}

    assert all("ปุ่มนี้ใช้ไม่ได้แล้ว" not in said for said in answers.values())
    titles = [said.split("\n")[0] for said in answers.values()]
    assert titles[:3] == ["เลือกปี", "เลือกเขต", "เลือกประเภท"]
    assert titles[3:7] == ["งานตามเขต", "ตามประเภท", "ตามปีงบประมาณ", "ความพึงพอใจ"]


def test_a_year_a_zone_and_a_type_are_chosen_by_buttons(chief: Phone, case: Case) -> None:
    row = case.row
    here = Choice(View.FIGURES, 2570, row.zone_id or 0, row.category_id).code
    elsewhere = db.session.scalars(select(Zone.id).where(Zone.id != (row.zone_id or 0)).limit(1)).one()

    assert "เรื่องทั้งหมด: 1" in words(chief.press("figures", here))
    empty = words(chief.press("figures", Choice(View.FIGURES, 2570, elsewhere).code))
    assert "ปีงบประมาณ 2570 ยังไม่มีเรื่อง" in empty
    assert "ปีงบประมาณ 2569 ยังไม่มีเรื่อง" in words(chief.press("figures", "f2569-a-a"))
    years = words(chief.press("figures", "y2570-a-a"))
    assert "ปี 2566: 0" in years
    assert "ปี 2570: 1" in years


@on_sqlite
def test_long_lists_to_choose_from_go_round(chief: Phone) -> None:
    pages = [words(chief.press("figures_type", "t2570-a-a", value=page)) for page in (0, 1, 99)]

    assert "ทุกประเภท" in pages[0]
    assert "ทุกประเภท" not in pages[1]
    assert pages[2] == pages[0], "a page that is not there is the first one"
    assert all("ดูต่อ" in page for page in pages)


@on_sqlite
@pytest.mark.parametrize("choice", ["x2570-a-a", "f2570-a", "f1990-a-a", "f2570-99999-a", "f2570-a-99999"])
def test_an_old_button_to_something_gone_is_told_so(chief: Phone, choice: str) -> None:
    assert "ปุ่มนี้ใช้ไม่ได้แล้ว" in words(chief.press("figures", choice))


# Rights -----------------------------------------------------------------------------------------------------


@on_sqlite
def test_an_officer_sees_his_own_cases_and_no_satisfaction(case: Case) -> None:
    officer, stranger = Phone(case, "officer"), Phone(case, "health")

    assert "เรื่องของท่าน: 1" in words(officer.ask(postback_of("statistics")))
    assert ": 1 (ยังไม่เสร็จ 1)" in words(officer.press("figures", "z2570-a-a")).replace("\u00a0", " ")
    assert "นอกสิทธิ์" in words(officer.press("figures", "s2570-a-a"))
    assert "เรื่องของท่าน: 1" not in words(stranger.ask(postback_of("statistics")))


def test_a_right_taken_away_meanwhile_and_an_account_parted_are_noticed(case: Case, chief: Phone) -> None:
    with write_transaction() as session:
        account = session.scalars(select(LineAccount).where(LineAccount.line_user_id == chief.who)).one()
        account.staff_user_id = None

    assert "ยังไม่ได้ผูกกับเจ้าหน้าที่" in words(chief.press("figures", "f2570-a-a"))


def test_late_cases_are_told_by_bureau_to_executives_and_by_officer_to_a_head(
    case: Case, chief: Phone, frozen_noon: FrozenClock
) -> None:
    head, officer = Phone(case, "head"), Phone(case, "officer")
    assert "ไม่มีเรื่องเกินกำหนด" in words(chief.ask(postback_of("late_cases")))
    frozen_noon.advance(timedelta(days=60))
    department, assignee = case.row.department, case.row.assignee
    assert department is not None
    assert assignee is not None
    bureau = department.parent or department

    seen = chief.ask(postback_of("late_cases"))
    assert f"{bureau.name}: 1" in words(seen)
    assert case.number in words(seen)
    assert "hero" in seen["contents"]

    in_his_bureau = head.ask(postback_of("late_cases"))
    assert f"{assignee.full_name}: 1" in words(in_his_bureau)
    assert "hero" not in in_his_bureau["contents"], "nobody's name stands in a picture"
    assert case.number in words(officer.ask(postback_of("late_cases")))


@pytest.mark.parametrize("username", ["executive", "head", "officer"])
@on_sqlite
def test_an_answer_counts_its_cases_in_few_statements(case: Case, username: str) -> None:
    phone, app = Phone(case, username), case.town.app
    lookups = load_lookups(db.session())
    tools = Tools(app.extensions["vault"].button_key, "", lookups=lambda _session: lookups)

    for code in ("statistics", "by_zone", "by_type", "ratings", "late_cases"):
        event = Incoming(LineChannel.STAFF, code, now(), now(), phone.event(postback_of(code)))
        with count_statements(db.engine) as sent, write_transaction() as session:
            handle(session, event, tools)

        counts = [one for one in sent if "FROM complaint" in one]
        assert len(counts) <= (3 if code == "late_cases" else 2), code
        assert len([one for one in sent if not one.startswith("BEGIN")]) <= 9, code


@on_sqlite
def test_who_asked_long_ago_gets_the_numbers_while_his_token_lives(
    chief: Phone, frozen_noon: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn_figures, "draw_figures", lambda *_wish: pytest.fail("no time for drawing"))
    before = len(chief.shown)
    assert chief.town.fake.send_webhook("staff", [chief.event(postback_of("statistics"))]) == 200
    frozen_noon.advance(timedelta(seconds=35))

    chief.town.drain()

    [answer] = chief.shown[before:]
    assert "hero" not in answer["contents"]
