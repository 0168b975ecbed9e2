"""A house with nothing but the page of phones, and a fake LINE whose webhooks are caught: no database."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel
from flask_wtf import CSRFProtect

from line_sim.pages import line_sim_blueprint
from line_sim.server import FakeLine, make_fake_line
from line_sim.state import Sending, SimChannel
from web import register_headers
from web_tools import register_template_tools

ROOT = Path(__file__).parents[2]
NOON = 1_790_000_000.0  # 21 September 2026, 20:13 in Bangkok.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "000000050001a5f645400000000049454e44ae426082"
)


def new_fake(**more: Any) -> FakeLine:
    """Return a fake LINE with two accounts, two citizens and two officers."""
    fake = make_fake_line(
        [
            SimChannel("citizen", "ct", "cs", "เทศบาลตัวอย่าง", "/c"),
            SimChannel("staff", "st", "ss", "เจ้าหน้าที่ เทศบาลตัวอย่าง", "/s"),
        ],
        **{"clock": lambda: NOON, "allow_http": True, **more},
    )
    for seed, name, channel in (
        ("malee", "มาลี ใจดี", "citizen"),
        ("somsak", "สมศักดิ์ มีสุข", "citizen"),
        ("chang", "สมชาย ช่างทอง", "staff"),
        ("boss", "วิชัย เมืองใหม่", "staff"),
    ):
        fake.state.add_user(seed, name, [channel])
    return fake


@dataclass
class Caught:
    """The webhooks that would have gone to the app, and what it answers."""

    events: list[dict[str, Any]] = field(default_factory=list)
    status: int | None = 200


def catch(fake: FakeLine) -> Caught:
    """Keep webhooks instead of posting them."""
    caught = Caught()
    fake.hooks.deliver = lambda _url, body, _headers: _kept(caught, body)
    return caught


def _kept(caught: Caught, body: bytes) -> int | None:
    caught.events += json.loads(body)["events"]
    return caught.status


def house_of(fake: FakeLine) -> Flask:
    """Return an app with what the page needs of ours."""
    app = Flask("house", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="a key for this test only", BABEL_DEFAULT_LOCALE="th", TESTING=True)
    app.extensions["settings"] = SimpleNamespace(
        mode="test", serves_https=False, public_url="http://localhost", line_api_url="http://127.0.0.1:9"
    )
    register_headers(app)
    Babel(app)
    register_template_tools(app)
    CSRFProtect(app)
    app.register_blueprint(line_sim_blueprint(fake))
    return app


def user(fake: FakeLine, name: str) -> str:
    """Return the id of the person whose name begins so."""
    return next(one.user_id for one in fake.state.users.values() if one.display_name.startswith(name))


def seat(fake: FakeLine, channel: str, name: str) -> str:
    """Return a phone as the page's address names it."""
    return f"{channel}.{user(fake, name)}"


def send(fake: FakeLine, channel: str, name: str, *messages: dict[str, Any]) -> Sending:
    """Put messages on a phone."""
    return fake.state.accept(fake.state.channels[channel], user(fake, name), list(messages), "push")


def text_with(*actions: dict[str, Any]) -> dict[str, Any]:
    """Return a text with quick replies."""
    items = [{"type": "action", "action": action} for action in actions]
    return {"type": "text", "text": "เลือกได้เลย", "quickReply": {"items": items}}


def menu_with(fake: FakeLine, channel: str, *actions: dict[str, Any], default: bool = True) -> str:
    """Give an account a rich menu of one row and return its id."""
    width = 2400 // len(actions)
    areas = [
        {"bounds": {"x": place * width, "y": 0, "width": width, "height": 810}, "action": action}
        for place, action in enumerate(actions)
    ]
    body = {"size": {"width": 2400, "height": 810}, "selected": True, "name": "n", "chatBarText": "เมนูบริการ"}
    menu = fake.state.add_menu(channel, {**body, "areas": areas})
    fake.state.give_picture(menu.id, PNG, "image/png")
    if default:
        fake.state.set_default_menu(channel, menu.id)
    return menu.id


@dataclass
class Visitor:
    """Somebody without the script who fills in the page's forms."""

    client: FlaskClient
    fake: FakeLine

    def post(self, path: str, phone: str = "", script: bool = False, **fields: Any) -> Any:
        """Send one of the page's forms."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get("/line-sim/").text)
        assert token is not None
        headers = {"X-Requested-With": "fetch"} if script else {}
        data = {"csrf_token": token[1], "phone": phone, **fields}
        return self.client.post(f"/line-sim/{path}", data=data, headers=headers)

    def answer(self, path: str, phone: str = "", **fields: Any) -> str:
        """Send a form as the script does; return the key of the answer."""
        found: str = self.post(path, phone, script=True, **fields).json["answer"]
        return found
