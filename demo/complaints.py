"""Some 1,200 invented complaints of three fiscal years, lived through by the verbs of real ones.

Each complaint is a generator that acts and yields how long it rests (``demo.lives``, ``demo.desk``); the town
wakes whichever is next, on a clock of its own, and lets the duty clock strike in between. So numbers, events,
reminders and messages stand in the order of time, as in a town that has really lived them.
"""

from __future__ import annotations

import heapq
from collections import Counter
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from demo.citizens import plant_citizens
from demo.desk import Plan, desk
from demo.evidence import send_old_messages
from demo.lives import live
from demo.office_hours import OPENING, at_work
from demo.seasons import fits, moment_between, season_of, trouble_of
from demo.stories import Story
from demo.tales import CITIZEN, TOLD, Telling
from demo.town import SCENES, Case, Life, Pictures, Town
from domain.clock import fiscal_year_bounds, fiscal_year_of, frozen, now
from domain.duty_rounds import attend
from domain.vault import Vault
from models import DeliveryState, FormToken, Job, Notification, OutboxMessage

HOW_MANY = 1200
YEARS = 3  # Fiscal years, the present one included.
SEED = 2569
TOKEN = "demo-{index:04d}"  # noqa: S105 - a form's key, no secret
ANONYMOUS = 0.1  # Of what officers write down.
CLUSTER = 0.02  # So many troubles are told of by neighbours, too.
MOST_NEIGHBOURS = 4
LIVE_WITHIN = timedelta(days=1)

__all__ = ["HOW_MANY", "SCENES", "TOKEN", "YEARS", "DemoTown", "Pictures", "is_planted"]


def is_planted(session: Session) -> bool:
    """Tell whether the demo complaints are there already."""
    first = select(FormToken.id).where(FormToken.token == TOKEN.format(index=0))
    return session.scalar(first) is not None


