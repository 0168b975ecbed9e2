"""What the lives of the demo town have in common: its rows, its clock of working hours, its pictures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from demo.crew import Crew
from demo.office_hours import at_work, awake
from demo.people import PEOPLE
from demo.tales import LIFE, ROAD_OF, Teller, Telling
from domain.actor import Actor
from domain.attachments import StoredFile, hold_photo
from domain.clock import BANGKOK, now, to_bangkok
from domain.members import shared_member
from domain.office_hours import calendar_of
from domain.registration import Entry
from domain.vault import Vault
from models import (
    AttachmentStage,
    Category,
    Channel,
    Community,
    Complaint,
    ComplaintKind,
    Disclosure,
    Setting,
    Subcategory,
    Urgency,
    Zone,
)

LATELY = timedelta(days=75)
SCENES = ("road", "footpath", "drain", "flood", "lamp", "tree", "rubbish", "wall", "smoke", "dog", "site")
SCENE_OF = {
    "ช.": "road",
    "ช.(2)": "footpath",
    "ท.": "drain",
    "ท.(3)": "flood",
    "ฟ.": "lamp",
    "สส.": "tree",
    "อค.": "site",
    "อค.(3)": "wall",
    "อส.": "rubbish",
    "อส.(1)": "smoke",
    "อส.(6)": "smoke",
    "อส.(9)": "drain",
    "สพ.": "dog",
    "ทศ.": "footpath",
    "ป.(2)": "flood",
    "ศ.": "wall",
}
WITHOUT_PICTURE = frozenset(
    {"ค.", "จ.", "รท.", "สด.", "ย."}
)  # Money, rights and words have no before and after.
FALLBACK_SCENE = "road"
CALL_BACK = "+66990009999"
HOT_SPOTS = 9  # Communities that have more of everything.
SPOTS_OF_EACH = 5  # Pins gather at so many places of a community.
AROUND_COMMUNITY = 0.0022  # Degrees, about 240 m.
AROUND_SPOT = 0.00018  # About 20 m: neighbours of one trouble.
PLACES = Decimal("0.000001")
Life = Iterator[timedelta]  # Acts between the rests it yields.


@dataclass(frozen=True, slots=True)
class Pictures:
    """Stored demo photos by (scene, stage); the same place in both lists is the same street."""

    stored: dict[tuple[str, str], list[StoredFile]]

    def of(self, code: str, stage: str, number: int) -> StoredFile:
        """Return a picture that fits a subtype; the same number before and after."""
        scene = SCENE_OF.get(code) or SCENE_OF.get(code.split("(")[0], FALLBACK_SCENE)
        variants = self.stored[(scene, stage)]
        return variants[number % len(variants)]


@dataclass
class Case:
    """One complaint on its way: what is told, by whom, and later its row."""

    token: str
    telling: Telling
    subcategory: Subcategory
    community: Community
    person: int | None  # Index of the citizen; None is the shared member.
    pin: tuple[Decimal, Decimal] | None
    number: int
    first: Case | None = None  # Of a duplicate: the original.
    complaint: Complaint | None = field(default=None, repr=False)

    @property
    def row(self) -> Complaint:
        """Return the complaint's row, once it has begun."""
        if self.complaint is None:
            raise LookupError(self.token)
        return self.complaint


