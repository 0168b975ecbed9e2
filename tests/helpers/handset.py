"""One phone on the simulator's page: fingers, eyes, and a worker that works while somebody waits."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PATIENCE = 15.0
_A_MOMENT = 200  # Milliseconds between two looks: the page asks for news once a second.


@dataclass
class Handset:
    """A phone.

    Attributes:
        page: The browser's page.
        number: Of the phone on it.
        drain: Lets the worker do what is due.
        is_alone: The screen is narrow and shows one phone at a time.
        since: The last line of the chat when its owner did something; what came after it is new.
    """

    page: Any
    number: int
    drain: Callable[[], None]
    is_alone: bool = False
    since: str = ""

    # Looking

    @property
    def screen(self) -> Any:
        """Return the phone, brought into view."""
        if self.is_alone:
            tab = self.page.locator(f"[data-tab='{self.number}']")
            if tab.count() and tab.get_attribute("aria-current") != "true":
                tab.click()
        return self.page.locator(f"#phone-{self.number}")

    @property
    def chat(self) -> Any:
        return self.screen.locator("[data-part=chat]")

    def sees(self, text: str) -> Any:
        """Wait until something said since the owner's last act says this; return the last place that does."""
        new = f"xpath=.//li[@data-key='{self.since}']/following-sibling::li" if self.since else "li"
        told = self.chat.locator(new).and_(self.page.locator(".is-theirs")).get_by_text(text)
        return self._comes(told, text)

    def read(self) -> str:
        """Return the latest lines of the chat."""
        return str(self.chat.inner_text())[-1500:]

    # Doing

    def says(self, text: str) -> None:
        screen = self.screen
        keys = screen.get_by_role("button", name="แสดงแป้นพิมพ์")
        if keys.is_visible():
            keys.click()
        screen.get_by_placeholder("พิมพ์ข้อความ").fill(text)
        self._sending(lambda: screen.get_by_placeholder("พิมพ์ข้อความ").press("Enter"))

    def taps(self, label: str) -> None:
        """Tap the newest button of this label, in the chat or below it."""
        self._sending(self._button(label).click)

    def photographs(self, scene: str) -> None:
        """Take a photo by the chip below the chat; the presenter's drawings stand in for the camera."""
        self._button("ถ่ายภาพ").click()
        sheet = self.screen.get_by_role("dialog", name="ส่งรูปภาพ")
        sheet.get_by_role("checkbox", name=scene).check()
        self._sending(sheet.get_by_role("button", name="ส่งรูป", exact=True).click)

    def points_at(self, place: str) -> None:
        """Send a place by the chip below the chat."""
        self._button("ส่งตำแหน่ง").click()
        sheet = self.screen.get_by_role("dialog", name="ส่งตำแหน่ง")
        self._sending(sheet.get_by_role("button", name=re.compile(place)).first.click)

    def scans(self, code: str) -> Any:
        """Scan one of the town's codes before the account is a friend; return the page it opens."""
        screen = self.screen
        screen.locator(".stranger").get_by_role("link", name="สแกน QR").click()
        sheet = screen.get_by_role("dialog", name="สแกน QR")
        with self.page.context.expect_page() as opened:
            sheet.get_by_role("button", name=code).click()
        screen.get_by_role("dialog", name="ข้อความจากเครื่อง").get_by_role("link", name="ตกลง").click()
        opened.value.wait_for_load_state()
        return opened.value

    def _button(self, label: str) -> Any:
        """Return the newest button of a label, once it is there."""
        parts = self.screen.locator("[data-part=chat], [data-part=chips]")
        found = parts.get_by_role("button", name=label, exact=True)
        found = found.or_(parts.get_by_role("link", name=label, exact=True))
        return self._comes(found, label)

    def _comes(self, wanted: Any, name: str) -> Any:
        """Let the worker work until something is on the phone; return the last of it."""
        before = time.monotonic()
        while not (wanted.count() and wanted.last.is_visible()):
            self.drain()
            assert time.monotonic() - before < PATIENCE, f"{name!r} is not on the phone:\n{self.read()}"
            self.page.wait_for_timeout(_A_MOMENT)
        return wanted.last

    def _sending(self, act: Callable[[], None]) -> None:
        """Do something that is sent to the town, and wait until it has taken it."""
        lines = self.chat.locator("li")
        self.since = lines.last.get_attribute("data-key") if lines.count() else ""
        with self.page.expect_response(lambda answer: answer.request.method == "POST") as sent:
            act()
        assert sent.value.ok, sent.value.url
