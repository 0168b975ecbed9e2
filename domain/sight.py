"""Whose name may be seen: a complainant who asked to stay unknown is, except by who may see members."""

from __future__ import annotations

from typing import Any

from domain.actor import Actor
from domain.permissions import Permission, may
from models import Disclosure


def sees_person(actor: Actor, complaint: Any) -> bool:
    """Tell whether the actor may see who the complainant is (002-18).

    Args:
        actor: Who looks.
        complaint: A complaint, or a row with its ``disclosure``, ``department_id`` and ``assignee_id``.
    """
    return complaint.disclosure == Disclosure.DISCLOSED or may(actor, Permission.MEMBER_READ, complaint)
