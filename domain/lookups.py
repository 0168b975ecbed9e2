"""Small tables held in memory: settings, roles, departments, places, types; one stamp says when to reload.

A page that shows names must not join eight tables. The snapshot is read once and kept by the edge;
every write to one of these tables moves ``LookupStamp.version`` in the same transaction, and the edge
compares that number (read together with the session row) before it trusts its snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Insert, event, inspect, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import ORMExecuteState, Session

from domain.settings import DEFAULTS
from domain.thai_text import sort_key
from models import (
    Category,
    Channel,
    Community,
    Department,
    DurationUnit,
    Holiday,
    ImportMapping,
    LookupStamp,
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

WATCHED: Final = (
    Category,
    Channel,
    Community,
    Department,
    Holiday,
    ImportMapping,
    MessageTemplate,
    Role,
    RoleGrant,
    Setting,
    StaffUser,
    Subcategory,
    Zone,
)
_WATCHED_TABLES: Final = frozenset(kind.__table__ for kind in WATCHED) | {staff_role}
# Columns of a watched row that no snapshot shows; ``roles`` are read with the session row.
UNSEEN: Final[dict[type, frozenset[str]]] = {
    StaffUser: frozenset(
        {
            "password_hash",
            "totp_secret_encrypted",
            "totp_last_step",
            "recovery_hashes",
            "must_change_password",
            "line_accounts",
        }
    )
}
_WIDTH: Final = {Scope.OWN: 0, Scope.DEPARTMENT: 1, Scope.ALL: 2}


@dataclass(frozen=True, slots=True)
class Row:
    """One catalogue row: enough to show it, choose it and follow it upwards."""

    id: int
    code: str
    name: str
    name_en: str | None = None
    parent_id: int | None = None
    is_active: bool = True
    sort_key: str = ""

    def word(self, language: str) -> str:
        """Return the name in the language, Thai where there is no other."""
        return self.name_en if language == "en" and self.name_en else self.name


@dataclass(frozen=True, slots=True)
class SubcategoryRow(Row):
    """A subtype with its promise."""

    duration_min: int | None = None
    duration_max: int | None = None
    duration_unit: DurationUnit = DurationUnit.WORKING_DAYS
    needs_photo: bool = False
    nearby_radius_m: int | None = None
    season_from: int | None = None
    season_to: int | None = None


@dataclass(frozen=True, slots=True)
class StaffRow(Row):
    """An officer who may be responsible; ``parent_id`` is the department, ``code`` the user name."""

    position: str = ""


@dataclass(frozen=True, slots=True)
class ZoneRow(Row):
    """A zone with its boundary."""

    is_unknown: bool = False
    boundary: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CommunityRow(Row):
    """A community; ``parent_id`` is its zone."""

    is_unknown: bool = False
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Lookups:
    """A snapshot of all small tables at one version."""

    version: int
    settings: Mapping[str, Any]
    departments: Mapping[int, Row]
    categories: Mapping[int, Row]
    subcategories: Mapping[int, SubcategoryRow]
    channels: Mapping[int, Row]
    zones: Mapping[int, ZoneRow]
    communities: Mapping[int, CommunityRow]
    staff: Mapping[int, StaffRow]
    role_grants: Mapping[int, Mapping[str, Scope]]
    intake_centre_ids: frozenset[int]

    def setting(self, key: str, default: Any = None) -> Any:
        """Return a setting's value, else what holds where the row is missing, else the default given here."""
        return self.settings.get(key, default)

    def department_and_below(self, department_id: int | None) -> frozenset[int]:
        """Return the department's id with the ids of every part below it."""
        if department_id is None:
            return frozenset()
        found = {department_id}
        grown = True
        while grown:
            below = {d.id for d in self.departments.values() if d.parent_id in found} - found
            grown = bool(below)
            found |= below
        return frozenset(found)

    def grants_of(self, role_ids: Iterable[int]) -> dict[str, Scope]:
        """Return the widest scope per permission over several roles."""
        widest: dict[str, Scope] = {}
        for role_id in role_ids:
            for permission, scope in self.role_grants.get(role_id, {}).items():
                if permission not in widest or _WIDTH[scope] > _WIDTH[widest[permission]]:
                    widest[permission] = scope
        return widest


def current_version(session: Session) -> int:
    """Return the stamp's number; 0 before anything was written."""
    return session.scalar(select(LookupStamp.version).where(LookupStamp.id == 1)) or 0


