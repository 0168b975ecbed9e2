"""A LINE of our own for tests of the worker: people, messages in the outbox, events at the door."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import now
from domain.registration import Entry, register
from extensions import db, write_transaction
from line_sim.server import FakeLine, make_fake_line, serve_in_thread
from line_sim.state import SimChannel, SimUser, user_id_for
from models import (
    Category,
    Channel,
    Complaint,
    LineAccount,
    LineChannel,
    Member,
    MessageTemplate,
    OutboxChannel,
    OutboxMessage,
    Subcategory,
)
from worker.loop import Counts, drain_once
from worker.senders import Postman

NOTE = "test_note"
CITIZEN = OutboxChannel.LINE_CITIZEN
STAFF = OutboxChannel.LINE_STAFF


def new_fake(journal: Path | None = None) -> FakeLine:
    channels = [SimChannel(key, f"{key}-token", f"{key}-secret") for key in ("citizen", "staff")]
    return make_fake_line(channels, journal=journal, allow_http=True)


@dataclass
class Town:
    """The app, a fake LINE it talks to, and what a test does with both."""

    app: Flask
    fake: FakeLine
    url: str
    timeout: tuple[float, float] = (2.0, 10.0)

    def drain(self, *, periodic: bool = False) -> Counts:
        """Let a worker do what is due, then look at the database afresh."""
        postman = Postman(self.app, self.timeout)
        try:
            return drain_once(self.app, postman, periodic=periodic)
        finally:
            postman.close()
            db.session.rollback()

    def friend(self, seed: str, channel: str = "citizen") -> str:
        """Add a person with LINE whose account we know; return the LINE user id."""
        user = self.fake.state.add_user(seed, seed, [channel])
        with write_transaction() as session:
            session.add(LineAccount(channel=LineChannel(channel), line_user_id=user.user_id, bound_at=now()))
        return user.user_id

    def put(self, recipient: str, text: str, **more: Any) -> int:
        """Put a message into the outbox and return its id."""
        with write_transaction() as session:
            message = new_message(recipient, text, **more)
            session.add(message)
            session.flush()
            return message.id

    def texts(self, user_id: str, channel: str = "citizen") -> list[str]:
        """Return what arrived on a phone: texts, and the words of cards."""
        return [words_of(message) for message in self.fake.state.messages_of(channel, user_id)]


@contextmanager
def town_with_line(app: Flask, journal: Path | None = None) -> Iterator[Town]:
    """Point the app at a fake LINE for a while."""
    settings = app.extensions["settings"]
    fake = new_fake(journal)
    with serve_in_thread(fake) as server:
        app.extensions["settings"] = replace(settings, line_api_url=server.url)
        fake.hooks.deliver = door_of(app)
        for key, channel in fake.state.channels.items():
            channel.webhook_url = f"/line/{key}/webhook"
        plant_note(app)
        try:
            yield Town(app, fake, server.url)
        finally:
            app.extensions["settings"] = settings


def door_of(app: Flask) -> Any:
    """Return a way to post webhooks to the app as a stranger does."""

    def deliver(url: str, body: bytes, headers: dict[str, str]) -> int:
        return app.test_client().post(url, data=body, headers=headers).status_code

    return deliver


def plant_note(app: Flask) -> None:
    """Add a template whose message is just a text."""
    with app.app_context(), write_transaction() as session:
        if session.scalar(select(MessageTemplate.id).where(MessageTemplate.key == NOTE)) is None:
            words = {"body": "{story_short}"}
            session.add(MessageTemplate(key=NOTE, language="th", layout="plain_text", words=words))


def new_message(
    recipient: str,
    text: str,
    *,
    complaint_id: int | None = None,
    channel: OutboxChannel = CITIZEN,
    hold: timedelta = timedelta(0),
    **columns: Any,
) -> OutboxMessage:
    facts = {"number": "อส. 1/2569", "public_code": "2026-1", "story_short": text}
    facts |= {"state_code": "submitted", "state_word": "ได้รับเรื่องแล้ว"}
    values: dict[str, Any] = {
        "template_key": NOTE,
        "facts": facts,
        "dedupe_key": str(uuid.uuid4()),
        "retry_key": str(uuid.uuid4()),
        "not_before": now() + hold,
        "created_at": now(),
    }
    return OutboxMessage(
        channel=channel, recipient=recipient, complaint_id=complaint_id, **{**values, **columns}
    )


def words_of(message: dict[str, Any]) -> str:
    """Return all texts of a message, in reading order."""
    if message["type"] == "text":
        return str(message["text"])
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") in {"text", "button"}:
                found.append(node.get("text") or node["action"]["label"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(message["contents"])
    return "\n".join(found)


def postbacks_of(message: dict[str, Any]) -> list[str]:
    """Return the data of every postback button of a message, in reading order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "postback":
                found.append(node["data"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(message)
    return found


def links_of(message: dict[str, Any]) -> list[str]:
    """Return every address a message opens."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "uri":
                found.append(node["uri"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(message)
    return found


def new_member(session: Session, town: Town, seed: str = "malee", phone: str = "+66812345678") -> Member:
    """Return a new member who has our citizens' account in LINE."""
    town.fake.state.add_user(seed, seed, ["citizen"])
    member = Member(phone=phone, first_name=seed.title(), last_name="ใจดี", created_at=now())
    member.line_accounts = [
        LineAccount(channel=LineChannel.CITIZEN, line_user_id=user_id_for(seed), bound_at=now())
    ]
    session.add(member)
    session.flush()
    return member


def officer_line_id(session: Session, town: Town, username: str) -> str:
    """Return the LINE id of a demo officer, and let the fake LINE know him."""
    officer = officer_named(session, username)
    user_id = officer.line_accounts[0].line_user_id
    town.fake.state.users[user_id] = SimUser(user_id, officer.full_name, ("staff",))
    town.fake.state.befriend("staff", user_id)
    return user_id


def registered(town: Town, session: Session, member: Member, officer: str = "officer") -> Complaint:
    """Return a complaint of the member, written down by the clerk and handed to an officer."""
    subcategory = session.scalars(
        select(Subcategory).where(Subcategory.needs_photo.is_(False)).order_by(Subcategory.id)
    ).first()
    assert subcategory is not None
    channel_id = session.scalar(select(Channel.id).order_by(Channel.id).limit(1))
    entry = Entry(
        form_token=uuid.uuid4().hex,
        story="ถนนเป็นหลุมหน้าตลาด ขอให้มาซ่อม",
        member_id=member.id,
        channel_id=channel_id,
        category_id=session.get_one(Category, subcategory.category_id).id,
        subcategory_id=subcategory.id,
        assignee_id=officer_named(session, officer).id,
        place_text="หน้าตลาดเทศบาล",
    )
    return register(session, actor_named(session, "central"), town.app.extensions["vault"], entry)
