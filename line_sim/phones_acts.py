"""What a person does on a phone, turned into LINE's webhooks. A phone can press only what it was sent."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from werkzeug.datastructures import FileStorage

from line_hooks.flex_view import actions_of, safe_href
from line_sim.phones_town import FILM, PAPER, VOICE, Place
from line_sim.phones_view import Seat
from line_sim.server import FakeLine
from line_sim.state import Sending

JsonDict = dict[str, Any]

MOST_PHOTOS: Final = 20
MOST_BYTES: Final = 10 * 1024 * 1024
STICKERS: Final = (("446", "1988"), ("446", "2005"), ("789", "10857"), ("789", "10882"))
"""Package and sticker of a few of LINE's own that anybody may send."""
_FORMS: Final = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "time": re.compile(r"\d\d:\d\d"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d"),
}
_ADD_FRIEND = re.compile(r"(?:https://line\.me/R|line://)/?ti/p/([^/?#]+)", re.IGNORECASE)
_OPEN_CHAT = re.compile(r"(?:https://line\.me/R|line://)/?oaMessage/([^/?#]+)/?(?:\?(.*))?", re.IGNORECASE)


class NoSuchButton(LookupError):
    """The phone was never sent what is to be pressed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act.

    Attributes:
        answer: Key of the words for the person; ``ok`` needs none.
        extra: For the script: ``copy`` a text, ``open`` an address, ``fill`` the field.
        seat: Whose phone and which chat it is now.
    """

    answer: str
    extra: dict[str, str] = field(default_factory=dict)
    seat: Seat | None = None


