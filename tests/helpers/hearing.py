"""What people heard of a case: outbox, bells, and the column "told" of workflow.md."""

from __future__ import annotations

from flask import Flask
from helpers.casework import (
    bring_to,
    make_ready,
    original_for,
)
from helpers.people import officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Complaint,
    ComplaintStatus,
    Notification,
    OutboxChannel,
    OutboxMessage,
    StaffUser,
)

S = ComplaintStatus


def told(session: Session, case: Complaint) -> list[tuple[str, str]]:
    """Return (recipient, template) of everything in the outbox for a case, oldest first."""
    session.flush()
    rows = session.scalars(
        select(OutboxMessage).where(OutboxMessage.complaint_id == case.id).order_by(OutboxMessage.id)
    )
    return [(row.recipient_name, row.template_key) for row in rows]


def news(session: Session, case: Complaint, before: int) -> set[tuple[str, str]]:
    return set(told(session, case)[before:])


def bells(session: Session, case: Complaint) -> set[tuple[str, str]]:
    session.flush()
    rows = session.execute(
        select(StaffUser.username, Notification.template_key)
        .join(StaffUser, StaffUser.id == Notification.staff_user_id)
        .where(Notification.complaint_id == case.id)
    )
    return {(username, key) for username, key in rows}


def name_of(session: Session, username: str) -> str:
    return officer_named(session, username).full_name


def last_message(session: Session, channel: OutboxChannel) -> OutboxMessage:
    session.flush()
    found = select(OutboxMessage).where(OutboxMessage.channel == channel).order_by(OutboxMessage.id.desc())
    return session.scalars(found.limit(1)).one()


CITIZEN = "นายสมชาย ใจดี"

# workflow.md, column "told": C the complainant, O the officer, N the officer of now where that is another,
# I the intake of the department, E that of the department it went to, H the head.
TOLD: dict[str, tuple[ComplaintStatus, str, set[tuple[str, str]]]] = {
    "accept": (S.SUBMITTED, "clerk", {("C", "citizen_accepted")}),
    "direct": (S.ACCEPTED, "clerk", {("O", "staff_directed"), ("C", "citizen_directed")}),
    "acknowledge": (S.DIRECTED, "officer", {("C", "citizen_acknowledged")}),
    "start": (S.DIRECTED, "officer", {("C", "citizen_started")}),
    "start after acknowledging": (S.ACKNOWLEDGED, "officer", set()),
    "record_result": (S.IN_PROGRESS, "officer", {("C", "citizen_result"), ("H", "staff_result")}),
    "answer": (S.AWAITING_CITIZEN, "clerk", {("O", "staff_answered")}),
    "take_off_plan": (S.AWAITING_PLAN, "head", {("C", "citizen_off_plan"), ("O", "staff_resumed")}),
    "return_from_referral": (S.REFERRED_OUT, "clerk", {("C", "citizen_returned"), ("O", "staff_resumed")}),
    "ask_citizen": (S.IN_PROGRESS, "officer", {("C", "citizen_question")}),
    "forward": (S.DIRECTED, "clerk", {("E", "staff_forwarded"), ("O", "staff_reassigned")}),
    "put_on_plan": (S.IN_PROGRESS, "head", {("C", "citizen_on_plan")}),
    "refer_out": (S.IN_PROGRESS, "head", {("C", "citizen_referred")}),
    "reassign": (S.AWAITING_PLAN, "head", {("N", "staff_taken_over"), ("O", "staff_reassigned")}),
    "hand_back": (S.IN_PROGRESS, "officer", {("I", "staff_handed_back")}),
    "ask_more_time": (S.IN_PROGRESS, "officer", {("H", "staff_more_time")}),
    "extend": (S.IN_PROGRESS, "head", {("C", "citizen_extended"), ("O", "staff_extended")}),
    "refuse_more_time": (S.IN_PROGRESS, "head", {("O", "staff_time_refused")}),
    "correct_result": (S.RESOLVED, "clerk", {("C", "citizen_corrected")}),
    "close": (S.RESOLVED, "clerk", set()),
    "reopen": (
        S.RESOLVED,
        "head",
        {("O", "staff_reopened"), ("I", "staff_reopened"), ("C", "citizen_reopened")},
    ),
    "merge": (S.DIRECTED, "clerk", {("C", "citizen_merged")}),
    "unmerge": (S.DUPLICATE, "clerk", {("C", "citizen_unmerged")}),
    "reject": (S.SUBMITTED, "clerk", {("C", "citizen_rejected")}),
    "withdraw": (S.DIRECTED, "central", {("I", "staff_withdrawn"), ("O", "staff_withdrawn")}),
    "lapse": (S.AWAITING_CITIZEN, "clerk", {("C", "citizen_lapsed")}),
    "add_evidence": (S.IN_PROGRESS, "clerk", {("O", "staff_evidence")}),
    "note": (S.IN_PROGRESS, "clerk", set()),
    "remove_attachment": (S.IN_PROGRESS, "clerk", set()),
    "edit": (S.IN_PROGRESS, "clerk", set()),
}
LETTERS = {"O": "officer", "N": "nirut.b", "I": "clerk", "E": "health", "H": "head"}


def ready_for(app: Flask, session: Session, row: str) -> Complaint:
    case = bring_to(app, session, TOLD[row][0])
    make_ready(session, case, row.split()[0])
    if row == "merge":
        original_for(session, case)
    return case
