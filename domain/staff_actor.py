"""From an officer's row to the Actor: one way, for the web session, LINE and tests alike."""

from __future__ import annotations

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.errors import NotPermitted
from domain.lookups import Lookups, load_lookups
from models import StaffUser


def actor_of_staff(
    session: Session, staff_user_id: int, via: str, *, lookups: Lookups | None = None, ip: str | None = None
) -> Actor:
    """Return the Actor of an officer with the grants of all active roles.

    Args:
        session: Any session.
        staff_user_id: Who.
        via: The door: ``web``, ``line``, ``cli``.
        lookups: A snapshot that is known to be fresh; by default the small tables are read.
        ip: For the audit log.

    Raises:
        NotPermitted: the officer does not exist or is switched off.
    """
    officer = session.get(StaffUser, staff_user_id)
    if officer is None or not officer.is_active:
        raise NotPermitted("not_permitted")
    known = lookups or load_lookups(session)
    return Actor(
        kind="staff",
        name=officer.full_name,
        staff_user_id=officer.id,
        department_id=officer.department_id,
        department_ids=known.department_and_below(officer.department_id),
        grants=known.grants_of(role.id for role in officer.roles),
        via=via,
        ip_address=ip,
        language=officer.language,
    )
