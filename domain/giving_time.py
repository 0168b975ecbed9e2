"""Giving the time an officer asked for: just as it was asked, once, whoever of the heads is first."""

from __future__ import annotations

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.errors import InvalidField, StaleRow
from domain.more_time import extend, pending_request
from domain.moves import already_done, last_event, lock_complaint
from domain.workflow import Action
from models import Complaint

_ANSWERS = (Action.EXTEND, Action.REFUSE_MORE_TIME)


def give_as_asked(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    request_id: int,
    reason: str,
    expected_seq: int | None = None,
) -> Complaint:
    """Give the working days of one request; officer and citizen are told the new day.

    Args:
        session: Inside a write transaction.
        actor: The head.
        complaint_id: Which complaint.
        request_id: The event of the request the head has read.
        reason: For the citizen to read.
        expected_seq: ``state_seq`` the pressed button was made for.

    Raises:
        AlreadyDone: the request was answered meanwhile.
        StaleRow: another request has taken its place.
        DomainError: what ``extend`` says.
    """
    complaint = lock_complaint(session, actor, complaint_id)
    asked = pending_request(session, complaint)
    if asked is None:
        answers = [last_event(session, complaint, kind) for kind in _ANSWERS]
        later = [one for one in answers if one is not None and one.id > request_id]
        if not later:
            raise InvalidField("no_time_request", field="reason")
        last = max(later, key=lambda one: one.id)
        raise already_done(last.kind, last)
    if asked.id != request_id:
        raise StaleRow("stale_button")
    days = int(asked.facts["days"])
    return extend(session, actor, complaint_id, days=days, reason=reason, expected_seq=expected_seq)
