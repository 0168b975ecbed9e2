"""Who acts in the demo town: its officers by their crafts, its citizens by how often they complain."""

from __future__ import annotations

import random
from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from demo.people import PEOPLE, Person
from demo.tales import LIFE
from domain.actor import Actor
from domain.lookups import load_lookups
from domain.permissions import Permission
from domain.staff_actor import actor_of_staff
from models import Department, Member, Role, RoleGrant, StaffUser, Subcategory
from tables.staff import staff_role

SYSTEM = Actor.system("ระบบ")
AT_DESK = "officer"  # His orders of today are laid out by demo.desk; chance gives him none lately.
OFTEN = 12  # So many citizens complain again and again.
OFTEN_WEIGHT = 7


class Crew:
    """Actors of the town, made once; holds the small tables so that acts find them in memory."""

    def __init__(self, session: Session, chance: random.Random) -> None:
        """Read the officers and what each may do."""
        self._session = session
        self._chance = chance
        self._lookups = load_lookups(session)
        self._actors: dict[tuple[int, str], Actor] = {}
        self._staff = {
            row.username: row
            for row in session.scalars(select(StaffUser).options(selectinload(StaffUser.line_accounts)))
        }
        self._held = [*session.scalars(select(Department)), *session.scalars(select(Role))]
        self._able = self._by_permission(Permission.COMPLAINT_ACKNOWLEDGE)
        self._intake = self._by_permission(Permission.COMPLAINT_ACCEPT)
        self._heads = self._by_permission(Permission.COMPLAINT_EXTEND)
        self._members: list[Member] = []
        self._weights: list[int] = []

    # Citizens -----------------------------------------------------------------------------------------------

    def meet(self, members: list[Member]) -> None:
        """Know the citizens from now on; some of them have much to say."""
        self._members = members
        often = set(self._chance.sample(range(len(members)), min(OFTEN, len(members))))
        self._weights = [OFTEN_WEIGHT if index in often else 1 for index in range(len(members))]

    def somebody(self) -> int:
        """Return the index of a citizen, as likely as he is to complain."""
        return self._chance.choices(range(len(self._members)), weights=self._weights)[0]

    def person(self, index: int | None) -> Person | None:
        """Return who a citizen is: how old, of which title."""
        return PEOPLE[index] if index is not None else None

    def member(self, index: int) -> Member:
        """Return a citizen's row."""
        return self._members[index]

    def citizen(self, member_id: int | None) -> Actor:
        """Return a citizen as an actor, through LINE where he has it."""
        member = self._session.get_one(Member, member_id)
        return Actor.member(member.id, member.full_name, via="line" if member.line_accounts else "web")

    # Officers -----------------------------------------------------------------------------------------------

    def named(self, username: str, via: str = "web") -> Actor:
        """Return one of the demo's officers."""
        return self.staff(self._staff[username].id, via)

    def central(self) -> Actor:
        """Return the central complaint unit."""
        return self.named("central")

    def staff(self, staff_user_id: int | None, via: str = "web") -> Actor:
        """Return an officer as an actor."""
        key = (staff_user_id or 0, via)
        if key not in self._actors:
            self._actors[key] = actor_of_staff(self._session, key[0], via=via, lookups=self._lookups)
        return self._actors[key]

    def user(self, username: str) -> StaffUser:
        """Return an officer's row."""
        return self._staff[username]

    def intake_of(self, department_id: int | None) -> Actor:
        """Return a department's own intake, or the centre where it has none."""
        clerks = [one for one in self._intake.get(department_id or 0, []) if one.username != "central"]
        return self.staff(clerks[0].id) if clerks else self.central()

    def has_intake(self, department_id: int | None) -> bool:
        """Tell whether a department takes cases on itself."""
        return self.intake_of(department_id) is not self.central()

    def head_of(self, department_id: int | None) -> Actor:
        """Return who may give more time: the department's head, or of the one above, or the centre."""
        while department_id is not None:
            if self._heads.get(department_id):
                return self.staff(self._heads[department_id][0].id)
            department_id = self._session.get_one(Department, department_id).parent_id
        return self.central()

    def officer_for(self, subcategory: Subcategory, *, lately: bool, but: int | None = None) -> StaffUser:
        """Return who knows the craft, or one of the department; ``but`` only where nobody else is."""
        crafts = [self._staff[name] for name in LIFE["crafts"].get(subcategory.category.code, [])]
        home = subcategory.category.department_id
        below = sorted(self._lookups.department_and_below(home))
        able = [one for unit in below for one in self._able.get(unit, [])]
        for barred in ({but, self._staff[AT_DESK].id if lately else None}, {None}):
            for fitting in (crafts, able):
                left = [one for one in fitting if one.id not in barred]
                if left:
                    return self._chance.choice(left)
        raise LookupError(subcategory.code)

    def _by_permission(self, permission: Permission) -> dict[int, list[StaffUser]]:
        found: dict[int, list[StaffUser]] = defaultdict(list)
        rows = self._session.scalars(
            select(StaffUser)
            .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
            .join(RoleGrant, RoleGrant.role_id == staff_role.c.role_id)
            .where(RoleGrant.permission == permission.value, StaffUser.is_active)
            .order_by(StaffUser.id)
        )
        for officer in rows:
            found[officer.department_id or 0].append(officer)
        return found
