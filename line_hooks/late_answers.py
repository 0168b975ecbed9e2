"""Late cases for who answers for others: an executive by department, a head by officer, then the worst."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.chat_figures import late_cases, late_counts
from domain.complaint_filter import NONE_WORD
from domain.lookups import Row
from domain.permissions import Permission
from figure_pictures import MOST_BARS, Bar, FigureDrawing
from line_hooks.chat_cards import Line
from line_hooks.desk import Desk
from line_hooks.pictured import picture_note, show_pictured
from models import Complaint, Scope
from reports.definitions import NOT_GIVEN
from reports.groups import bureau_of, lone_root

MOST_GROUPS: Final = 6
"""On the card; with the total and the first cases it is full."""


@dataclass(frozen=True, slots=True)
class LateGroup:
    """A department or an officer: its words, its code in the address of its list if it has one, its cases."""

    label: str
    code: str
    count: int


def late_by_group(desk: Desk) -> str:
    """Show where the late cases are, as far as the officer's reports reach, and the worst of them."""
    ask, is_town = desk.ask, desk.actor.scope_of(Permission.REPORT_READ) is Scope.ALL
    groups = _groups(desk, is_town=is_town)
    count = sum(group.count for group in groups)
    none = ask.pick("ไม่มีเรื่องเกินกำหนด", "Nothing is overdue.")
    about = (
        ask.pick("แยกตามหน่วยงาน", "By department") if is_town else ask.pick("แยกตามผู้รับผิดชอบ", "By officer")
    )
    title = ask.pick("เรื่องล่าช้า", "Late cases")
    lines = _lines(desk, groups, count, "department" if is_town else "officer") if count else [none]
    tone = "late" if count else "done"
    card = ask.cards.card(title, lines, desk.opens_list(due="overdue"), note=about, tone=tone)
    if not is_town:  # Nobody's name stands in a picture that an address opens.
        return ask.show("late_cases", card, "statistics", "by_zone", "my_work")
    drawing = FigureDrawing(
        title=title,
        town=ask.town("municipality_name"),
        period=about,
        colour=ask.cards.colour,
        bars=tuple(Bar(group.label, group.count, "late") for group in groups[:MOST_BARS]),
        note=picture_note(ask),
        empty=none,
    )
    return show_pictured(
        ask, "late_cases", card, ask.menu_actions("overview", "by_zone", "my_account"), drawing
    )


def _groups(desk: Desk, *, is_town: bool) -> list[LateGroup]:
    """Return the groups, the most late cases first."""
    ask, departments = desk.ask, desk.lookups.departments
    lone = lone_root(departments)
    counts: Counter[int | None] = Counter()
    column = Complaint.department_id if is_town else Complaint.assignee_id
    for row_id, count in late_counts(ask.session, desk.actor, column):
        counts[bureau_of(row_id, departments) if is_town else row_id] += count
    names: Mapping[int, Row] = departments if is_town else desk.lookups.staff
    found = []
    for row_id, count in counts.most_common():
        row = names.get(row_id) if row_id is not None else None
        label = row.word(ask.language) if row else ask.pick(*NOT_GIVEN)
        has_list = row is not None and not (is_town and row.id == lone)
        code = row.code if row and has_list else (NONE_WORD if row_id is None else "")
        found.append(LateGroup(label, code, count))
    return found


def _lines(desk: Desk, groups: list[LateGroup], count: int, key: str) -> list[Line | str]:
    ask = desk.ask
    lines: list[Line | str] = [
        desk.counted(ask.pick("เกินกำหนดทั้งหมด", "Overdue in all"), count, due="overdue")
    ]
    lines += [
        desk.counted(group.label, group.count, due="overdue", **{key: group.code})
        if group.code
        else f"{group.label}: {group.count:,}"
        for group in groups[:MOST_GROUPS]
    ]
    return [*lines, *desk.case_lines(late_cases(ask.session, desk.actor).first)]
