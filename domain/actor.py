"""Who acts: built at an edge, passed into every rule, never looked up inside one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models import Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """A staff user, a member or the system, with what they may do and how far it reaches.

    Attributes:
        kind: ``staff``, ``member`` or ``system``.
        name: Shown in the timeline and the audit log.
        staff_user_id: Set for staff.
        member_id: Set for members.
        complaint_id: The one complaint a visitor proved to hold by code and password.
        department_id: The officer's own department.
        department_ids: That department and all below it.
        grants: Permission value to the widest scope granted by the officer's roles.
        via: The door used: ``web``, ``line``, ``cli``, ``worker``.
        ip_address: For the audit log.
        language: ``th`` or ``en``.
    """

    kind: str
    name: str
    staff_user_id: int | None = None
    member_id: int | None = None
    complaint_id: int | None = None
    department_id: int | None = None
    department_ids: frozenset[int] = frozenset()
    grants: Mapping[str, Scope] = field(default_factory=dict)
    via: str = "web"
    ip_address: str | None = None
    language: str = "th"

    def scope_of(self, permission: str) -> Scope | None:
        """Return how far the permission reaches for this actor; None means not granted."""
        if self.kind == "system":
            return Scope.ALL
        return self.grants.get(str(permission))

    def can(self, permission: str) -> bool:
        """Tell whether the actor holds the permission at all."""
        return self.scope_of(permission) is not None

    @classmethod
    def system(cls, name: str) -> Actor:
        """Return the actor for work nobody pressed a button for."""
        return cls(kind="system", name=name, via="worker")

    @classmethod
    def member(cls, member_id: int, name: str, via: str = "web") -> Actor:
        """Return the actor for a citizen acting on an own complaint."""
        return cls(kind="member", name=name, member_id=member_id, via=via)

    @classmethod
    def holder(cls, complaint_id: int, name: str, via: str = "web") -> Actor:
        """Return the actor for who holds one complaint: by code and password, or as its reporter."""
        return cls(kind="member", name=name, complaint_id=complaint_id, via=via)
