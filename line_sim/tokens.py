"""Rights that run out: reply, link and access tokens; and what a phone shows of the other side."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field

from line_sim.people import People
from line_sim.records import (
    LINK_TOKEN_SECONDS,
    REDELIVERY_SECONDS,
    REPLY_TOKEN_SECONDS,
    STATELESS_TOKEN_SECONDS,
    LinkToken,
    ReplyToken,
    SimChannel,
)


@dataclass
class Tokens(People):
    """Tokens, secrets and marks; none of them survives a restart."""

    _tokens: dict[str, ReplyToken] = field(default_factory=dict)
    _link_tokens: dict[str, LinkToken] = field(default_factory=dict)
    _stateless: dict[str, tuple[str, float]] = field(default_factory=dict)
    _read_tokens: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    _read_until: dict[tuple[str, str], float] = field(default_factory=dict)
    _loading: dict[tuple[str, str], float] = field(default_factory=dict)

    # Access tokens

    def channel_of_token(self, token: str) -> SimChannel | None:
        """Return the channel an access token belongs to; None for an unknown, revoked or old one."""
        with self.lock:
            for one in self.channels.values():
                if one.token == token and not one.revoked:
                    return one
            key, until = self._stateless.get(token, ("", 0.0))
            return self.channels[key] if key and self.clock() < until else None

    def revoke(self, channel: str) -> None:
        """Take the access token back: every request with it answers 401."""
        with self.lock:
            self.channels[channel].revoked = True

    def restore(self, channel: str) -> None:
        """Let a revoked access token count again."""
        with self.lock:
            self.channels[channel].revoked = False

    def rotate_secret(self, channel: str) -> str:
        """Give the channel a new secret and return it; webhooks are signed with it from now on."""
        with self.lock:
            self.channels[channel].secret = secrets.token_hex(16)
            return self.channels[channel].secret

    def rotate_token(self, channel: str) -> str:
        """Issue a new access token and return it; the old one is no longer known."""
        with self.lock:
            self.channels[channel].token = secrets.token_urlsafe(48)
            self.channels[channel].revoked = False
            return self.channels[channel].token

    def issue_stateless_token(self, channel: str) -> str:
        """Return an access token for a quarter of an hour."""
        token = secrets.token_urlsafe(48)
        with self.lock:
            self._stateless[token] = channel, self.clock() + STATELESS_TOKEN_SECONDS
        return token

    # Reply tokens

    def issue_reply_token(self, channel: str, user_id: str) -> str:
        """Return a token that answers one event, once, within a minute."""
        token = uuid.uuid4().hex
        with self.lock:
            now = self.clock()
            self._tokens[token] = ReplyToken(channel, user_id, now, event_at=now)
        return token

    def renew_reply_token(self, token: str) -> None:
        """Begin the token's minute again, as a redelivery does, up to twenty minutes after the event."""
        with self.lock:
            known = self._tokens.get(token)
            if known is not None and self.clock() - known.event_at <= REDELIVERY_SECONDS:
                known.issued_at = self.clock()

    def spend_reply_token(self, channel: str, token: str) -> str | None:
        """Return whom the token answers and use it up; None when it is unknown, used or too old."""
        with self.lock:
            known = self._tokens.get(token)
            if known is None or known.used or known.channel != channel:
                return None
            now = self.clock()
            if now - known.issued_at > REPLY_TOKEN_SECONDS or now - known.event_at > REDELIVERY_SECONDS:
                return None
            known.used = True
            return known.user_id

    # Link tokens

    def issue_link_token(self, channel: str, user_id: str) -> str:
        """Return a token that binds this person's LINE to an account of ours, once within ten minutes."""
        token = secrets.token_urlsafe(24)
        with self.lock:
            self._link_tokens[token] = LinkToken(channel, user_id, self.clock())
        return token

    def spend_link_token(self, token: str) -> LinkToken | None:
        """Return whose the token is and use it up; None when it is unknown, used or too old."""
        with self.lock:
            known = self._link_tokens.get(token)
            if known is None or known.used or self.clock() - known.issued_at > LINK_TOKEN_SECONDS:
                return None
            known.used = True
            return known

    # What a phone shows of the other side

    def issue_read_token(self, channel: str, user_id: str) -> str:
        """Return the ``markAsReadToken`` of a message; it does not run out."""
        token = secrets.token_urlsafe(32)
        with self.lock:
            self._read_tokens[token] = channel, user_id, self.clock()
        return token

    def mark_read(self, channel: str, token: str) -> bool:
        """Mark a message and all before it as read; False for a token of nobody here."""
        with self.lock:
            known = self._read_tokens.get(token)
            if known is None or known[0] != channel:
                return False
            place = channel, known[1]
            self._read_until[place] = max(self._read_until.get(place, 0.0), known[2])
            return True

    def is_read(self, channel: str, user_id: str, at: float) -> bool:
        """Tell whether what the person said at this moment has been marked as read."""
        with self.lock:
            automatic = self.channels[channel].mark_as_read == "auto"
            return automatic or self._read_until.get((channel, user_id), -1.0) >= at

    def start_loading(self, channel: str, user_id: str, seconds: float) -> None:
        """Show the dots of an answer that is being written."""
        with self.lock:
            self._loading[channel, user_id] = self.clock() + seconds

    def is_loading(self, channel: str, user_id: str) -> bool:
        """Tell whether the dots are shown; a message of ours takes them away."""
        with self.lock:
            return self.clock() < self._loading.get((channel, user_id), 0.0)

    def stop_loading(self, channel: str, user_id: str) -> None:
        """Take the dots away."""
        with self.lock:
            self._loading.pop((channel, user_id), None)
