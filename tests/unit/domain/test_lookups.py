"""The snapshot of small tables is trusted as long as the stamp stands still, so every write must move it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from helpers.people import officer_named
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from domain.lookups import WATCHED, current_version, load_lookups, touch_lookups
from domain.permissions import Permission
from domain.settings import DEFAULTS
from models import (
    Category,
    Channel,
    ChannelGroup,
    Community,
    Department,
    Holiday,
    ImportMapping,
    LookupStamp,
    Member,
    MessageTemplate,
    Role,
    RoleGrant,
    Scope,
    Setting,
    StaffUser,
    Subcategory,
    Zone,
)
from tables.staff import staff_role


def moves(session: Session, write: Callable[[], object]) -> bool:
    session.commit()
    before = current_version(session)
    write()
    session.commit()
    return current_version(session) > before


@pytest.mark.parametrize("kind", WATCHED, ids=lambda kind: kind.__name__)
def test_a_changed_row_moves_the_stamp(session: Session, kind: type) -> None:
    row = session.scalars(select(kind)).first()
    column = {
        RoleGrant: "scope",
        Holiday: "name",
        ImportMapping: "target_code",
        MessageTemplate: "layout",
        Setting: "value",
        StaffUser: "first_name",
    }.get(kind, "name")
    value = Scope.OWN if kind is RoleGrant else "ใหม่"

    assert moves(session, lambda: setattr(row, column, value))


@pytest.mark.parametrize(
    "row",
    [
        lambda: Department(code="new", name="กองใหม่"),
        lambda: Channel(code="new", name="ใหม่", channel_group=ChannelGroup.OTHER),
        lambda: Zone(code="new", name="ใหม่"),
        lambda: Holiday(holiday_date=date(2030, 1, 1), name="ใหม่"),
        lambda: Setting(key="new", value=1),
        lambda: Role(code="new", name="ใหม่"),
    ],
    ids=["department", "channel", "zone", "holiday", "setting", "role"],
)
def test_a_new_row_moves_the_stamp(session: Session, row: Callable[[], object]) -> None:
    assert moves(session, lambda: session.add(row()))


def test_a_removed_row_moves_the_stamp(session: Session) -> None:
    holiday = session.scalars(select(Holiday)).first()

    assert moves(session, lambda: session.delete(holiday))


def test_giving_and_taking_a_role_moves_the_stamp(session: Session) -> None:
    officer = officer_named(session, "clerk")
    role = session.scalars(select(Role).where(Role.code == "head")).one()

    assert moves(session, lambda: officer.roles.append(role))
    assert moves(session, lambda: role.staff_users.remove(officer))


@pytest.mark.parametrize(
    "statement",
    [
        lambda: update(Category).values(name="ใหม่"),
        lambda: update(Subcategory.__table__).values(name="ใหม่"),
        lambda: delete(ImportMapping),
        lambda: insert(Setting).values(key="new", value=1),
        lambda: delete(staff_role),
        lambda: update(Community).where(Community.id == -1).values(name="ใหม่"),
    ],
    ids=["update", "core update", "delete", "insert", "roles", "of no row"],
)
def test_a_statement_past_the_objects_moves_the_stamp(
    session: Session, statement: Callable[[], object]
) -> None:
    assert moves(session, lambda: session.execute(statement()))  # type: ignore[call-overload]


def test_other_tables_leave_the_stamp_alone(session: Session) -> None:
    member = session.scalars(select(Member)).first()

    assert not moves(session, lambda: setattr(member, "first_name", "ใหม่"))
    assert not moves(session, lambda: session.execute(update(Member).values(title="นาย")))


def test_reading_leaves_the_stamp_alone(session: Session) -> None:
    assert not moves(session, lambda: session.scalars(select(Category)).all())


def test_setting_a_value_to_what_it_is_leaves_the_stamp_alone(session: Session) -> None:
    channel = session.scalars(select(Channel)).first()
    assert channel is not None

    assert not moves(session, lambda: setattr(channel, "name", str(channel.name)))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("totp_last_step", 7),
        ("password_hash", "x"),
        ("must_change_password", True),
        ("recovery_hashes", ["x"]),
    ],
)
def test_a_sign_in_does_not_make_everybody_read_the_tables_again(
    session: Session, column: str, value: object
) -> None:
    officer = officer_named(session, "clerk")

    assert not moves(session, lambda: setattr(officer, column, value))


def test_a_write_that_is_rolled_back_leaves_the_stamp_alone(session: Session) -> None:
    before = current_version(session)
    session.add(Zone(code="new", name="ใหม่"))
    session.flush()
    session.rollback()

    assert current_version(session) == before


def test_the_first_write_of_all_makes_the_stamp(session: Session) -> None:
    session.execute(delete(LookupStamp))
    session.commit()
    assert current_version(session) == 0

    touch_lookups(session)
    touch_lookups(session)

    assert current_version(session) == 2


def test_the_snapshot_knows_its_version(session: Session) -> None:
    assert load_lookups(session).version == current_version(session) > 0


def test_settings_without_a_row_have_their_default(session: Session) -> None:
    session.execute(delete(Setting).where(Setting.key == "number_year"))
    lookups = load_lookups(session)

    assert lookups.setting("number_year") == DEFAULTS["number_year"]
    assert lookups.setting("municipality_name") == "เทศบาลนครขอนแก่น"
    assert lookups.setting("no_such_thing", "else") == "else"


def test_a_department_is_followed_downwards(session: Session) -> None:
    lookups = load_lookups(session)
    by_code = {row.code: row.id for row in lookups.departments.values()}
    below = lookups.department_and_below(by_code["engineering"])

    assert {by_code["engineering"], by_code["roads"], by_code["lighting"]} <= below
    assert by_code["health"] not in below
    assert lookups.department_and_below(None) == frozenset()


def test_departments_in_a_circle_do_not_hang_the_server(session: Session) -> None:
    one, other = session.scalars(select(Department).limit(2)).all()
    one.parent_id, other.parent_id = other.id, one.id
    session.flush()

    assert {one.id, other.id} <= load_lookups(session).department_and_below(one.id)


def test_several_roles_give_the_widest_reach(session: Session) -> None:
    roles = {role.code: role.id for role in session.scalars(select(Role))}
    grants = load_lookups(session).grants_of([roles["field_officer"], roles["central_unit"], roles["head"]])

    assert grants[Permission.COMPLAINT_START] is Scope.ALL
    assert grants[Permission.COMPLAINT_OVERSEE] is Scope.DEPARTMENT
    assert grants[Permission.COMPLAINT_ACKNOWLEDGE] is Scope.OWN


def test_a_role_switched_off_grants_nothing(session: Session) -> None:
    role = session.scalars(select(Role).where(Role.code == "head")).one()
    role.is_active = False
    session.flush()

    assert load_lookups(session).grants_of([role.id]) == {}


def test_names_stand_in_thai_order(session: Session) -> None:
    lookups = load_lookups(session)
    names = [row.sort_key for row in lookups.staff.values()]
    communities = [row.sort_key for row in lookups.communities.values() if not row.is_unknown]

    assert names == sorted(names)
    assert communities == sorted(communities)
    assert all(names)
    assert list(lookups.communities.values())[-1].is_unknown


def test_a_row_says_its_name_in_english_where_it_has_one(session: Session) -> None:
    lookups = load_lookups(session)
    department = next(row for row in lookups.departments.values() if row.code == "engineering")
    community = next(iter(lookups.communities.values()))

    assert department.word("en") == department.name_en
    assert department.word("th") == department.name
    assert community.word("en") == community.name
