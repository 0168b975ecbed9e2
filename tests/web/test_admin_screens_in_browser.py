"""The CRUD screens as people see them: nothing for axe, nothing sideways on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.backends import Backend
from helpers.browser import DESK, PHONE

from domain.members import MemberEntry, create_member
from domain.setting_rules import Section
from extensions import write_transaction

pytestmark = pytest.mark.browser
SETTINGS = [f"/admin/settings/{section.value}" for section in Section]
FOR_PHONE = [
    *("/admin/subcategory/", "/admin/message-template/edit/?id=1", "/admin/role/edit/?id=2"),
    *("/admin/settings/", *SETTINGS, "/admin/role/matrix", "/admin/department/tree", "/admin/holiday/year"),
]
FOR_ADMIN = [
    "/admin/subcategory/",
    "/admin/subcategory/edit/?id=1",
    "/admin/department/details/?id=1",
    "/admin/message-template/edit/?id=1",
    "/admin/zone/edit/?id=2",
    "/admin/staff-user/",
    "/admin/staff-user/edit/?id=1",
    "/admin/role/details/?id=1",
    "/admin/role/edit/?id=2",
    "/admin/outbox-message/",
    "/admin/audit-entry/",
    "/admin/settings/",
    *SETTINGS,
    "/admin/role/matrix",
    "/admin/department/tree",
    "/admin/holiday/year",
]


@pytest.fixture
def backend(sqlite_backend: Backend) -> Backend:
    """Nothing here depends on the database."""
    return sqlite_backend


@pytest.fixture
def member_id(app: Flask, act_as: Any) -> int:
    actor = act_as("central")
    with write_transaction() as writing:
        entry = MemberEntry(
            phone="0935727903", first_name="สมชาย", last_name="ใจดี", email="somchai@example.com"
        )
        return create_member(writing, actor, app.extensions["vault"], entry).id


@pytest.mark.parametrize(("size", "screens"), [(DESK, FOR_ADMIN), (PHONE, FOR_PHONE)], ids=["desk", "phone"])
def test_the_screens_of_an_administrator_are_sound(
    open_page: Any,
    axe: Any,
    size: dict[str, int],
    screens: list[str],
) -> None:
    assert problems(open_page("/admin/account", size, "admin"), axe, size, screens) == {}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_screens_of_members_are_sound(
    open_page: Any,
    axe: Any,
    size: dict[str, int],
    member_id: int,
) -> None:
    screens = ["/admin/member/", "/admin/member/new/"]
    screens += [f"/admin/member/{page}/?id={member_id}" for page in ("edit", "details")]
    page = open_page("/admin/account", size, "central")
    assert problems(page, axe, size, screens) == {}
    page.set_viewport_size(size)
    page.fill("#reveal-reason", "โทรกลับผู้ร้อง")
    page.get_by_role("button", name="เปิดดูข้อมูลส่วนบุคคล").click()
    page.wait_for_selector("text=093-572-7903")
    assert axe(page) == []


def problems(page: Any, axe: Any, size: dict[str, int], screens: list[str]) -> dict[str, Any]:
    """Return what is wrong, by address."""
    found: dict[str, Any] = {}
    origin = page.url.partition("/admin/")[0]
    for screen in screens:
        page.set_viewport_size(size)
        page.goto(origin + screen)
        wide = page.evaluate("document.documentElement.scrollWidth")
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": height + 20})
        wrong = [*axe(page), *([f"{wide} px wide"] if wide > size["width"] else [])]
        if wrong:
            found[screen] = wrong
    return found
