"""Two presses at the same moment, and a clerk at the counter beside them; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from helpers.sheets import MEMBER, kept, vault_of
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.members import MemberEntry, create_member
from domain.sheets.applying import apply_sheet
from domain.sheets.undoing import undo_sheet
from extensions import write_transaction
from models import Member, SheetImport, SheetKind, SheetState

ROWS = [(f"08{number:08d}", f"คน{number}", "ก") for number in range(40)]


def race(app: Flask, acts: Sequence[Callable[[Session], object]]) -> list[str]:
    """Do all acts at once, each in a transaction of its own; return ``done`` or the error's code, sorted."""
    together, answers = threading.Barrier(len(acts)), []

    def run(act: Callable[[Session], object]) -> None:
        with app.app_context():
            together.wait()
            try:
                with write_transaction() as session:
                    act(session)
                answers.append("done")
            except DomainError as error:
                answers.append(error.code)
            except IntegrityError:
                answers.append("integrity")

    rivals = [threading.Thread(target=run, args=(act,)) for act in acts]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    return sorted(answers)


def people(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(Member.id))) or 0


def test_of_many_presses_at_once_one_counts(app: Flask, session: Session, act_as: Any) -> None:
    central, vault, before = act_as("central"), vault_of(app), people(session)
    import_id = kept(app, session, central, SheetKind.MEMBERS, MEMBER, ROWS)
    answers = race(app, [lambda writing: apply_sheet(writing, central, vault, import_id)] * 4)
    assert answers == ["done", *["sheet_taken_in"] * 3]
    assert people(session) == before + len(ROWS)
    answers = race(app, [lambda writing: undo_sheet(writing, central, vault, import_id)] * 4)
    assert answers == ["done", *["sheet_taken_back"] * 3]
    assert people(session) == before


def test_beside_a_clerk_who_registers_the_same_phone_nothing_is_half_done(
    app: Flask, session: Session, act_as: Any
) -> None:
    central, clerk, vault, before = act_as("central"), act_as("clerk"), vault_of(app), people(session)
    import_id = kept(app, session, central, SheetKind.MEMBERS, MEMBER, ROWS)
    entry = MemberEntry(phone=ROWS[7][0], first_name="ที่เคาน์เตอร์")
    answers = race(
        app,
        [
            lambda writing: apply_sheet(writing, central, vault, import_id),
            lambda writing: create_member(writing, clerk, vault, entry),
        ],
    )
    session.rollback()
    state = session.get_one(SheetImport, import_id).state
    if state is SheetState.APPLIED:
        assert people(session) == before + len(ROWS)
        assert set(answers) - {"done"} <= {"fields_invalid", "integrity"}
    else:
        assert people(session) == before + 1
        assert set(answers) - {"done"} <= {"sheet_changed_meanwhile", "integrity"}
