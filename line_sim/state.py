"""What the fake LINE remembers: channels, people, what was sent and said, keys, tokens, quota, faults.

One lock guards everything, so the API, the phones and a test may use it from their own threads. With a
journal every accepted sending is on disk before LINE's answer goes out, and survives a kill.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

JsonDict = dict[str, Any]
FaultKind = Literal[
    "refuse",  # the connection ends before the request is looked at
    "hang",  # no answer comes, and nothing was accepted
    "timeout_after_accept",  # accepted, but the answer comes too late
    "lost_response",  # accepted, and the connection ends without an answer
    "500",
    "500_after_accept",
    "429_rate",
    "429_month",
    "401",
    "403",
    "502_html",  # a proxy's page instead of LINE's JSON
    "200_html",
]

RETRY_KEY_SECONDS = 24 * 3600
REPLY_TOKEN_SECONDS = 60
_FIRST_MESSAGE_ID = 461230966842064897


@dataclass(slots=True)
class SimChannel:
    """One official account: its keys, and where its webhooks go.

    Attributes:
        key: ``citizen`` or ``staff``.
        token: The channel access token our gateway must bring.
        secret: The channel secret webhooks are signed with.
        display_name: Name of the account on the phones.
        webhook_url: Where events are posted; empty while there is no app.
        quota_limit: Messages a month; None is no limit.
        used: Messages counted so far.
    """

    key: str
    token: str
    secret: str
    display_name: str = ""
    webhook_url: str = ""
    quota_limit: int | None = None
    used: int = 0

    @property
    def bot_user_id(self) -> str:
        """The account's own id, the ``destination`` of its webhooks."""
        return user_id_for(f"bot:{self.key}")


@dataclass(frozen=True, slots=True)
class SimUser:
    """A person with LINE, and the accounts whose phone the page offers."""

    user_id: str
    display_name: str
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """One request LINE accepted, whether the person's phone got it or not."""

    channel: str
    to: str
    via: str
    request_id: str
    sent_ids: tuple[str, ...]
    messages: tuple[JsonDict, ...]
    delivered: bool
    at: float
    retry_key: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing a person wrote or pressed on the phone."""

    channel: str
    user_id: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Content:
    """A photo or file a person sent; ``status`` 202, 404 or 410 stands for one that cannot be had."""

    body: bytes
    content_type: str
    status: int = 200


@dataclass(slots=True)
class Fault:
    """A failure waiting for its request."""

    kind: FaultKind
    times: int
    channel: str | None
    path: str


@dataclass(slots=True)
class ReplyToken:
    """The right to answer one event once."""

    channel: str
    user_id: str
    issued_at: float
    used: bool = False


def user_id_for(seed: str) -> str:
    """Return a user id in LINE's form, always the same for the same seed."""
    return "U" + hashlib.sha256(seed.encode()).hexdigest()[:32]


