"""The page ``/line-sim/``: two phones side by side, a citizen's and an officer's, plainly marked จำลอง.

Mounted in demo and test only. It needs what every page of ours has: CSRF protection (``csrf_token``),
Flask-Babel, and ``asset`` in the templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from werkzeug.exceptions import NotFound

from line_sim.flex_view import Node, actions_of, view_of
from line_sim.server import FakeLine
from line_sim.state import Saying, Sending, SimUser

JsonDict = dict[str, Any]

PHONES = ("citizen", "staff")
_BANGKOK = timezone(timedelta(hours=7))
_SHOWN = 60
"""The latest entries of a chat; an older one is not drawn."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a chat: who speaks, when (Bangkok), and the drawn messages with their ids."""

    mine: bool
    time: str
    views: list[tuple[str, Node]]


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone as the page draws it."""

    channel: str
    account: str
    user: SimUser
    is_friend: bool
    entries: list[Entry]
    version: str


def line_sim_blueprint(fake: FakeLine) -> Blueprint:
    """Return the phones as a blueprint under ``/line-sim``; the app mounts it in demo and test only."""
    pages = Blueprint("line_sim", __name__, url_prefix="/line-sim")
    routes = [
        ("/", _phones, "GET"),
        ("/chat", _chat, "GET"),
        ("/press", _press, "POST"),
        ("/say", _say, "POST"),
        ("/friend", _friend, "POST"),
    ]
    pages.record_once(_refuse_production)
    for path, answer, method in routes:
        pages.add_url_rule(path, answer.__name__[1:], lambda a=answer: a(fake), methods=[method])
    return pages


def _refuse_production(setup: BlueprintSetupState) -> None:
    """Stop the start of an app that serves real citizens, should it ever mount the phones."""
    settings = setup.app.extensions.get("settings")
    if getattr(settings, "mode", "test") == "production":
        raise RuntimeError("the LINE simulator must not be mounted in production")


def _phones(fake: FakeLine) -> ResponseReturnValue:
    people = {channel: _people(fake, channel) for channel in PHONES}
    phones = [_phone(fake, c, request.args.get(c, "")) for c in PHONES if people[c]]
    return render_template(
        "line_sim/phones.html",
        phones=phones,
        people=people,
        chosen={phone.channel: phone.user.user_id for phone in phones},
        answer=request.args.get("answer", ""),
        lang=get_locale().language,
    )


def _chat(fake: FakeLine) -> ResponseReturnValue:
    """Answer a phone that asks for news: 204 when it has seen all."""
    phone = _phone(fake, _channel(request.args), request.args.get("user", ""))
    if request.args.get("version") == phone.version:
        return "", HTTPStatus.NO_CONTENT
    chosen = {channel: request.args.get(channel, "") for channel in PHONES}
    return render_template("line_sim/_chat.html", phone=phone, chosen=chosen), {"Cache-Control": "no-store"}


def _press(fake: FakeLine) -> ResponseReturnValue:
    """Press a button of a message the phone was sent; nothing else can be pressed."""
    channel, user_id = _owner(fake)
    message = _message(fake, channel, user_id, request.form.get("message", ""))
    number = request.form.get("number", "")
    actions = actions_of(message)
    if not (number.isascii() and number.isdigit() and int(number) < len(actions)):
        abort(HTTPStatus.BAD_REQUEST)
    action = actions[int(number)]
    if action["type"] != "postback":
        abort(HTTPStatus.BAD_REQUEST)
    event = fake.hooks.postback(channel, user_id, action["data"], action.get("displayText", ""))
    return _answered(fake.send_webhook(channel, [event]))


def _say(fake: FakeLine) -> ResponseReturnValue:
    channel, user_id = _owner(fake)
    text = request.form.get("text", "").strip()[:5000]
    if not text:
        return _answered(None, "empty")
    return _answered(fake.send_webhook(channel, [fake.hooks.text(channel, user_id, text)]))


def _friend(fake: FakeLine) -> ResponseReturnValue:
    """Block the account, or add it (again)."""
    channel, user_id = _owner(fake)
    if fake.state.is_friend(channel, user_id):
        event = fake.hooks.unfollow(channel, user_id)
    else:
        event = fake.hooks.follow(channel, user_id, is_unblocked=bool(fake.state.chat_of(channel, user_id)))
    return _answered(fake.send_webhook(channel, [event]))


def _answered(status: int | None, answer: str = "") -> ResponseReturnValue:
    """Go back to the phones and say whether the app took the event."""
    answer = answer or ("ok" if status == HTTPStatus.OK else "refused" if status else "nobody")
    if request.headers.get("X-Requested-With") == "fetch":
        return {"answer": answer}
    chosen = {channel: request.form.get(f"chosen_{channel}", "") for channel in PHONES}
    page = url_for("line_sim.phones", answer=answer, citizen=chosen["citizen"], staff=chosen["staff"])
    return redirect(page, HTTPStatus.SEE_OTHER)


def _people(fake: FakeLine, channel: str) -> list[SimUser]:
    """Return whom a phone may belong to: people of this account, and those who have talked with it."""
    state = fake.state
    return [
        user
        for user in state.users.values()
        if channel in user.channels or state.chat_of(channel, user.user_id)
    ]


def _phone(fake: FakeLine, channel: str, user_id: str) -> Phone:
    people = _people(fake, channel)
    user = next((one for one in people if one.user_id == user_id), people[0] if people else None)
    if user is None:
        raise NotFound
    chat = fake.state.chat_of(channel, user.user_id)
    is_friend = fake.state.is_friend(channel, user.user_id)
    return Phone(
        channel=channel,
        account=fake.state.channels[channel].display_name,
        user=user,
        is_friend=is_friend,
        entries=[_entry(one) for one in chat[-_SHOWN:]],
        version=f"{len(chat)}-{int(is_friend)}",
    )


def _entry(entry: Sending | Saying) -> Entry:
    time = datetime.fromtimestamp(entry.at, _BANGKOK).strftime("%H:%M")
    if isinstance(entry, Saying):
        return Entry(True, time, [("", Node("text", "fx-text", text=entry.text))])
    pairs = zip(entry.sent_ids, entry.messages, strict=True)
    return Entry(False, time, [(sent_id, view_of(message)) for sent_id, message in pairs])


def _channel(values: Any) -> str:
    channel = str(values.get("channel", ""))
    if channel not in PHONES:
        abort(HTTPStatus.BAD_REQUEST)
    return channel


def _owner(fake: FakeLine) -> tuple[str, str]:
    """Return channel and user of the phone that was touched."""
    channel = _channel(request.form)
    user_id = request.form.get("user", "")
    if user_id not in fake.state.users:
        abort(HTTPStatus.BAD_REQUEST)
    return channel, user_id


def _message(fake: FakeLine, channel: str, user_id: str, sent_id: str) -> JsonDict:
    """Return a message this phone was sent."""
    for entry in fake.state.chat_of(channel, user_id):
        if isinstance(entry, Sending) and sent_id in entry.sent_ids:
            return entry.messages[entry.sent_ids.index(sent_id)]
    raise NotFound
