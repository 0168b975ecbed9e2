"""A file of many complaints: who may have one, and asking the worker for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.officer_files import request_file
from domain.permissions import Permission
from models import Job, JobKind, Scope

TITLE: Final = "เรื่องร้องทุกข์"
REACH: Final = {None: -1, Scope.OWN: 0, Scope.DEPARTMENT: 1, Scope.ALL: 2}


def may_reveal_all(actor: Actor) -> bool:
    """Tell whether the actor may reveal the complainant of every complaint he may take away."""
    reveals = actor.scope_of(Permission.MEMBER_REVEAL)
    return reveals is not None and REACH[reveals] >= REACH[actor.scope_of(Permission.COMPLAINT_EXPORT)]


def request_case_export(
    session: Session,
    actor: Actor,
    *,
    args: Mapping[str, str],
    filters: Sequence[tuple[str, str]],
    file_type: str,
    reason: str,
    reveals: bool,
) -> Job:
    """Ask the worker for a file of the complaints a filter finds.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: Who asks, and whose rights decide when the file is written.
        args: The filter as arguments of an address.
        filters: The same in words, for the file and the audit log.
        file_type: ``xlsx`` or ``csv``.
        reason: Why it is taken away.
        reveals: Show personal data in full.

    Raises:
        NotPermitted: he may take nothing away.
    """
    wanted: dict[str, Any] = {
        "title": TITLE,
        "args": dict(args),
        "filters": [list(pair) for pair in filters],
        "file_type": file_type,
        "reason": reason,
        "reveals": reveals and may_reveal_all(actor),
    }
    return request_file(session, actor, JobKind.CASE_EXPORT, wanted)
