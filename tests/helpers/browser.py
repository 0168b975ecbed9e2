"""Headless Chromium against a served application: the two sizes of the house, and axe.

Fixtures: ``live`` (the address of the app under test), ``open_page`` (a page of a size, signed in or not),
``axe`` (what axe finds on a page). A page fails its test when it asks another machine for anything, when a
script fails, or when the content policy stops something.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import waitress
from flask import Flask
from helpers.people import new_session_cookie
from waitress import wasyncore

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 10_000


@pytest.fixture
def live(app: Flask) -> Iterator[str]:
    """Serve the application under test as in service, by waitress; its address has no slash at the end."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(app, map=sockets, listen="127.0.0.1:0", threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))  # In the server's own thread.
    thread.join()
    server.task_dispatcher.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests; without one they are skipped, under CI they fail (decisions.md 19)."""
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - only browser tests need it
    except ImportError as problem:
        _without_browser(str(problem))
    with sync_playwright() as driver:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        try:
            chromium = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as problem:
            _without_browser(problem.message.splitlines()[0])
        yield chromium
        chromium.close()


def _without_browser(problem: str) -> None:
    message = f"no Chromium to drive ({problem}): install it, or run .venv/bin/playwright install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@dataclass
class Trouble:
    """What a page did that it must not do."""

    found: list[str] = field(default_factory=list)

    def watch(self, page: Any, origin: str) -> None:
        page.on("console", lambda line: self._note_console(line))
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        page.on("request", lambda request: self._note_request(request.url, origin))

    def _note_console(self, line: Any) -> None:
        # A refused form answers 422 or 429 on purpose, and Chromium calls that an error of the network.
        if line.type == "error" and "Failed to load resource" not in line.text:
            self.found.append(
                f"console on {line.page.url if line.page else None}: {line.text} {line.location}"
            )

    def _note_request(self, url: str, origin: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" != origin:
            self.found.append(f"asked another machine: {url}")


@pytest.fixture
def open_page(app: Flask, browser: Any, live: str) -> Iterator[Callable[..., Any]]:
    """open_page("/track", PHONE, username="clerk", javascript=False) returns a Playwright page."""
    trouble = Trouble()
    contexts: list[Any] = []

    def open_one(path: str, size: dict[str, int] = DESK, username: str = "", **more: Any) -> Any:
        context = browser.new_context(
            viewport=size,
            locale=more.pop("locale", "th-TH"),
            timezone_id="Asia/Bangkok",
            java_script_enabled=more.pop("javascript", True),
            **more,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if username:
            name, value = new_session_cookie(app, username)
            context.add_cookies([{"name": name, "value": value, "url": live}])
        page = context.new_page()
        trouble.watch(page, live)
        page.goto(live + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert trouble.found == []


@pytest.fixture
def axe() -> Callable[[Any], list[str]]:
    """axe(page) lists what axe finds, one line each: rule, how bad, where."""

    def findings(page: Any) -> list[str]:
        from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only browser tests need it

        found = Axe().run(page).response["violations"]
        return [
            f"{one['id']} ({one['impact']}): {', '.join(str(node['target']) for node in one['nodes'][:5])}"
            for one in found
        ]

    return findings
