"""A second town's file makes the installation that town's: nothing says the first town's words any more."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from helpers.backends import Backend, let_go, test_app
from helpers.casework import member_of, token
from helpers.configuration import SECOND_TOWN, applied, differences, planned, second_town
from helpers.papers import page_of
from helpers.people import actor_named
from helpers.visitor import Desk, text_of
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from commands.database import upgrade_database
from commands.planting import plant
from demo.accounts import plant_accounts
from documents.complaint_sheet import sheet_of
from domain.configuration.document import read_document, write_document
from domain.configuration.exporting import configuration_now
from domain.configuration.plan import ChangeKind
from domain.coordinates import point_in_polygon
from domain.registration import Entry, register
from domain.settings import read_setting
from domain.town_colour import ENOUGH, WHITE, contrast, parse_colour
from domain.vault import Vault
from extensions import db, write_transaction
from models import (
    Category,
    Channel,
    Community,
    Complaint,
    Department,
    MessageTemplate,
    OutboxMessage,
    Role,
    StaffUser,
    Subcategory,
    Zone,
)
from worker.letters import write_letters

FIRST_TOWN = ("ขอนแก่น", "Khon Kaen", "khonkaen", "KhonKaen")
EVERYBODYS = {"เว็บไซต์", "โทรแจ้ง", "ติดต่อสำนักงาน", "นำเข้าจากระบบอื่น"}
"""Words of the first town's lists that are ordinary words of the product's own pages as well."""

ELSEWHERE = ("/admin/audit-entry/", "/admin/addresses/", "/metrics", "/admin/department/tree")
"""The log says what was; the register of addresses knows the whole country; the tree marks what is off."""

WITHOUT_SWITCHED_OFF = re.compile(
    r"^/admin/(category|subcategory|channel|department|holiday|zone|community|road|role)/$"
)
PIN = ("15.625", "101.436")
"""In หมู่ 2."""


def move_officers() -> None:
    """The officers take up their posts in the new departments, as a town's people would by hand."""
    with write_transaction() as session:
        parts = {row.code: row.id for row in session.scalars(select(Department))}
        new = {
            "engineering": "chang",
            "health": "satha",
            "treasury": "khlang",
            "complaint_centre": "rongthuk",
        }
        old = {row_id: code for code, row_id in parts.items()}
        for officer in session.scalars(select(StaffUser)):
            code = old.get(officer.department_id, "")
            officer.department_id = parts[new.get(code, "palad")]
            officer.position = "เจ้าพนักงานของตำบล"


@pytest.fixture
def old_words(app: Flask) -> list[str]:
    """Every name of the first town's lists that is no ordinary word."""
    with write_transaction() as session:
        kinds = (Category, Subcategory, Channel, Community, Department)
        names = [row.name for kind in kinds for row in session.scalars(select(kind))]
        zones = [row.name for row in session.scalars(select(Zone))]
    return [name for name in (*names, *zones, *FIRST_TOWN) if len(name) > 5 and name not in EVERYBODYS]


@pytest.fixture
def town(app: Flask, old_words: list[str]) -> Flask:
    """หนองน้ำใส, where ขอนแก่น was: taken in twice, as the officers move in between."""
    first = applied(second_town(), off=True)
    assert first.counts[ChangeKind.KEPT]
    move_officers()
    second = applied(second_town(), off=True)
    assert [row for row in second.rows if row.kind is ChangeKind.KEPT] == []
    return app


@pytest.fixture
def case(town: Flask) -> Complaint:
    """A complaint of a villager with LINE, entered by the clerk."""
    vault: Vault = town.extensions["vault"]
    with write_transaction() as session:
        member = member_of(session)
        member.address_text = "12 หมู่ 2"
        kind = session.scalars(select(Subcategory).where(Subcategory.code == "ฟป.ก")).one()
        entry = Entry(
            form_token=token(),
            story="ไฟทางหน้าศาลาดับสองดวง",
            member_id=member.id,
            channel_id=session.scalars(select(Channel.id).where(Channel.code == "nns_headman")).one(),
            category_id=kind.category_id,
            subcategory_id=kind.id,
            latitude=PIN[0],
            longitude=PIN[1],
            zone_id=session.scalars(select(Zone.id).where(Zone.code == "m2")).one(),
        )
        made = register(session, actor_named(session, "central"), vault, entry)
        session.flush()
        session.refresh(made)
    return made


