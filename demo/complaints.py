"""Two hundred invented complaints, lived through by the verbs of real ones, on a clock of their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.staff_actor import actor_of_staff
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from demo.accounts import demo_line_id
from demo.people import PEOPLE, Person
from demo.stories import COMMENTS, REJECTIONS, REQUESTS, RESULTS_BY_OUTCOME, STORIES, Story
from domain.actor import Actor
from domain.attachments import StoredFile, hold_photo
from domain.clock import bangkok_date, frozen, now, to_bangkok
from domain.complaints import acknowledge, close, rate, record_result, reject, start
from domain.members import MemberEntry, create_member, record_notice, shared_member
from domain.permissions import Permission
from domain.registration import Entry, register, submit
from domain.vault import Vault
from models import (
    AttachmentStage,
    Channel,
    Community,
    Complaint,
    ComplaintKind,
    DeliveryState,
    Disclosure,
    Job,
    LineAccount,
    LineChannel,
    Member,
    OutboxMessage,
    Outcome,
    RoleGrant,
    StaffUser,
    Subcategory,
    Urgency,
)
from tables.staff import staff_role

HOW_MANY = 200
MONTHS_BACK = 13
LIVE_CASES = 12  # The newest ones: their messages are still to be sent, so that the phones show cards.
NOTICE = "demo-1"
Step = tuple[timedelta, Callable[[], object]]
JITTER = 0.0015  # Degrees, about 160 m: near the community's point, not on it.
SCENES = ("road", "lamp", "rubbish", "drain", "tree", "wall")  # demo.pictures draws these.
SCENE_OF = {"ช.": "road", "ท.": "drain", "ฟ.": "lamp", "สส.": "tree", "อส.": "rubbish", "ทศ.": "wall"}
FALLBACK_SCENE = "road"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Stored demo photos by (scene, stage)."""

    stored: dict[tuple[str, str], list[StoredFile]]

    def of(self, category_code: str, stage: str, chance: random.Random) -> StoredFile:
        """Return a picture that fits a main type."""
        scene = SCENE_OF.get(category_code, FALLBACK_SCENE)
        return chance.choice(self.stored[(scene, stage)])


def plant_members(session: Session, vault: Vault, actor: Actor) -> list[Member]:
    """Add the invented citizens; two in three have LINE. The caller commits."""
    members = []
    for index, person in enumerate(PEOPLE):
        member = create_member(session, actor, vault, _member_entry(person))
        record_notice(session, actor, member, NOTICE)
        session.flush()
        if index % 3 != 2:
            session.add(
                LineAccount(
                    channel=LineChannel.CITIZEN,
                    line_user_id=demo_line_id("citizen", member.id),
                    member=member,
                    bound_at=now(),
                )
            )
        members.append(member)
    return members


def _member_entry(person: Person) -> MemberEntry:
    return MemberEntry(
        phone=person.phone,
        title=person.title,
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=person.birth_date,
        house_no=person.house_no,
        road=person.road,
        subdistrict_code="400101",
        postal_code="40000",
    )