def load_lookups(session: Session) -> Lookups:
    """Read every small table once and return the snapshot."""
    version = current_version(session)
    grants: dict[int, dict[str, Scope]] = {}
    for grant in session.execute(
        select(RoleGrant.role_id, RoleGrant.permission, RoleGrant.scope).join(Role).where(Role.is_active)
    ):
        grants.setdefault(grant.role_id, {})[grant.permission] = grant.scope
    departments = session.scalars(select(Department).order_by(Department.sort_order, Department.id)).all()
    return Lookups(
        version=version,
        settings=DEFAULTS | {row.key: row.value for row in session.scalars(select(Setting))},
        departments={
            d.id: Row(d.id, d.code, d.name, d.name_en, d.parent_id, d.is_active) for d in departments
        },
        categories={
            c.id: Row(c.id, c.code, c.name, c.name_en, c.department_id, c.is_active)
            for c in session.scalars(select(Category).order_by(Category.sort_order, Category.id))
        },
        subcategories=_subcategories(session),
        channels={
            c.id: Row(c.id, c.code, c.name, c.name_en, None, c.is_active)
            for c in session.scalars(select(Channel).order_by(Channel.sort_order, Channel.id))
        },
        zones={
            z.id: ZoneRow(z.id, z.code, z.name, z.name_en, None, z.is_active, "", z.is_unknown, z.boundary)
            for z in session.scalars(select(Zone).order_by(Zone.sort_order, Zone.id))
        },
        communities=_communities(session),
        staff=_staff(session),
        role_grants=grants,
        intake_centre_ids=frozenset(d.id for d in departments if d.is_intake_centre),
    )


def _staff(session: Session) -> dict[int, StaffRow]:
    rows = [
        StaffRow(
            id=officer.id,
            code=officer.username,
            name=officer.full_name,
            parent_id=officer.department_id,
            is_active=officer.is_active,
            sort_key=sort_key(f"{officer.first_name} {officer.last_name or ''}"),
            position=officer.position or "",
        )
        for officer in session.scalars(select(StaffUser))
    ]
    return {row.id: row for row in sorted(rows, key=lambda row: (row.sort_key, row.id))}


def _subcategories(session: Session) -> dict[int, SubcategoryRow]:
    rows = session.scalars(select(Subcategory).order_by(Subcategory.sort_order, Subcategory.id))
    return {
        s.id: SubcategoryRow(
            s.id,
            s.code,
            s.name,
            s.name_en,
            s.category_id,
            s.is_active,
            "",
            s.duration_min,
            s.duration_max,
            s.duration_unit,
            s.needs_photo,
            s.nearby_radius_m,
            s.season_from,
            s.season_to,
        )
        for s in rows
    }


def _communities(session: Session) -> dict[int, CommunityRow]:
    rows = session.scalars(select(Community).order_by(Community.is_unknown, Community.name_key, Community.id))
    return {
        c.id: CommunityRow(
            c.id,
            c.code,
            c.name,
            None,
            c.zone_id,
            c.is_active,
            c.name_key,
            c.is_unknown,
            None if c.latitude is None else float(c.latitude),
            None if c.longitude is None else float(c.longitude),
        )
        for c in rows
    }


@event.listens_for(Session, "before_flush")
def _move_stamp(session: Session, _context: object, _instances: object) -> None:
    written = (*session.new, *session.deleted, *(row for row in session.dirty if _changes_snapshot(row)))
    if any(isinstance(row, WATCHED) for row in written):
        touch_lookups(session)


@event.listens_for(Session, "do_orm_execute")
def _move_stamp_for_statement(state: ORMExecuteState) -> None:
    """A statement that writes a watched table, past the objects in memory, moves the stamp as well."""
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    if getattr(state.statement, "table", None) in _WATCHED_TABLES:
        touch_lookups(state.session)


def _changes_snapshot(row: object) -> bool:
    """Tell whether anything changed that others could see; a sign-in that notes its code does not."""
    attributes = inspect(row).attrs
    unseen = UNSEEN.get(type(row), frozenset())
    return any(attribute.history.has_changes() for attribute in attributes if attribute.key not in unseen)


def touch_lookups(session: Session) -> None:
    """Move the stamp in this transaction; whoever writes past the session calls it himself."""
    make = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement: Insert = (
        make(LookupStamp)
        .values(id=1, version=1)
        .on_conflict_do_update(index_elements=["id"], set_={"version": LookupStamp.version + 1})
    )
    session.execute(statement)