@dataclass
class LineState:
    """The memory of the fake LINE.

    Attributes:
        channels: By key.
        journal: File of JSON lines that outlives the process; None keeps all in memory.
        clock: Seconds since the epoch; a test may put its own here.
        allow_http: Take http pictures, for a demo on one's own machine.
        hang_seconds: How long a hanging answer hangs, unless released before.
        lock: Held while something is looked up and then changed, so that one retry key sends once.
        misuse: What our side did that LINE forgives but we must not, for example another body under
            the same retry key.
    """

    channels: dict[str, SimChannel]
    journal: Path | None = None
    clock: Callable[[], float] = time.time
    allow_http: bool = False
    hang_seconds: float = 15.0
    users: dict[str, SimUser] = field(default_factory=dict)
    sendings: list[Sending] = field(default_factory=list)
    log: list[Sending | Saying] = field(default_factory=list)
    contents: dict[str, Content] = field(default_factory=dict)
    misuse: list[str] = field(default_factory=list)
    _friends: set[tuple[str, str]] = field(default_factory=set)
    _tokens: dict[str, ReplyToken] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)
    _by_key: dict[tuple[str, str], Sending] = field(default_factory=dict)
    _sent_count: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Take up what the journal holds."""
        self._changed = threading.Condition(self.lock)
        if self.journal is not None and self.journal.exists():
            for record in read_journal(self.journal):
                self._remember(record)
            # A last line torn by a kill must not swallow the next one.
            with self.journal.open("a", encoding="utf-8") as file:
                file.write("\n")

    # People

    def add_user(self, seed: str, display_name: str, channels: Iterable[str] = ()) -> SimUser:
        """Add a person who is a friend of these accounts; the id follows from the seed."""
        user = SimUser(user_id_for(seed), display_name, tuple(channels))
        with self.lock:
            self.users[user.user_id] = user
            self._friends.update((channel, user.user_id) for channel in user.channels)
        return user

    def befriend(self, channel: str, user_id: str) -> None:
        """Let the account reach this person, for the first time or again."""
        with self.lock:
            self._friends.add((channel, user_id))

    def block(self, channel: str, user_id: str) -> None:
        """Let nothing of this account reach this person any more; LINE goes on answering 200."""
        with self.lock:
            self._friends.discard((channel, user_id))

    def is_friend(self, channel: str, user_id: str) -> bool:
        """Tell whether messages of the account reach this person."""
        with self.lock:
            return (channel, user_id) in self._friends

    def channel_of_token(self, token: str) -> SimChannel | None:
        """Return the channel an access token belongs to."""
        return next((one for one in self.channels.values() if one.token == token), None)

    # Sending

    def accepted_before(self, channel: str, retry_key: str) -> Sending | None:
        """Return what this retry key sent within the last 24 hours."""
        with self.lock:
            sending = self._by_key.get((channel, retry_key))
            fresh = sending is not None and self.clock() - sending.at < RETRY_KEY_SECONDS
            return sending if fresh else None

    def is_exhausted(self, channel: SimChannel) -> bool:
        """Tell whether the month's messages are used up."""
        return channel.quota_limit is not None and channel.used >= channel.quota_limit

    def accept(
        self, channel: SimChannel, to: str, messages: list[JsonDict], via: str, retry_key: str = ""
    ) -> Sending:
        """Keep a sending; only a push that reaches its phone counts against the quota."""
        with self.lock:
            first = _FIRST_MESSAGE_ID + self._sent_count
            sending = Sending(
                channel=channel.key,
                to=to,
                via=via,
                request_id=str(uuid.uuid4()),
                sent_ids=tuple(str(first + number) for number in range(len(messages))),
                messages=tuple(messages),
                delivered=self.is_friend(channel.key, to),
                at=self.clock(),
                retry_key=retry_key,
                digest=digest_of(to, messages),
            )
            self._keep({"sending": asdict(sending)})
            return sending

    def say(self, channel: str, user_id: str, text: str) -> None:
        """Keep what a person wrote or pressed."""
        with self.lock:
            self._keep({"saying": asdict(Saying(channel, user_id, text, self.clock()))})

    def messages_of(self, channel: str, user_id: str) -> list[JsonDict]:
        """Return the message objects that reached this person's phone, oldest first."""
        with self.lock:
            mine = [s for s in self.sendings if (s.channel, s.to) == (channel, user_id) and s.delivered]
            return [message for sending in mine for message in sending.messages]

    def chat_of(self, channel: str, user_id: str) -> list[Sending | Saying]:
        """Return the chat as this person's phone shows it, oldest first."""
        with self.lock:
            return [entry for entry in self.log if self._shows(entry, channel, user_id)]

    def wait_for_sendings(self, count: int, seconds: float = 10.0) -> list[Sending]:
        """Return all sendings once there are at least ``count``, or what there is after ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.sendings) >= count, seconds)
            return list(self.sendings)

    @staticmethod
    def _shows(entry: Sending | Saying, channel: str, user_id: str) -> bool:
        if isinstance(entry, Saying):
            return (entry.channel, entry.user_id) == (channel, user_id)
        return (entry.channel, entry.to) == (channel, user_id) and entry.delivered

    def _keep(self, record: JsonDict) -> None:
        if self.journal is not None:
            with self.journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self._remember(record)
        self._changed.notify_all()

    def _remember(self, record: JsonDict) -> None:
        if "saying" in record:
            self.log.append(Saying(**record["saying"]))
            return
        stored = record["sending"]
        sending = Sending(
            **{**stored, "sent_ids": tuple(stored["sent_ids"]), "messages": tuple(stored["messages"])}
        )
        self.sendings.append(sending)
        self.log.append(sending)
        self._sent_count += len(sending.messages)
        if sending.retry_key:
            self._by_key[sending.channel, sending.retry_key] = sending
        if sending.via == "push" and sending.delivered and sending.channel in self.channels:
            self.channels[sending.channel].used += 1

    # Reply tokens

    def issue_reply_token(self, channel: str, user_id: str) -> str:
        """Return a token that answers one event, once, within a minute."""
        token = uuid.uuid4().hex
        with self.lock:
            self._tokens[token] = ReplyToken(channel, user_id, self.clock())
        return token

    def spend_reply_token(self, channel: str, token: str) -> str | None:
        """Return whom the token answers and use it up; None when it is unknown, used or too old."""
        with self.lock:
            known = self._tokens.get(token)
            if known is None or known.used or known.channel != channel:
                return None
            if self.clock() - known.issued_at > REPLY_TOKEN_SECONDS:
                return None
            known.used = True
            return known.user_id

    # Faults

    def fail(self, kind: FaultKind, times: int = 1, *, channel: str | None = None, path: str = "") -> None:
        """Let the next ``times`` requests fail; of one channel, or of paths that end so, when given."""
        with self.lock:
            self._faults.append(Fault(kind, times, channel, path))

    def take_fault(self, channel: str | None, path: str) -> FaultKind | None:
        """Return the failure meant for this request, if any, and count it down."""
        with self.lock:
            for fault in self._faults:
                if fault.channel in {None, channel} and path.endswith(fault.path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault.kind
        return None

    def hold(self) -> None:
        """Keep a request waiting until released, at most ``hang_seconds``."""
        self._released.wait(self.hang_seconds)

    def release(self) -> None:
        """Let go of every request that hangs, now and from now on."""
        self._released.set()


def digest_of(to: str, messages: list[JsonDict]) -> str:
    """Return a fingerprint of a sending, to notice another body under the same retry key."""
    return hashlib.sha256(json.dumps([to, messages], sort_keys=True).encode()).hexdigest()


def read_journal(path: Path) -> Iterator[JsonDict]:
    """Yield the records of a journal, oldest first; a last line torn by a kill is left out."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue
