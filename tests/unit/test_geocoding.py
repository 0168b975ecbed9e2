"""The geocoder's room: an answer is kept, a failure is silent, nobody waits for long."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import geocoding
from geocoding import Found, Geocoder

NOMINATIM = [
    {"lat": "16.4321", "lon": "102.8236", "display_name": "ศาลหลักเมือง, ขอนแก่น"},
    {"lat": "x", "lon": "102", "display_name": "odd"},
    {"lat": "16.5", "lon": "102.9"},
    "odd",
]
PHOTON = {
    "features": [
        {
            "geometry": {"type": "Point", "coordinates": [102.8236, 16.4321]},
            "properties": {"name": "ศาลหลักเมือง", "city": "ขอนแก่น"},
        },
        {"geometry": None, "properties": {"name": "odd"}},
    ]
}


class Service:
    """A geocoder on this machine; ``answer`` is what it says next."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.answer: tuple[int, bytes] = (200, b"[]")
        self.gate = threading.Event()
        self.gate.set()

    def says(self, content: Any, status: int = 200) -> None:
        self.answer = (status, content if isinstance(content, bytes) else json.dumps(content).encode())

    @property
    def template(self) -> str:
        return f"{self.url}/search?format=json&q={{query}}"


@pytest.fixture
def service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(parse_qs(urlsplit(self.path).query)["q"][0])
            made.gate.wait(20)
            status, body = made.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # Who asked may have gone.
                self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Service(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.gate.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("content", "name"),
    [(NOMINATIM, "ศาลหลักเมือง, ขอนแก่น"), (PHOTON, "ศาลหลักเมือง, ขอนแก่น")],
    ids=["Nominatim", "GeoJSON"],
)
def test_both_kinds_of_answer_are_read_and_odd_rows_left_out(
    service: Service, content: Any, name: str
) -> None:
    service.says(content)
    assert Geocoder().ask(service.template, " ศาล หลักเมือง/&=? ") == [Found(name, 16.4321, 102.8236)]
    assert service.asked == ["ศาล หลักเมือง/&=?"]


def test_the_same_question_is_asked_once(service: Service) -> None:
    service.says(NOMINATIM)
    room = Geocoder()
    assert room.ask(service.template, "ตลาด") == room.ask(service.template, "ตลาด")
    assert service.asked == ["ตลาด"]


def test_the_memory_is_small(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geocoding, "KEPT", 2)
    room = Geocoder()
    for query in ("ก", "ข", "ค", "ก"):
        room.ask(service.template, query)
    assert service.asked == ["ก", "ข", "ค", "ก"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"no json", 200),
        (b"[]", 500),
        (b"", 404),
        (b'"' + b"x" * 600_000 + b'"', 200),
        (b"\xff\xfe", 200),
        (b"[" * 200_000, 200),
    ],
    ids=["no json", "broken", "gone", "too long", "no text", "very deep"],
)
def test_a_bad_answer_is_none_and_is_not_asked_again_at_once(
    service: Service, content: bytes, status: int
) -> None:
    service.says(content, status)
    room = Geocoder()
    assert room.ask(service.template, "ตลาด") is None
    assert room.ask(service.template, "ตลาด") is None
    assert len(service.asked) == 1


def test_a_slow_geocoder_is_given_up_and_holds_no_more_than_two(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geocoding, "SECONDS", 0.2)
    service.gate.clear()
    room = Geocoder()
    answers = [room.ask(service.template, query) for query in ("ก", "ข")]
    assert answers == [None, None]


def test_whoever_comes_while_the_room_is_full_hears_at_once(
    service: Service, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    service.gate.clear()
    room = Geocoder()
    waiting = [threading.Thread(target=room.ask, args=(service.template, query)) for query in ("ก", "ข")]
    for thread in waiting:
        thread.start()
    wait_until(lambda: len(service.asked) == 2)
    assert room.ask(service.template, "ค") is None
    service.gate.set()
    for thread in waiting:
        thread.join()
    assert room.ask(service.template, "ค") == []


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    def wait(is_so: Callable[[], bool]) -> None:
        pause = threading.Event()
        for _ in range(500):
            if is_so():
                return
            pause.wait(0.01)
        raise AssertionError("it never became so")

    return wait


@pytest.mark.parametrize("template", ["", "https://x.example/", "file:///etc/passwd?{query}", "{query}"])
def test_an_address_that_is_none_asks_nobody(template: str) -> None:
    assert Geocoder().ask(template, "ตลาด") is None


def test_nobody_there_is_no_answer() -> None:
    assert Geocoder().ask("http://127.0.0.1:9/?q={query}", "ตลาด") is None