class DemoTown:
    """Lets the demo officers work through the invented complaints."""

    def __init__(self, session: Session, vault: Vault, pictures: Pictures, seed: int = SEED) -> None:
        """Read the town's rows once; everything random comes from the seed."""
        self._session = session
        self._town = Town(session, vault, pictures, seed)
        self._awake: list[tuple[datetime, int, int, Life | None]] = []  # Without a life: the duty clock.
        self._serial = count()
        self._cases: dict[int, Case] = {}
        self._alarms: dict[int, datetime] = {}
        self._begun = 0

    def plant(self, until: datetime, how_many: int = HOW_MANY) -> int:
        """Let the town live up to a moment and return how many complaints it has; the caller commits."""
        start, _end = fiscal_year_bounds(fiscal_year_of(until) - YEARS + 1)
        town = self._town
        town.until = until
        with frozen(start):
            town.crew.meet(plant_citizens(self._session, town.vault, town.crew.central()))
        self._session.flush()
        for plan in list(desk(town))[:how_many]:
            self._lay_on_desk(plan)
        fixed = town.teller.fixed()
        while self._begun < how_many:
            moment = moment_between(start, until, town.chance)
            ready = next((told for told in fixed if fits(told[0], moment, town.chance)), None)
            if ready is not None:
                fixed.remove(ready)
            self._happen(moment, ready, how_many)
        with self._session.no_autoflush:  # Every act flushes by itself; once more at its end.
            self._live(until)
        self._settle_old_messages(until)
        return how_many

    def _live(self, until: datetime) -> None:
        while self._awake:
            moment, index, _serial, life = heapq.heappop(self._awake)
            with frozen(moment):
                rest = self._strike(index) if life is None else next(life, None)
                self._session.flush()
            if rest is not None and moment + rest < until:
                self._push(moment + rest, index, life)
            self._set_alarm(index, moment, until)

    def _push(self, moment: datetime, index: int, life: Life | None) -> None:
        heapq.heappush(self._awake, (moment, index, next(self._serial), life))

    def _set_alarm(self, index: int, moment: datetime, until: datetime) -> None:
        """Let the duty clock look at the case when it wants to, in office hours, as the worker does."""
        case = self._cases[index].complaint
        wanted = case.wake_at if case is not None else None
        if wanted is None or self._alarms.get(index) == wanted:
            return
        self._alarms[index] = wanted
        rings = self._town.calendar.next_opening(max(wanted, moment))
        if rings < until:
            self._push(rings, index, None)

    def _strike(self, index: int) -> None:
        row = self._cases[index].row
        if row.wake_at is not None and row.wake_at <= now():
            attend(self._session, row.id, Counter())

    # What happens -------------------------------------------------------------------------------------------

    def _happen(self, moment: datetime, ready: tuple[str, Story] | None, how_many: int) -> None:
        """Let a trouble be told of, now and then by several neighbours."""
        town = self._town
        code = ready[0] if ready else trouble_of(moment, town.chance)
        case = self._case(code, moment, ready[1] if ready else None)
        self._wake(moment, case, live(town, case))
        if case.pin is None or not town.odds(CLUSTER, "neighbours"):
            return
        for _ in range(town.chance.randint(2, MOST_NEIGHBOURS)):
            if self._begun >= how_many:
                return
            after = timedelta(hours=town.chance.uniform(0.5, 30))
            if moment + after < town.until:
                twin = self._neighbour(case)
                self._wake(moment + after, twin, live(town, twin))

    def _lay_on_desk(self, plan: Plan) -> None:
        case = self._case(plan.code, plan.moment, by_citizen=plan.by_citizen)
        self._wake(plan.moment, case, plan.live(self._town, case))

    def _wake(self, moment: datetime, case: Case, life: Life) -> None:
        if not case.telling.by_citizen:
            moment = self._at_counter(moment)
        self._cases[self._begun] = case
        self._push(moment, self._begun, life)
        self._begun += 1

    def _at_counter(self, moment: datetime) -> datetime:
        """Return when officers write it down: soon after, but before the demo begins."""
        town = self._town
        opened = at_work(moment, town.calendar, town.chance)
        if opened < town.until:
            return opened
        return town.office_day(1, OPENING.hour + 1 + town.chance.uniform(0, 6))

    def _case(
        self, code: str, moment: datetime, story: Story | None = None, by_citizen: bool | None = None
    ) -> Case:
        town = self._town
        person: int | None = town.crew.somebody()
        community = town.communities[story.community] if story else town.somewhere(person)
        telling = self._words(code, moment, story, person, community.name, by_citizen)
        if not telling.by_citizen and by_citizen is None and town.odds(ANONYMOUS):
            person = None
        return Case(
            token=TOKEN.format(index=self._begun),
            telling=telling,
            subcategory=town.subcategories[code],
            community=community,
            person=person,
            pin=town.spot_in(community),
            number=self._begun,
        )

    def _words(
        self,
        code: str,
        moment: datetime,
        story: Story | None,
        person: int | None,
        community: str,
        by_citizen: bool | None,
    ) -> Telling:
        town = self._town
        if story is not None:
            return town.teller.as_written(code, story)
        who = town.crew.person(person)
        by = None if by_citizen is None else CITIZEN if by_citizen else TOLD
        return town.teller.tell(code, season_of(moment), who, community, by)

    def _neighbour(self, first: Case) -> Case:
        town = self._town
        person = town.crew.somebody()
        who = town.crew.person(person)
        telling = first.telling
        if who is not None:
            telling = town.teller.same_again(telling, who, first.community.name)
        return Case(
            token=TOKEN.format(index=self._begun),
            telling=telling,
            subcategory=first.subcategory,
            community=first.community,
            person=person,
            pin=town.near(first.pin),
            number=self._begun,
            first=first,
        )

    def _settle_old_messages(self, until: datetime) -> None:
        """Count messages, copies and bells as done but those of the last day on which offices were open."""
        opened = self._town.office_day(1, OPENING.hour + OPENING.minute / 60)
        since = min(opened, until - LIVE_WITHIN)
        send_old_messages(self._session, since)
        for kind in (OutboxMessage, Job):
            self._session.execute(
                update(kind)
                .where(kind.created_at < since, kind.state == DeliveryState.READY)
                .values(state=DeliveryState.CANCELLED, last_error="demo history", done_at=until)
            )
        seen = update(Notification).where(Notification.created_at < since)
        self._session.execute(seen.values(read_at=Notification.created_at))
