"""The account and its people: bot info, webhook address, profiles, content, reading, link tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Response, request

from line_sim.answers import Call, Route, bad_body, error, is_id, json_body, ok
from line_sim.checks import check_model
from line_sim.records import Content, JsonDict

_MAX_WEBHOOK_URL = 500


def bot_info(call: Call) -> Response:
    """Tell the account's own name and modes."""
    channel = call.channel
    return ok(
        {
            "userId": channel.bot_user_id,
            "basicId": channel.basic_id,
            "displayName": channel.display_name or channel.key,
            "chatMode": channel.chat_mode,
            "markAsReadMode": channel.mark_as_read,
        }
    )


def profile(call: Call, user_id: str) -> Response:
    """Tell the name of a friend or of a stranger who wrote; anybody else, and who blocks us, is not found."""
    user = call.state.users.get(user_id)
    if user is None or not call.state.reaches(call.channel.key, user_id):
        return error(404, "Not found")
    picture = {"pictureUrl": user.picture_url} if user.picture_url else {}
    return ok({"userId": user_id, "displayName": user.display_name, "language": user.language, **picture})


# Content


def content(call: Call, message_id: str) -> Response:
    """Give a photo or file as it was sent."""
    found = call.state.content(call.channel.key, message_id)
    return _refusal_of_content(found) or _bytes(found)


def preview(call: Call, message_id: str) -> Response:
    """Give a picture of a photo or film; here the photo itself."""
    found = call.state.content(call.channel.key, message_id)
    if found is not None and not found.content_type.startswith(("image/", "video/")):
        return error(400, "The message has no preview")
    return _refusal_of_content(found) or _bytes(found)


def transcoding(call: Call, message_id: str) -> Response:
    """Tell whether a film or sound is ready; of a photo LINE does not want to be asked."""
    found = call.state.content(call.channel.key, message_id)
    if found is not None and not found.content_type.startswith(("video/", "audio/")):
        return error(400, "The message is neither video nor audio")
    if found is not None and found.status == 202:
        return ok({"status": "processing"})
    return _refusal_of_content(found) or ok({"status": "succeeded"})


def _refusal_of_content(found: Content | None) -> Response | None:
    if found is None:
        return error(404, "Not found")
    words = {410: "Gone", 202: "Accepted"}.get(found.status, "Not found")
    return error(found.status, words) if found.status != 200 else None


def _bytes(found: Content | None) -> Response:
    assert found is not None  # noqa: S101 -- Its refusal came first.
    return Response(found.body, 200, content_type=found.content_type)


# Reading and writing


def start_loading(call: Call) -> Response:
    """Show the dots of an answer being written, in a chat between two."""
    body = _checked("ShowLoadingAnimationRequest")
    if isinstance(body, Response):
        return body
    seconds = body.get("loadingSeconds") or 20
    if seconds % 5:
        return bad_body([("loadingSeconds", "must be a multiple of 5")])
    if not is_id(body["chatId"]):
        return bad_body([("chatId", "must be a user id")])
    call.state.start_loading(call.channel.key, body["chatId"], seconds)
    return ok(status=202)


def mark_as_read(call: Call) -> Response:
    """Mark a message and all before it as read."""
    body = _checked("MarkMessagesAsReadByTokenRequest")
    if isinstance(body, Response):
        return body
    if not call.state.mark_read(call.channel.key, body["markAsReadToken"]):
        return error(400, "The value for the 'markAsReadToken' parameter is invalid")
    return ok()


def link_token(call: Call, user_id: str) -> Response:
    """Issue the right to bind this person's LINE to an account of ours."""
    if not is_id(user_id):
        return error(400, "The value for the 'userId' parameter is invalid")
    if not call.state.is_friend(call.channel.key, user_id):
        return error(404, "Not found")
    return ok({"linkToken": call.state.issue_link_token(call.channel.key, user_id)})


# The webhook's address


def get_endpoint(call: Call) -> Response:
    """Tell where webhooks go."""
    if not call.channel.webhook_url:
        return error(404, "Webhook endpoint is not found")
    return ok({"endpoint": call.channel.webhook_url, "active": call.channel.webhook_active})


def set_endpoint(call: Call) -> Response:
    """Let webhooks go somewhere else."""
    body = _checked("SetWebhookEndpointRequest")
    if isinstance(body, Response):
        return body
    if not _is_web_address(body["endpoint"], allow_http=call.state.allow_http):
        return error(400, "Invalid webhook endpoint URL")
    call.channel.webhook_url = body["endpoint"]
    return ok()


def test_endpoint(call: Call) -> Response:
    """Really post a signed webhook without events, and tell what came back."""
    body: JsonDict | Response = _checked("TestWebhookEndpointRequest") if request.content_length else {}
    if isinstance(body, Response):
        return body
    url = body.get("endpoint") or call.channel.webhook_url
    if not url:
        return error(404, "Webhook endpoint is not found")
    status, reason, detail = call.hooks.probe(call.channel.key, url)
    moment = datetime.fromtimestamp(call.state.clock(), UTC).isoformat(timespec="milliseconds")
    return ok(
        {
            "success": reason == "OK",
            "timestamp": moment.replace("+00:00", "Z"),
            "statusCode": status,
            "reason": reason,
            "detail": detail,
        }
    )


def _checked(model: str) -> JsonDict | Response:
    body = json_body()
    if isinstance(body, Response):
        return body
    findings = check_model(model, body)
    return bad_body(findings) if findings else body


def _is_web_address(address: str, *, allow_http: bool) -> bool:
    parts = urlsplit(address)
    schemes = {"https", "http"} if allow_http else {"https"}
    return parts.scheme in schemes and bool(parts.netloc) and len(address) <= _MAX_WEBHOOK_URL


ROUTES = [
    Route("GET", "/v2/bot/info", bot_info),
    Route("GET", "/v2/bot/profile/<user_id>", profile),
    Route("GET", "/v2/bot/message/<message_id>/content", content),
    Route("GET", "/v2/bot/message/<message_id>/content/preview", preview),
    Route("GET", "/v2/bot/message/<message_id>/content/transcoding", transcoding),
    Route("POST", "/v2/bot/chat/loading/start", start_loading, "loading"),
    Route("POST", "/v2/bot/chat/markAsRead", mark_as_read),
    Route("POST", "/v2/bot/user/<user_id>/linkToken", link_token),
    Route("GET", "/v2/bot/channel/webhook/endpoint", get_endpoint, "webhook_endpoint"),
    Route("PUT", "/v2/bot/channel/webhook/endpoint", set_endpoint, "webhook_endpoint"),
    Route("POST", "/v2/bot/channel/webhook/test", test_endpoint, "webhook_test"),
]
