"""Who is told what: an act becomes outbox rows and bell rows in its own transaction; nothing is sent here."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import bangkok_date, now
from domain.labels import STEP_WORDS, citizen_word, duration_text, promised_words, word
from domain.message_priority import priority_of, waits_for_company
from domain.permissions import Permission
from domain.settings import read_setting
from domain.snapshots import changes_since
from domain.telling_ways import Way, ways_of
from domain.thai_calendar import thai_date
from domain.thai_text import grapheme_truncate
from domain.workflow import CITIZEN_STEPS, Audience, Telling
from models import (
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    Department,
    DurationUnit,
    EventKind,
    LineAccount,
    LineChannel,
    LineState,
    Notification,
    OutboxChannel,
    OutboxMessage,
    Role,
    RoleGrant,
    Scope,
    StaffUser,
    StatusKind,
)
from tables.staff import staff_role

STORY_LETTERS = 120
# An order to oneself is told too: its card carries the buttons.
ORDERS = frozenset({EventKind.REGISTER, EventKind.DIRECT})
# Their note is the order's, the rating's or the result's own words: the card has a place of its own for it.
SHOWN_ELSEWHERE = frozenset({EventKind.DIRECT, EventKind.RATE, EventKind.RECORD_RESULT})
# What staff write for the citizen to read; every other note is for colleagues.
WRITTEN_FOR_CITIZENS = frozenset(
    {EventKind.ASK_CITIZEN, EventKind.EXTEND, EventKind.REJECT, EventKind.REMINDED}
)
ALL_WAYS = frozenset(Way)


def tell(
    session: Session, actor: Actor, complaint: Complaint, event: ComplaintEvent, tells: Iterable[Telling]
) -> None:
    """Write one message per recipient of each telling; a person hears once of one event.

    Staff also get a bell row, with or without LINE. The caller commits.
    """
    heard: set[int] = set()
    for telling in tells:
        if telling.audience is Audience.COMPLAINANT:
            for account, name in citizens_reached(session, complaint, telling.template_key):
                to = _Address.of_account(account, name)
                _enqueue(session, actor, complaint, event, telling.template_key, to)
            continue
        is_order = event.kind in ORDERS and telling.audience is Audience.ASSIGNEE
        for officer in officers_of(session, complaint, telling.audience):
            if officer.id in heard or (officer.id == actor.staff_user_id and not is_order):
                continue
            heard.add(officer.id)
            tell_officer(session, actor, complaint, event, telling.template_key, officer)


def citizens_reached(
    session: Session, complaint: Complaint, template_key: str
) -> list[tuple[LineAccount, str]]:
    """Return the accounts, with names, of the complainant and the followers; the shared member is nobody.

    Whoever reported in the chat and is no member is told by the account he reported from.
    """
    if Way.LINE not in ways_of(session, template_key):
        return []
    members = [complaint.member, *(row.member for row in complaint.followers)]
    persons = dict.fromkeys(one for one in members if one is not None and not one.is_shared)
    found = [(reachable(one.line_accounts, LineChannel.CITIZEN), one.full_name) for one in persons]
    told = [(account, name) for account, name in found if account is not None]
    reporter = reachable_reporter(complaint)
    return [*told, (reporter, reporter.display_name or "")] if reporter else told


def reachable_reporter(complaint: Complaint) -> LineAccount | None:
    """Return the account a case without a member was reported from, if it can be reached."""
    account = complaint.reporter_account if complaint.member_id is None else None
    return reachable([account], LineChannel.CITIZEN) if account is not None else None


def tell_officer(
    session: Session,
    actor: Actor,
    complaint: Complaint,
    event: ComplaintEvent,
    template_key: str,
    officer: StaffUser,
    among: frozenset[Way] = ALL_WAYS,
) -> None:
    """Tell one officer of an event by the town's ways for this message; ``among`` narrows them."""
    ways = ways_of(session, template_key) & among
    if Way.BELL in ways:
        session.add(
            Notification(
                staff_user_id=officer.id,
                complaint_id=complaint.id,
                template_key=template_key,
                facts={"number": str(complaint), "event_id": event.id},
                created_at=now(),
            )
        )
    account = reachable(officer.line_accounts, LineChannel.STAFF)
    if Way.LINE in ways and account is not None:
        to = _Address.of_account(account, officer.full_name)
        _enqueue(session, actor, complaint, event, template_key, to)
    if Way.EMAIL in ways and officer.email and read_setting(session, "mail_host"):
        _enqueue(session, actor, complaint, event, template_key, _Address.of_mailbox(officer))