class Town:
    """The town's rows and what its people do between acts; everything by chance comes from one seed."""

    def __init__(self, session: Session, vault: Vault, pictures: Pictures, seed: int) -> None:
        """Read the small tables once; what is held here is not read again by every act."""
        self.session = session
        self.vault = vault
        self.pictures = pictures
        self.chance = random.Random(seed)  # noqa: S311 - invented data, no secret
        self.crew = Crew(session, self.chance)
        self.teller = Teller(self.chance)
        self.until = now()
        self._small = [*session.scalars(select(Zone)), *session.scalars(select(Setting))]
        categories = session.scalars(select(Category).options(selectinload(Category.department)))
        self.categories = {row.code: row for row in categories}
        self.subcategories = {row.code: row for row in session.scalars(select(Subcategory))}
        self.communities = {row.name: row for row in session.scalars(select(Community))}
        self.channels = {row.code: row for row in session.scalars(select(Channel))}
        self.calendar = calendar_of(session)
        self._happened: set[str] = set()
        self._spots: dict[tuple[str, int], tuple[Decimal, Decimal]] = {}
        self._names = [person.community for person in PEOPLE]
        self._hot = self.chance.sample(sorted(set(self._names)), HOT_SPOTS)

    # Time ---------------------------------------------------------------------------------------------------

    def until_work(self, hours: float) -> timedelta:
        """Return how long until offices are open, so many hours from now or soon after."""
        return at_work(now() + timedelta(hours=hours), self.calendar, self.chance) - now()

    def until_awake(self, hours: float) -> timedelta:
        """Return how long until a citizen is awake, about so many hours from now."""
        return max(awake(now() + timedelta(hours=hours), self.chance) - now(), timedelta(minutes=30))

    def is_late(self) -> bool:
        """Tell whether these are the last weeks before the demo begins."""
        return now() > self.until - LATELY

    def odds(self, share: float, first: str = "") -> bool:
        """Return true in so many of all cases; the first time, what has a name happens."""
        if first and first not in self._happened:
            self._happened.add(first)
            return True
        return self.chance.random() < share

    def says(self, key: str) -> str:
        """Return one of the phrases of ``life.json``."""
        return str(self.chance.choice(LIFE[key]))

    # Places -------------------------------------------------------------------------------------------------

    def somewhere(self, person: int | None) -> Community:
        """Return a community: often one's own, often a hot spot, else any."""
        draw = self.chance.random()
        if person is not None and draw < 0.45:
            name = PEOPLE[person].community
        else:
            name = self.chance.choice(self._hot if draw > 0.72 else self._names)
        return self.communities[name]

    def spot_in(self, community: Community) -> tuple[Decimal, Decimal] | None:
        """Return a pin at one of the community's places, a few steps beside the last one there."""
        if community.latitude is None or community.longitude is None:
            return None
        key = (community.name, self.chance.randrange(SPOTS_OF_EACH))
        centre = (community.latitude, community.longitude)
        spot = self._spots.setdefault(key, self.beside(centre, AROUND_COMMUNITY))
        return self.beside(spot, AROUND_SPOT)

    def near(self, pin: tuple[Decimal, Decimal] | None) -> tuple[Decimal, Decimal] | None:
        """Return the pin of a neighbour who means the same trouble."""
        return self.beside(pin, AROUND_SPOT) if pin else None

    def beside(self, pin: tuple[Decimal, Decimal], degrees: float) -> tuple[Decimal, Decimal]:
        """Return a pin not far from another."""
        shift = [Decimal(str(self.chance.uniform(-degrees, degrees))) for _ in pin]
        return (pin[0] + shift[0]).quantize(PLACES), (pin[1] + shift[1]).quantize(PLACES)

    # Words and pictures -------------------------------------------------------------------------------------

    def entry(self, case: Case) -> Entry:
        """Return what is written into the form."""
        chance, telling = self.chance, case.telling
        member = shared_member(self.session) if case.person is None else self.crew.member(case.person)
        latitude, longitude = case.pin or (None, None)
        knows_road = chance.random() < 0.6
        return Entry(
            form_token=case.token,
            story=telling.story,
            member_id=member.id,
            channel_id=self.channels[telling.channel].id,
            category_id=case.subcategory.category_id,
            subcategory_id=case.subcategory.id,
            community_id=case.community.id,
            road_name=ROAD_OF.get(case.community.name, "") if knows_road else "",
            place_text=telling.place,
            latitude=latitude,
            longitude=longitude,
            callback_phone=CALL_BACK if member.is_shared else None,
            kind=ComplaintKind(telling.kind),
            urgency=Urgency(telling.urgency),
            disclosure=Disclosure.CONCEALED if chance.random() < 0.3 else Disclosure.DISCLOSED,
        )

    def has_picture(self, case: Case) -> bool:
        """Tell whether there is something to photograph."""
        return case.telling.code.split("(")[0] not in WITHOUT_PICTURE

    def hold(self, actor: Actor, token: str, case: Case, stage: AttachmentStage) -> None:
        """Lay a photo into a form, some with words below."""
        stored = self.pictures.of(case.telling.code, stage.value, case.number)
        photo = hold_photo(self.session, actor, token, stage, stored)
        if self.odds(1 / 3):
            photo.caption = self.chance.choice(LIFE["captions"][stage.value])
        self.session.flush()

    def office_day(self, days_back: int, hour: float) -> datetime:
        """Return a moment of an earlier working day; 1 is the last one before today."""
        day, left = to_bangkok(self.until).date(), days_back
        while left:
            day -= timedelta(days=1)
            left -= self.calendar.is_working_day(day)
        return datetime.combine(day, time.min, tzinfo=BANGKOK) + timedelta(hours=hour)
