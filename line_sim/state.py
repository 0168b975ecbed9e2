"""What the fake LINE remembers: people, chats, rich menus, tokens, sign-ins, faults.

One lock guards everything, so the API, the phones and a test may use it from their own threads. With a
journal every accepted sending is on disk before LINE's answer goes out, and all but tokens survives a kill.
"""

from __future__ import annotations

from dataclasses import dataclass

from line_sim.chats import digest_of
from line_sim.faults import Faults
from line_sim.login import Login
from line_sim.memory import read_journal
from line_sim.menus import Menus
from line_sim.records import (
    FOREVER,
    LOGIN_CHANNEL_ID,
    LOGIN_SECRET,
    REPLY_TOKEN_SECONDS,
    RETRY_KEY_SECONDS,
    Content,
    Fault,
    FaultKind,
    JsonDict,
    ReplyToken,
    Saying,
    Sending,
    SimChannel,
    SimGroup,
    SimRichMenu,
    SimUser,
    group_id_for,
    user_id_for,
)
from line_sim.tokens import Tokens

__all__ = [
    "FOREVER",
    "LOGIN_CHANNEL_ID",
    "LOGIN_SECRET",
    "REPLY_TOKEN_SECONDS",
    "RETRY_KEY_SECONDS",
    "Content",
    "Fault",
    "FaultKind",
    "JsonDict",
    "LineState",
    "ReplyToken",
    "Saying",
    "Sending",
    "SimChannel",
    "SimGroup",
    "SimRichMenu",
    "SimUser",
    "digest_of",
    "group_id_for",
    "read_journal",
    "user_id_for",
]


@dataclass
class LineState(Menus, Login, Tokens, Faults):
    """The memory of the fake LINE; its parts stand in modules of their own."""
