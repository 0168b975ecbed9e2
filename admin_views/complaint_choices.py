"""What the drop-downs of a complaint's forms offer, from the snapshot of the small tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice

from admin_views.guard import language
from domain.actor import Actor
from domain.choices import OfficerChoice, departments_below, officers_of, reaches_department
from domain.clock import today
from domain.labels import duration_text, word
from domain.lookups import CommunityRow, Lookups, Row, SubcategoryRow, ZoneRow
from domain.permissions import Permission
from domain.seasons import in_season
from models import Channel, ChannelGroup, Complaint, Road, Scope

MOST_ROADS = 500


def blank(words: str) -> SelectChoice:
    """Return the line that chooses nothing."""
    return SelectChoice("", words)


def categories_within(lookups: Lookups, actor: Actor, permission: Permission) -> list[Row]:
    """Return the main types in whose series the officer may number."""
    return [
        row
        for row in lookups.categories.values()
        if row.is_active and reaches_department(actor, permission, row.parent_id)
    ]


def own_category(lookups: Lookups, actor: Actor, rows: Iterable[Row]) -> int | None:
    """Return the first main type of the officer's own department, or of a part of it (000-54)."""
    below = lookups.department_and_below(actor.department_id)
    ranked = sorted(
        (row for row in rows if row.parent_id in below), key=lambda row: row.parent_id != actor.department_id
    )
    return ranked[0].id if ranked else None


def category_choices(lookups: Lookups, rows: Iterable[Row]) -> list[SelectChoice]:
    """Return main types as ``อส. งานสาธารณสุข``; each knows the departments whose officers fit."""
    return [
        SelectChoice(
            str(row.id),
            f"{row.code} {row.word(language())}",
            {
                "data-departments": " ".join(
                    str(part) for part in sorted(lookups.department_and_below(row.parent_id))
                )
            },
        )
        for row in rows
    ]


def subcategory_choices(lookups: Lookups, category_ids: Iterable[int]) -> list[SelectChoice]:
    """Return subtypes with their promise, grouped by main type; those of the season stand first."""
    wanted = list(category_ids)
    month = today().month
    found = []
    for category_id in wanted:
        category = lookups.categories[category_id]
        group = f"{category.code} {category.word(language())}"
        found += [
            SelectChoice(
                str(row.id), _subcategory_words(row), {"data-category": str(category_id)}, optgroup=group
            )
            for row in sorted(lookups.subcategories.values(), key=lambda row: not _in_season(row, month))
            if row.parent_id == category_id and row.is_active
        ]
    return found


def _in_season(row: SubcategoryRow, month: int) -> bool:
    return in_season(row.season_from, row.season_to, month)


def _subcategory_words(row: SubcategoryRow) -> str:
    promised = duration_text(row.duration_min, row.duration_max, row.duration_unit, language())
    return f"{row.code} {row.word(language())}" + (f" ({promised})" if promised else "")


def officer_choices(
    lookups: Lookups, officers: Iterable[OfficerChoice], *, must_have_line: bool = False
) -> list[SelectChoice]:
    """Return officers grouped by department; who is not on staff LINE is marked (000-58).

    Where the municipality asks for LINE they stand there and cannot be chosen: the clerk sees why.
    """
    by_department: dict[int, list[OfficerChoice]] = {}
    for officer in officers:
        if officer.department_id is not None:
            by_department.setdefault(officer.department_id, []).append(officer)
    return [
        SelectChoice(
            str(officer.id),
            officer.name if officer.has_line else _("%(name)s (ยังไม่มี LINE)", name=officer.name),
            {
                "data-department": str(department.id),
                "data-line": "1" if officer.has_line else "",
                **({"disabled": True} if must_have_line and not officer.has_line else {}),
            },
            optgroup=department.word(language()),
        )
        for department in lookups.departments.values()
        for officer in by_department.get(department.id, ())
    ]


def officers_within(
    session: Session, actor: Actor, permission: Permission, category_department_id: int | None = None
) -> list[OfficerChoice]:
    """Return who can be made responsible: in the officer's reach, or for one main type's department."""
    if category_department_id is not None:
        return officers_of(session, departments_below(session, category_department_id))
    everywhere = actor.scope_of(permission) is Scope.ALL
    return officers_of(session, None if everywhere else actor.department_ids)


def channel_choices(session: Session) -> list[SelectChoice]:
    """Return channels under the five groups of the manual (000-32)."""
    rows = session.scalars(select(Channel).where(Channel.is_active).order_by(Channel.sort_order, Channel.id))
    by_group: dict[ChannelGroup, list[Channel]] = {group: [] for group in ChannelGroup}
    for row in rows:
        by_group[row.channel_group].append(row)
    return [
        SelectChoice(str(row.id), _channel_words(row), optgroup=word(group, language()))
        for group, channels in by_group.items()
        for row in channels
    ]


def _channel_words(row: Channel) -> str:
    return row.name_en if language() == "en" and row.name_en else row.name


def last_channel(session: Session, actor: Actor) -> int | None:
    """Return the channel the officer wrote down last: a counter is a counter all day."""
    return session.scalar(
        select(Complaint.channel_id)
        .where(Complaint.created_by_id == actor.staff_user_id)
        .order_by(Complaint.id.desc())
        .limit(1)
    )


def zone_choices(zones: Mapping[int, ZoneRow]) -> list[SelectChoice]:
    """Return zones; the one that says "unknown" stands last (000-52)."""
    rows = sorted((row for row in zones.values() if row.is_active), key=lambda row: row.is_unknown)
    return [SelectChoice(str(row.id), row.word(language())) for row in rows]


def community_choices(lookups: Lookups) -> list[SelectChoice]:
    """Return communities grouped by zone; the one that says "unknown" stands first, outside any group."""
    rows = [row for row in lookups.communities.values() if row.is_active]
    unknown = [SelectChoice(str(row.id), row.word(language())) for row in rows if row.is_unknown]
    grouped = [
        SelectChoice(
            str(row.id),
            row.word(language()),
            {"data-zone": str(zone.id)},
            optgroup=zone.word(language()),
        )
        for zone in lookups.zones.values()
        if zone.is_active and not zone.is_unknown
        for row in _of_zone(rows, zone.id)
    ]
    return [*unknown, *grouped]


def _of_zone(rows: Iterable[CommunityRow], zone_id: int) -> list[CommunityRow]:
    return [row for row in rows if row.parent_id == zone_id and not row.is_unknown]


def road_names(session: Session) -> list[str]:
    """Return road names to be suggested while a reference place is typed."""
    rows = select(Road.name).where(Road.is_active).order_by(Road.name_key, Road.id).limit(MOST_ROADS)
    return list(session.scalars(rows))


def department_choices(lookups: Lookups, without: int | None = None) -> list[SelectChoice]:
    """Return the departments a case can go to: those that number cases of their own, as the manuals say."""
    receiving = {row.parent_id for row in lookups.categories.values() if row.is_active}
    return [
        SelectChoice(str(row.id), row.word(language()))
        for row in lookups.departments.values()
        if row.is_active and row.id in receiving and row.id != without
    ]
