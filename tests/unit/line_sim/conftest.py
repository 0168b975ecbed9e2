"""A fake LINE with its clock in the test's hand, one citizen, and a net for its webhooks."""

import struct
import zlib
from types import SimpleNamespace

import pytest

from line_sim.server import make_fake_line

HELLO = [{"type": "text", "text": "สวัสดี"}]
SIZE = {"width": 1200, "height": 405}


@pytest.fixture
def now():
    return [1_790_000_000.0]


@pytest.fixture
def fake(now):
    return make_fake_line(clock=lambda: now[0], allow_http=True)


@pytest.fixture
def state(fake):
    return fake.state


@pytest.fixture
def malee(fake):
    return fake.state.add_user("malee", "มาลี", ["citizen"]).user_id


@pytest.fixture
def posted(fake):
    """Catch webhooks instead of posting them; set ``status`` to what the app answers."""
    net = SimpleNamespace(bodies=[], status=200)

    def catch(_url, body, _headers):
        net.bodies.append(body)
        return net.status

    fake.hooks.deliver = catch
    return net


@pytest.fixture
def api(fake):
    """Ask the fake's API as the citizens' channel; ``api("POST", path, json=…)``."""
    client = fake.wsgi_app.test_client()

    def ask(method, path, headers=None, **more):
        token = {"Authorization": "Bearer sim-citizen-token", **(headers or {})}
        return client.open(path, method=method, headers=token, **more)

    return ask


@pytest.fixture
def push(api, malee):
    def send(messages=HELLO, to=malee, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return api("POST", "/v2/bot/message/push", named, json={"to": to, "messages": messages})

    return send


def menu_body(**more):
    action = {"type": "uri", "label": "โทร 1669", "uri": "tel:1669"}
    area = {"bounds": {"x": 0, "y": 0, "width": 600, "height": 405}, "action": action}
    return {
        "size": SIZE,
        "selected": True,
        "name": "citizen 1",
        "chatBarText": "เมนู",
        "areas": [area],
        **more,
    }


def png(width=1200, height=405, rest=b""):
    """Return a real PNG of one colour."""

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    rows = zlib.compress(b"\x00" * (1 + width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"") + rest


@pytest.fixture
def add_menu(api):
    """Make a menu with its picture; return its id."""

    def add(picture=True, **more):
        menu_id = api("POST", "/v2/bot/richmenu", json=menu_body(**more)).json["richMenuId"]
        if picture:
            path = f"/v2/bot/richmenu/{menu_id}/content"
            assert api("POST", path, data=png(), content_type="image/png").status_code == 200
        return menu_id

    return add


@pytest.fixture
def drawing():
    return SimpleNamespace(png=png, menu_body=menu_body)
