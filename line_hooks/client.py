"""The only HTTP to LINE: push, reply, content, bot info, profile, quota, and ``ask`` for the rest.

Nothing is retried here: each failure says which kind it is, and the worker decides. Retries with the
same retry key are LINE's own rule (line.md §2.2), so the key comes from the caller's stored row.
Request ids are logged, tokens and bodies never.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from line_hooks.problems import (
    JsonDict,
    LineAnswer,
    LineError,
    LinePermanent,
    LineQuotaExhausted,
    LineRateLimited,
    LineRecipientInvalid,
    LineReplyTokenSpent,
    LineRetryable,
    LineUnauthorised,
    answer_of,
    detail_of,
    network_problem,
    problem_of,
)

__all__ = [
    "Accepted",
    "LineError",
    "LineGateway",
    "LinePermanent",
    "LineQuotaExhausted",
    "LineRateLimited",
    "LineRecipientInvalid",
    "LineReplyTokenSpent",
    "LineRetryable",
    "LineUnauthorised",
    "Quota",
]

logger = logging.getLogger(__name__)

API_URL = "https://api.line.me"
BLOB_URL = "https://api-data.line.me"
TIMEOUT_SECONDS = (3.0, 10.0)
"""Connect and read; the SDK has none of its own and would wait for ever."""

CONTENT_MAX_BYTES = 20 * 1024 * 1024
CONTENT_MAX_SECONDS = 60.0
_CONTENT_FINAL = frozenset({401, 403, 404, 410, 429})
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Accepted:
    """LINE took the message; whether it arrived nobody can say (a blocked user looks the same).

    Attributes:
        request_id: LINE's id of the request that was accepted, the first one when this was a repeat.
        sent_ids: LINE's ids of the messages, as far as it told them.
        repeated: This retry key had been accepted before (409).
    """

    request_id: str
    sent_ids: tuple[str, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """The channel's messages of this month.

    Attributes:
        limit: How many may be sent; None when there is no limit.
        used: How many were sent, approximately; messages typed in LINE's own manager count too.
    """

    limit: int | None
    used: int


class LineGateway:
    """One channel's line to LINE: a connection pool and its token. Safe to share between threads.

    Build one per channel and process, and a new one when the token changes.
    """

    def __init__(
        self,
        channel: str,
        token: str,
        *,
        base_url: str | None = None,
        timeout: tuple[float, float] = TIMEOUT_SECONDS,
        at_once: int = 8,
    ) -> None:
        """Prepare the pool; nothing is sent.

        Args:
            channel: Our own name of the channel, for the log.
            token: The channel access token.
            base_url: ``LINE_API_URL``; None is LINE itself, with its second host for content.
            timeout: Seconds to connect and to wait for an answer.
            at_once: How many requests may be under way side by side.

        Raises:
            ValueError: The token is empty or has characters no header can carry.
        """
        token = token.strip()
        # Checked here because http.client would print the whole token in its own error.
        if not token or not (token.isascii() and token.isprintable()):
            raise ValueError(f"the access token of LINE channel {channel!r} is empty or malformed")
        self.channel = channel
        self._api = (base_url or API_URL).rstrip("/")
        self._blob = (base_url or BLOB_URL).rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._pool = urllib3.PoolManager(
            num_pools=2,
            maxsize=at_once,
            retries=False,
            timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
        )

    def __repr__(self) -> str:
        return f"<LineGateway {self.channel} {self._api}>"

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.clear()

    def push(
        self, to: str, messages: Sequence[JsonDict], retry_key: str, *, silent: bool = False
    ) -> Accepted:
        """Send up to five messages to one person. Counts against the quota.

        Args:
            to: LINE user id.
            messages: LINE message objects, as ``messages.build`` makes them.
            retry_key: UUID, fixed for the life of this sending and kept before the first try; LINE
                remembers it for 24 hours, after that the same key sends a second message.
            silent: The phone shall not ring.

        Raises:
            LineError: One of its children says what to do.
        """
        body: JsonDict = {"to": to, "messages": list(messages)}
        if silent:
            body["notificationDisabled"] = True
        return self._send("/v2/bot/message/push", body, retry_key)

    def reply(self, reply_token: str, messages: Sequence[JsonDict]) -> Accepted:
        """Answer a webhook event. Free, once per token, within a minute, and never to be repeated blindly.

        Raises:
            LineReplyTokenSpent: The token is used or too old.
            LineError: One of its children; with ``uncertain`` set the answer may have arrived.
        """
        return self._send("/v2/bot/message/reply", {"replyToken": reply_token, "messages": list(messages)})

    def ask(
        self,
        method: str,
        path: str,
        body: JsonDict | bytes | None = None,
        *,
        content_type: str = "application/json",
        blob: bool = False,
    ) -> JsonDict:
        """Ask any other question of the Messaging API and return the answer's JSON; never a message.

        Args:
            method: ``GET``, ``POST``, ``PUT`` or ``DELETE``.
            path: Beginning with a slash; ids in it percent-encoded.
            body: A JSON object, or bytes such as a picture.
            content_type: Of bytes.
            blob: Ask the host of content instead.

        Raises:
            LineError: One of its children; also for an answer that is not JSON.
        """
        answer = self._asked(method, path, body, content_type=content_type, blob=blob)
        return answer.data or {}

    def ask_with_date(
        self, method: str, path: str, body: JsonDict | None = None
    ) -> tuple[JsonDict, datetime | None]:
        """Ask as ``ask`` does and also return LINE's own clock (UTC); None when it does not tell."""
        answer = self._asked(method, path, body)
        return answer.data or {}, _moment(answer.headers.get("date", ""))

    def _asked(
        self,
        method: str,
        path: str,
        body: JsonDict | bytes | None,
        *,
        content_type: str = "application/json",
        blob: bool = False,
    ) -> LineAnswer:
        raw = json.dumps(body, ensure_ascii=False).encode() if isinstance(body, dict) else body
        headers = {"Content-Type": content_type} if raw is not None else None
        host = self._blob if blob else self._api
        response = self._request(method, host + path, body=raw, headers=headers)
        answer = answer_of(response, response.data)
        if 200 <= answer.status < 300 and answer.data is not None:
            return answer
        raise problem_of(answer)

    def bot_info(self) -> JsonDict:
        """Return the channel's own account: ``userId``, ``basicId``, ``displayName``, ``chatMode``."""
        return self.ask("GET", "/v2/bot/info")

    def profile(self, user_id: str) -> JsonDict | None:
        """Return ``displayName`` and more of a person; None when unknown, not a friend, or blocking us."""
        try:
            return self.ask("GET", f"/v2/bot/profile/{quote(user_id, safe='')}")
        except LinePermanent as problem:
            if problem.status == 404:
                return None
            raise

    def quota(self) -> Quota:
        """Return the month's limit and what is used of it; two calls."""
        limit = self.ask("GET", "/v2/bot/message/quota")
        used = self.ask("GET", "/v2/bot/message/quota/consumption")
        return Quota(
            limit=int(limit.get("value", 0)) if limit.get("type") == "limited" else None,
            used=int(used.get("totalUsage", 0)),
        )

    def content(self, message_id: str, max_bytes: int = CONTENT_MAX_BYTES) -> tuple[bytes, str]:
        """Download what somebody sent, with the type LINE gives it (no proof: check the bytes).

        LINE deletes content after a while, so fetch it at once.

        Raises:
            LineRetryable: Also while LINE prepares it (202), and for a 400, which LINE's outages give.
            LinePermanent: 404 unknown, 410 taken back by the sender, 413 larger than ``max_bytes``.
        """
        url = f"{self._blob}/v2/bot/message/{quote(message_id, safe='')}/content"
        deadline = time.monotonic() + CONTENT_MAX_SECONDS
        response = self._request("GET", url, preload_content=False)
        try:
            if response.status != 200:
                raise self._content_problem(response)
            body = _read_all(response, max_bytes, deadline)
        except HTTPError as fault:
            raise LineRetryable(None, type(fault).__name__) from None
        finally:
            # Closed first: a half-read connection must not go back into the pool alive.
            response.close()
            response.release_conn()
        return body, response.headers.get("Content-Type", "application/octet-stream")

    def _content_problem(self, response: urllib3.BaseHTTPResponse) -> LineError:
        answer = answer_of(response, response.read(_CHUNK))
        if answer.status in _CONTENT_FINAL:
            return problem_of(answer)
        return LineRetryable(answer.status, detail_of(answer), request_id=answer.request_id)

    def _send(self, path: str, body: JsonDict, retry_key: str | None = None) -> Accepted:
        headers = {"Content-Type": "application/json"}
        if retry_key is not None:
            headers["X-Line-Retry-Key"] = retry_key
        raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        answer = self._call("POST", path, raw, headers)
        if answer.status == 409 and retry_key is not None:
            first = answer.headers.get("x-line-accepted-request-id", "")
            return Accepted(first, _sent_ids(answer), repeated=True)
        if 200 <= answer.status < 300 and answer.data is not None:
            return Accepted(answer.request_id, _sent_ids(answer))
        raise problem_of(answer)

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> LineAnswer:
        response = self._request(method, self._api + path, body=body, headers=headers)
        return answer_of(response, response.data)

    def _request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        preload_content: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        started = time.monotonic()
        try:
            response = self._pool.urlopen(
                method,
                url,
                body=body,
                headers={**self._headers, **(headers or {})},
                redirect=False,
                preload_content=preload_content,
            )
        except HTTPError as fault:
            problem = network_problem(fault)
            self._log(method, None, "", started, problem.detail)
            raise problem from None
        self._log(method, response.status, response.headers.get("x-line-request-id", ""), started)
        return response

    def _log(self, method: str, status: int | None, request_id: str, started: float, fault: str = "") -> None:
        logger.info(
            "LINE was called",
            extra={
                "line_channel": self.channel,
                "line_method": method,
                "line_status": status,
                "line_request_id": request_id,
                "line_fault": fault,
                "line_milliseconds": round((time.monotonic() - started) * 1000),
            },
        )


def _read_all(response: urllib3.BaseHTTPResponse, max_bytes: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    # read1 returns what has come; read would wait for a whole chunk, past any deadline.
    while part := response.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise LinePermanent(413, f"content is larger than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise LineRetryable(None, "content arrives too slowly")
    return b"".join(parts)


def _moment(header: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(header)
    except ValueError:
        return None
    return told if told.tzinfo else None


def _sent_ids(answer: LineAnswer) -> tuple[str, ...]:
    sent = (answer.data or {}).get("sentMessages")
    if not isinstance(sent, list):
        return ()
    return tuple(str(one["id"]) for one in sent if isinstance(one, dict) and "id" in one)