@dataclass(frozen=True, slots=True)
class Hand:
    """The hand on a phone: the acts of one person in one chat."""

    fake: FakeLine
    seat: Seat

    # Words, photos, places

    def say(self, text: str) -> Outcome:
        """Send a text."""
        words = text.strip()[:5000]
        if not words:
            return Outcome("empty")
        return self._send(lambda: [self.fake.hooks.text(*self._who, words)])

    def photos(self, files: Sequence[FileStorage], samples: Sequence[bytes]) -> Outcome:
        """Send photos; several go as one set, as LINE sends an album."""
        bodies = [(body, "image/jpeg") for body in samples]
        for file in files[:MOST_PHOTOS]:
            body = _read(file)
            if len(body) > MOST_BYTES:
                return Outcome("big")
            if body:
                bodies.append((body, file.mimetype or "image/jpeg"))
        if not bodies:
            return Outcome("nothing")
        if any(not kind.startswith("image/") for _body, kind in bodies):
            return Outcome("nophoto")
        if len(bodies) == 1:
            return self._send(lambda: [self.fake.hooks.image(*self._who, *bodies[0])])
        # An album has one type on LINE's side, too: phones make every photo a JPEG.
        return self._send(
            lambda: self.fake.hooks.images(*self._who, [body for body, _kind in bodies], bodies[0][1])
        )

    def place(self, place: Place | None) -> Outcome:
        """Send a place."""
        if place is None:
            return Outcome("noplace")
        return self._send(
            lambda: [
                self.fake.hooks.location(
                    *self._who, place.latitude, place.longitude, place.address, title=place.title
                )
            ]
        )

    def sticker(self, number: str) -> Outcome:
        """Send one of ``STICKERS``, by its place in the list."""
        if not (number.isascii() and number.isdigit() and int(number) < len(STICKERS)):
            return Outcome("nothing")
        return self._send(lambda: [self.fake.hooks.sticker(*self._who, *STICKERS[int(number)])])

    def file(self, file: FileStorage | None, *, video: bool) -> Outcome:
        """Send a file or a video."""
        body = _read(file) if file is not None else b""
        if file is None or not body:
            return Outcome("nothing")
        if len(body) > MOST_BYTES:
            return Outcome("big")
        if video:
            return self._send(lambda: [self.fake.hooks.video(*self._who, body, file.mimetype)])
        name = (file.filename or "file")[:120]
        return self._send(lambda: [self.fake.hooks.file(*self._who, body, name, file.mimetype)])

    def sample(self, kind: str) -> Outcome:
        """Send a small film, file or voice that a presenter need not have."""
        hooks = self.fake.hooks
        makes: dict[str, Callable[[], JsonDict]] = {
            "video": lambda: hooks.video(*self._who, FILM),
            "file": lambda: hooks.file(*self._who, PAPER, "คำร้อง.pdf", "application/pdf"),
            "audio": lambda: hooks.audio(*self._who, VOICE),
        }
        return self._send(lambda: [makes[kind]()]) if kind in makes else Outcome("nothing")

    def unsend(self, message_id: str) -> Outcome:
        """Take back what this person sent."""
        if self.fake.state.saying_of(*self._who, message_id) is None:
            raise NoSuchButton
        return self._answered([self.fake.hooks.unsend(*self._who, message_id)])

    # The account

    def befriend(self) -> Outcome:
        """Add the account as a friend, or unblock it."""
        again = self.fake.state.friend_state(*self._who) == "blocked"
        return self._answered([self.fake.hooks.follow(*self._who, is_unblocked=again)])

    def block(self) -> Outcome:
        """Block the account."""
        if self.fake.state.friend_state(*self._who) != "friend":
            return Outcome("ok")
        return self._answered([self.fake.hooks.unfollow(*self._who)])

    def scan(self, address: str) -> Outcome:
        """Do what the camera of LINE does with a QR code: add an account, open a chat, open an address."""
        text = address.strip()[:1000]
        added = _ADD_FRIEND.match(text)
        opened = _OPEN_CHAT.match(text)
        if added:
            return self._turned_to(added[1], befriend=True)
        if opened:
            found = self._turned_to(opened[1], befriend=False)
            return Outcome(found.answer, {"fill": unquote(opened[2] or "")}, found.seat)
        if urlsplit(text).scheme not in {"http", "https"} or not safe_href(text):
            return Outcome("nocode")
        return Outcome("ok", {"open": text})

    # Buttons

    def tap(self, name: str, value: str) -> Outcome:
        """Press a button of a message or of the rich menu.

        Args:
            name: ``m:<message>:<number>`` or ``r:<rich menu>:<number>``.
            value: The day or time somebody chose.

        Raises:
            NoSuchButton: This phone has no such button.
        """
        action = self._action(name)
        acts: dict[str, Callable[[JsonDict, str], Outcome]] = {
            "postback": self._postback,
            "message": lambda found, _: self.say(found["text"]),
            "datetimepicker": self._pick,
            "richmenuswitch": self._switch,
            "clipboard": lambda found, _: Outcome("copied", {"copy": found["clipboardText"]}),
        }
        if action["type"] not in acts:
            raise NoSuchButton
        return acts[action["type"]](action, value)

    def _action(self, name: str) -> JsonDict:
        kind, _, rest = name.partition(":")
        place, _, number = rest.rpartition(":")
        if kind not in {"m", "r"}:
            raise NoSuchButton
        found = self._actions_of_menu(place) if kind == "r" else self._actions_of_message(place)
        if not (number.isascii() and number.isdigit() and int(number) < len(found)):
            raise NoSuchButton
        return found[int(number)]

    def _actions_of_menu(self, menu_id: str) -> Sequence[JsonDict]:
        menu = self.fake.state.menu_of(*self._who)
        if menu is None or menu.id != menu_id:
            raise NoSuchButton
        return [area["action"] for area in menu.body["areas"]]

    def _actions_of_message(self, sent_id: str) -> Sequence[JsonDict]:
        for entry in self.fake.state.chat_of(*self._who):
            if isinstance(entry, Sending) and sent_id in entry.sent_ids:
                return actions_of(entry.messages[entry.sent_ids.index(sent_id)])
        raise NoSuchButton

    def _postback(self, action: JsonDict, _value: str) -> Outcome:
        words = action.get("displayText") or action.get("text") or ""
        sent = self._send(
            lambda: [self.fake.hooks.postback(*self._who, action["data"], words)], pressed=not words
        )
        keyboard = action.get("inputOption") == "openKeyboard"
        return Outcome(sent.answer, {"fill": action.get("fillInText", "")}) if keyboard else sent

    def _pick(self, action: JsonDict, value: str) -> Outcome:
        mode = action["mode"]
        if not _FORMS[mode].fullmatch(value):
            return Outcome("nodate")
        if not action.get("min", value) <= value <= action.get("max", value):
            return Outcome("farday")
        hooks, params = self.fake.hooks, {mode: value}
        return self._send(lambda: [hooks.postback(*self._who, action["data"], params=params)], pressed=True)

    def _switch(self, action: JsonDict, _value: str) -> Outcome:
        hooks, alias = self.fake.hooks, action["richMenuAliasId"]
        return self._send(lambda: [hooks.rich_menu_switch(*self._who, alias, action["data"])], pressed=True)

    # Sending

    @property
    def _who(self) -> tuple[str, str]:
        return self.seat.channel, self.seat.user_id

    def _turned_to(self, basic_id: str, *, befriend: bool) -> Outcome:
        """Open the chat with an account on this phone, and add it when asked to."""
        wanted = unquote(basic_id).lower()
        account = next((one for one in self.fake.state.channels.values() if one.basic_id == wanted), None)
        if account is None:
            return Outcome("nocode")
        hand = Hand(self.fake, Seat(account.key, self.seat.user_id, self.seat.pc))
        known = self.fake.state.is_friend(*hand._who)
        done = hand.befriend() if befriend and not known else Outcome("ok")
        return Outcome(done.answer, {}, hand.seat)

    def _send(self, events: Callable[[], Sequence[JsonDict]], *, pressed: bool = False) -> Outcome:
        """Send what somebody does in the chat; events are made only when they may be sent.

        Args:
            events: Makes them.
            pressed: A press the chat shows nothing of; it is noted, so that the chips go all the same.
        """
        if not self.fake.state.is_friend(*self._who):
            return Outcome("stranger")
        if pressed:
            self.fake.state.say(*self._who, "", kind="postback")
        return self._answered(events())

    def _answered(self, events: Sequence[JsonDict]) -> Outcome:
        status = self.fake.send_webhook(self.seat.channel, events)
        if status == HTTPStatus.OK:
            return Outcome("ok")
        return Outcome("nobody" if status is None else "refused")


def _read(file: FileStorage) -> bytes:
    """Return what was uploaded, at most one byte more than may be; the file is closed."""
    with file.stream:
        return file.stream.read(MOST_BYTES + 1)


def newcomer(fake: FakeLine, name: str, language: str) -> str:
    """Add a person who is nobody's friend yet and return the user id; a name is made up for an empty one."""
    shown = " ".join(name.split())[:20] or f"ผู้ใช้ใหม่ {secrets.randbelow(900) + 100}"
    return fake.state.new_person(shown, (), "en" if language == "en" else "th").user_id


def typed_place(title: str, latitude: str, longitude: str) -> Place | None:
    """Return a place somebody typed; None where it is none."""
    try:
        lat, lon = float(latitude), float(longitude)
    except ValueError:
        return None
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return Place(title.strip()[:100], "", lat, lon)
