"""A LINE Login that is silent, slow or not LINE at all holds nobody up for long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from domain.line_identity import IdentityRefused, LoginChannel, LoginUnreachable
from line_hooks import login_api
from line_hooks.login_api import AT_ONCE, LoginGateway, account_link_address, authorize_address

CHANNEL = LoginChannel("1650000000", "a-secret")
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"
EMPTY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
)


@contextmanager
def says(answer: bytes | None) -> Iterator[str]:
    """Listen on loopback: give an answer to each request, or hang up without one when it is empty.

    With None the socket takes connections and never says a word.
    """
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        if answer is None:
            yield url
            return
        stopping = threading.Event()

        def serve() -> None:
            while not stopping.is_set():
                talk, _address = door.accept()
                with talk:
                    if not stopping.is_set():
                        talk.recv(65_536)
                        talk.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield url
        stopping.set()
        socket.create_connection(door.getsockname()).close()
        thread.join()


def ask(url: str) -> None:
    gateway = LoginGateway(CHANNEL, url, timeout=(0.2, 0.2))
    gateway.claims(code="c", verifier="v", redirect_uri="http://localhost/", nonce="n")


@pytest.mark.parametrize("answer", [None, b"", HTML], ids=["silent", "hangs up", "a proxy's page"])
def test_what_is_no_answer_of_line_is_told_as_such(answer: bytes | None) -> None:
    with says(answer) as url, pytest.raises(LoginUnreachable):
        ask(url)


def test_an_answer_without_a_token_names_nobody() -> None:
    with says(EMPTY) as url, pytest.raises(IdentityRefused):
        ask(url)


def test_every_place_is_given_back() -> None:
    with says(None) as url:
        for _try in range(AT_ONCE + 1):
            with pytest.raises(LoginUnreachable):
                ask(url)

    assert login_api._places._value == AT_ONCE


def test_the_secret_shows_in_no_text_of_the_channel() -> None:
    assert "a-secret" not in repr(CHANNEL)


def test_addresses_lead_to_line_unless_a_stand_in_is_named() -> None:
    known = {"redirect_uri": "https://town.example/cb", "state": "s", "nonce": "n", "verifier": "v" * 64}

    assert authorize_address(None, CHANNEL, **known).startswith(
        "https://access.line.me/oauth2/v2.1/authorize?"
    )
    assert authorize_address("http://fake/", CHANNEL, **known).startswith(
        "http://fake/oauth2/v2.1/authorize?"
    )
    assert account_link_address(None, "a&b", "n/=") == (
        "https://access.line.me/dialog/bot/accountLink?linkToken=a%26b&nonce=n%2F%3D"
    )


def test_the_challenge_is_the_one_of_the_standard() -> None:
    """The example of RFC 7636, appendix B."""
    challenge = login_api._challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
