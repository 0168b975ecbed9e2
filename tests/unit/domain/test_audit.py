"""Who changed what is told without secrets, and a change of the log itself shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from helpers.people import officer_named
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import MASK, broken_seals, column_changes, plain, record, seal
from domain.clock import FrozenClock
from models import AuditAction, AuditEntry, DurationUnit, Member, Setting, Subcategory

CLERK = Actor(kind="staff", name="สุภัทรา", staff_user_id=3, ip_address="203.0.113.9")


def note(session: Session, *names: str) -> list[AuditEntry]:
    entries = [
        record(
            session, CLERK, AuditAction.UPDATE, object_type="road", object_id=name, changes={"name": [1, 2]}
        )
        for name in names
    ]
    session.flush()
    return entries


def sealed(session: Session) -> AuditEntry:
    entry = seal(session)
    assert entry is not None
    session.flush()
    return entry


def test_an_entry_says_who_did_what_to_which_row(session: Session, frozen_noon: FrozenClock) -> None:
    subtype = session.scalars(select(Subcategory)).first()
    assert subtype is not None

    entry = record(session, CLERK, AuditAction.UPDATE, subtype, reason="ชื่อเดิมยาวไป")
    session.commit()

    assert (entry.object_type, entry.object_id) == ("subcategory", str(subtype.id))
    assert (entry.actor_kind, entry.staff_user_id, entry.actor_name) == ("staff", 3, "สุภัทรา")
    assert entry.at == frozen_noon()
    assert entry.ip_address == "203.0.113.9"
    assert entry.reason == "ชื่อเดิมยาวไป"
    assert entry.changes == {}


def test_a_row_without_a_number_is_named_by_its_key(session: Session) -> None:
    setting = session.get_one(Setting, "number_year")

    assert record(session, CLERK, AuditAction.UPDATE, setting).object_id == "number_year"


def test_a_row_not_yet_written_has_no_number_in_the_log(session: Session) -> None:
    entry = record(session, CLERK, AuditAction.CREATE, Setting(key=None, value=1))

    assert entry.object_id is None


def test_only_what_changed_is_told(session: Session) -> None:
    subtype = session.scalars(select(Subcategory)).first()
    assert subtype is not None
    old = subtype.name
    subtype.name = "ชื่อใหม่"
    subtype.code = str(subtype.code)

    assert column_changes(subtype) == {"name": [old, "ชื่อใหม่"]}


def test_values_are_told_as_they_are_stored(session: Session) -> None:
    subtype = session.scalars(select(Subcategory).where(Subcategory.duration_unit == "working_days")).first()
    assert subtype is not None
    subtype.duration_unit = DurationUnit.HOURS

    assert column_changes(subtype) == {"duration_unit": ["working_days", "hours"]}


def test_a_value_overwritten_before_anybody_read_it_is_still_told(session: Session) -> None:
    subtype = session.scalars(select(Subcategory)).first()
    assert subtype is not None
    old = subtype.name
    session.commit()  # From here on the object is expired: its values are not in memory.
    subtype.name = "ชื่อใหม่"

    assert column_changes(subtype) == {"name": [old, "ชื่อใหม่"]}


def test_personal_data_and_secrets_are_masked(session: Session) -> None:
    member = session.scalars(select(Member)).first()
    officer = officer_named(session, "clerk")
    assert member is not None
    member.phone, member.email = "+66810000001", "somchai@example.com"
    officer.password_hash = "argon2-of-something"

    assert column_changes(member) == {"phone": [MASK, MASK], "email": [None, MASK]}
    assert column_changes(officer) == {"password_hash": [MASK, MASK]}


def test_a_removed_personal_value_shows_only_that_it_is_gone(session: Session) -> None:
    member = session.scalars(select(Member)).first()
    assert member is not None
    member.email = "somchai@example.com"
    session.flush()
    member.email = None

    assert column_changes(member) == {"email": [MASK, None]}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (AuditAction.SEAL, "seal"),
        (date(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20, 5, tzinfo=UTC), "2026-11-20T05:00:00+00:00"),
        (Decimal("16.432100"), "16.432100"),
        (None, None),
        (True, True),
        ({"a": [1]}, {"a": [1]}),
    ],
)
def test_values_become_what_json_can_hold(value: object, told: object) -> None:
    assert plain(value) == told


def test_a_seal_covers_everything_since_the_last_one(session: Session) -> None:
    first = note(session, "a", "b")

    entry = sealed(session)

    assert entry.changes == {"from_id": first[0].id, "through_id": first[1].id, "count": 2}
    assert entry.actor_kind == "system"
    assert entry.seal is not None
    assert len(entry.seal) == 64
    assert broken_seals(session) == []


def test_without_news_there_is_no_seal(session: Session) -> None:
    note(session, "a")
    sealed(session)

    assert seal(session) is None


def test_whole_seals_stay_whole_over_time(session: Session) -> None:
    for name in "abc":
        note(session, name)
        sealed(session)
        session.commit()

    assert broken_seals(session) == []


CHANGES: dict[str, Callable[[int], object]] = {
    "what": lambda entry_id: (
        update(AuditEntry).where(AuditEntry.id == entry_id).values(changes={"name": [9, 9]})
    ),
    "who": lambda entry_id: update(AuditEntry).where(AuditEntry.id == entry_id).values(staff_user_id=4),
    "name": lambda entry_id: update(AuditEntry).where(AuditEntry.id == entry_id).values(actor_name="x"),
    "when": lambda entry_id: (
        update(AuditEntry).where(AuditEntry.id == entry_id).values(at=datetime(2020, 1, 1, tzinfo=UTC))
    ),
    "why": lambda entry_id: update(AuditEntry).where(AuditEntry.id == entry_id).values(reason="x"),
    "from where": lambda entry_id: (
        update(AuditEntry).where(AuditEntry.id == entry_id).values(ip_address="::1")
    ),
    "removed": lambda entry_id: delete(AuditEntry).where(AuditEntry.id == entry_id),
}


@pytest.mark.parametrize("change", list(CHANGES), ids=list(CHANGES))
def test_touching_a_sealed_entry_breaks_its_seal(session: Session, change: str) -> None:
    entries = note(session, "a", "b", "c")
    broken = sealed(session)
    note(session, "d")
    sealed(session)

    session.execute(CHANGES[change](entries[1].id))  # type: ignore[call-overload]

    assert broken_seals(session) == [broken.id]


def test_removing_entries_with_their_seal_breaks_the_next_one(session: Session) -> None:
    entries = note(session, "a")
    gone = sealed(session)
    note(session, "b")
    later = sealed(session)

    session.execute(delete(AuditEntry).where(AuditEntry.id.in_([entries[0].id, gone.id])))

    assert broken_seals(session) == [later.id]


def test_cutting_off_the_end_of_the_log_shows_for_good(session: Session) -> None:
    note(session, "a")
    sealed(session)
    entries = note(session, "b")
    cut = sealed(session)

    session.execute(delete(AuditEntry).where(AuditEntry.id >= entries[0].id))

    assert broken_seals(session) == [cut.id]
    for name in "cdef":  # Life goes on, over the numbers of what is gone.
        note(session, name)
        sealed(session)
    assert broken_seals(session) == [cut.id]


def test_an_emptied_log_shows(session: Session) -> None:
    note(session, "a")
    gone = sealed(session).id

    session.execute(delete(AuditEntry))

    assert broken_seals(session) == [gone]


def test_a_citizens_name_may_be_forgotten_without_breaking_a_seal(session: Session) -> None:
    citizen = Actor.member(1, "นายสมชาย ใจดี")
    entry = record(session, citizen, AuditAction.UPDATE, object_type="rating", object_id=1)
    session.flush()
    sealed(session)

    session.execute(update(AuditEntry).where(AuditEntry.id == entry.id).values(actor_name=""))

    assert broken_seals(session) == []


def test_what_the_session_remembers_does_not_hide_a_change(session: Session) -> None:
    entries = note(session, "a")
    broken = sealed(session)
    session.execute(
        update(AuditEntry)
        .where(AuditEntry.id == entries[0].id)
        .values(reason="x")
        .execution_options(synchronize_session=False)
    )

    assert entries[0].reason is None
    assert broken_seals(session) == [broken.id]
