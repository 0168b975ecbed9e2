"""The starting set: planted once, never over what a municipality made of it, and fit for the code."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

import seed
from commands.planting import plant
from domain.permissions import Permission
from domain.workflow import TRANSITIONS
from extensions import write_transaction
from models import (
    Base,
    Category,
    Channel,
    Community,
    Department,
    Holiday,
    ImportMapping,
    Member,
    MessageTemplate,
    QuestionKind,
    Road,
    Role,
    RoleGrant,
    Scope,
    Setting,
    StaffUser,
    Subcategory,
    SubcategoryQuestion,
    Zone,
)

TOWN = "khon_kaen"
SHAPED: tuple[Any, ...] = (Category, Channel, Community, Department, Road, Role, Subcategory)
NEEDED: tuple[Any, ...] = (Holiday, ImportMapping, MessageTemplate, Setting)


def counts(session: Session) -> dict[str, int]:
    session.rollback()
    tables = Base.metadata.tables.values()
    return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def replant(town: str | None = TOWN) -> None:
    with write_transaction() as session:
        plant(session, town)


def test_planting_again_adds_nothing_and_moves_no_stamp(app: Flask, session: Session) -> None:
    before = counts(session)
    stamp = session.scalar(select(Base.metadata.tables["lookup_stamp"].c.version))

    replant()

    assert counts(session) == before
    assert session.scalar(select(Base.metadata.tables["lookup_stamp"].c.version)) == stamp


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (Category, "name"),
        (Subcategory, "name"),
        (Channel, "name"),
        (Department, "name"),
        (Zone, "name"),
        (Community, "name"),
        (Role, "name"),
        (Holiday, "name"),
        (ImportMapping, "target_code"),
        (MessageTemplate, "words"),
        (Setting, "value"),
    ],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_a_row_somebody_edited_stays_as_it_is(
    app: Flask, session: Session, kind: type[Base], column: str
) -> None:
    value: object = {"title": "ของเราเอง"} if column == "words" else "ของเราเอง"
    for row in session.scalars(select(kind)):
        setattr(row, column, value)
    session.commit()

    replant()

    session.expire_all()
    assert {str(getattr(row, column)) for row in session.scalars(select(kind))} == {str(value)}


@pytest.mark.parametrize("kind", SHAPED, ids=lambda kind: kind.__name__)
def test_a_row_the_town_took_away_does_not_come_back(app: Flask, session: Session, kind: type[Any]) -> None:
    in_use = {Department: StaffUser.department_id, Role: RoleGrant.role_id, Category: Subcategory.category_id}
    last = session.scalars(select(kind).order_by(kind.id.desc()).limit(1)).one()
    if kind in in_use:
        last.code = "gone-from-seed"
    else:
        session.delete(last)
    session.commit()
    before = counts(session)

    replant()

    assert counts(session) == before


@pytest.mark.parametrize("kind", NEEDED, ids=lambda kind: kind.__name__)
def test_what_the_code_or_a_new_release_needs_is_added_again(
    app: Flask, session: Session, kind: type[Base]
) -> None:
    before = counts(session)
    first = session.scalars(select(kind)).first()
    session.delete(first)
    session.commit()

    replant()

    assert counts(session) == before


def test_an_empty_database_without_a_town_gets_what_any_municipality_can_use(
    app: Flask, session: Session
) -> None:
    session.execute(update(Department).values(parent_id=None))
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(delete(table))
    session.commit()

    replant(None)

    found = counts(session)
    assert found["setting"] == found["member"] == found["road"] == 0
    assert found["zone"] == found["community"] == 1
    assert found["role"] == len(seed.document("roles.json"))
    assert min(found["category"], found["subcategory"], found["department"], found["channel"]) > 3


def test_the_town_has_its_real_zones_and_communities(session: Session) -> None:
    assert session.scalar(select(func.count()).where(Zone.boundary.is_not(None))) == 4
    assert session.scalar(select(func.count()).where(Community.is_unknown.is_(False))) == 95
    assert session.scalar(select(func.count()).where(Zone.is_unknown)) == 1
    assert session.scalar(select(func.count()).where(Community.is_unknown)) == 1


def test_there_is_one_shared_member(session: Session) -> None:
    shared = session.scalars(select(Member).where(Member.is_shared)).one()

    assert shared.phone == "+6643271261"
    assert shared.first_name == "พลเมืองดี"


def test_departments_hang_together(session: Session) -> None:
    departments = session.scalars(select(Department)).all()
    centre = [row for row in departments if row.is_intake_centre]

    assert len(centre) == 1
    assert all(row.parent_id != row.id for row in departments)
    assert any(row.parent_id for row in departments)


def test_every_grant_of_a_role_is_a_permission_there_is(session: Session) -> None:
    granted = set(session.scalars(select(RoleGrant.permission)))

    assert granted <= {permission.value for permission in Permission}


def test_every_permission_is_held_by_some_role(session: Session) -> None:
    granted = set(session.scalars(select(RoleGrant.permission)))

    assert {permission.value for permission in Permission} - granted == set()


@pytest.mark.parametrize(
    "transition", [row for row in TRANSITIONS if row.permission], ids=lambda row: row.action.value
)
def test_somebody_can_do_every_act(session: Session, transition: Any) -> None:
    holders = session.scalars(select(RoleGrant).where(RoleGrant.permission == transition.permission)).all()

    assert holders
    reach = {grant.scope for grant in holders}
    assert Scope.OWN in reach if transition.only_assignee else reach & {Scope.DEPARTMENT, Scope.ALL}


def test_every_telling_has_its_words_in_both_languages(session: Session) -> None:
    needed = {telling.template_key for row in TRANSITIONS for telling in row.tells}
    written = {tuple(row) for row in session.execute(select(MessageTemplate.key, MessageTemplate.language))}

    assert {(key, language) for key in needed for language in ("th", "en")} - written == set()


def test_every_subtype_promises_a_time(session: Session) -> None:
    without = session.scalars(select(Subcategory.code).where(Subcategory.duration_max.is_(None))).all()

    assert without == []


def test_the_planted_questions_belong_to_planted_subtypes_and_none_must_be_answered(session: Session) -> None:
    codes = {row["code"] for row in seed.rows("subcategories.csv")}
    rows = seed.rows("questions.csv")
    planted = session.scalars(select(SubcategoryQuestion)).all()

    assert {row["subcategory_code"] for row in rows} <= codes
    assert len(planted) == len(rows)
    assert all(question.question_en for question in planted)
    assert all(len(question.choices) > 1 for question in planted if question.kind is QuestionKind.CHOICE)
    # A citizen's own entry asks nothing yet: what must be answered is the town's word.
    assert not any(question.is_required for question in planted)
