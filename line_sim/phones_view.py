"""What the page of phones shows: whose phones, their chats as days and messages, chips, the rich menu.

Reading only; what a person does on a phone is ``phones_acts``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from domain.clock import BANGKOK, bangkok_date
from line_hooks.flex_view import Node, linked, quick_replies_of, safe_href, view_of
from line_sim.server import FakeLine
from line_sim.state import LineState, Saying, Sending, SimRichMenu, SimUser

JsonDict = dict[str, Any]

PC = "pc"
SHOWN = 60
"""The latest entries of a chat; an older one is not drawn."""
MOST_PHONES = 6
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""What a page may show of what somebody sent; anything else is only downloaded."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose phone, and which account's chat is open on it; ``pc`` is LINE for PC: no menu, no chips."""

    channel: str
    user_id: str
    pc: bool = False

    def __str__(self) -> str:
        """Return it as it stands in the page's address."""
        return ".".join([self.channel, self.user_id, *([PC] if self.pc else [])])


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a chat.

    Attributes:
        kind: ``day``, ``mine``, ``theirs``, or ``note`` for something taken back.
        key: Tells this line from every other of the chat, over all requests.
        moment: When; its day for a ``day``.
        node: What is drawn.
        album: It is one of several photos that were sent together.
        first: The first of several of one speaker; the account's face stands beside it.
        muted: It came without a sound.
        message_id: LINE's id of what the person said, to take it back; or of what was sent, to press it.
        file: Name, size and address of a file.
    """

    kind: Literal["day", "mine", "theirs", "note"]
    key: str
    moment: datetime
    node: Node = field(default_factory=lambda: Node("text", ""))
    first: bool = False
    album: bool = False
    muted: bool = False
    message_id: str = ""
    file: tuple[str, int, str] | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the rich menu that can be tapped, in the menu's own pixels."""

    number: int
    x: int
    y: int
    width: int
    height: int
    label: str
    action: JsonDict
    href: str


@dataclass(frozen=True, slots=True)
class Menu:
    """The rich menu of a phone."""

    id: str
    bar: str
    selected: bool
    width: int
    height: int
    areas: list[Area]


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone as the page draws it."""

    number: int
    seat: Seat
    user: SimUser
    account: str
    basic_id: str
    friend: str
    is_loading: bool
    entries: list[Entry]
    chips: list[Node]
    chips_of: str
    menu: Menu | None
    version: str


def seats_of(fake: FakeLine, asked: Sequence[str]) -> list[Seat]:
    """Return the phones the address asks for; without any, those of a citizen and of two officers."""
    found = [seat for text in asked[:MOST_PHONES] if (seat := seat_of(fake, text)) is not None]
    return list(dict.fromkeys(found)) or default_seats(fake)


def seat_of(fake: FakeLine, text: str) -> Seat | None:
    """Return whose phone an address names; None for nobody we know."""
    channel, _, rest = text.partition(".")
    user_id, _, mark = rest.partition(".")
    if channel not in fake.state.channels or user_id not in fake.state.users:
        return None
    return Seat(channel, user_id, mark == PC)


def default_seats(fake: FakeLine) -> list[Seat]:
    """Return the first person of the first account, and the first two of every other; newcomers last."""
    seats = []
    for place, channel in enumerate(fake.state.channels):
        people = people_of(fake.state, channel)
        # After a restart newcomers, known from the journal, stand before the town's own people.
        own = [user for user in people if channel in user.channels]
        newcomers = [user for user in people if channel not in user.channels]
        seats += [Seat(channel, user.user_id) for user in [*own, *newcomers][: 1 if place == 0 else 2]]
    return seats


def people_of(state: LineState, channel: str) -> list[SimUser]:
    """Return whom a phone of this account may belong to: its people, who has talked with it, newcomers."""
    return [
        user
        for user in list(state.users.values())
        if channel in user.channels or not user.channels or state.chat_of(channel, user.user_id)
    ]


def phone_of(fake: FakeLine, seat: Seat, number: int, home: str = "") -> Phone:
    """Return a phone with its chat.

    Args:
        fake: The LINE it is on.
        seat: Whose it is.
        number: Its place on the page, from 1.
        home: This server's own address, without a slash at the end: pictures from there are asked of the
            page's own origin, whatever name somebody opened it by.
    """
    state = fake.state
    account = state.channels[seat.channel]
    chat = state.chat_of(seat.channel, seat.user_id)
    menu = None if seat.pc else _menu(state.menu_of(seat.channel, seat.user_id))
    last = chat[-1] if chat else None
    answers = isinstance(last, Sending) and not seat.pc
    return Phone(
        number=number,
        seat=seat,
        user=state.users[seat.user_id],
        account=account.display_name or account.key,
        basic_id=account.basic_id,
        friend=state.friend_state(seat.channel, seat.user_id),
        is_loading=state.is_loading(seat.channel, seat.user_id),
        entries=list(_with_days(_entries(chat[-SHOWN:], len(chat), home))),
        chips=quick_replies_of(last.messages[-1]) if answers and isinstance(last, Sending) else [],
        chips_of=last.sent_ids[-1] if answers and isinstance(last, Sending) else "",
        menu=menu,
        version=version_of(fake, seat),
    )


def version_of(fake: FakeLine, seat: Seat) -> str:
    """Return a short mark that changes with anything the phone shows; cheap, it is asked every second."""
    state = fake.state
    chat = state.chat_of(seat.channel, seat.user_id)
    menu = state.menu_of(seat.channel, seat.user_id)
    facts = (
        len(chat),
        sum(isinstance(entry, Saying) and entry.kind == "unsent" for entry in chat[-SHOWN:]),
        state.friend_state(seat.channel, seat.user_id),
        state.is_loading(seat.channel, seat.user_id),
        menu.id if menu else "",
        seat.pc,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def day_word(day: date, now: float) -> Literal["today", "yesterday"] | None:
    """Tell whether a day is today or yesterday in Bangkok."""
    today = bangkok_date(to_bangkok_of(now))
    if day == today:
        return "today"
    return "yesterday" if day == today - timedelta(days=1) else None


def to_bangkok_of(seconds: float) -> datetime:
    """Return a moment of the fake's clock in Bangkok."""
    return datetime.fromtimestamp(seconds, BANGKOK)


