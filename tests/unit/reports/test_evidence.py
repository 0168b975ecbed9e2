"""Proof of telling: what counts as told, to whom, within how many days, and what is still to be mended."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from helpers.cases import new_case, new_member
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, bangkok
from domain.complaint_filter import ComplaintFilter
from domain.settings import write_setting
from extensions import write_transaction
from models import (
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    DeliveryState,
    Document,
    DocumentKind,
    EventKind,
    LineAccount,
    LineChannel,
    Member,
    OutboxChannel,
    OutboxMessage,
)
from reports.evidence import RESULTS, WAITS, Proof, evidence_of
from reports.evidence_words import MENDS, VERDICTS, Mend, Verdict
from reports.results import results_of

RECEIVED = bangkok(2026, 3, 2, 10)
YEAR = 2569
SYSTEM = Actor.system("ทดสอบ")
S = ComplaintStatus
_serial = count(1)

pytestmark = pytest.mark.usefixtures("frozen_noon")


def citizen(session: Session) -> tuple[Member, LineAccount]:
    member = new_member(session)
    account = LineAccount(
        channel=LineChannel.CITIZEN, line_user_id=uuid.uuid4().hex, member=member, bound_at=RECEIVED
    )
    session.add(account)
    session.flush()
    return member, account


def done_case(session: Session, days: float, **more: Any) -> Complaint:
    """A case whose result was written down so many days after it was received."""
    received = more.pop("received_at", RECEIVED)
    case = new_case(session, status=more.pop("status", S.RESOLVED), received_at=received, **more)
    case.finished_at = received + timedelta(days=days)
    session.add(event_of(case, EventKind.RECORD_RESULT, case.finished_at))
    session.flush()
    return case


def event_of(case: Complaint, kind: EventKind, at: datetime, **more: Any) -> ComplaintEvent:
    return ComplaintEvent(complaint_id=case.id, kind=kind, at=at, actor_kind="staff", **more)


def told(
    session: Session,
    case: Complaint,
    account: LineAccount,
    days: float,
    key: str = "citizen_result",
    **more: Any,
) -> OutboxMessage:
    at = RECEIVED + timedelta(days=days)
    message = OutboxMessage(
        channel=OutboxChannel.LINE_CITIZEN,
        recipient=more.pop("recipient", account.line_user_id),
        complaint_id=case.id,
        template_key=key,
        dedupe_key=f"{next(_serial)}:{key}:{account.id}",
        retry_key=str(uuid.uuid4()),
        state=more.pop("state", DeliveryState.SENT),
        not_before=at,
        created_at=at,
        done_at=at,
        **more,
    )
    session.add(message)
    session.flush()
    return message


def letter(session: Session, case: Complaint, days: float) -> None:
    session.add(
        Document(
            public_id=uuid.uuid4().hex,
            kind=DocumentKind.RESULT_LETTER,
            complaint_id=case.id,
            version=1,
            template_version=0,
            display_name="หนังสือแจ้งผล.pdf",
            byte_size=1,
            sha256="0" * 64,
            storage_key="aa/letter.pdf",
            made_at=RECEIVED + timedelta(days=days),
        )
    )


def proof_of(session: Session, case: Complaint, actor: Actor = SYSTEM) -> Proof:
    session.flush()
    return next(one for one in evidence_of(session, actor, YEAR).proofs if one.id == case.id)


def test_results_and_waits_come_from_the_table() -> None:
    assert {"citizen_result", "citizen_rejected", "citizen_lapsed"} == RESULTS
    assert {"citizen_on_plan", "citizen_question", "citizen_referred"} == WAITS
    assert set(VERDICTS) == set(Verdict)
    assert set(MENDS) == set(Mend)


@pytest.mark.parametrize(("days", "verdict"), [(15.4, Verdict.IN_TIME), (16, Verdict.LATE)])
def test_the_days_are_calendar_days_from_receipt(session: Session, days: float, verdict: Verdict) -> None:
    with write_transaction() as writing:
        member, account = citizen(writing)
        case = done_case(writing, 1, member=member)
        told(writing, case, account, 0, "citizen_submitted")
        told(writing, case, account, days)
        found = proof_of(writing, case)

    assert found.verdict is verdict
    assert found.days == int(days)
    assert found.first is not None
    assert found.first.at == RECEIVED
    assert (Mend.TOLD_LATE in found.mends) == (verdict is Verdict.LATE)


def test_only_what_reached_the_complainant_counts(session: Session) -> None:
    """Not a follower's copy, not one that died, not one of an act that was undone."""
    with write_transaction() as writing:
        member, account = citizen(writing)
        _neighbour, other = citizen(writing)
        followed = done_case(writing, 1, member=member)
        told(writing, followed, other, 2)
        dead = done_case(writing, 1, member=member)
        told(writing, dead, account, 2, state=DeliveryState.DEAD)
        undone = done_case(writing, 1, member=member)
        event = event_of(undone, EventKind.RECORD_RESULT, RECEIVED, undone_at=RECEIVED)
        writing.add(event)
        writing.flush()
        told(writing, undone, account, 2, event_id=event.id)
        found = [proof_of(writing, case) for case in (followed, dead, undone)]

    assert [one.verdict for one in found] == [Verdict.NOT_TOLD] * 3
    assert all(Mend.NOT_TOLD in one.mends for one in found)


