"""What LINE's answers mean: each failure says which kind it is, and so what is to be done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

JsonDict = dict[str, Any]

_RETRY_STATUSES = frozenset({408})


class LineError(Exception):
    """A call to LINE that did not succeed.

    Attributes:
        status: HTTP status; None when no answer came.
        detail: LINE's own words, shortened; never a token or a message body.
        retry_after: Seconds LINE asked us to wait, when it said so.
        uncertain: The request may have been carried out all the same.
        request_id: LINE's ``x-line-request-id``; empty when there was none.
    """

    def __init__(
        self,
        status: int | None,
        detail: str,
        retry_after: float | None = None,
        *,
        uncertain: bool = False,
        request_id: str = "",
    ) -> None:
        super().__init__(f"LINE {status or 'unreachable'}: {detail}")
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.request_id = request_id


class LineRetryable(LineError):
    """LINE or the way to it is ill: try again later with the same retry key."""


class LineRateLimited(LineError):
    """Too many requests at once (429): nothing was accepted; pause the channel, then the same key again."""


class LineQuotaExhausted(LineError):
    """The month's messages are used up (429): nothing goes out before the quota changes."""


class LineUnauthorised(LineError):
    """The token is wrong (401) or the account may not do this (403): stop the channel and say so."""


class LinePermanent(LineError):
    """The request itself is wrong (other 4xx): the same request never succeeds."""


class LineRecipientInvalid(LinePermanent):
    """LINE does not know this recipient: wrong provider or a stale id."""


class LineReplyTokenSpent(LinePermanent):
    """The reply token was used before, or is too old."""


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What came back, whatever it was."""

    status: int
    headers: Mapping[str, str]
    data: JsonDict | None
    """None when the body is not a JSON object, as from a proxy's error page."""

    @property
    def request_id(self) -> str:
        """Return LINE's id of the request, for asking LINE about it."""
        return self.headers.get("x-line-request-id", "")


def network_problem(fault: HTTPError) -> LineRetryable:
    """Turn a broken connection into the error that says whether the request may have arrived."""
    # Only these three are raised before a byte of the request has left.
    never_left = isinstance(fault, (NewConnectionError, ConnectTimeoutError, NameResolutionError))
    return LineRetryable(None, type(fault).__name__, uncertain=not never_left)


def answer_of(response: urllib3.BaseHTTPResponse, raw: bytes) -> LineAnswer:
    """Read a response; a body that is no JSON object is left out."""
    try:
        data = json.loads(raw)
    except ValueError:
        data = None
    return LineAnswer(response.status, response.headers, data if isinstance(data, dict) else None)


def detail_of(answer: LineAnswer) -> str:
    """Return LINE's own words, shortened."""
    if answer.data is None:
        return "the answer is not LINE's"
    words = [str(answer.data.get("message", ""))]
    details = answer.data.get("details")
    if isinstance(details, list):
        words += [f"{d.get('property')}: {d.get('message')}" for d in details if isinstance(d, dict)]
    return "; ".join(words)[:500]


def _retry_after(answer: LineAnswer) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None


def problem_of(answer: LineAnswer) -> LineError:
    """Turn an answer into the error that says what to do (line.md §2.3, reliability.md §4.3)."""
    detail = detail_of(answer)
    kind: type[LineError] = LinePermanent
    if answer.status in {401, 403}:
        kind = LineUnauthorised
    elif answer.status == 429:
        kind = LineQuotaExhausted if "monthly limit" in detail.lower() else LineRateLimited
    elif answer.status < 400 or answer.status >= 500 or answer.status in _RETRY_STATUSES:
        kind = LineRetryable
    elif answer.status == 400:
        kind = _bad_request(detail)
    # A 5xx may come after LINE took the message, and a 2xx that is not LINE's says nothing at all.
    uncertain = kind is LineRetryable and (answer.status >= 500 or 200 <= answer.status < 300)
    return kind(
        answer.status, detail, _retry_after(answer), uncertain=uncertain, request_id=answer.request_id
    )


def _bad_request(detail: str) -> type[LineError]:
    if "Invalid reply token" in detail:
        return LineReplyTokenSpent
    if "Failed to send messages" in detail or "The property, 'to'" in detail:
        return LineRecipientInvalid
    return LinePermanent


_forms = urllib3.PoolManager(num_pools=2, maxsize=4, retries=False)


def post_form(url: str, fields: Mapping[str, str], timeout: tuple[float, float]) -> LineAnswer:
    """POST a form and return whatever came back; LINE Login takes no JSON.

    Raises:
        LineRetryable: No answer came.
    """
    try:
        response = _forms.request(
            "POST",
            url,
            body=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
            redirect=False,
        )
    except HTTPError as fault:
        raise network_problem(fault) from None
    return answer_of(response, response.data)
