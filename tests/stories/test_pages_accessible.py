"""Every page there is, as everybody who may open it sees it: axe finds nothing, nothing scrolls sideways.

Both sizes, light and dark; lists also on a screen of 320 pixels. On SQLite only: no page looks different.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.browser import DESK, PHONE
from helpers.counter import PIN, citizen_with_line, entry_fields
from helpers.people import actor_named
from sqlalchemy import select
from stories.conftest import sideways

from domain.clock import today
from domain.complaints import record_result
from domain.registration import Entry, register
from extensions import write_transaction
from models import Category, Complaint, Member, Outcome, Role, StaffUser

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]

NARROW = {"width": 320, "height": 640}
ROLES = ("clerk", "executive")
# Every page at both sizes and in both schemes once, not each with each: axe takes half a second a page.
LOOKS = [
    pytest.param(DESK, "light", id="desk-light"),
    pytest.param(PHONE, "dark", id="phone-dark"),
]
STORIES = (
    "น้ำท่วมขังหน้าบ้านทุกครั้งที่ฝนตก",
    "ไฟถนนดับ " * 40,
    "https://example.org/" + "ก" * 300,
)
OPEN = ("/", "/track", "/open/", "/open/durations", "/open/process", "/admin/sign-in")


@pytest.fixture
def town(app: Flask) -> dict[str, str]:
    """A town with a few complaints, one of them resolved; the addresses of pages no menu leads to."""
    vault = app.extensions["vault"]
    with write_transaction() as session:
        member = citizen_with_line(session)
        fields = entry_fields(session, member)
        clerk = actor_named(session, "clerk")
        for number, story in enumerate(STORIES):
            entry = Entry(
                form_token=f"an-accessible-page-{number:02d}",
                story=story,
                member_id=member.id,
                channel_id=int(fields["channel_id"]),
                category_id=int(fields["category_id"]),
                subcategory_id=int(fields["subcategory_id"]),
                assignee_id=int(fields["assignee_id"]) if number else None,
                latitude=PIN[0],
                longitude=PIN[1],
            )
            register(session, clerk, vault, entry)
        session.flush()
        codes = session.scalars(select(Complaint.public_code).order_by(Complaint.id)).all()
        resolved = session.scalars(select(Complaint).order_by(Complaint.id.desc())).first()
        record_result(
            session,
            clerk,
            resolved.id,
            done_date=today(),
            result_text="ซ่อมแล้ว",
            outcome=Outcome.FIXED,
            photo_token="an-accessible-photo-00",
        )
        ids = {
            kind: session.scalars(select(kind.id).order_by(kind.id)).first()
            for kind in (Category, Member, StaffUser, Role)
        }
        password = vault.tracking_password(resolved.public_code, 1)
    return {
        "case": f"/admin/complaint/{codes[0]}",
        "open case": f"/admin/complaint/{codes[1]}",
        "done case": f"/admin/complaint/{codes[2]}",
        "receipt": f"/admin/complaint/{codes[1]}/receipt",
        "result": f"/admin/complaint/{codes[1]}/result",
        "entry": "/admin/complaint/new",
        "list filter": "/admin/complaint/?panel=filter",
        "list export": "/admin/complaint/?panel=export",
        "nothing found": "/admin/complaint/?search=ไม่มีคำนี้เลย",
        "files": "/admin/case-file/",
        "member": f"/admin/member/details/?id={ids[Member]}",
        "new member": "/admin/member/new/",
        "edit member": f"/admin/member/edit/?id={ids[Member]}",
        "new category": "/admin/category/new/",
        "edit category": f"/admin/category/edit/?id={ids[Category]}",
        "new officer": "/admin/staff-user/new/",
        "officer's account": f"/admin/staff-account/{ids[StaffUser]}",
        "edit role": f"/admin/role/edit/?id={ids[Role]}",
        "issue a letter": f"/admin/paper/{codes[2]}/result_letter",
        "paper template": "/admin/document-templates/slip",
        "account": "/admin/account",
        "missing": "/admin/nowhere",
        "_code": codes[2],
        "_password": password,
    }


@pytest.fixture
def watched(open_page: Callable[..., Any], axe: Callable[[Any], list[str]]) -> Callable[..., dict[str, Any]]:
    """watched(page, addresses, sizes) walks them and returns what is wrong, by address."""

    def walk(page: Any, addresses: list[str], size: dict[str, int], *, narrow: bool) -> dict[str, Any]:
        origin = page.url.partition("/admin/")[0]
        wrong: dict[str, Any] = {}
        for address in addresses:
            answer = page.goto(origin + address)
            if answer.status == 403:  # Not this role's page: its own words are looked at with the others.
                continue
            found = axe(page)
            wide = {size["width"]: sideways(page)}
            if narrow:
                page.set_viewport_size(NARROW)
                wide[NARROW["width"]] = sideways(page)
                page.set_viewport_size(size)
            found += [f"{width}: {much} px too wide" for width, much in wide.items() if much > 0]
            if answer.status >= 500:
                found.append(f"status {answer.status}")
            if found:
                wrong[address] = found
        return wrong

    return walk


def menu_of(page: Any) -> list[str]:
    """Return every address of the menu."""
    links = page.locator("#menu a[href]")
    found: list[str] = links.evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("who", ROLES)
def test_every_page_of_the_menu(
    open_page: Callable[..., Any], watched: Callable[..., Any], town: dict[str, str], who: str
) -> None:
    page = open_page("/admin/account", PHONE, who)
    addresses = menu_of(page)
    assert len(addresses) > 3

    assert watched(page, addresses, PHONE, narrow=True) == {}


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_behind_the_menu(
    open_page: Callable[..., Any],
    watched: Callable[..., Any],
    town: dict[str, str],
    size: dict[str, int],
    scheme: str,
) -> None:
    pages = [address for name, address in town.items() if not name.startswith("_")]
    wrong = {}
    for who, wanted in (("admin", slice(None)), ("clerk", slice(0, 10))):
        page = open_page("/admin/account", size, who, color_scheme=scheme)
        wrong |= watched(page, pages[wanted], size, narrow=size == PHONE)
    assert wrong == {}


def test_every_page_of_the_menu_at_the_desk(
    open_page: Callable[..., Any], watched: Callable[..., Any], town: dict[str, str]
) -> None:
    page = open_page("/admin/account", DESK, "admin", color_scheme="dark")

    assert watched(page, menu_of(page), DESK, narrow=False) == {}


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_of_a_citizen(
    open_page: Callable[..., Any],
    watched: Callable[..., Any],
    town: dict[str, str],
    size: dict[str, int],
    scheme: str,
) -> None:
    page = open_page(f"/track?code={town['_code']}", size, color_scheme=scheme)
    page.get_by_label("รหัสผ่าน 10 ตัว").fill(town["_password"])
    page.get_by_role("button", name="ดูเรื่องของฉัน").click()
    page.get_by_text("ซ่อมแล้ว").wait_for()
    origin = page.url.partition("/track")[0]
    page.goto(f"{origin}/admin/sign-in")

    assert watched(page, [*OPEN, "/track/complaint"], size, narrow=True) == {}
