"""Somebody who talks with us in the chat: writes, sends, taps what the phone shows, and reads the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from helpers.entry_page import jpeg
from helpers.line import Town, words_of
from helpers.statements import count_statements
from sqlalchemy import select

from extensions import db
from line_hooks.flex_view import actions_of
from models import ChatDraft, LineAccount
from worker import receipts

JsonDict = dict[str, Any]
MARKET = (16.4322, 102.8236)
"""A place inside the planted town."""
SEA = (9.5, 101.2)
"""In the Gulf of Thailand."""


@dataclass
class Chatter:
    """A person with LINE, and the chat on the phone."""

    town: Town
    user_id: str
    channel: str = "citizen"
    sent: list[str] = field(default_factory=list)

    # Doing

    def hear(self, *events: JsonDict) -> str:
        """Let LINE post events, the worker work, and return everything new on the phone."""
        before = len(self.messages)
        assert self.town.fake.send_webhook(self.channel, list(events)) == 200
        self.town.drain()
        return "\n".join(words_of(message) for message in self.messages[before:])

    def says(self, text: str) -> str:
        return self.hear(self.event("text", text))

    def pins(self, place: tuple[float, float] = MARKET, title: str = "") -> str:
        return self.hear(self.event("location", *place, title=title))

    def adds_us(self) -> str:
        return self.hear(self.event("follow"))

    def blocks_us(self) -> str:
        return self.hear(self.event("unfollow"))

    def returns(self) -> str:
        return self.hear(self.event("follow", is_unblocked=True))

    def takes_back(self, number: int = -1) -> str:
        """Take back something sent before, the latest unless told."""
        return self.hear(self.event("unsend", self.sent[number]))

    def taps(self, label: str) -> str:
        """Tap the newest button of this label; only what the phone was sent can be tapped."""
        return self.press(self.button(label))

    def press(self, action: JsonDict) -> str:
        """Press a button, of whatever age."""
        if action["type"] == "message":
            return self.says(action["text"])
        return self.hear(self.event("postback", action["data"]))

    def event(self, kind: str, *parts: Any, **more: Any) -> JsonDict:
        """Make an event of this person's without sending it."""
        made: JsonDict = getattr(self.town.fake.hooks, kind)(self.channel, self.user_id, *parts, **more)
        self._note(made)
        return made

    def album(self, count: int) -> list[JsonDict]:
        """Make the events of photos sent together."""
        photos = [jpeg(f"#{number * 9:02x}4060") for number in range(count)]
        made: list[JsonDict] = self.town.fake.hooks.images(self.channel, self.user_id, photos)
        for event in made:
            self._note(event)
        return made

    def _note(self, event: JsonDict) -> None:
        if "message" in event:
            self.sent.append(event["message"]["id"])

    # Looking

    @property
    def messages(self) -> list[JsonDict]:
        found: list[JsonDict] = self.town.fake.state.messages_of(self.channel, self.user_id)
        return found

    @property
    def chips(self) -> list[str]:
        """Return the words of the buttons below the chat."""
        items = self.messages[-1].get("quickReply", {}).get("items", [])
        return [item["action"]["label"] for item in items]

    @property
    def ways(self) -> list[str]:
        """Return how each answer came: ``reply`` is free, ``push`` is not."""
        return [one.via for one in self.town.fake.state.sendings if one.to == self.user_id]

    def button(self, label: str) -> JsonDict:
        """Return the newest button of this label."""
        for message in reversed(self.messages):
            for action in actions_of(message):
                if action.get("label") == label:
                    return action
        raise AssertionError(f"no button {label!r}; the phone shows {self.chips}")

    @property
    def drafts(self) -> Sequence[ChatDraft]:
        """Return what this person has begun, the current one first."""
        db.session.rollback()
        mine = select(ChatDraft).join(LineAccount).where(LineAccount.line_user_id == self.user_id)
        return db.session.scalars(mine.order_by(ChatDraft.parked_at.is_not(None), ChatDraft.id)).all()


def citizen(town: Town, seed: str = "malee") -> Chatter:
    """Return somebody who has the citizens' account in LINE and nothing else with us."""
    return Chatter(town, town.friend(seed))


def stranger(town: Town, seed: str = "somsri") -> Chatter:
    """Return somebody who has not added the account yet."""
    return Chatter(town, town.fake.state.add_user(seed, seed).user_id)


@contextmanager
def steps_counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """Collect the SQL of every webhook event that is handled, one list each, from its lease to its commit."""
    steps: list[list[str]] = []
    real = receipts._handle_one

    def counted(*parts: Any) -> None:
        with count_statements(db.engine) as sent:
            real(*parts)
        steps.append(sent)

    with monkeypatch.context() as patch:
        patch.setattr(receipts, "_handle_one", counted)
        yield steps
