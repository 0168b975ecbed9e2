"""LINE Login by authorization code, and where a browser is sent for it: form-encoded, without the SDK.

Called from a request, as a sign-in cannot wait for a worker: short time-outs, and only a few at once, so that
a LINE that hangs holds up no more than these. Codes, tokens and secrets are never logged.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, Final
from urllib.parse import urlencode

from domain.line_identity import IdentityRefused, LoginChannel, LoginUnreachable
from line_hooks.client import API_URL
from line_hooks.problems import LineAnswer, LineError, post_form

logger = logging.getLogger(__name__)

ACCESS_URL: Final = "https://access.line.me"
TIMEOUT_SECONDS: Final = (3.0, 5.0)
AT_ONCE: Final = 3
WAIT_SECONDS: Final = 2.0
"""For one of the places; the server has eight threads in all."""

_places = BoundedSemaphore(AT_ONCE)


def authorize_address(
    base_url: str | None,
    channel: LoginChannel,
    *,
    redirect_uri: str,
    state: str,
    nonce: str,
    verifier: str,
    language: str = "th",
    extra: Mapping[str, str] | None = None,
) -> str:
    """Return where a browser is sent to sign in with LINE.

    Args:
        base_url: ``LINE_API_URL``; None is LINE itself.
        channel: The town's Login channel.
        redirect_uri: Where LINE sends it back; entered at the channel by the town.
        state: Of one use, known to this browser only.
        nonce: Comes back inside the ID token.
        verifier: Of PKCE; only its SHA-256 travels now.
        language: Of LINE's page.
        extra: More arguments, such as ``disable_auto_login``.
    """
    asked = {
        "response_type": "code",
        "client_id": channel.channel_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": "openid",
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
        "ui_locales": "en-US" if language == "en" else "th-TH",
        **(extra or {}),
    }
    return f"{(base_url or ACCESS_URL).rstrip('/')}/oauth2/v2.1/authorize?{urlencode(asked)}"


def account_link_address(base_url: str | None, link_token: str, nonce: str) -> str:
    """Return where an officer's browser is sent to link his LINE account."""
    asked = urlencode({"linkToken": link_token, "nonce": nonce})
    return f"{(base_url or ACCESS_URL).rstrip('/')}/dialog/bot/accountLink?{asked}"


class LoginGateway:
    """Asks LINE who has signed in."""

    def __init__(
        self,
        channel: LoginChannel,
        base_url: str | None = None,
        timeout: tuple[float, float] = TIMEOUT_SECONDS,
    ) -> None:
        """Keep the channel; nothing is sent.

        Args:
            channel: The town's Login channel.
            base_url: ``LINE_API_URL``; None is LINE itself.
            timeout: Seconds to connect and to wait for an answer.
        """
        self._channel = channel
        self._api = (base_url or API_URL).rstrip("/")
        self._timeout = timeout

    def claims(self, *, code: str, verifier: str, redirect_uri: str, nonce: str) -> dict[str, Any]:
        """Exchange a code and return what LINE says of the ID token it gave; the rules look at it again.

        Raises:
            IdentityRefused: LINE refuses the code or the token.
            LoginUnreachable: LINE did not answer, or all places are taken.
        """
        with _a_place():
            token = self._id_token(code, verifier, redirect_uri)
            asked = {"id_token": token, "client_id": self._channel.channel_id, "nonce": nonce}
            return self._ask("verify", asked)

    def _id_token(self, code: str, verifier: str, redirect_uri: str) -> str:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._channel.channel_id,
            "client_secret": self._channel.secret,
            "code_verifier": verifier,
        }
        token = self._ask("token", asked).get("id_token")
        if not isinstance(token, str) or not token:
            raise IdentityRefused
        return token

    def _ask(self, what: str, fields: Mapping[str, str]) -> dict[str, Any]:
        started = time.monotonic()
        try:
            answer = post_form(f"{self._api}/oauth2/v2.1/{what}", fields, self._timeout)
        except LineError as problem:
            _log(what, None, started, problem.detail)
            raise LoginUnreachable from None
        _log(what, answer, started, _fault(answer))
        if answer.status == 200 and answer.data is not None:
            return answer.data
        raise IdentityRefused if 400 <= answer.status < 500 and answer.status != 429 else LoginUnreachable


@contextmanager
def _a_place() -> Iterator[None]:
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise LoginUnreachable
    try:
        yield
    finally:
        _places.release()


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _fault(answer: LineAnswer) -> str:
    """Return LINE's own word for what is wrong; OAuth's codes carry nothing of a person."""
    return "" if answer.status == 200 else str((answer.data or {}).get("error", ""))[:60]


def _log(what: str, answer: LineAnswer | None, started: float, fault: str) -> None:
    logger.info(
        "LINE Login was called",
        extra={
            "line_call": what,
            "line_status": answer.status if answer else None,
            "line_request_id": answer.request_id if answer else "",
            "line_fault": fault,
            "line_milliseconds": round((time.monotonic() - started) * 1000),
        },
    )