def reachable(accounts: Iterable[LineAccount], channel: LineChannel) -> LineAccount | None:
    """Return the account a person is told by: of several the one bound last, that of the phone in use."""
    open_ones = [one for one in accounts if one.channel is channel and one.state is not LineState.BLOCKED]
    return max(
        open_ones,
        key=lambda one: (one.state is LineState.FRIEND, one.bound_at, one.id),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a message goes; ``key`` tells it from the same person's other addresses."""

    channel: OutboxChannel
    recipient: str
    name: str
    language: str
    key: str

    @classmethod
    def of_account(cls, account: LineAccount, name: str) -> _Address:
        """Return somebody's LINE."""
        for_citizen = account.channel is LineChannel.CITIZEN
        channel = OutboxChannel.LINE_CITIZEN if for_citizen else OutboxChannel.LINE_STAFF
        return cls(channel, account.line_user_id, name, account.language, str(account.id))

    @classmethod
    def of_mailbox(cls, officer: StaffUser) -> _Address:
        """Return an officer's e-mail."""
        address = officer.email or ""
        return cls(OutboxChannel.EMAIL, address, officer.full_name, officer.language, f"mail:{officer.id}")


def _enqueue(
    session: Session,
    actor: Actor,
    complaint: Complaint,
    event: ComplaintEvent,
    template_key: str,
    to: _Address,
) -> None:
    for_citizen = to.channel is OutboxChannel.LINE_CITIZEN
    session.add(
        OutboxMessage(
            channel=to.channel,
            recipient=to.recipient,
            recipient_name=to.name,
            complaint_id=complaint.id,
            event_id=event.id,
            template_key=template_key,
            language=to.language,
            facts=card_facts(complaint, event, to.language, for_citizen=for_citizen),
            dedupe_key=f"{event.id}:{template_key}:{to.key}",
            retry_key=str(uuid.uuid4()),
            priority=priority_of(template_key),
            not_before=_first_turn(session, actor, event, template_key, to.channel),
            created_at=now(),
        )
    )


def _first_turn(
    session: Session, actor: Actor, event: ComplaintEvent, template_key: str, channel: OutboxChannel
) -> datetime:
    """Return when a message may first go: held for undo; by LINE a routine one also waits for company."""
    company = timedelta(0) if channel is OutboxChannel.EMAIL else waits_for_company(session, template_key)
    return held_until(session, actor, event) + company


def held_until(session: Session, actor: Actor, event: ComplaintEvent) -> datetime:
    """Return when a message may go: acts of staff wait so that undo can stop them (decisions.md 6)."""
    if actor.kind != "staff" or event.kind is EventKind.REGISTER or actor.via == "line":
        return event.at
    return event.at + timedelta(seconds=int(read_setting(session, "undo_hold_seconds")))


def officers_of(session: Session, complaint: Complaint, audience: Audience) -> list[StaffUser]:
    """Return who is told: the department's own, up its line; where it has nobody, those who see to all."""
    if audience in {Audience.ASSIGNEE, Audience.FORMER}:
        officer = complaint.assignee if audience is Audience.ASSIGNEE else _former(session, complaint)
        return [officer] if officer is not None and officer.is_active else []
    permission = Permission.COMPLAINT_ACCEPT if audience is Audience.INTAKE else Permission.COMPLAINT_OVERSEE
    upwards = set(department_and_above(session, complaint.department_id))
    found = holders(session, permission)
    theirs = [officer for officer, _scope in found if officer.department_id in upwards]
    return theirs or [officer for officer, scope in found if scope is Scope.ALL]


def holders(session: Session, permission: Permission) -> Sequence[tuple[StaffUser, Scope]]:
    """Return the officers who hold a right beyond their own cases, with how far it reaches."""
    found = session.execute(
        select(StaffUser, RoleGrant.scope)
        .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
        .join(Role, Role.id == staff_role.c.role_id)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(
            RoleGrant.permission == permission.value,
            RoleGrant.scope != Scope.OWN,
            Role.is_active,
            StaffUser.is_active,
        )
        .order_by(StaffUser.id)
    ).all()
    return [(officer, scope) for officer, scope in found]


def _former(session: Session, complaint: Complaint) -> StaffUser | None:
    """Return the officer whose case it was until this act; None when that did not change."""
    then, present = changes_since(complaint).get("assignee_id", (None, None))
    return session.get(StaffUser, then) if then is not None and then != present else None


def department_and_above(session: Session, department_id: int | None) -> list[int]:
    """Return a department's id and those above it, upwards."""
    found: list[int] = []
    while department_id is not None and department_id not in found:
        found.append(department_id)
        department = session.get(Department, department_id)
        department_id = department.parent_id if department else None
    return found


def card_facts(
    complaint: Complaint, event: ComplaintEvent, language: str, *, for_citizen: bool
) -> dict[str, Any]:
    """Return what a card may say, in the recipient's language, as it is at this moment.

    The keys are those of ``line_hooks.messages.CardFacts``; addresses of pages are added when it is sent. A
    citizen's card holds neither the officer's name nor the story: it lies on a phone others may look at.
    """
    status = complaint.status
    state_word = citizen_word(status, language) if for_citizen else word(status, language)
    place = complaint.place_text or (complaint.road.name if complaint.road else "")
    day = _day_named(complaint, event, for_citizen=for_citizen)
    return {
        "number": complaint.number or complaint.public_code,
        "public_code": complaint.public_code,
        "kind_word": word(complaint.kind, language),
        "place": place,
        "state_code": status.value,
        "state_word": state_word,
        "due_text": thai_date(day, lang=language) if day else "",
        "promised_text": promised_words(complaint.promised_text, language),
        "reason": _reason(complaint, event, language, for_citizen=for_citizen),
        "latitude": str(complaint.latitude) if complaint.latitude is not None else "",
        "longitude": str(complaint.longitude) if complaint.longitude is not None else "",
        "state_seq": complaint.state_seq,
        "steps": citizen_steps(complaint, language),
        **_names(complaint, language),
        **_result_facts(complaint, language),
        **_rating_facts(complaint, event),
        **_staff_facts(complaint, event, hidden=for_citizen),
    }


def _day_named(complaint: Complaint, event: ComplaintEvent, *, for_citizen: bool) -> date | None:
    """Return the day a card speaks of: the promised one, or the last one of a citizen's window."""
    if for_citizen and event.facts.get("until"):
        return date.fromisoformat(event.facts["until"])
    # While a case waits for others, a citizen is promised no day; once it is over there is none to keep.
    is_due = not for_citizen or complaint.status.kind is StatusKind.OPEN
    return bangkok_date(complaint.due_at) if is_due and complaint.due_at else None


def _reason(complaint: Complaint, event: ComplaintEvent, language: str, *, for_citizen: bool) -> str:
    """Return why: the question, the body in charge, what the plan lacks, the original of a duplicate."""
    if event.kind is EventKind.MERGE:
        return str(event.facts.get("original", ""))
    if not for_citizen:
        return _colleagues_words(event, language)
    if event.kind in WRITTEN_FOR_CITIZENS:
        return event.note or ""
    if event.kind is EventKind.PUT_ON_PLAN and complaint.plan_reason is not None:
        return word(complaint.plan_reason, language)
    if event.kind is EventKind.REFER_OUT:
        return complaint.referred_to or ""
    return (complaint.reject_reason or "") if complaint.status is ComplaintStatus.REJECTED else ""


def _colleagues_words(event: ComplaintEvent, language: str) -> str:
    """Return the note for an officer's card; of a talk about time with the number of working days."""
    note = "" if event.kind in SHOWN_ELSEWHERE else event.note or ""
    days = event.facts.get("days")
    if not days:
        return note
    amount = duration_text(None, int(days), DurationUnit.WORKING_DAYS, language)
    return f"{amount} – {note}"


def _result_facts(complaint: Complaint, language: str) -> dict[str, str]:
    result = complaint.results[-1] if complaint.results else None
    return {
        "result_text": result.result_text if result else "",
        "outcome_word": word(result.outcome, language) if result else "",
        "done_date_text": thai_date(result.done_date, lang=language) if result else "",
    }


def _rating_facts(complaint: Complaint, event: ComplaintEvent) -> dict[str, Any]:
    rating = complaint.ratings[-1] if event.kind is EventKind.RATE and complaint.ratings else None
    facts: dict[str, Any] = {"stars": rating.stars if rating else 0}
    if event.kind is EventKind.REMINDED and complaint.ratings and complaint.results:
        facts["is_rated"] = complaint.ratings[-1].result_id == complaint.results[-1].id
    return facts


def _staff_facts(complaint: Complaint, event: ComplaintEvent, *, hidden: bool) -> dict[str, str]:
    if hidden:
        return {"story_short": "", "officer_name": "", "comment": ""}
    said = event.note if event.kind in {EventKind.RATE, EventKind.DIRECT} else None
    return {
        "comment": said or "",
        "story_short": grapheme_truncate(complaint.story.replace("\n", " "), STORY_LETTERS),
        "officer_name": complaint.assignee.full_name if complaint.assignee else "",
    }


def _names(complaint: Complaint, language: str) -> dict[str, str]:
    rows = {
        "subtype_name": complaint.subcategory or complaint.category,
        "zone": complaint.zone,
        "community": complaint.community,
        "department": complaint.department,
    }
    names = {}
    for key, row in rows.items():
        english = getattr(row, "name_en", None) if language == "en" else None
        names[key] = english or getattr(row, "name", "") or ""
    return names


def citizen_steps(complaint: Complaint, language: str) -> list[list[str]]:
    """Return the way of a complaint in the citizen's words as [word, mark]; marks done, now, todo."""
    status = complaint.status
    english = language == "en"
    if status.kind in {StatusKind.REJECTED, StatusKind.WITHDRAWN, StatusKind.MERGED}:
        first = STEP_WORDS["received"][1 if english else 0]
        return [[first, "done"], [citizen_word(status, language), "now"]]
    position = next(index for index, (_, states) in enumerate(CITIZEN_STEPS) if status in states)
    steps = []
    for index, (key, _) in enumerate(CITIZEN_STEPS):
        mark = "done" if index < position or status.kind is StatusKind.DONE else "todo"
        text = STEP_WORDS[key][1 if english else 0]
        if index == position:
            mark = "done" if status.kind is StatusKind.DONE else "now"
            text = citizen_word(status, language)
        steps.append([text, mark])
    return steps
