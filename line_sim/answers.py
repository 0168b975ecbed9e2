"""What the parts of the fake API share: one call, LINE's way of answering, and reading a body."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Response, request

from line_sim.action_checks import Finding
from line_sim.records import JsonDict, SimChannel
from line_sim.state import LineState
from line_sim.webhooks import Webhooks

MAX_BODY_BYTES = 2 * 1024 * 1024
WRONG_RETRY_KEY = "The value for the 'X-Line-Retry-Key' header is invalid"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API: whose memory, whose webhooks, and which account asks."""

    state: LineState
    hooks: Webhooks
    channel: SimChannel


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint.

    Attributes:
        bucket: Which limit of rates it counts for.
        takes_key: Whether it takes a retry key; LINE refuses one anywhere else.
    """

    method: str
    path: str
    answer: Callable[..., Response]
    bucket: str = "other"
    takes_key: bool = False


def ok(body: JsonDict | None = None, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON; an empty object where LINE has nothing to say."""
    text = json.dumps(body or {}, ensure_ascii=False)
    return Response(text, status, headers, mimetype="application/json")


def error(status: int, message: str, **more: object) -> Response:
    """Answer with LINE's words for what is wrong."""
    return ok({"message": message, **more}, status)


def bad_body(findings: Sequence[Finding]) -> Response:
    """Answer with the place of everything that is wrong in a body."""
    details = [{"message": message, "property": place} for place, message in findings]
    return ok({"message": f"The request body has {len(details)} error(s)", "details": details}, 400)


def json_body() -> JsonDict | Response:
    """Return the JSON object of the request, or LINE's refusal of what it brought instead."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return error(413, "Request exceeds the max size of 2MB. Make the request smaller than 2MB.")
    if request.mimetype != "application/json":
        return error(415, "Unsupported media type")
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return error(400, "The request body could not be parsed as JSON")
    return body


def retry_key() -> str | Response:
    """Return the retry key of the request, empty without one, or the refusal of one that is no UUID."""
    key = request.headers.get("X-Line-Retry-Key", "")
    try:
        valid = not key or str(uuid.UUID(key)) == key.lower()
    except ValueError:
        valid = False
    return key if valid else error(400, WRONG_RETRY_KEY)


def is_id(value: object, letters: str = "U") -> bool:
    """Tell whether this has the form of an id: ``U`` for a person, ``C`` a group, ``R`` a room."""
    return (
        isinstance(value, str)
        and len(value) == 33
        and value[0] in letters
        and set(value[1:]) <= set("0123456789abcdef")
    )
