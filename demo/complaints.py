"""Two hundred invented complaints, lived through by the verbs of real ones, on a clock of their own.

Each complaint is a generator that acts and yields how long it rests; the town wakes whichever is next. So
numbers, events and messages stand in the order of time, as in a town that has really lived them.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from demo.citizens import plant_citizens
from demo.office_hours import at_work, awake
from demo.stories import COMMENTS, DIRECTIVES, REJECTIONS, REQUESTS, RESULTS_BY_OUTCOME, STORIES, Story
from domain.actor import Actor
from domain.attachments import StoredFile, hold_photo
from domain.clock import bangkok_date, frozen, now
from domain.complaints import accept, acknowledge, close, direct, rate, record_result, reject, start
from domain.lookups import load_lookups
from domain.members import shared_member
from domain.permissions import Permission
from domain.registration import Entry, register, submit
from domain.staff_actor import actor_of_staff
from domain.vault import Vault
from models import (
    AttachmentStage,
    Channel,
    Community,
    Complaint,
    ComplaintKind,
    ComplaintStatus,
    DeliveryState,
    Disclosure,
    FormToken,
    Holiday,
    Job,
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
FRESH = 10  # Of the last days, so that there is work to do and the phones show cards.
FRESH_DAYS = 3
MONTHS_BACK = 13
KEPT_SINCE = timedelta(days=13)  # Longer than any row of days off, so that each has come to its state.
LIVE_CASES = 12  # The newest ones: their messages are still to be sent.
SEED = 2569
TOKEN = "demo-{index:04d}"  # noqa: S105 - a form's key, no secret
JITTER = 0.0015  # Degrees, about 160 m: near the community's point, not on it.
SCENES = ("road", "lamp", "rubbish", "drain", "tree", "wall")  # demo.pictures draws these.
SCENE_OF = {"ช.": "road", "ท.": "drain", "ฟ.": "lamp", "สส.": "tree", "อส.": "rubbish", "ทศ.": "wall"}
FALLBACK_SCENE = "road"
KEPT = (
    ComplaintStatus.IN_PROGRESS,
    ComplaintStatus.ACKNOWLEDGED,
    ComplaintStatus.DIRECTED,
    ComplaintStatus.ACCEPTED,
    ComplaintStatus.SUBMITTED,
)
Life = Iterator[timedelta]  # Acts between the rests it yields.


@dataclass(frozen=True, slots=True)
class Pictures:
    """Stored demo photos by (scene, stage)."""

    stored: dict[tuple[str, str], list[StoredFile]]

    def of(self, category_code: str, stage: str, chance: random.Random) -> StoredFile:
        """Return a picture that fits a main type."""
        scene = SCENE_OF.get(category_code, FALLBACK_SCENE)
        return chance.choice(self.stored[(scene, stage)])


def is_planted(session: Session) -> bool:
    """Tell whether the demo complaints are there already."""
    first = select(FormToken.id).where(FormToken.token == TOKEN.format(index=0))
    return session.scalar(first) is not None


class DemoTown:
    """Lets the demo officers work through the invented complaints."""

    def __init__(self, session: Session, vault: Vault, pictures: Pictures, seed: int = SEED) -> None:
        """Read the town's rows once; everything random comes from the seed."""
        self._session = session
        self._vault = vault
        self._pictures = pictures
        self._chance = random.Random(seed)  # noqa: S311 - invented data, no secret
        self._communities = {row.name: row for row in session.scalars(select(Community))}
        self._channels = {row.code: row for row in session.scalars(select(Channel))}
        self._subcategories = {row.code: row for row in session.scalars(select(Subcategory))}
        self._holidays = frozenset(session.scalars(select(Holiday.holiday_date).where(Holiday.is_active)))
        self._lookups = load_lookups(session)
        self._officers = self._by_permission(Permission.COMPLAINT_ACKNOWLEDGE)
        self._clerks = self._by_permission(Permission.COMPLAINT_CREATE)
        self._actors: dict[tuple[int, str], Actor] = {}
        self._members: list[Member] = []

    def plant(self, until: datetime, how_many: int = HOW_MANY) -> int:
        """Let the town live up to a moment and return how many complaints it has; the caller commits."""
        start_of_town = until - timedelta(days=31 * MONTHS_BACK)
        with frozen(start_of_town):
            self._members = plant_citizens(self._session, self._vault, self._central())
        self._session.flush()
        waiting: list[tuple[datetime, int, Life]] = []
        kept = list(KEPT)
        for index, (code, story) in enumerate(self._told(how_many)):
            subcategory = self._subcategories[code]
            if kept and _is_written_by_citizen(story) and self._officer_for(subcategory):
                moment = awake(until - KEPT_SINCE, self._chance)
                life = self._kept_life(index, subcategory, story, kept.pop())
            else:
                fresh = how_many - index <= FRESH
                begins = until - timedelta(days=FRESH_DAYS) if fresh else start_of_town
                moment = self._beginning(story, begins, until)
                life = self._life(index, subcategory, story)
            heapq.heappush(waiting, (moment, index, life))
        while waiting:
            moment, index, life = heapq.heappop(waiting)
            with frozen(moment):
                rest = next(life, None)
            if rest is not None and moment + rest < until:
                heapq.heappush(waiting, (moment + rest, index, life))
        self._settle_old_messages(until)
        return how_many

    # The way of a complaint ---------------------------------------------------------------------------------

    def _life(self, index: int, subcategory: Subcategory, story: Story) -> Life:
        chance = self._chance
        entry = self._entry(TOKEN.format(index=index), story, subcategory)
        if _is_written_by_citizen(story):
            complaint = submit(self._session, self._citizen(entry.member_id), self._vault, entry)
            yield self._until_work(chance.uniform(0.4, 30))
            if chance.random() < 0.14:
                told = chance.choice(REJECTIONS)
                reject(
                    self._session,
                    self._central(),
                    complaint.id,
                    reason=f"{told.reason}\nหน่วยงานที่รับผิดชอบ: {told.responsible}",
                )
                return
            self._accept(complaint, subcategory)
            yield self._until_work(chance.uniform(0.2, 5))
            if chance.random() < 0.05 or not self._give_order(complaint, subcategory):
                return
        else:
            complaint = self._write_down(entry, subcategory)
        if complaint.assignee_id is not None:
            yield from self._work(complaint, story)

    def _kept_life(self, index: int, subcategory: Subcategory, story: Story, last: ComplaintStatus) -> Life:
        """Let a complaint go no further than a state, so that whoever looks finds each state."""
        entry = self._entry(TOKEN.format(index=index), story, subcategory)
        complaint = submit(self._session, self._citizen(entry.member_id), self._vault, entry)
        steps: tuple[Callable[[], object], ...] = (
            lambda: self._accept(complaint, subcategory),
            lambda: self._give_order(complaint, subcategory),
            lambda: acknowledge(self._session, self._assignee(complaint), complaint.id),
            lambda: start(self._session, self._assignee(complaint), complaint.id),
        )
        for step in steps:
            if complaint.status is last:
                return
            yield self._until_work(self._chance.uniform(0.2, 5))
            step()

    def _accept(self, complaint: Complaint, subcategory: Subcategory) -> None:
        accept(self._session, self._central(), complaint.id, category_id=subcategory.category_id)

    def _write_down(self, entry: Entry, subcategory: Subcategory) -> Complaint:
        clerk = self._clerk_of(subcategory.category.department_id)
        if self._chance.random() < 0.55:
            self._hold(clerk, entry.form_token, subcategory, AttachmentStage.BEFORE)
        officer = self._officer_for(subcategory) if self._chance.random() < 0.93 else None
        return register(
            self._session, clerk, self._vault, replace(entry, assignee_id=officer.id if officer else None)
        )

    def _give_order(self, complaint: Complaint, subcategory: Subcategory) -> bool:
        officer = self._officer_for(subcategory)
        if officer is None:
            return False
        note = self._chance.choice(DIRECTIVES) if self._chance.random() < 0.5 else ""
        direct(
            self._session,
            self._central(),
            complaint.id,
            subcategory_id=subcategory.id,
            assignee_id=officer.id,
            note=note,
        )
        return True

    def _work(self, complaint: Complaint, story: Story) -> Life:
        chance, session, row_id = self._chance, self._session, complaint.id
        officer = self._assignee(complaint)
        yield self._until_work(chance.uniform(0.3, 20))
        acknowledge(session, officer, row_id)
        if chance.random() < 0.7:
            yield self._until_work(chance.uniform(2, 40))
            start(session, officer, row_id)
        if chance.random() < 0.12:
            return  # Some stay in work for long: that is life.
        yield self._until_work(24 * self._days_needed(complaint))
        is_fixed = self._finish(officer, complaint, story)
        if chance.random() < 0.62 and not self._is_shared(complaint):
            yield self._until_awake(chance.uniform(1, 90))
            self._rate(complaint, is_fixed=is_fixed)
        if chance.random() < 0.8:
            yield self._until_work(24 * 15)
            close(session, self._central(), row_id)

    def _finish(self, officer: Actor, complaint: Complaint, story: Story) -> bool:
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
        return outcome is Outcome.FIXED

    def _rate(self, complaint: Complaint, *, is_fixed: bool) -> None:
        weights = [2, 3, 12, 36, 47] if is_fixed else [18, 22, 34, 18, 8]
        stars = self._chance.choices([1, 2, 3, 4, 5], weights=weights)[0]
        comment = self._chance.choice(COMMENTS[stars]) if self._chance.random() < 0.6 else ""
        rate(self._session, self._citizen(complaint.member_id), complaint.id, stars=stars, comment=comment)

    # What it needs ------------------------------------------------------------------------------------------

    def _told(self, how_many: int) -> list[tuple[str, Story]]:
        every = [(code, story) for code, told in STORIES.items() for story in told]
        rounds: list[tuple[str, Story]] = []
        while len(rounds) < how_many:
            self._chance.shuffle(every)
            rounds += every
        return rounds[:how_many]

    def _beginning(self, story: Story, start_of_time: datetime, until: datetime) -> datetime:
        while True:
            # More of them lately: a town that has just begun to use LINE gets more every month.
            moment = start_of_time + (until - start_of_time) * self._chance.random() ** 0.7
            moment = awake(moment, self._chance)
            if not _is_written_by_citizen(story):
                moment = at_work(moment, self._holidays, self._chance)
            if start_of_time < moment < until - timedelta(minutes=20):
                return moment
            start_of_time -= timedelta(hours=6)  # A short time full of holidays: begin a little earlier.

    def _until_work(self, hours: float) -> timedelta:
        wanted = now() + timedelta(hours=hours)
        return at_work(wanted, self._holidays, self._chance) - now()

    def _until_awake(self, hours: float) -> timedelta:
        return max(awake(now() + timedelta(hours=hours), self._chance) - now(), timedelta(minutes=30))

    def _days_needed(self, complaint: Complaint) -> float:
        if complaint.due_at is None or complaint.received_at is None:
            return self._chance.uniform(1, 6)
        promised = (complaint.due_at - complaint.received_at).total_seconds() / 86_400
        return max(0.1, promised * self._chance.choice([0.2, 0.3, 0.4, 0.45, 0.6, 0.7, 0.8, 1.0, 1.5]))

    def _entry(self, token: str, story: Story, subcategory: Subcategory) -> Entry:
        chance = self._chance
        community = self._communities[story.community]
        is_anonymous = not _is_written_by_citizen(story) and chance.random() < 0.12
        member = shared_member(self._session) if is_anonymous else chance.choice(self._members)
        request = chance.choice(REQUESTS[subcategory.code]) if REQUESTS.get(subcategory.code) else ""
        latitude, longitude = self._near(community)
        return Entry(
            form_token=token,
            story=f"{story.story}\n{request}".strip(),
            member_id=member.id,
            channel_id=self._channels[story.channel].id,
            category_id=subcategory.category_id,
            subcategory_id=subcategory.id,
            community_id=community.id,
            place_text=story.place,
            latitude=latitude,
            longitude=longitude,
            callback_phone="+66990009999" if member.is_shared else None,
            kind=ComplaintKind(story.kind),
            urgency=Urgency(story.urgency),
            disclosure=Disclosure.CONCEALED if chance.random() < 0.3 else Disclosure.DISCLOSED,
        )

    def _hold(
        self, actor: Actor, token: str, subcategory: Subcategory | None, stage: AttachmentStage
    ) -> None:
        code = subcategory.category.code if subcategory else ""
        picture = self._pictures.of(code, stage.value, self._chance)
        hold_photo(self._session, actor, token, stage, picture)
        self._session.flush()

    def _near(self, community: Community) -> tuple[Decimal | None, Decimal | None]:
        if community.latitude is None or community.longitude is None:
            return None, None
        shift = [Decimal(str(round(self._chance.uniform(-JITTER, JITTER), 6))) for _ in range(2)]
        return community.latitude + shift[0], community.longitude + shift[1]

    def _settle_old_messages(self, until: datetime) -> None:
        """Count the messages and copies of old cases as done; only the newest cases are still to be told."""
        newest = select(Complaint.id).order_by(Complaint.listed_at.desc(), Complaint.id).limit(LIVE_CASES)
        live = set(self._session.scalars(newest))
        for kind in (OutboxMessage, Job):
            self._session.execute(
                update(kind)
                .where(kind.complaint_id.not_in(live), kind.state == DeliveryState.READY)
                .values(state=DeliveryState.CANCELLED, last_error="demo history", done_at=until)
            )

    # Who does it --------------------------------------------------------------------------------------------

    def _is_shared(self, complaint: Complaint) -> bool:
        return complaint.member is None or complaint.member.is_shared

    def _citizen(self, member_id: int | None) -> Actor:
        member = self._session.get_one(Member, member_id)
        return Actor.member(member.id, member.full_name, via="line" if member.line_accounts else "web")

    def _officer_for(self, subcategory: Subcategory) -> StaffUser | None:
        home = subcategory.category.department_id
        reached = self._lookups.department_and_below(home)
        fitting = [one for department in sorted(reached) for one in self._officers.get(department, [])]
        return self._chance.choice(fitting) if fitting else None

    def _clerk_of(self, department_id: int) -> Actor:
        clerks = self._clerks.get(department_id)
        if clerks and self._chance.random() < 0.7:
            return self._actor(clerks[0].id)
        return self._central()

    def _central(self) -> Actor:
        row = self._session.scalars(select(StaffUser.id).where(StaffUser.username == "central")).one()
        return self._actor(row)

    def _assignee(self, complaint: Complaint) -> Actor:
        return self._actor(complaint.assignee_id or 0, via="line")

    def _actor(self, staff_user_id: int, via: str = "web") -> Actor:
        key = (staff_user_id, via)
        if key not in self._actors:
            self._actors[key] = actor_of_staff(self._session, staff_user_id, via=via, lookups=self._lookups)
        return self._actors[key]

    def _by_permission(self, permission: Permission) -> dict[int, list[StaffUser]]:
        found: dict[int, list[StaffUser]] = {}
        rows = self._session.scalars(
            select(StaffUser)
            .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
            .join(RoleGrant, RoleGrant.role_id == staff_role.c.role_id)
            .where(RoleGrant.permission == permission.value, StaffUser.is_active)
            .order_by(StaffUser.id)
        )
        for officer in rows:
            found.setdefault(officer.department_id or 0, []).append(officer)
        return found


def _is_written_by_citizen(story: Story) -> bool:
    """Tell whether the citizen hands it in alone; half of what comes by LINE and web is typed by staff."""
    return story.channel in {"line", "web"} and len(story.story) % 2 == 0
