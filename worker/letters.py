"""From an outbox row to what LINE is sent: template words, snapshotted facts, addresses, buttons.

What was sent once is sent again word for word: LINE ties a retry key to its body, so a template that is
edited between two tries must not change it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, cast

from flask import Flask
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from domain.clock import now
from domain.deliveries import MAIL_TEST, DeliveryReason
from domain.phones import readable_phone
from domain.settings import read_setting
from domain.vault import Vault
from line_hooks.handlers import ANSWER_KEY
from line_hooks.link_events import LINK_FOR
from line_hooks.messages import CardFacts, CardProblem, build
from line_hooks.officers import GIVE, SEE
from line_hooks.pictured import PICTURE
from line_hooks.postback import encode
from models import (
    LineAccount,
    LineChannel,
    LineState,
    MessagePriority,
    MessageTemplate,
    OutboxChannel,
    OutboxMessage,
    StaffUser,
)
from worker.addresses import Addresses, map_address
from worker.letter_pictures import pictures_for
from worker.mail_letters import mail_of, test_mail

logger = logging.getLogger(__name__)

JsonDict = dict[str, Any]

LINE_CHANNELS: Final = {
    OutboxChannel.LINE_CITIZEN: LineChannel.CITIZEN,
    OutboxChannel.LINE_STAFF: LineChannel.STAFF,
}
STATUS_LAYOUT: Final = "citizen_status_card"
_RATINGS: Final = range(1, 6)
_CITIZENS_BUTTONS: Final = {
    STATUS_LAYOUT: {"answer": "answer", "add": "add_evidence"},
    "citizen_result_card": {"reopen": "reopen"},
}
"""By layout: the card's button, and the act whose words it asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One outbox row ready to go, or the reason why it does not.

    Attributes:
        row_id: Of the outbox row.
        channel: The way out.
        recipient: LINE user id.
        reply_token: Set for an answer; None for a push.
        may_push: A message with a reply token that is pushed when the token is too late.
        complaint_id: What it is about.
        is_routine: It may wait for company.
        is_status: It shows where its complaint stands, so a newer one of the same complaint replaces it.
        is_silent: The phone shall not ring.
        company: Rows whose messages go in this one's body.
        written_at: When it was put into the outbox.
        facts: Of an answer that is completed just before it is sent (``senders``: a link, or a picture).
        language: Likewise.
        retry_key: Fixed for the life of a push.
        attempts: Begun before this time.
        first_attempt_at: When the first of them began.
        expires_at: Of no use after it.
        was_tried: An earlier try is on record with what came of it.
        body: Messages as LINE takes them; None when there are none to send.
        is_new: The body was built now and is not stored yet.
        stopped: Why it is not to be sent.
        detail: What is known beyond the reason.
        recipient_name: For the head of an e-mail.
        is_test: An administrator waits for what becomes of it: tried once, never again by itself.
    """

    row_id: int
    channel: OutboxChannel
    recipient: str
    reply_token: str | None
    retry_key: str
    attempts: int
    first_attempt_at: datetime | None
    expires_at: datetime | None
    was_tried: bool
    written_at: datetime
    body: list[JsonDict] | None = None
    is_new: bool = False
    stopped: DeliveryReason | None = None
    detail: str = ""
    recipient_name: str = ""
    is_test: bool = False
    may_push: bool = False
    complaint_id: int | None = None
    is_routine: bool = False
    is_status: bool = False
    is_silent: bool = False
    company: tuple[int, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    language: str = "th"


def write_letters(session: Session, app: Flask, row_ids: Iterable[int]) -> list[Letter]:
    """Return a letter for each row, in the order given; rows that are gone are left out."""
    ids = list(row_ids)
    pictures = pictures_for(session, Addresses(app), ids)  # First: it may write, and begins anew then.
    rows = {row.id: row for row in session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(ids)))}
    desk = _Desk(session, app, rows.values(), pictures)
    return [desk.letter(rows[row_id]) for row_id in ids if row_id in rows]


class _Desk:
    """What is read once for a batch: templates, settings, whom LINE reaches."""

    def __init__(
        self,
        session: Session,
        app: Flask,
        rows: Iterable[OutboxMessage],
        pictures: Mapping[int, list[dict[str, str]]],
    ) -> None:
        batch = list(rows)
        self._pictures = pictures
        vault: Vault = app.extensions["vault"]
        self._key = vault.button_key
        self._addresses = Addresses(app)
        self._templates = _templates(session, {row.template_key for row in batch})
        self._accounts = _accounts(session, batch)
        self._mailboxes = _mailboxes(session, batch)
        self._town = {
            "th": str(read_setting(session, "municipality_name")),
            "en": str(read_setting(session, "municipality_name_en")),
        }
        self._phone = readable_phone(str(read_setting(session, "contact_phone")))

    def letter(self, row: OutboxMessage) -> Letter:
        """Return the row's letter."""
        blank = Letter(
            row_id=row.id,
            channel=row.channel,
            recipient=row.recipient,
            reply_token=_living_token(row),
            retry_key=row.retry_key,
            attempts=row.attempts,
            first_attempt_at=row.first_attempt_at,
            expires_at=row.expires_at,
            was_tried=row.last_error is not None,
            written_at=row.created_at,
            recipient_name=row.recipient_name,
            is_test=row.template_key == MAIL_TEST,
            may_push=row.reply_until is not None,
            complaint_id=row.complaint_id,
            is_routine=row.priority is MessagePriority.ROUTINE,
            is_status=self._layout(row) == STATUS_LAYOUT,
            is_silent=row.is_silent,
        )
        stopped = self._unreachable(row)
        if stopped is not None:
            return replace(blank, stopped=stopped)
        if row.sent_body:
            return replace(blank, body=row.sent_body)
        if LINK_FOR in row.facts:
            return replace(blank, body=[], facts=row.facts, language=row.language)
        if PICTURE in row.facts:
            plain = list(row.facts["messages"])
            return replace(blank, body=plain, facts=row.facts, language=row.language)
        return self._written(blank, row)

    def _layout(self, row: OutboxMessage) -> str:
        template = self._templates.get((row.template_key, "th"))
        return template.layout if template else ""

    def _unreachable(self, row: OutboxMessage) -> DeliveryReason | None:
        """Say why a push cannot reach anybody; an answer goes to whoever has just written to us."""
        if _living_token(row) is not None:
            return None
        if row.channel is OutboxChannel.EMAIL:
            return None if row.recipient in self._mailboxes else DeliveryReason.MAIL_GONE
        account = self._accounts.get((LINE_CHANNELS[row.channel], row.recipient))
        if account is None:
            return DeliveryReason.UNLINKED
        return DeliveryReason.BLOCKED if account is LineState.BLOCKED else None

    def _written(self, blank: Letter, row: OutboxMessage) -> Letter:
        try:
            body = self._body(row)
        except (CardProblem, LookupError, TypeError, ValueError, AttributeError) as problem:
            logger.exception("message cannot be built", extra={"outbox_id": row.id, "key": row.template_key})
            detail = f"{type(problem).__name__}: {problem}"
            return replace(blank, stopped=DeliveryReason.CANNOT_BUILD, detail=detail)
        if body is None:
            return replace(blank, stopped=DeliveryReason.TEMPLATE_OFF)
        return replace(blank, body=body, is_new=True)

    def _body(self, row: OutboxMessage) -> list[JsonDict] | None:
        if row.template_key == ANSWER_KEY:
            return self._answer(row)
        if row.template_key == MAIL_TEST:
            return [test_mail(row.language, self._facts(row))]
        return self._card(row)

    def _answer(self, row: OutboxMessage) -> list[JsonDict]:
        if "messages" in row.facts:  # Built and checked where the question was understood.
            return list(row.facts["messages"])
        facts: CardFacts = {
            "number": "",
            "public_code": "",
            "state_code": "",
            "state_word": "",
            "comment": str(row.facts["text"]),
        }
        return build("plain_text", {"body": "{comment}"}, facts)

    def _card(self, row: OutboxMessage) -> list[JsonDict] | None:
        language = row.language if (row.template_key, row.language) in self._templates else "th"
        template = self._templates[row.template_key, language]
        if not template.is_active:
            return None
        facts = self._facts(row)
        if row.channel is OutboxChannel.EMAIL:
            return [mail_of(template.words, facts, language)]
        postbacks = self._postbacks(template.layout, facts)
        http = self._addresses.allows_http
        return build(template.layout, template.words, cast("CardFacts", facts), postbacks, allow_http=http)

    def _facts(self, row: OutboxMessage) -> JsonDict:
        public_code = str(row.facts.get("public_code", ""))
        place = map_address(str(row.facts.get("latitude", "")), str(row.facts.get("longitude", "")))
        digest = self._addresses.of_digest(row.facts) if "counts" in row.facts else {}
        return {
            "municipality": self._town["en" if row.language == "en" else "th"],
            "contact_phone": self._phone,
            "map_url": place,
            "pictures": self._pictures.get(row.id, []),
            **self._addresses.of_case(row.complaint_id, public_code),
            **row.facts,
            **digest,
        }

    def _postbacks(self, layout: str, facts: Mapping[str, Any]) -> dict[str, str]:
        code = str(facts["public_code"])
        if layout == "staff_order_card":
            seq = int(facts["state_seq"])
            names = {"acknowledge": "acknowledge", "result": "result"}
            return {word: encode(name, code, self._key, state_seq=seq) for word, name in names.items()}
        if layout == "staff_note_card":  # The template has words for those it offers.
            seq = int(facts["state_seq"])
            names = {"case": SEE, "give_time": GIVE, "refuse_time": "refuse_more_time"}
            return {word: encode(name, code, self._key, state_seq=seq) for word, name in names.items()}
        return self._citizens_postbacks(layout, facts)

    def _citizens_postbacks(self, layout: str, facts: Mapping[str, Any]) -> dict[str, str]:
        """Return what a citizen's card offers in the chat; each act asks again who presses."""
        code = str(facts["public_code"])
        names = _CITIZENS_BUTTONS.get(layout, {})
        offered = {word: encode(name, code, self._key) for word, name in names.items()}
        if layout == "citizen_result_card" and not facts.get("is_rated"):
            offered |= {f"rate_{stars}": encode("rate", code, self._key, value=stars) for stars in _RATINGS}
        return offered


