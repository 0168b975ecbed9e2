"""The screens of the configuration file as people see them: nothing scrolls sideways, axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from helpers.browser import DESK, PHONE
from helpers.configuration import SECOND_TOWN

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(
    ("size", "scheme"), [pytest.param(DESK, "light", id="desk"), pytest.param(PHONE, "dark", id="phone")]
)
def test_a_file_is_looked_at_and_taken_in(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], size: dict[str, int], scheme: str
) -> None:
    page = open_page("/admin/configuration/", size, "admin", color_scheme=scheme)
    found = [*axe(page)]
    page.set_input_files("#file", SECOND_TOWN)
    page.get_by_role("button", name="ดูว่าอะไรจะเปลี่ยน").click()
    page.get_by_role("heading", name="ตรวจก่อนนำเข้า").wait_for()
    page.get_by_label("ปิดใช้งานรายการในระบบที่ไม่มีในไฟล์").check()
    page.get_by_role("button", name="แสดงใหม่").click()
    page.get_by_text("รายการที่ยังปิดไม่ได้").wait_for()
    found += axe(page)
    wide = [page.evaluate(TOO_WIDE)]
    page.get_by_role("button", name="นำเข้า เปลี่ยน").click()
    page.get_by_role("heading", name="นำเข้าการตั้งค่าแล้ว").wait_for()
    found += axe(page)
    wide.append(page.evaluate(TOO_WIDE))

    assert found == []
    assert wide == [0, 0]