class DemoTown:
    """Lets the demo officers work through the invented complaints."""

    def __init__(self, session: Session, vault: Vault, pictures: Pictures, seed: int = 2569) -> None:
        """Read the town's rows once; everything random comes from the seed."""
        self._session = session
        self._vault = vault
        self._pictures = pictures
        self._chance = random.Random(seed)  # noqa: S311 - invented data, no secret
        self._communities = {row.name: row for row in session.scalars(select(Community))}
        self._channels = {row.code: row for row in session.scalars(select(Channel))}
        self._subcategories = {row.code: row for row in session.scalars(select(Subcategory))}
        self._officers = self._by_permission(Permission.COMPLAINT_ACKNOWLEDGE)
        self._clerks = self._by_permission(Permission.COMPLAINT_CREATE)
        self._members: list[Member] = []

    def plant(self, until: datetime, how_many: int = HOW_MANY) -> int:
        """Add members and complaints received before a moment and return how many complaints.

        Everything in one go and one transaction, in order of time, so that numbers run as they would.
        """
        start = until - timedelta(days=31 * MONTHS_BACK)
        with frozen(start):
            self._members = plant_members(self._session, self._vault, self._any_clerk())
        moments = sorted(self._office_moment(start, until) for _ in range(how_many))
        stories = self._told(how_many)
        for index, (moment, (code, story)) in enumerate(zip(moments, stories, strict=True)):
            self._live(index, code, story, moment, until)
        self._settle_old_messages(until)
        return how_many

    def _told(self, how_many: int) -> list[tuple[str, Story]]:
        every = [(code, story) for code, told in STORIES.items() for story in told]
        rounds: list[tuple[str, Story]] = []
        while len(rounds) < how_many:
            self._chance.shuffle(every)
            rounds += every
        return rounds[:how_many]

    def _office_moment(self, start: datetime, until: datetime) -> datetime:
        # More of them lately: a town that has just begun to use LINE gets more every month.
        part = self._chance.random() ** 0.7
        moment = start + (until - start) * part
        local = to_bangkok(moment).replace(
            hour=self._chance.randint(8, 16), minute=self._chance.randint(0, 59)
        )
        return min(local, to_bangkok(until) - timedelta(minutes=20))

    def _live(self, index: int, code: str, story: Story, moment: datetime, until: datetime) -> None:
        subcategory = self._subcategories[code]
        age = until - moment
        with frozen(moment):
            complaint = self._begin(index, story, subcategory)
        if complaint is None or complaint.assignee_id is None:
            return
        for delay, step in self._steps(complaint, story, age):
            moment += delay
            if moment >= until:
                return
            with frozen(moment):
                step()

    def _begin(self, index: int, story: Story, subcategory: Subcategory) -> Complaint | None:
        chance = self._chance
        token = f"demo-{index:04d}"
        department_id = subcategory.category.department_id
        entry = self._entry(token, story, subcategory)
        if chance.random() < 0.08:
            complaint = submit(self._session, self._citizen(entry), self._vault, entry)
            if chance.random() < 0.6:
                self._reject_or_leave(complaint)
            return None
        clerk = self._clerk_of(department_id)
        officers = self._officers.get(department_id) or self._officers_below(department_id)
        has_order = bool(officers) and chance.random() < 0.93
        if chance.random() < 0.55:
            self._hold(clerk, token, subcategory, AttachmentStage.BEFORE)
        ordered = self._entry(
            token, story, subcategory, entry, chance.choice(officers) if has_order else None
        )
        return register(self._session, clerk, self._vault, ordered)

    def _entry(
        self,
        token: str,
        story: Story,
        subcategory: Subcategory,
        earlier: Entry | None = None,
        officer: StaffUser | None = None,
    ) -> Entry:
        chance = self._chance
        community = self._communities[story.community]
        is_anonymous = story.channel not in {"line", "web"} and chance.random() < 0.12
        member = shared_member(self._session) if is_anonymous else chance.choice(self._members)
        request = chance.choice(REQUESTS[subcategory.code]) if REQUESTS.get(subcategory.code) else ""
        if earlier is not None:
            member = self._session.get_one(Member, earlier.member_id)
            request = ""
        latitude, longitude = self._near(community)
        return Entry(
            form_token=token,
            story=earlier.story if earlier else f"{story.story}\n{request}".strip(),
            member_id=member.id,
            channel_id=self._channels[story.channel].id,
            category_id=subcategory.category_id,
            subcategory_id=subcategory.id,
            assignee_id=officer.id if officer else None,
            community_id=community.id,
            place_text=story.place,
            latitude=latitude,
            longitude=longitude,
            callback_phone="+66990009999" if member.is_shared else None,
            kind=ComplaintKind(story.kind),
            urgency=Urgency(story.urgency),
            disclosure=Disclosure.CONCEALED if chance.random() < 0.3 else Disclosure.DISCLOSED,
        )

    def _steps(self, complaint: Complaint, story: Story, age: timedelta) -> Iterator[Step]:
        chance, session, row_id = self._chance, self._session, complaint.id
        officer = actor_of_staff(session, complaint.assignee_id or 0, via="line")
        if age < timedelta(days=2) and chance.random() < 0.5:
            return
        yield timedelta(hours=chance.uniform(0.3, 20)), lambda: acknowledge(session, officer, row_id)
        if chance.random() < 0.7:
            yield timedelta(hours=chance.uniform(2, 40)), lambda: start(session, officer, row_id)
        if chance.random() < 0.12:
            return  # Some stay in work for long: that is life.
        days = self._days_needed(complaint)
        yield timedelta(days=days), lambda: self._finish(officer, complaint, story)
        if complaint.status.value == "resolved" and chance.random() < 0.62:
            yield timedelta(hours=chance.uniform(1, 90)), lambda: self._rate(complaint)
        if complaint.status.value == "resolved" and chance.random() < 0.8:
            yield timedelta(days=15), lambda: close(session, self._any_clerk(), row_id)

    def _days_needed(self, complaint: Complaint) -> float:
        if complaint.due_at is None or complaint.received_at is None:
            return self._chance.uniform(1, 6)
        promised = (complaint.due_at - complaint.received_at).total_seconds() / 86_400
        return max(0.1, promised * self._chance.choice([0.3, 0.45, 0.6, 0.7, 0.85, 1.0, 1.3, 1.8]))

    def _finish(self, officer: Actor, complaint: Complaint, story: Story) -> None:
        chance = self._chance
        outcome, text = Outcome.FIXED, story.result
        if chance.random() < 0.15:
            code = chance.choice([code for code in RESULTS_BY_OUTCOME if code != Outcome.NO_ANSWER.value])
            outcome, text = Outcome(code), chance.choice(RESULTS_BY_OUTCOME[code])
        token = f"demo-result-{complaint.id}"
        needs_photo = complaint.subcategory is not None and complaint.subcategory.needs_photo
        if needs_photo or chance.random() < 0.3:
            self._hold(officer, token, complaint.subcategory, AttachmentStage.AFTER)
        record_result(
            self._session,
            officer,
            complaint.id,
            done_date=bangkok_date(now()),
            result_text=text,
            outcome=outcome,
            photo_token=token,
        )

    def _rate(self, complaint: Complaint) -> None:
        member = complaint.member
        if member is None or member.is_shared:
            return
        stars = self._chance.choices([1, 2, 3, 4, 5], weights=[4, 6, 14, 34, 42])[0]
        comment = self._chance.choice(COMMENTS[stars]) if self._chance.random() < 0.6 else ""
        actor = Actor.member(member.id, member.full_name, via="line")
        rate(self._session, actor, complaint.id, stars=stars, comment=comment)

    def _reject_or_leave(self, complaint: Complaint) -> None:
        told = self._chance.choice(REJECTIONS)
        central = self._by_username("central")
        reason = f"{told.reason} {told.responsible}"
        reject(self._session, central, complaint.id, reason=reason)

    def _hold(
        self, actor: Actor, token: str, subcategory: Subcategory | None, stage: AttachmentStage
    ) -> None:
        code = subcategory.category.code if subcategory else ""
        picture = self._pictures.of(code, stage.value, self._chance)
        hold_photo(self._session, actor, token, stage, picture)
        self._session.flush()

    def _settle_old_messages(self, until: datetime) -> None:
        """Count the messages and copies of old cases as done; only the newest cases are still to be told."""
        newest = select(Complaint.id).order_by(Complaint.listed_at.desc()).limit(LIVE_CASES)
        live = set(self._session.scalars(newest))
        for kind in (OutboxMessage, Job):
            self._session.execute(
                update(kind)
                .where(kind.complaint_id.not_in(live), kind.state == DeliveryState.READY)
                .values(state=DeliveryState.CANCELLED, last_error="demo history", done_at=until)
            )

    def _near(self, community: Community) -> tuple[Decimal | None, Decimal | None]:
        if community.latitude is None or community.longitude is None:
            return None, None
        shift = [Decimal(str(round(self._chance.uniform(-JITTER, JITTER), 6))) for _ in range(2)]
        return community.latitude + shift[0], community.longitude + shift[1]

    def _citizen(self, entry: Entry) -> Actor:
        member = self._session.get_one(Member, entry.member_id)
        return Actor.member(member.id, member.full_name, via="web")

    def _by_permission(self, permission: Permission) -> dict[int, list[StaffUser]]:
        found: dict[int, list[StaffUser]] = {}
        rows: Sequence[StaffUser] = self._session.scalars(
            select(StaffUser)
            .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
            .join(RoleGrant, RoleGrant.role_id == staff_role.c.role_id)
            .where(RoleGrant.permission == permission.value)
            .order_by(StaffUser.id)
        ).all()
        for officer in rows:
            found.setdefault(officer.department_id or 0, []).append(officer)
        return found

    def _officers_below(self, department_id: int) -> list[StaffUser]:
        return [
            officer
            for officers in self._officers.values()
            for officer in officers
            if officer.department and officer.department.parent_id == department_id
        ]

    def _clerk_of(self, department_id: int) -> Actor:
        clerks = self._clerks.get(department_id)
        if clerks and self._chance.random() < 0.7:
            return actor_of_staff(self._session, clerks[0].id, via="web")
        return self._by_username("central")

    def _any_clerk(self) -> Actor:
        return self._by_username("central")

    def _by_username(self, username: str) -> Actor:
        row = self._session.scalars(select(StaffUser).where(StaffUser.username == username)).one()
        return actor_of_staff(self._session, row.id, via="web")