def _entries(chat: Sequence[Sending | Saying], count: int, home: str) -> Iterator[Entry]:
    for place, entry in enumerate(chat, start=count - len(chat)):
        moment = to_bangkok_of(entry.at)
        if isinstance(entry, Sending):
            yield from _sent(entry, moment, home)
        elif entry.kind == "unsent":
            yield Entry("note", f"u{place}", moment)
        elif entry.kind != "unsend" and (entry.text or entry.kind not in {"text", "postback"}):
            yield _said(entry, moment, f"s{place}")


def _sent(sending: Sending, moment: datetime, home: str) -> Iterator[Entry]:
    for sent_id, message in zip(sending.sent_ids, sending.messages, strict=True):
        muted = bool(message.get("notificationDisabled"))
        node = view_of(message)
        _bring_home(node, home)
        yield Entry("theirs", sent_id, moment, node, muted=muted, message_id=sent_id)


def _bring_home(node: Node, home: str) -> None:
    if home and node.src.startswith(f"{home}/"):
        node.src = node.src.removeprefix(home)
    for child in node.children:
        _bring_home(child, home)


def _said(saying: Saying, moment: datetime, key: str) -> Entry:
    details, message_id = saying.details, saying.message_id
    address = f"content/{details.get('content_id') or message_id}"
    if saying.kind == "image":
        photo = Node("image", "fx-photo", src=address)
        return Entry("mine", key, moment, photo, album="image_set" in details, message_id=message_id)
    if saying.kind in {"location", "sticker"}:
        message = {"type": saying.kind, **_as_message(details)}
        return Entry("mine", key, moment, view_of(message), message_id=message_id)
    if saying.kind in {"video", "audio", "file"}:
        name = str(details.get("file_name") or saying.text or saying.kind)
        file = (name, int(details.get("file_size") or 0), address)
        return Entry("mine", key, moment, message_id=message_id, file=file)
    said = Node("text", "fx-text fx-said", children=linked(saying.text))
    return Entry("mine", key, moment, Node("box", "fx-bubble", children=[said]), message_id=message_id)


def _as_message(details: JsonDict) -> JsonDict:
    names = {"package_id": "packageId", "sticker_id": "stickerId"}
    return {names.get(name, name): value for name, value in details.items()}


def _with_days(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Yield the entries, each day with its heading, and mark where a speaker begins."""
    before: Entry | None = None
    for entry in entries:
        day = bangkok_date(entry.moment)
        if before is None or bangkok_date(before.moment) != day:
            yield Entry("day", f"d{day:%Y%m%d}", entry.moment)
            before = None
        begins = before is None or before.kind != entry.kind
        yield replace(entry, first=begins)
        before = entry


def _menu(menu: SimRichMenu | None) -> Menu | None:
    if menu is None:
        return None
    body = menu.body
    size = body["size"]
    return Menu(
        id=menu.id,
        bar=str(body.get("chatBarText", "")),
        selected=bool(body.get("selected")),
        width=int(size["width"]),
        height=int(size["height"]),
        areas=[_area(number, area) for number, area in enumerate(body.get("areas", []))],
    )


def _area(number: int, area: JsonDict) -> Area:
    bounds, action = area["bounds"], area["action"]
    words = (action.get(name) for name in ("label", "text", "displayText"))
    return Area(
        number=number,
        x=int(bounds["x"]),
        y=int(bounds["y"]),
        width=int(bounds["width"]),
        height=int(bounds["height"]),
        label=str(next(filter(None, words), "")),
        action=action,
        href=safe_href(action["uri"]) if action["type"] == "uri" else "",
    )
