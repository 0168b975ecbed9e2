"""Plant the starting set: settings, departments, roles, places, types, templates.

Every server start does it. What the code counts on (settings, message texts, the unknown places) and what
grows with each release (holidays, the import map) is added wherever it is missing. What a municipality
shapes to its own (departments, roles, types, channels, communities, roads) is planted into an empty table
only: a row it took away does not come back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import seed
from domain.clock import now
from domain.holiday_years import kind_of
from domain.phones import normalise_phone
from domain.settings import write_setting
from domain.thai_text import search_form, sort_key
from models import (
    Base,
    Category,
    Channel,
    ChannelGroup,
    Community,
    Department,
    DepartmentKind,
    DurationUnit,
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
    Subcategory,
    SubcategoryQuestion,
    Zone,
)

UNKNOWN = "unknown"


def plant(session: Session, town: str | None = None) -> None:
    """Add what is missing of the starting set; never change a row that is there.

    Args:
        session: Inside a write transaction; the caller commits.
        town: A folder of ``seed/``; None plants what any municipality can use.
    """
    _settings(session, town)
    departments = _departments(session, town)
    _roles(session, town)
    _templates(session, town)
    _types(session, town, departments)
    _places(session, town)
    _holidays(session, town)
    _import_map(session, town)
    _shared_member(session, town)
    session.flush()


def _plant_once(
    session: Session, kind: type[Base], key: str, rows: list[dict[str, str]], make: Callable[[Any], Base]
) -> dict[str, Any]:
    """Fill an empty table and return its rows by their key; a table in use is left to its municipality."""
    known = {getattr(row, key): row for row in session.scalars(select(kind))}
    if known:
        return known
    planted = {cells[key]: make(cells) for cells in rows}
    session.add_all(planted.values())
    session.flush()
    return planted


def _has_rows(session: Session, kind: Any) -> bool:
    return session.scalars(select(kind).limit(1)).first() is not None


def _settings(session: Session, town: str | None) -> None:
    if town is None:
        return
    known = set(session.scalars(select(Setting.key)))
    municipality = seed.document("municipality.json", town)
    values = {**municipality["settings"], "outline": seed.document(municipality["files"]["outline"], town)}
    for key, value in values.items():
        if key not in known:
            write_setting(session, key, value)


def _departments(session: Session, town: str | None) -> dict[str, Department]:
    rows = seed.rows("departments.csv", town)
    is_new = not _has_rows(session, Department)
    departments: dict[str, Department] = _plant_once(
        session,
        Department,
        "code",
        rows,
        lambda cells: Department(
            code=cells["code"],
            name=cells["name"],
            name_en=cells["name_en"] or None,
            short_name=cells["short"] or None,
            kind=DepartmentKind(cells["kind"]),
            phone=cells["phone"] or None,
            is_intake_centre=cells["is_intake_centre"] == "1",
            sort_order=int(cells["sort"]),
        ),
    )
    for cells in rows if is_new else ():
        if cells["parent_code"]:
            departments[cells["code"]].parent_id = departments[cells["parent_code"]].id
    return departments


def _roles(session: Session, town: str | None) -> None:
    if _has_rows(session, Role):
        return
    for role in seed.document("roles.json", town):
        grants = [RoleGrant(permission=g["permission"], scope=Scope(g["scope"])) for g in role["grants"]]
        session.add(
            Role(
                code=role["code"],
                name=role["name"],
                name_en=role["name_en"],
                description=role["description"],
                grants=grants,
            )
        )


def _templates(session: Session, town: str | None) -> None:
    known = {(row.key, row.language) for row in session.scalars(select(MessageTemplate))}
    for template in seed.document("message_templates.json", town)["templates"]:
        if (template["key"], template["lang"]) not in known:
            session.add(
                MessageTemplate(
                    key=template["key"],
                    language=template["lang"],
                    layout=template["layout"],
                    words=template["words"],
                )
            )


def _types(session: Session, town: str | None, departments: dict[str, Department]) -> None:
    if not _has_rows(session, Category):
        _types_of_complaints(session, town, departments)
    _plant_once(
        session,
        Channel,
        "code",
        seed.rows("channels.csv", town),
        lambda cells: Channel(
            code=cells["code"],
            name=cells["name"],
            name_en=cells["name_en"] or None,
            channel_group=ChannelGroup(cells["group"]),
            sort_order=int(cells["sort"]),
        ),
    )


def _types_of_complaints(session: Session, town: str | None, departments: dict[str, Department]) -> None:
    # A town may have shaped its departments before the types were planted.
    categories: dict[str, Category] = _plant_once(
        session,
        Category,
        "code",
        [row for row in seed.rows("categories.csv", town) if row["department_code"] in departments],
        lambda cells: Category(
            code=cells["code"],
            name=cells["name"],
            name_en=cells["name_en"] or None,
            department_id=departments[cells["department_code"]].id,
            sort_order=int(cells["sort"]),
        ),
    )
    _plant_once(
        session,
        Subcategory,
        "code",
        [row for row in seed.rows("subcategories.csv", town) if row["category_code"] in categories],
        lambda cells: Subcategory(
            code=cells["code"],
            name=cells["name"],
            name_en=cells["name_en"] or None,
            category_id=categories[cells["category_code"]].id,
            duration_min=int(cells["duration_min"]),
            duration_max=int(cells["duration_max"]),
            duration_unit=DurationUnit(cells["duration_unit"]),
            needs_photo=cells["needs_photo"] == "1",
            nearby_radius_m=int(cells["radius_m"]),
            sort_order=int(cells["running"]),
        ),
    )
    _questions(session, town)


def _questions(session: Session, town: str | None) -> None:
    """Add what the planted subtypes ask; with types of its own a town writes its own questions."""
    subtypes = {row.code: row.id for row in session.scalars(select(Subcategory))}
    session.add_all(
        SubcategoryQuestion(
            subcategory_id=subtypes[cells["subcategory_code"]],
            question=cells["question"],
            question_en=cells["question_en"] or None,
            kind=QuestionKind(cells["kind"]),
            choices=[choice.strip() for choice in cells["choices"].split("·") if choice.strip()],
            is_required=cells["is_required"] == "1",
            sort_order=int(cells["sort"]),
        )
        for cells in seed.rows("questions.csv", town)
        if cells["subcategory_code"] in subtypes
    )


def _places(session: Session, town: str | None) -> None:
    unknown = {row["kind"]: row for row in seed.rows("unknown_places.csv")}
    zones = {zone.code: zone for zone in session.scalars(select(Zone))}
    is_new = not zones.keys() - {UNKNOWN}
    if UNKNOWN not in zones:
        cells = unknown["zone"]
        zones[UNKNOWN] = Zone(
            code=UNKNOWN, name=cells["name"], name_en=cells["name_en"], is_unknown=True, sort_order=999
        )
    if town is not None and is_new:
        zones |= _zones(town)
    session.add_all(zones.values())
    session.flush()
    known = set(session.scalars(select(Community.code)))
    communities = [{"code": UNKNOWN, "name": unknown["community"]["name"], "zone_code": UNKNOWN}]
    if town is not None and not known - {UNKNOWN}:
        communities += seed.rows("communities.csv", town)
    session.add_all(_community(cells, zones) for cells in communities if cells["code"] not in known)
    if town is not None:
        _plant_once(
            session,
            Road,
            "name",
            seed.rows("roads.csv", town),
            lambda cells: Road(name=cells["name"], name_key=sort_key(cells["name"])),
        )


def _zones(town: str) -> dict[str, Zone]:
    features = seed.document("zones.geojson", town)["features"]
    return {
        str(feature["properties"]["code"]): Zone(
            code=str(feature["properties"]["code"]),
            name=feature["properties"]["name"],
            name_en=f"Zone {feature['properties']['code']}",
            boundary=feature["geometry"],
            sort_order=order,
        )
        for order, feature in enumerate(features)
    }


def _community(cells: dict[str, str], zones: dict[str, Zone]) -> Community:
    return Community(
        code=cells["code"],
        name=cells["name"],
        name_key=sort_key(cells["name"]),
        zone_id=zones[cells["zone_code"]].id,
        is_unknown=cells["code"] == UNKNOWN,
        latitude=Decimal(cells["latitude"]) if cells.get("latitude") else None,
        longitude=Decimal(cells["longitude"]) if cells.get("longitude") else None,
    )


def _holidays(session: Session, town: str | None) -> None:
    known = set(session.scalars(select(Holiday.holiday_date)))
    for cells in seed.rows("holidays.csv", town):
        day = date.fromisoformat(cells["date"])
        if day not in known:
            name = cells["name"][:160]
            session.add(Holiday(holiday_date=day, name=name, kind=kind_of(name)))


def _import_map(session: Session, town: str | None) -> None:
    known = {(row.source, row.field, row.external_label) for row in session.scalars(select(ImportMapping))}
    subtypes = set(session.scalars(select(Subcategory.code)))
    for cells in seed.rows("import_map.csv", town):
        if (cells["source"], cells["field"], cells["external_label"]) in known:
            continue
        if cells["field"] == "category" and cells["target_code"] not in subtypes:
            continue  # A town with types of its own maps the words itself.
        session.add(ImportMapping(**cells))


def _shared_member(session: Session, town: str | None) -> None:
    """Add the member for callers and letters (000-38); his key is the central unit's own land line."""
    if town is None or session.scalars(select(Member).where(Member.is_shared)).first() is not None:
        return
    shared = seed.document("municipality.json", town)["shared_member"]
    name = shared["first_name"]
    session.add(
        Member(
            phone=normalise_phone(shared["phone"], field="phone"),
            first_name=name,
            name_key=sort_key(name),
            search_text=search_form(name),
            is_shared=True,
            created_at=now(),
        )
    )
