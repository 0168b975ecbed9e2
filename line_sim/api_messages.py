"""Sending: push, reply, multicast, validation, quota and the counts of days."""

from __future__ import annotations

from flask import Response, request

from line_sim.answers import Call, Route, bad_body, error, is_id, json_body, ok, retry_key
from line_sim.chats import digest_of, line_day
from line_sim.checks import check_body
from line_sim.records import JsonDict, Sending
from line_sim.spoiling import MONTHLY_LIMIT

_WRONG_TO = "The property, 'to', in the request body is invalid (line: -, column: -)"
_FIRST_DAY = "20180331"
"""LINE has no counts of the days before."""


def push(call: Call) -> Response:
    """Send to one person or group."""
    key, body = retry_key(), json_body()
    if isinstance(key, Response):
        return key
    if isinstance(body, Response):
        return body
    state, channel = call.state, call.channel
    findings = check_body("push", body, allow_http=state.allow_http, strict=state.strict)
    with state.lock:
        before = state.accepted_before(channel.key, key) if key else None
        if before is not None:
            return _repeated(call, before, body)
        refusal = bad_body(findings) if findings else _refusal_of_push(call, body.get("to"))
        if refusal is not None:
            return refusal
        sending = state.accept(channel, body["to"], body["messages"], "push", key)
    state.stop_loading(channel.key, body["to"])
    return _sent(sending)


def _refusal_of_push(call: Call, to: object) -> Response | None:
    state, channel = call.state, call.channel
    if isinstance(to, str) and to in state.groups:
        if channel.key not in state.groups[to].channels:
            return error(400, "Failed to send messages")
    elif not is_id(to):
        return error(400, _WRONG_TO)
    elif to not in state.users:
        return error(400, "Failed to send messages")
    count = max(1, state.people_behind(channel.key, str(to)))
    return error(429, MONTHLY_LIMIT) if state.is_exhausted(channel, count) else None


def _repeated(call: Call, before: Sending, body: JsonDict) -> Response:
    if digest_of(body.get("to", ""), body.get("messages", [])) != before.digest:
        call.state.misuse.append(f"retry key {before.retry_key} came back with another body")
    answer: JsonDict = {"message": "The retry key is already accepted"}
    if before.via == "push":
        answer["sentMessages"] = _sent_list(before)
    return ok(answer, 409, {"x-line-accepted-request-id": before.request_id})


def reply(call: Call) -> Response:
    """Answer an event by its token."""
    body = json_body()
    if isinstance(body, Response):
        return body
    state, channel = call.state, call.channel
    findings = check_body("reply", body, allow_http=state.allow_http, strict=state.strict)
    if findings:
        return bad_body(findings)
    user_id = state.spend_reply_token(channel.key, str(body.get("replyToken")))
    if user_id is None:
        return error(400, "Invalid reply token")
    sending = state.accept(channel, user_id, body["messages"], "reply")
    state.stop_loading(channel.key, user_id)
    return _sent(sending)


def multicast(call: Call) -> Response:
    """Send the same to several people; whoever is no friend gets nothing, and an error is for all."""
    key, body = retry_key(), json_body()
    if isinstance(key, Response):
        return key
    if isinstance(body, Response):
        return body
    state, channel = call.state, call.channel
    findings = check_body("multicast", body, allow_http=state.allow_http, strict=state.strict)
    with state.lock:
        before = state.accepted_before(channel.key, key) if key else None
        if before is not None:
            return _repeated(call, before, body)
        if findings:
            return bad_body(findings)
        if not all(is_id(one) for one in body.get("to") or [""]):
            return error(400, _WRONG_TO)
        people = list(dict.fromkeys(body["to"]))
        count = sum(state.people_behind(channel.key, one) for one in people)
        if state.is_exhausted(channel, max(1, count)):
            return error(429, MONTHLY_LIMIT)
        digest = digest_of(body["to"], body["messages"])
        made = state.accept_all(channel, people, body["messages"], "multicast", key, digest)
    return ok(headers={"x-line-request-id": made[0].request_id})


def validate(call: Call, kind: str) -> Response:
    """Say whether messages could be sent; nothing is."""
    body = json_body()
    if isinstance(body, Response):
        return body
    if kind not in {"reply", "push", "multicast", "narrowcast", "broadcast"}:
        return error(404, "Not found")
    findings = check_body("validate", body, allow_http=call.state.allow_http, strict=call.state.strict)
    return bad_body(findings) if findings else ok()


def quota(call: Call) -> Response:
    """Tell the month's limit."""
    if call.channel.quota_limit is None:
        return ok({"type": "none"})
    return ok({"type": "limited", "value": call.channel.quota_limit})


def consumption(call: Call) -> Response:
    """Tell how many count in this month."""
    return ok({"totalUsage": call.state.used(call.channel)})


def delivered(call: Call, via: str) -> Response:
    """Tell how many messages went out on a day; LINE has counted only days that are over."""
    day = request.args.get("date", "")
    if via not in {"push", "reply", "multicast"}:
        return error(404, "Not found")
    if len(day) != 8 or not (day.isascii() and day.isdigit()):
        return error(400, "The value for the 'date' parameter is invalid")
    if day < _FIRST_DAY:
        return ok({"status": "out_of_service"})
    if day >= line_day(call.state.clock()):
        return ok({"status": "unready"})
    return ok({"status": "ready", "success": call.state.delivered_on(call.channel.key, via, day)})


def _sent(sending: Sending) -> Response:
    return ok({"sentMessages": _sent_list(sending)}, 200, {"x-line-request-id": sending.request_id})


def _sent_list(sending: Sending) -> list[JsonDict]:
    return [{"id": one, "quoteToken": f"q{one}"} for one in sending.sent_ids]


ROUTES = [
    Route("POST", "/v2/bot/message/push", push, "push", takes_key=True),
    Route("POST", "/v2/bot/message/reply", reply, "reply"),
    Route("POST", "/v2/bot/message/multicast", multicast, "multicast", takes_key=True),
    Route("POST", "/v2/bot/message/validate/<kind>", validate),
    Route("GET", "/v2/bot/message/quota", quota),
    Route("GET", "/v2/bot/message/quota/consumption", consumption),
    Route("GET", "/v2/bot/message/delivery/<via>", delivered),
]
