"""What was sent and said: sendings, sayings, photos, the month's count, and what was taken back."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone

from line_sim.memory import MAX_FILES_BYTES
from line_sim.people import People
from line_sim.records import RETRY_KEY_SECONDS, Content, JsonDict, Saying, Sending, SimChannel

_FIRST_MESSAGE_ID = 461230966842064897
STRANGER_SECONDS = 7 * 24 * 3600
"""Somebody who wrote without adding the account can be answered for so long (line.md §2.4)."""
LINE_ZONE = timezone(timedelta(hours=9))
"""LINE counts days and months in Japan (line.md §2.7)."""


@dataclass
class Chats(People):
    """Everything that ever stood in a chat.

    Attributes:
        sendings: What LINE accepted from us, oldest first, whether it arrived or not.
        log: Sendings and sayings of all chats, oldest first.
        contents: Photos and files by message id.
    """

    sendings: list[Sending] = field(default_factory=list)
    log: list[Sending | Saying] = field(default_factory=list)
    contents: dict[str, Content] = field(default_factory=dict)
    _chats: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _last_said: dict[tuple[str, str], float] = field(default_factory=dict)
    _by_key: dict[tuple[str, str], Sending] = field(default_factory=dict)
    _sent_count: int = 0

    # Sending

    def accepted_before(self, channel: str, retry_key: str) -> Sending | None:
        """Return what this retry key sent within the last 24 hours."""
        with self.lock:
            sending = self._by_key.get((channel, retry_key))
            fresh = sending is not None and self.clock() - sending.at < RETRY_KEY_SECONDS
            return sending if fresh else None

    def is_exhausted(self, channel: SimChannel, count: int = 1) -> bool:
        """Tell whether the month's messages do not reach for ``count`` more."""
        return channel.quota_limit is not None and self.used(channel) + count > channel.quota_limit

    def used(self, channel: SimChannel) -> int:
        """Return how many messages count in this month."""
        with self.lock:
            month = line_day(self.clock())[:6]
            if channel.month and channel.month != month:
                channel.used = 0
            channel.month = month
            return channel.used

    def accept(
        self, channel: SimChannel, to: str, messages: list[JsonDict], via: str, retry_key: str = ""
    ) -> Sending:
        """Keep a sending; only one that reaches its phone counts against the quota, a reply never."""
        return self.accept_all(channel, [to], messages, via, retry_key, digest_of(to, messages))[0]

    def accept_all(
        self,
        channel: SimChannel,
        to: Sequence[str],
        messages: list[JsonDict],
        via: str,
        retry_key: str,
        digest: str,
    ) -> list[Sending]:
        """Keep one request to several people as a sending for each of them."""
        with self.lock:
            first = _FIRST_MESSAGE_ID + self._sent_count
            request_id = str(uuid.uuid4())
            made = [
                Sending(
                    channel=channel.key,
                    to=one,
                    via=via,
                    request_id=request_id,
                    sent_ids=tuple(str(first + number) for number in range(len(messages))),
                    messages=tuple(messages),
                    delivered=self.reaches(channel.key, one),
                    at=self.clock(),
                    retry_key=retry_key,
                    digest=digest,
                    recipients=self.people_behind(channel.key, one),
                )
                for one in to
            ]
            if self.journal is not None:
                self._write(*({"sending": asdict(sending)} for sending in made))
            for sending in made:
                self._add_sending(sending)
            self._changed.notify_all()
            return made

    def people_behind(self, channel: str, to: str) -> int:
        """Return how many people a recipient counts for: a group all its members, whoever blocks us none."""
        if to in self.groups:
            return len(self.groups[to].members)
        return int(self.reaches(channel, to))

    def reaches(self, channel: str, to: str) -> bool:
        """Tell whether a message arrives: at friends, at strangers who wrote within a week, at our groups."""
        with self.lock:
            if to in self.groups:
                return channel in self.groups[to].channels
            state = self.friend_state(channel, to)
            wrote = self._last_said.get((channel, to))
            recently = wrote is not None and self.clock() - wrote <= STRANGER_SECONDS
            return state == "friend" or (state == "none" and recently)

    def wait_for_sendings(self, count: int, seconds: float = 10.0) -> list[Sending]:
        """Return all sendings once there are at least ``count``, or what there is after ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.sendings) >= count, seconds)
            return list(self.sendings)

    def delivered_on(self, channel: str, via: str, day: str) -> int:
        """Return how many messages reached people on a day, ``yyyyMMdd`` in LINE's zone."""
        with self.lock:
            return sum(
                sending.recipients
                for sending in self.sendings
                if (sending.channel, sending.via, sending.delivered) == (channel, via, True)
                and line_day(sending.at) == day
            )

    # Saying

    def say(
        self,
        channel: str,
        user_id: str,
        text: str,
        *,
        kind: str = "text",
        message_id: str = "",
        details: JsonDict | None = None,
    ) -> Saying:
        """Keep what a person wrote, sent or pressed."""
        saying = Saying(channel, user_id, text, self.clock(), kind, message_id, details or {})
        with self.lock:
            self._keep({"saying": asdict(saying)})
        return saying

    def keep_content(self, channel: str, message_id: str, body: bytes, content_type: str) -> None:
        """Keep what somebody sent; when there is too much, the oldest is gone, as LINE's own is one day."""
        with self.lock:
            self._store_file(message_id, body)
            self.contents[message_id] = Content(body, content_type, channel=channel)
            told = {"message_id": message_id, "content_type": content_type, "channel": channel}
            self._write({"content": told})
            self._forget_old_contents()

    def content(self, channel: str, message_id: str) -> Content | None:
        """Return what was sent to this account; None for what was not, or is gone."""
        with self.lock:
            found = self.contents.get(message_id)
            return found if found is not None and found.channel in {"", channel} else None

    def unsend(self, channel: str, user_id: str, message_id: str) -> bool:
        """Take back what a person sent: gone from the chat, its content answers 410; False if not theirs."""
        with self.lock:
            found = self.saying_of(channel, user_id, message_id)
            if found is None or found.kind == "unsent":
                return False
            self._keep({"unsent": {"channel": channel, "user_id": user_id, "message_id": message_id}})
            return True

    def saying_of(self, channel: str, user_id: str, message_id: str) -> Saying | None:
        """Return one thing this person said, by its message id."""
        for entry in self.chat_of(channel, user_id):
            if isinstance(entry, Saying) and message_id and entry.message_id == message_id:
                return entry
        return None

    # Reading

    def messages_of(self, channel: str, user_id: str) -> list[JsonDict]:
        """Return the message objects that reached this person's phone, oldest first."""
        chat = self.chat_of(channel, user_id)
        return [message for entry in chat if isinstance(entry, Sending) for message in entry.messages]

    def chat_of(self, channel: str, user_id: str) -> list[Sending | Saying]:
        """Return the chat as this person's phone shows it, oldest first; a group's by the group's id."""
        with self.lock:
            return [self.log[place] for place in self._chats.get((channel, user_id), ())]

    # Taking up

    def _recall_sending(self, stored: JsonDict) -> None:
        self._add_sending(
            Sending(
                **{**stored, "sent_ids": tuple(stored["sent_ids"]), "messages": tuple(stored["messages"])}
            )
        )

    def _add_sending(self, sending: Sending) -> None:
        self.sendings.append(sending)
        if sending.delivered:
            self._chats.setdefault((sending.channel, sending.to), []).append(len(self.log))
        self.log.append(sending)
        self._sent_count += len(sending.messages)
        if sending.retry_key:
            self._by_key.setdefault((sending.channel, sending.retry_key), sending)
            if self.clock() - self._by_key[sending.channel, sending.retry_key].at >= RETRY_KEY_SECONDS:
                self._by_key[sending.channel, sending.retry_key] = sending
        channel = self.channels.get(sending.channel)
        if channel is not None and sending.via != "reply" and sending.delivered:
            self.used(channel)
            if line_day(sending.at)[:6] == channel.month:
                channel.used += sending.recipients

    def _recall_saying(self, stored: JsonDict) -> None:
        saying = Saying(**stored)
        place = saying.channel, saying.user_id
        self._chats.setdefault(place, []).append(len(self.log))
        self._last_said[place] = saying.at
        self.log.append(saying)

    def _recall_content(self, stored: JsonDict) -> None:
        body = self._stored_file(stored["message_id"])
        if body is not None:
            kept = Content(body, stored["content_type"], channel=stored["channel"])
            self.contents[stored["message_id"]] = kept

    def _recall_unsent(self, stored: JsonDict) -> None:
        message_id = stored["message_id"]
        for place in self._chats.get((stored["channel"], stored["user_id"]), ()):
            entry = self.log[place]
            if isinstance(entry, Saying) and entry.message_id == message_id:
                self.log[place] = replace(entry, text="", kind="unsent", details={})
                if "content_id" in entry.details:
                    self._drop_file(message_id)
                    gone = Content(b"", entry.details["content_type"], 410, entry.channel)
                    self.contents[message_id] = gone

    def _forget_old_contents(self) -> None:
        size = sum(len(content.body) for content in self.contents.values())
        for message_id in list(self.contents):
            if size <= MAX_FILES_BYTES:
                return
            size -= len(self.contents.pop(message_id).body)
            self._drop_file(message_id)


def digest_of(to: object, messages: object) -> str:
    """Return a fingerprint of a sending, to notice another body under the same retry key."""
    return hashlib.sha256(json.dumps([to, messages], sort_keys=True).encode()).hexdigest()


def line_day(seconds: float) -> str:
    """Return the day as LINE counts it: ``yyyyMMdd`` in UTC+9."""
    return datetime.fromtimestamp(seconds, LINE_ZONE).strftime("%Y%m%d")
