"""The shell around every officer's page: a register of menu items, and the few counts it shows.

A room adds a line of its own and edits nobody else's file::

    register_menu_item("work", "complaint.index_view", _l("จัดการเรื่องร้องทุกข์"), "list-details",
                       Permission.COMPLAINT_READ, order=30)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, bindparam, func, select

from admin_views.identity import current_actor
from domain.actor import Actor
from domain.clock import now
from domain.permissions import Permission
from extensions import db
from models import Complaint, ComplaintStatus, Notification, Scope, StatusKind, UtcDateTime

SECTIONS: dict[str, Any] = {"work": None, "settings": _l("ตั้งค่า"), "system": _l("ระบบ")}
"""Sections in their order; the first is always open, the others fold under their name."""

SECTION_ICONS = {"settings": "settings", "system": "adjustments"}
PHONE_ITEMS = 4

SEARCH = "complaint.index_view"
NEW_COMPLAINT = "complaint_entry.entry"
BELL = "notification.index_view"
PROFILE = "auth.profile"
SIGN_OUT = "auth.sign_out"

OPEN = [status for status in ComplaintStatus if status.kind is StatusKind.OPEN]
UNFINISHED = [status for status in ComplaintStatus if status.kind in {StatusKind.OPEN, StatusKind.WAITING}]
UNORDERED = [ComplaintStatus.SUBMITTED, ComplaintStatus.ACCEPTED]
MOST = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """One door in the menu.

    Attributes:
        section: Key of ``SECTIONS``.
        endpoint: Where it leads.
        label: A lazy text in the manual's words.
        icon: A name of assets.toml.
        permission: What the officer must hold; None lets every officer in.
        order: Small numbers first.
        count_key: Key of ``shell_counts``, None without a number.
        args: Fixed arguments of the address, such as a filter.
        rooms: Further rooms that belong to this door.
    """

    section: str
    endpoint: str
    label: Any
    icon: str
    permission: Permission | None
    order: int
    count_key: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    rooms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Door:
    """A menu item as one officer sees it now."""

    label: str
    url: str
    icon: str
    is_current: bool
    count: int | None
    is_late: bool


_items: list[MenuItem] = []


def register_menu_item(
    section: str,
    endpoint: str,
    label: Any,
    icon: str,
    permission: Permission | None,
    order: int,
    count_key: str | None = None,
    args: Mapping[str, Any] | None = None,
    *,
    rooms: Iterable[str] = (),
) -> None:
    """Add a door to the menu; call it at import, beside the view. A second call changes nothing.

    Raises:
        ValueError: There is no such section.
    """
    if section not in SECTIONS:
        raise ValueError(f"no menu section {section!r}; there are {', '.join(SECTIONS)}")
    item = MenuItem(
        section=section,
        endpoint=endpoint,
        label=label,
        icon=icon,
        permission=permission,
        order=order,
        count_key=count_key,
        args=dict(args or {}),
        rooms=frozenset(rooms),
    )
    if item not in _items:
        _items.append(item)
        _items.sort(key=lambda other: (list(SECTIONS).index(other.section), other.order))


def menu_items() -> tuple[MenuItem, ...]:
    """Return all registered items, in their order."""
    return tuple(_items)


def shell_counts(actor: Actor) -> dict[str, int]:
    """Return the numbers of the shell in one statement over indexed columns, once a request.

    Keys: ``my_open`` cases of the officer that are not finished, ``my_overdue`` those of them past their
    day (waiting ones do not run late), ``unread`` notifications; for who gives orders also ``to_order``,
    the cases within reach that have no officer yet. Each stops counting at 999.
    """
    if actor.staff_user_id is None:
        return {}
    read: dict[int, dict[str, int]] = g.setdefault("shell_counts", {})
    if actor.staff_user_id not in read:
        read[actor.staff_user_id] = _read_counts(actor)
    return read[actor.staff_user_id]


def _read_counts(actor: Actor) -> dict[str, int]:
    orders = actor.scope_of(Permission.COMPLAINT_DIRECT)
    values = {"me": actor.staff_user_id, "moment": now(), "departments": sorted(actor.department_ids)}
    if orders is not Scope.DEPARTMENT:
        del values["departments"]
    return dict(db.session.execute(_prepared_counts(orders), values).one()._mapping)


@cache
def _prepared_counts(orders: Scope | None) -> Select[Any]:
    departments = bindparam("departments", expanding=True)
    return counts_statement(bindparam("me"), bindparam("moment", type_=UtcDateTime()), orders, departments)


def counts_statement(me: Any, moment: Any, orders: Scope | None = None, departments: Any = ()) -> Select[Any]:
    """Return the one statement behind the numbers of the shell.

    Args:
        me: The officer's id, or a place for it.
        moment: What is due before it is late, or a place for it.
        orders: How far the officer's right to give orders reaches; None: he gives none.
        departments: Ids of his department and those below, or a place for them.
    """
    mine, late = Complaint.assignee_id == me, Complaint.due_at < moment
    wanted = {
        "my_open": select(Complaint.id).where(mine, Complaint.status.in_(UNFINISHED)),
        "my_overdue": select(Complaint.id).where(mine, Complaint.status.in_(OPEN), late),
        "unread": select(Notification.id).where(
            Notification.staff_user_id == me, Notification.read_at.is_(None)
        ),
    }
    if orders in {Scope.ALL, Scope.DEPARTMENT}:
        waiting = select(Complaint.id).where(Complaint.status.in_(UNORDERED))
        if orders is Scope.DEPARTMENT:
            waiting = waiting.where(Complaint.department_id.in_(departments))
        wanted["to_order"] = waiting
    columns = [
        select(func.count()).select_from(rows.limit(MOST).subquery()).scalar_subquery().label(name)
        for name, rows in wanted.items()
    ]
    return select(*columns)


@dataclass(frozen=True, slots=True)
class Shell:
    """What the officers' layout shows around a page."""

    actor: Actor
    sections: list[tuple[str, str, str, list[Door]]]
    counts: Mapping[str, int]

    @property
    def phone_doors(self) -> list[Door]:
        """Return the doors of the bottom bar."""
        return self.sections[0][3][:PHONE_ITEMS] if self.sections else []

    def url(self, endpoint: str, permission: Permission | None = None, **args: Any) -> str | None:
        """Return an address of the shell; None where the page does not exist or is closed to the officer."""
        if endpoint not in current_app.view_functions:
            return None
        return url_for(endpoint, **args) if permission is None or self.actor.can(permission) else None

    @property
    def search_url(self) -> str | None:
        """Return where the search form goes."""
        return self.url(SEARCH, Permission.COMPLAINT_READ)

    @property
    def new_url(self) -> str | None:
        """Return where a new complaint is entered."""
        return self.url(NEW_COMPLAINT, Permission.COMPLAINT_CREATE)

    @property
    def bell_url(self) -> str | None:
        """Return the page of notifications."""
        return self.url(BELL)

    @property
    def profile_url(self) -> str | None:
        """Return the officer's own page."""
        return self.url(PROFILE)

    @property
    def sign_out_url(self) -> str | None:
        """Return where signing out is posted."""
        return self.url(SIGN_OUT)