def test_riders_stripped_messages_and_letters_are_proof(session: Session) -> None:
    with write_transaction() as writing:
        member, account = citizen(writing)
        rode = done_case(writing, 1, member=member)
        carrier = told(writing, rode, account, 3, "citizen_submitted")
        told(writing, rode, account, 1, state=DeliveryState.MERGED, merged_into_id=carrier.id)
        stripped = done_case(writing, 1, member=member)
        told(writing, stripped, account, 4, recipient="")
        by_letter = done_case(writing, 1, member=new_member(writing), subcategory="ฟ.(2)")
        letter(writing, by_letter, 5)
        found = [proof_of(writing, case) for case in (rode, stripped, by_letter)]

    assert [(one.verdict, one.days) for one in found] == [(Verdict.IN_TIME, days) for days in (3, 4, 5)]
    assert found[2].mends == (Mend.NOT_ASKED,)


def test_a_case_that_waits_nobody_and_not_yet(session: Session, frozen_noon: FrozenClock) -> None:
    with write_transaction() as writing:
        member, account = citizen(writing)
        waits = new_case(writing, status=S.AWAITING_PLAN, received_at=RECEIVED, member=member)
        told(writing, waits, account, 5, "citizen_on_plan")
        shared = done_case(writing, 1, member=new_member(writing, is_shared=True))
        nameless = done_case(writing, 1)
        frozen_noon.move_to(RECEIVED + timedelta(days=10))
        young = done_case(writing, 1, member=member)
        found = [proof_of(writing, case).verdict for case in (waits, shared, nameless, young)]

    assert found == [Verdict.WAITS, Verdict.NOBODY, Verdict.NOBODY, Verdict.NOT_DUE]


def test_what_is_to_be_mended(session: Session) -> None:
    with write_transaction() as writing:
        member, account = citizen(writing)
        case = done_case(writing, 9, member=member, zone=None, subcategory="ช.(1)")
        case.due_at = RECEIVED + timedelta(days=7)
        told(writing, case, account, 9)
        found = proof_of(writing, case)

    assert found.mends == (Mend.NO_AFTER_PHOTO, Mend.PROMISE_BROKEN, Mend.NO_ZONE)


def test_the_base_is_that_of_the_figures_without_imported_cases(session: Session) -> None:
    with write_transaction() as writing:
        done_case(writing, 1)
        new_case(writing, status=S.WITHDRAWN, received_at=RECEIVED)
        new_case(writing, received_at=bangkok(2026, 10, 1))
        new_case(writing, is_dated=False)
        done_case(writing, 1, external_source="fondue", external_id="1")
        found = evidence_of(writing, SYSTEM, YEAR)
        figures = results_of(writing, SYSTEM, ComplaintFilter(year=frozenset({YEAR})))

    assert (len(found.proofs), found.imported) == (1, 1)
    assert figures.all == len(found.proofs) + found.imported


def test_share_setting_and_reach(session: Session, act_as: Callable[[str], Actor]) -> None:
    with write_transaction() as writing:
        write_setting(writing, "evidence_days", 3)
        member, account = citizen(writing)
        for days in (2, 2, 4):
            told(writing, done_case(writing, 1, member=member), account, days)
        done_case(writing, 1, member=member, department="health", officer=None)
    everything = evidence_of(session, act_as("central"), YEAR)

    assert everything.within == 3
    assert {one: everything.counts[one] for one in (Verdict.IN_TIME, Verdict.LATE, Verdict.NOT_TOLD)} == {
        Verdict.IN_TIME: 2,
        Verdict.LATE: 1,
        Verdict.NOT_TOLD: 1,
    }
    assert str(everything.share) == "50.0"
    assert len(evidence_of(session, act_as("clerk"), YEAR).proofs) == 3
    assert evidence_of(session, act_as("officer"), YEAR).proofs == ()
    assert evidence_of(session, act_as("central"), 2560).share is None


def test_reading_takes_as_many_statements_for_many_cases(
    session: Session, sql_count: Callable[[], Any]
) -> None:
    with write_transaction() as writing:
        member, account = citizen(writing)
        for _ in range(20):
            told(writing, done_case(writing, 1, member=member), account, 2)
    session.scalars(select(Complaint.id)).all()
    with sql_count() as statements:
        evidence_of(session, SYSTEM, YEAR)

    assert len(statements) <= 8