def _living_token(row: OutboxMessage) -> str | None:
    """Return the reply token while it may be used; a message that can be pushed does without an old one."""
    is_over = row.reply_until is not None and now() >= row.reply_until
    return None if is_over else row.reply_token


def _templates(session: Session, keys: set[str]) -> dict[tuple[str, str], MessageTemplate]:
    rows = session.scalars(select(MessageTemplate).where(MessageTemplate.key.in_(keys)))
    return {(row.key, row.language): row for row in rows}


def _accounts(session: Session, rows: Iterable[OutboxMessage]) -> dict[tuple[LineChannel, str], LineState]:
    """Return the state of every recipient's account; accounts of switched-off officers are left out."""
    wanted = {(LINE_CHANNELS[row.channel], row.recipient) for row in rows if row.channel in LINE_CHANNELS}
    if not wanted:
        return {}
    found = session.execute(
        select(LineAccount.channel, LineAccount.line_user_id, LineAccount.state)
        .outerjoin(StaffUser, StaffUser.id == LineAccount.staff_user_id)
        .where(
            tuple_(LineAccount.channel, LineAccount.line_user_id).in_(sorted(wanted)),
            StaffUser.is_active.is_not(False),
        )
    )
    return {(channel, user_id): state for channel, user_id, state in found}


def _mailboxes(session: Session, rows: Iterable[OutboxMessage]) -> frozenset[str]:
    """Return the addresses that still belong to an officer at work."""
    wanted = {row.recipient for row in rows if row.channel is OutboxChannel.EMAIL}
    if not wanted:
        return frozenset()
    found = session.scalars(
        select(StaffUser.email).where(StaffUser.email.in_(sorted(wanted)), StaffUser.is_active)
    )
    return frozenset(address for address in found if address)
