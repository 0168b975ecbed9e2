"""The fake LINE beside the application under test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from flask import Flask

from config import Settings
from line_sim.server import FakeLine, make_fake_line, serve_in_thread
from line_sim.state import SimChannel
from models import LineChannel


@contextmanager
def line_of(app: Flask) -> Iterator[FakeLine]:
    """Serve a fake LINE with the test server's own tokens; its webhooks go straight into the app."""
    settings: Settings = app.extensions["settings"]
    fake = make_fake_line(
        [
            _channel(LineChannel.CITIZEN, settings.line_citizen_token, settings.line_citizen_secrets),
            _channel(LineChannel.STAFF, settings.line_staff_token, settings.line_staff_secrets),
        ],
        allow_http=True,
    )

    def deliver(url: str, body: bytes, headers: dict[str, str]) -> int:
        return app.test_client().post(urlsplit(url).path, data=body, headers=headers).status_code

    fake.hooks.deliver = deliver
    with serve_in_thread(fake) as server:
        app.extensions["settings"] = replace(settings, line_api_url=server.url)
        try:
            yield fake
        finally:
            app.extensions["settings"] = settings


def _channel(key: LineChannel, token: str | None, secrets: tuple[str, ...]) -> SimChannel:
    return SimChannel(
        key.value,
        token or "",
        secrets[0],
        display_name=f"เทศบาล ({key.value})",
        webhook_url=f"http://localhost/line/{key.value}/webhook",
    )
