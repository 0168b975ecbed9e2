"""A complaint of Malee's in an officer's hands, both with their phones: press, write, see what comes back."""

from __future__ import annotations

from typing import Any

from helpers.line import Town, new_member, officer_line_id, postbacks_of, registered, words_of
from helpers.people import actor_named
from sqlalchemy import select

from domain.clock import today
from domain.complaints import record_result
from extensions import db, write_transaction
from line_hooks.postback import encode
from line_sim.state import user_id_for
from models import Complaint, ComplaintEvent, EventKind, Outcome


class Case:
    """A complaint of Malee's, in the hands of an officer who has its card on his phone."""

    def __init__(self, town: Town) -> None:
        self.town = town
        with write_transaction() as session:
            self.officer = officer_line_id(session, town, "officer")
            complaint = registered(town, session, new_member(session, town))
            self.id, self.code, self.number = complaint.id, complaint.public_code, str(complaint)
        self.malee = user_id_for("malee")
        town.drain()

    @property
    def row(self) -> Complaint:
        db.session.rollback()
        return db.session.get_one(Complaint, self.id)

    def button(self, action: str, **parts: Any) -> str:
        return encode(action, self.code, self.town.app.extensions["vault"].button_key, **parts)

    def press(self, data: str, *, channel: str = "staff", who: str | None = None, **more: Any) -> list[str]:
        """Press a button and return what the phone says back."""
        who = who or (self.officer if channel == "staff" else self.malee)
        event = {**self.town.fake.hooks.postback(channel, who, data), **more}
        return self.send(channel, who, event)

    def send(self, channel: str, who: str, *events: dict[str, Any]) -> list[str]:
        before = len(self.replies(channel, who))
        assert self.town.fake.send_webhook(channel, events) == 200
        self.town.drain()
        return self.replies(channel, who)[before:]

    def replies(self, channel: str, who: str) -> list[str]:
        sent = [
            s for s in self.town.fake.state.sendings if (s.channel, s.to, s.via) == (channel, who, "reply")
        ]
        return [words_of(message) for sending in sent for message in sending.messages]

    def events(self, kind: EventKind) -> list[ComplaintEvent]:
        db.session.rollback()
        mine = (ComplaintEvent.complaint_id == self.id, ComplaintEvent.kind == kind)
        return list(db.session.scalars(select(ComplaintEvent).where(*mine)))

    def finish(self) -> None:
        with write_transaction() as session:
            actor = actor_named(session, "officer")
            record_result(
                session,
                actor,
                self.id,
                done_date=today(),
                result_text="ซ่อมแล้ว",
                outcome=Outcome.FIXED,
                photo_token="none",
            )

    def card_button(self) -> str:
        """Return the first button of the newest card on the officer's phone."""
        return postbacks_of(self.town.fake.state.messages_of("staff", self.officer)[-1])[0]