def addresses(app: Flask, session: Session, case: Complaint) -> Iterator[str]:
    """Every page there is: those without an argument, those of a case, the first row of each list."""
    yield from (f"/admin/complaint/{case.public_code}{end}" for end in ("", "/receipt", "/edit", "/result"))
    sections = ("town", "look", "map", "numbers", "state_words", "clock")
    yield from (f"/admin/settings/{name}" for name in sections)
    rows = {
        name: session.scalars(select(kind.id).where(kind.is_active).order_by(kind.id.desc())).first()
        for name, kind in {
            "category": Category,
            "subcategory": Subcategory,
            "channel": Channel,
            "department": Department,
            "zone": Zone,
            "community": Community,
            "role": Role,
            "message-template": MessageTemplate,
        }.items()
    }
    session.rollback()
    yield from (f"/admin/{name}/{way}/?id={row}" for name, row in rows.items() for way in ("edit", "details"))
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments or rule.rule.endswith(("/edit/", "/details/")):
            continue
        if WITHOUT_SWITCHED_OFF.match(rule.rule):
            yield f"{rule.rule}?flt_is_active__eq=1&page_size=100"
        else:
            yield rule.rule


def said(text: str, words: list[str]) -> list[str]:
    now = re.sub(r'<details class="setting-history">.*?</details>', "", text, flags=re.DOTALL)
    plain = re.sub(r"\s+", " ", now)  # The history of a setting rightly names what it was.
    return [word for word in words if word in plain]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("who", [None, "clerk", "central", "admin"])
def test_no_page_says_the_first_towns_words(
    town: Flask, case: Complaint, session: Session, login_as: Any, old_words: list[str], who: str | None
) -> None:
    desk, wrong, seen = Desk(town, login_as, who), {}, 0
    for address in addresses(town, session, case):
        if address.startswith(ELSEWHERE):
            continue
        answer = desk.get(address)
        assert answer.status_code < 500, address
        if answer.status_code == 200:
            seen += 1
            found = said(text_of(answer), old_words)
            if found:
                wrong[address] = found
    assert seen > {None: 3, "clerk": 15, "central": 15, "admin": 60}[who]
    assert not wrong, wrong


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nor_does_the_english_face(town: Flask, case: Complaint, session: Session, login_as: Any) -> None:
    with write_transaction() as writing:
        for officer in writing.scalars(select(StaffUser)):
            officer.language = "en"
    desk, wrong = Desk(town, login_as, "central"), {}
    pages = [desk.get(address) for address in addresses(town, session, case)]
    pages += [Desk(town, login_as, None).get(f"{address}?lang=en") for address in ("/", "/track")]
    for answer in pages:
        if not answer.request.path.startswith(ELSEWHERE) and (found := said(text_of(answer), [*FIRST_TOWN])):
            wrong[answer.request.path] = found
    assert not wrong, wrong


def test_the_case_speaks_the_towns_words(
    town: Flask, case: Complaint, session: Session, login_as: Any
) -> None:
    page = text_of(Desk(town, login_as, "central").get(f"/admin/complaint/{case.public_code}"))

    assert case.number == "ฟป.-1/2570"
    for words in ("ฟป.-1/2570", "ไฟทางหมู่บ้านไม่ติด", "หมู่ 2", "ผู้ใหญ่บ้านแจ้งแทน", "ลงทะเบียนแล้ว"):
        assert words in page, words
    assert "รับเรื่องแล้ว" not in page
    assert case.promised_text == "4–16 ชั่วโมงทำการ"


