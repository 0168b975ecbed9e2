"""Members from Excel: shown first, taken in whole or not at all, taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import member_of, register_case
from helpers.sheets import MEMBER, errors_of, judged, kept, vault_of
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain import clock
from domain.actor import Actor
from domain.errors import AlreadyDone, DomainError, NotFound, NotPermitted
from domain.members import shared_member
from domain.sheets import members as members_from_sheets
from domain.sheets.applying import apply_sheet
from domain.sheets.books import Verdict
from domain.sheets.checking import plan_of
from domain.sheets.undoing import drop_old_rows, undo_sheet
from domain.vault import Vault
from extensions import write_transaction
from models import AuditAction, AuditEntry, Complaint, Member, Scope, SheetImport, SheetKind, SheetState

MEMBERS = SheetKind.MEMBERS
FULL = (*MEMBER, "วันเกิด", "เลขประจำตัวประชาชน", "บ้านเลขที่", "ตำบล", "ใช้งาน")
ROWS = (
    (812345671, "สมหมาย", "ทดสอบ", date(2500, 3, 3), "1-1007-00000-00-1", "12/3", "ในเมือง เมืองขอนแก่น", "ใช่"),
    ("๐๘๑-๒๓๔-๕๖๗๒", "สมใจ\u00a0", None, "๓ มี.ค. ๒๕๐๐", None, None, None, None),
)


@pytest.fixture
def central(act_as: Any) -> Actor:
    actor: Actor = act_as("central")
    return actor


def numbers(session: Session) -> int:
    return session.scalar(select(func.count(Member.id))) or 0


def taken_in(app: Flask, actor: Actor, import_id: int) -> None:
    with write_transaction() as session:
        apply_sheet(session, actor, vault_of(app), import_id)


def taken_back(app: Flask, actor: Actor, import_id: int) -> None:
    with write_transaction() as session:
        undo_sheet(session, actor, vault_of(app), import_id)


def member(session: Session, phone: str) -> Member | None:
    session.rollback()
    return session.scalar(select(Member).where(Member.phone == phone))


def test_a_preview_changes_nothing_and_keeps_no_person_in_clear(
    app: Flask, session: Session, central: Actor
) -> None:
    before = numbers(session)
    import_id = kept(app, session, central, MEMBERS, FULL, ROWS)
    row = session.get_one(SheetImport, import_id)
    assert (row.added, row.changed, row.refused, row.state) == (2, 0, 0, SheetState.CHECKED)
    assert numbers(session) == before
    stored = str(row.rows)
    assert "1100700000001" not in stored
    assert "สมหมาย" not in stored
    assert [one.number for one in plan_of(vault_of(app), row).rows] == [2, 3]


def test_a_file_is_taken_in_by_the_rule_of_the_counter(app: Flask, session: Session, central: Actor) -> None:
    import_id = kept(app, session, central, MEMBERS, FULL, ROWS)
    taken_in(app, central, import_id)
    first = member(session, "+66812345671")
    assert first is not None
    assert (first.full_name, first.birth_date, first.house_no) == ("สมหมาย ทดสอบ", date(1957, 3, 3), "12/3")
    assert vault_of(app).decrypt(first.national_id_encrypted or "") == "1100700000001"
    assert (first.subdistrict_code, first.search_text) == ("400101", "สมหมาย ทดสอบ")
    second = member(session, "+66812345672")
    assert second is not None
    assert second.first_name == "สมใจ"
    entries = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "member")).all()
    made = {entry.object_id: entry.changes for entry in entries if entry.action is AuditAction.CREATE}
    assert made[str(first.id)]["phone"] == [None, "•••"]
    whole = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.IMPORT)).one()
    assert whole.changes["added"] == 2


def test_a_second_press_does_nothing_twice(app: Flask, session: Session, central: Actor) -> None:
    import_id = kept(app, session, central, MEMBERS, FULL, ROWS)
    taken_in(app, central, import_id)
    count = numbers(session)
    with pytest.raises(AlreadyDone):
        taken_in(app, central, import_id)
    session.rollback()
    assert numbers(session) == count


def test_known_members_are_changed_where_cells_are_filled(
    app: Flask, session: Session, central: Actor
) -> None:
    taken_in(app, central, kept(app, session, central, MEMBERS, FULL, ROWS))
    again = ((812345671, "สมหมาย", "ใหม่", None, None, "-", None, None), ROWS[1])
    plan = judged(app, session, central, MEMBERS, FULL, again)
    assert [row.verdict for row in plan.rows] == [Verdict.CHANGED, Verdict.UNCHANGED]
    assert plan.rows[0].told == {"last_name": ["ทดสอบ", "ใหม่"], "house_no": ["•••", None]}
    import_id = kept(app, session, central, MEMBERS, FULL, again)
    taken_in(app, central, import_id)
    changed = member(session, "+66812345671")
    assert changed is not None
    assert (changed.last_name, changed.house_no, changed.birth_date) == ("ใหม่", None, date(1957, 3, 3))
    taken_back(app, central, import_id)
    restored = member(session, "+66812345671")
    assert restored is not None
    assert (restored.last_name, restored.house_no, restored.search_text) == ("ทดสอบ", "12/3", "สมหมาย ทดสอบ")


def test_a_changed_name_is_found_on_the_complaints_and_back_again(
    app: Flask, session: Session, central: Actor
) -> None:
    with write_transaction() as writing:
        owner = member_of(writing, "+66811111111", line=False)
        case_id = register_case(app, writing, member_id=owner.id).id
        old = writing.get_one(Complaint, case_id).search_text
    import_id = kept(app, session, central, MEMBERS, MEMBER, [("0811111111", "ประหลาด", "นามใหม่")])
    taken_in(app, central, import_id)
    session.rollback()
    new = session.get_one(Complaint, case_id).search_text
    taken_back(app, central, import_id)
    session.rollback()
    assert session.get_one(Complaint, case_id).search_text == old
    assert new == old or "ประหลาด" in new


def test_errors_name_cell_and_what_to_do_all_at_once(app: Flask, session: Session, central: Actor) -> None:
    plan = judged(
        app,
        session,
        central,
        MEMBERS,
        FULL,
        [
            ("=A1", "ก", None, None, None, None, None, None),
            ("0812345673", None, None, "31/2/2510", "1234567890123", None, None, None),
            ("0812345674", "ย" * 121, None, None, None, date(2026, 3, 12), "ไม่มีตำบลนี้", None),
            (None, "ข", None, None, None, None, None, None),
        ],
    )
    assert plan.count(Verdict.REFUSED) == 4
    cells = [text.split(" ")[0] for text in errors_of(plan)]
    assert cells == ["A2", "D3", "E3", "B3", "F4", "G4", "B4", "A5"]


def test_rows_that_mean_the_same_person_name_each_other(app: Flask, session: Session, central: Actor) -> None:
    rows = [
        ("0812345673", "ก", None, None, "1100700000001", None, None, None),
        ("+66 81 234 5673", "ข", None, None, None, None, None, None),
        ("0812345675", "ค", None, None, "1-1007-00000-00-1", None, None, None),
    ]
    plan = judged(app, session, central, MEMBERS, FULL, rows)
    assert [row.verdict for row in plan.rows] == [Verdict.REFUSED] * 3
    assert "แถว 3" in plan.rows[0].errors[0]["th"]
    assert "แถว 2" in plan.rows[1].errors[0]["th"]
    assert "แถว 2" in plan.rows[2].errors[0]["th"]


def test_a_national_id_of_somebody_else_is_refused(app: Flask, session: Session, central: Actor) -> None:
    taken_in(app, central, kept(app, session, central, MEMBERS, FULL, ROWS))
    row = ("0899999999", "อื่น", None, None, "1100700000001", None, None, None)
    plan = judged(app, session, central, MEMBERS, FULL, [row])
    assert plan.rows[0].errors[0]["cell"] == "E2"


def test_the_shared_member_is_left_alone(app: Flask, session: Session, central: Actor) -> None:
    phone = shared_member(session).phone
    plan = judged(app, session, central, MEMBERS, MEMBER, [(phone, "ใหม่", None)])
    assert plan.rows[0].verdict is Verdict.REFUSED


def test_nothing_is_half_done_where_one_row_is_wrong(app: Flask, session: Session, central: Actor) -> None:
    import_id = kept(app, session, central, MEMBERS, MEMBER, [("0812345671", "ก", None), ("08", "ข", None)])
    count = numbers(session)
    with pytest.raises(DomainError) as caught:
        taken_in(app, central, import_id)
    assert caught.value.code == "sheet_has_errors"
    session.rollback()
    assert numbers(session) == count


def test_a_preview_that_is_no_longer_true_stops_the_import_and_names_the_row(
    app: Flask, session: Session, central: Actor
) -> None:
    rows = [("0812345671", "ก", None), ("0812345672", "ข", None)]
    import_id = kept(app, session, central, MEMBERS, MEMBER, rows)
    with write_transaction() as writing:
        member_of(writing, "+66812345672", line=False)
    with pytest.raises(DomainError) as caught:
        taken_in(app, central, import_id)
    assert caught.value.code == "sheet_changed_meanwhile"
    assert "แถว 3" in caught.value.message
    assert member(session, "+66812345671") is None


def test_a_whole_import_is_taken_back(app: Flask, session: Session, central: Actor) -> None:
    before = numbers(session)
    import_id = kept(app, session, central, MEMBERS, FULL, ROWS)
    taken_in(app, central, import_id)
    taken_back(app, central, import_id)
    session.rollback()
    assert numbers(session) == before
    assert session.get_one(SheetImport, import_id).state is SheetState.UNDONE
    with pytest.raises(AlreadyDone):
        taken_back(app, central, import_id)
    with pytest.raises(AlreadyDone):
        taken_in(app, central, import_id)


def test_what_is_in_use_or_was_changed_is_not_taken_back_and_rows_are_named(
    app: Flask, session: Session, central: Actor
) -> None:
    rows = [("0812345671", "ก", None), ("0812345672", "ข", None), ("0812345673", "ค", None)]
    import_id = kept(app, session, central, MEMBERS, MEMBER, rows)
    taken_in(app, central, import_id)
    with write_transaction() as writing:
        used = writing.scalars(select(Member).where(Member.phone == "+66812345671")).one()
        register_case(app, writing, member_id=used.id)
        touched = writing.scalars(select(Member).where(Member.phone == "+66812345672")).one()
        touched.soi = "ใหม่"
    with pytest.raises(DomainError) as caught:
        taken_back(app, central, import_id)
    assert "แถว 2 มีข้อมูลอื่นใช้" in caught.value.message
    assert "แถว 3 มีผู้แก้ไข" in caught.value.message
    assert member(session, "+66812345673") is not None


def test_rows_are_forgotten_after_their_days(app: Flask, session: Session, central: Actor) -> None:
    import_id = kept(app, session, central, MEMBERS, MEMBER, [("0812345671", "ก", None)])
    taken_in(app, central, import_id)
    with clock.frozen(clock.now() + timedelta(days=29)), write_transaction() as writing:
        assert drop_old_rows(writing) == 0
    with clock.frozen(clock.now() + timedelta(days=31)), write_transaction() as writing:
        assert drop_old_rows(writing) == 1
        assert drop_old_rows(writing) == 0
    session.rollback()
    row = session.get_one(SheetImport, import_id)
    assert (row.rows, row.undo, row.added) == (None, None, 1)
    with pytest.raises(DomainError) as caught:
        taken_back(app, central, import_id)
    assert caught.value.code == "sheet_undo_gone"


def test_only_who_may_do_it_by_hand_may_import(
    app: Flask, session: Session, central: Actor, act_as: Any
) -> None:
    import_id = kept(app, session, central, MEMBERS, MEMBER, [("0812345671", "ก", None)])
    for who in ("admin", "clerk", "executive"):  # sheet:import without member rights, and the other way round
        with pytest.raises(NotFound):
            taken_in(app, act_as(who), import_id)
        with pytest.raises(NotPermitted):
            judged(app, session, act_as(who), MEMBERS, MEMBER, [("0812345672", "ข", None)])


def test_who_reaches_only_some_members_changes_only_those(
    app: Flask, session: Session, central: Actor
) -> None:
    with write_transaction() as writing:
        member_of(writing, "+66811111111", line=False)
    grants = {**central.grants, "member:update": Scope.OWN}
    narrow = Actor(kind="staff", name="ก", staff_user_id=central.staff_user_id, grants=grants)
    rows = [("0811111111", "ใหม่", None), ("0812345671", "ก", None)]
    plan = judged(app, session, narrow, MEMBERS, MEMBER, rows)
    assert [row.verdict for row in plan.rows] == [Verdict.REFUSED, Verdict.ADDED]


def test_a_crash_before_the_commit_leaves_nothing_and_the_next_press_works(
    app: Flask, session: Session, central: Actor, fault_at: Any
) -> None:
    before = numbers(session)
    import_id = kept(app, session, central, MEMBERS, FULL, ROWS)
    with fault_at("before_commit"), pytest.raises(Exception, match="before_commit"):
        taken_in(app, central, import_id)
    session.rollback()
    assert numbers(session) == before
    assert session.get_one(SheetImport, import_id).state is SheetState.CHECKED
    taken_in(app, central, import_id)
    with fault_at("before_commit"), pytest.raises(Exception, match="before_commit"):
        taken_back(app, central, import_id)
    session.rollback()
    assert numbers(session) == before + len(ROWS)
    taken_back(app, central, import_id)


def test_rows_sealed_by_another_key_are_as_good_as_gone(app: Flask, session: Session, central: Actor) -> None:
    import_id = kept(app, session, central, MEMBERS, MEMBER, [("0812345671", "ก", None)])
    with write_transaction() as writing, pytest.raises(DomainError) as caught:
        apply_sheet(writing, central, Vault(b"x" * 32), import_id)
    assert caught.value.code == "sheet_rows_gone"
    taken_in(app, central, import_id)
    with write_transaction() as writing, pytest.raises(DomainError) as caught:
        undo_sheet(writing, central, Vault(b"x" * 32), import_id)
    assert caught.value.code == "sheet_undo_gone"


def test_many_members_come_in_few_statements(
    app: Flask, session: Session, central: Actor, sql_count: Any
) -> None:
    rows = [(f"08{number:08d}", f"คน{number}", "ก") for number in range(600)]
    import_id = kept(app, session, central, MEMBERS, MEMBER, rows)
    with sql_count() as statements:
        taken_in(app, central, import_id)
    assert len(statements) < 25
    with sql_count() as statements:
        taken_back(app, central, import_id)
    assert len(statements) < 60


def test_each_place_is_looked_for_once_and_not_without_end(
    app: Flask, session: Session, central: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = members_from_sheets.read_subdistrict

    def asking(text: str, **more: Any) -> str:
        asked.append(text)
        return really(text, **more)

    monkeypatch.setattr(members_from_sheets, "read_subdistrict", asking)
    monkeypatch.setattr(members_from_sheets, "MOST_PLACES", 2)
    places = ("ไม่มี", "ไม่มี", "ในเมือง เมืองขอนแก่น", "ในเมือง เมืองขอนแก่น", "อื่น", "400101")
    rows = [(f"08{number:08d}", "ก", place) for number, place in enumerate(places)]
    plan = judged(app, session, central, MEMBERS, ("โทรศัพท์", "ชื่อ", "ตำบล"), rows)
    assert asked == ["ไม่มี", "ในเมือง เมืองขอนแก่น", "400101"]
    refused = [row.verdict is Verdict.REFUSED for row in plan.rows]
    assert refused == [True, True, False, False, True, False]
    assert "6 หลัก" in plan.rows[4].errors[0]["th"]
