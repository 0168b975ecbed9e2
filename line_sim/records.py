"""What the fake LINE keeps: one small class for each kind of thing, and the numbers of LINE's own rules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final, Literal

JsonDict = dict[str, Any]
FaultKind = Literal[
    "refuse",  # the connection ends before the request is looked at
    "hang",  # no answer comes, and nothing was accepted
    "slow",  # the answer takes its time, and is the right one
    "timeout_after_accept",  # accepted, but the answer comes too late
    "lost_response",  # accepted, and the connection ends without an answer
    "500",
    "500_after_accept",
    "429_rate",
    "429_month",
    "400",
    "401",
    "403",
    "404",
    "410",
    "413",
    "502_html",  # a proxy's page instead of LINE's JSON
    "200_html",
    "hook_lose",  # a webhook that never arrives; ``Webhooks.redeliver`` may send it again
    "hook_duplicate",  # the same webhook twice
    "hook_reorder",  # after the next one; several events in one webhook come backwards
    "hook_redeliver",  # once, and then again with LINE's mark
    "hook_delay",  # only after some seconds
    "hook_batch",  # kept until there are so many events, then all in one webhook
]

FOREVER: Final = 10**9
"""As ``times`` of a fault: until it is cleared."""

RETRY_KEY_SECONDS = 24 * 3600
REPLY_TOKEN_SECONDS = 60
REDELIVERY_SECONDS = 20 * 60
"""A redelivered event renews its token's minute, but not past this age of the event (line.md §1.4)."""
LINK_TOKEN_SECONDS = 10 * 60
LOGIN_CODE_SECONDS = 10 * 60
STATELESS_TOKEN_SECONDS = 15 * 60

LOGIN_CHANNEL_ID: Final = "1650000000"
"""The LINE Login channel of the demo; citizens' web pages know people by it."""
LOGIN_SECRET: Final = "sim-login-secret"  # noqa: S105 -- A word of the simulator, which guards nothing.

FriendState = Literal["friend", "blocked", "none"]


@dataclass(slots=True)
class SimChannel:
    """One official account: its keys, its settings, and where its webhooks go.

    Attributes:
        key: ``citizen`` or ``staff``.
        token: The channel access token our gateway must bring.
        secret: The channel secret webhooks are signed with.
        display_name: Name of the account on the phones.
        webhook_url: Where events are posted; empty while there is no app.
        quota_limit: Messages a month; None is no limit.
        used: Messages counted in this month.
        chat_mode: ``bot``, or ``chat`` while people may answer by hand in LINE's own manager.
        mark_as_read: ``auto`` or ``manual``.
        webhook_active: Whether the switch "Use webhook" of LINE's console is on.
        revoked: The access token was taken back; nothing opens.
        month: The month ``used`` counts, as ``2569-01`` would be ``2026-01``, by LINE's clock (UTC+9).
    """

    key: str
    token: str
    secret: str
    display_name: str = ""
    webhook_url: str = ""
    quota_limit: int | None = None
    used: int = 0
    chat_mode: Literal["bot", "chat"] = "bot"
    mark_as_read: Literal["auto", "manual"] = "auto"
    webhook_active: bool = True
    revoked: bool = False
    month: str = ""

    @property
    def bot_user_id(self) -> str:
        """The account's own id, the ``destination`` of its webhooks."""
        return user_id_for(f"bot:{self.key}")

    @property
    def basic_id(self) -> str:
        """The name people add the account by."""
        return f"@sim-{self.key}"

    @property
    def channel_id(self) -> str:
        """The number of the Messaging API channel, the ``client_id`` of its stateless tokens."""
        known = {"citizen": "1650000001", "staff": "1650000002"}
        return known.get(self.key) or str(1_660_000_000 + int(self.bot_user_id[1:7], 16))


@dataclass(frozen=True, slots=True)
class SimUser:
    """A person with LINE, and the accounts whose phone the page offers.

    Attributes:
        user_id: LINE's id of the person, the same in every channel of one provider.
        display_name: As the profile tells it.
        channels: Keys of the accounts on this person's phone.
        language: ``th`` or ``en``, the language of the phone.
        picture_url: Address of a picture; empty for none.
    """

    user_id: str
    display_name: str
    channels: tuple[str, ...] = ()
    language: str = "th"
    picture_url: str = ""


@dataclass(slots=True)
class SimGroup:
    """A group chat and who is in it; an account may be a member, too."""

    group_id: str
    members: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sending:
    """One request LINE accepted, whether the person's phone got it or not.

    Attributes:
        recipients: How many people it counts for; members of a group count one by one.
    """

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
    recipients: int = 1


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing a person wrote, sent or pressed on the phone.

    Attributes:
        text: The words, or what an old reader shows for a photo or a place; empty when unsent.
        kind: ``text``, ``image``, ``location``, ``sticker``, ``video``, ``audio``, ``file``, ``postback``
            or ``unsent``.
        message_id: LINE's id of it; empty for a press.
        details: What a phone draws it from: ``content_id``, ``content_type``, ``file_name``,
            ``file_size``, ``image_set``; ``latitude``, ``longitude``, ``title``, ``address``;
            ``package_id``, ``sticker_id``; ``data`` and ``params`` of a press.
    """

    channel: str
    user_id: str
    text: str
    at: float
    kind: str = "text"
    message_id: str = ""
    details: JsonDict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """A photo or file a person sent.

    Attributes:
        status: 202, 404 or 410 stands for one that cannot be had.
        channel: The account it was sent to, the only one that may fetch it; empty for any.
    """

    body: bytes
    content_type: str
    status: int = 200
    channel: str = ""


@dataclass(slots=True)
class SimRichMenu:
    """A rich menu as it was created; only one with a picture can be shown.

    Attributes:
        body: The JSON as given, without ids.
        picture: PNG or JPEG; None until it is uploaded, and never replaced after that.
    """

    id: str
    channel: str
    body: JsonDict
    picture: bytes | None = None
    content_type: str = ""


@dataclass(slots=True)
class Fault:
    """A failure waiting for its request, or for its webhook.

    Attributes:
        seconds: How long, of ``slow`` and ``hook_delay``.
        size: How many events, of ``hook_batch``.
    """

    kind: FaultKind
    times: int
    channel: str | None
    path: str
    seconds: float = 0.0
    size: int = 0


@dataclass(slots=True)
class ReplyToken:
    """The right to answer one event once."""

    channel: str
    user_id: str
    issued_at: float
    used: bool = False
    event_at: float = 0.0


@dataclass(slots=True)
class LinkToken:
    """The right to bind one person's LINE to an account of ours, once within ten minutes."""

    channel: str
    user_id: str
    issued_at: float
    used: bool = False


@dataclass(frozen=True, slots=True)
class LoginCode:
    """What somebody who signed in with LINE brings back to the app."""

    user_id: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    challenge: str
    issued_at: float


def user_id_for(seed: str) -> str:
    """Return a user id in LINE's form, always the same for the same seed."""
    return "U" + hashlib.sha256(seed.encode()).hexdigest()[:32]


def group_id_for(seed: str) -> str:
    """Return a group id in LINE's form, always the same for the same seed."""
    return "C" + hashlib.sha256(seed.encode()).hexdigest()[:32]