def test_the_copy_is_on_the_towns_paper(town: Flask, case: Complaint, session: Session) -> None:
    paper = page_of(sheet_of(session, case.id, "https://town.example"))

    assert "นายกเทศมนตรีตำบลหนองน้ำใส" in paper
    assert "เทศบาลตำบลหนองน้ำใส" in paper
    assert said(paper, [*FIRST_TOWN]) == []


def test_the_cards_say_what_the_towns_templates_say(
    town: Flask, case: Complaint, session: Session, old_words: list[str]
) -> None:
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    letters = write_letters(session, town, [row.id for row in rows])

    told = [json.dumps(letter.body, ensure_ascii=False) for letter in letters if letter.body]
    assert told
    assert any("ลงทะเบียนเรื่องของท่านแล้ว" in text for text in told)
    assert [said(text, old_words) for text in told] == [[] for _text in told]
    assert all("44000555" in text for text in told if "tel:" in text)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_excel_file_has_the_towns_words(town: Flask, case: Complaint, login_as: Any) -> None:
    answer = Desk(town, login_as, "central").post("/admin/complaint/export/xlsx/", {"reason": "ประชุมสภาตำบล"})

    book = load_workbook(io.BytesIO(answer.data))
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert "หมู่ 2" in cells
    assert "ฟป.-1/2570" in cells
    assert said(" ".join(cells), [*FIRST_TOWN]) == []


# The file itself ------------------------------------------------------------------------------------


def test_the_towns_file_is_written_as_the_product_writes() -> None:
    data = SECOND_TOWN.read_bytes()

    assert hashlib.sha256(write_document(read_document(data))).digest() == hashlib.sha256(data).digest()


def test_every_community_lies_in_its_zone() -> None:
    document = second_town()
    zones = {row["code"]: row["boundary"] for row in document["zones"]}
    outline = document["settings"]["outline"]["features"][0]["geometry"]
    for row in document["communities"]:
        if row["latitude"] is None:
            continue
        place = (float(row["latitude"]), float(row["longitude"]))
        inside = [code for code, shape in zones.items() if shape and point_in_polygon(*place, shape)]
        assert inside == [row["zone_code"]], row["name"]
        assert point_in_polygon(*place, outline)


def test_the_towns_colour_can_be_read() -> None:
    rgb = parse_colour(second_town()["settings"]["colour_primary"])

    assert rgb is not None
    assert contrast(rgb, WHITE) >= ENOUGH


# An empty installation ------------------------------------------------------------------------------


@pytest.fixture
def empty(backend: Backend) -> Iterator[Flask]:
    """A database as the first start of a server leaves it, with an administrator and no town."""
    application = test_app(backend.data_dir, backend.empty_url("second_town_from_nothing"))
    with application.app_context():
        upgrade_database()
        with write_transaction() as session:
            plant(session)
            plant_accounts(session)
        yield application
        let_go()


def test_a_town_begins_from_its_file(empty: Flask, login_as: Any) -> None:
    assert applied(second_town(), off=True).counts[ChangeKind.ADDED]
    move_officers()
    applied(second_town(), off=True)

    session = db.session()
    assert read_setting(session, "municipality_name") == "เทศบาลตำบลหนองน้ำใส"
    active = session.scalars(select(Category.code).where(Category.is_active).order_by(Category.sort_order))
    assert list(active) == [row["code"] for row in second_town()["categories"]]
    session.rollback()
    assert planned(second_town(), off=True).changes_anything is False
    again = configuration_now(db.session())
    db.session.rollback()
    assert applied(again).changes_anything is False


def test_the_next_start_of_the_server_brings_nothing_of_the_first_town_back(empty: Flask) -> None:
    applied(second_town(), off=True)
    before = configuration_now(db.session())
    db.session.rollback()
    with write_transaction() as session:
        plant(session)

    assert differences(configuration_now(db.session()), before) == []