def shell() -> Shell:
    """Return the shell of this request; made once."""
    if "shell" not in g:
        g.shell = _make_shell()
    made: Shell = g.shell
    return made


def _make_shell() -> Shell:
    actor = current_actor()
    counts = shell_counts(actor)
    open_items = [item for item in _items if _is_open(item, actor)]
    current = _current(open_items)
    sections = []
    for key, title in SECTIONS.items():
        doors = [_door(item, item is current, counts) for item in open_items if item.section == key]
        if doors:
            sections.append((key, str(title or ""), SECTION_ICONS.get(key, ""), doors))
    return Shell(actor, sections, counts)


def _is_open(item: MenuItem, actor: Actor) -> bool:
    if item.endpoint not in current_app.view_functions or actor.staff_user_id is None:
        return False
    return item.permission is None or actor.can(item.permission)


def _door(item: MenuItem, is_current: bool, counts: Mapping[str, int]) -> Door:
    return Door(
        label=str(item.label),
        url=url_for(item.endpoint, **item.args),
        icon=item.icon,
        is_current=is_current,
        count=counts.get(item.count_key) if item.count_key else None,
        is_late=item.count_key == "my_overdue",
    )


def _current(items: list[MenuItem]) -> MenuItem | None:
    """Return the item this page belongs to: same endpoint before same room, more matching arguments first."""
    room = (request.endpoint or "").rpartition(".")[0]
    fitting: Callable[[MenuItem], bool] = lambda item: (  # noqa: E731 - used once, below
        room in {item.endpoint.rpartition(".")[0], *item.rooms}
        and all(request.args.get(name) == value for name, value in item.args.items())
    )
    found = [item for item in items if fitting(item)]
    return max(found, key=lambda item: (item.endpoint == request.endpoint, len(item.args)), default=None)
