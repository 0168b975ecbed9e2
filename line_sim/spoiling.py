"""How a scripted failure looks from outside: before the work, after it, or instead of an answer."""

from __future__ import annotations

from flask import Response
from flask.blueprints import BlueprintSetupState

from line_sim.answers import error
from line_sim.records import Fault
from line_sim.state import LineState

MONTHLY_LIMIT = "You have reached your monthly limit."
ANSWERS: dict[str, tuple[int, str]] = {
    "400": (400, "Bad Request"),
    "401": (401, "Authentication failed due to the following reason: invalid token."),
    "403": (403, "Access to this API is not available for your account"),
    "404": (404, "Not found"),
    "410": (410, "Gone"),
    "413": (413, "Request exceeds the max size of 2MB. Make the request smaller than 2MB."),
    "429_rate": (429, "The API rate limit has been exceeded. Try again later."),
    "429_month": (429, MONTHLY_LIMIT),
    "500": (500, "Internal error occurred"),
    "500_after_accept": (500, "Internal error occurred"),
}
_PROXY_PAGE = "<html><body><h1>Bad Gateway</h1></body></html>"


def spoil_before(state: LineState, fault: Fault | None) -> Response | None:
    """Let a failure happen that comes before any work; None when the work goes on."""
    kind = fault.kind if fault else ""
    if kind == "refuse":
        raise ConnectionResetError("the fake LINE ends the connection")
    if kind == "hang":
        state.hold()
        raise ConnectionResetError("the fake LINE never answers")
    if kind == "slow" and fault is not None:
        state.hold(fault.seconds)
    if kind in {"502_html", "200_html"}:
        return Response(_PROXY_PAGE, int(kind[:3]), mimetype="text/html")
    return error(*ANSWERS[kind]) if kind in ANSWERS and kind != "500_after_accept" else None


def spoil_after(state: LineState, fault: Fault | None, response: Response) -> Response:
    """Let a failure happen that comes after the work is done."""
    kind = fault.kind if fault else ""
    if kind == "timeout_after_accept":
        state.hold()
    if kind == "lost_response":
        raise ConnectionResetError("the fake LINE loses its answer")
    return error(*ANSWERS["500_after_accept"]) if kind == "500_after_accept" else response


def refuse_production(setup: BlueprintSetupState) -> None:
    """Stop the start of an app that serves real citizens, should it ever mount a part of the fake."""
    settings = setup.app.extensions.get("settings")
    if getattr(settings, "mode", "test") == "production":
        raise RuntimeError("the LINE simulator must not be mounted in production")
