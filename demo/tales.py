"""Stories with blanks: who tells, where, since when and who suffers are filled in anew for each complaint.

The texts are written by hand for this project (demo/words/tales.csv, results.csv, life.json); a fixed
``Story`` of ``demo.stories`` becomes a ``Telling`` as it stands.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from demo.people import PEOPLE, WORDS, Person
from demo.stories import REQUESTS, RESULTS_BY_OUTCOME, STORIES, Story

CITIZEN = "citizen"
TOLD = "told"
CHANNELS_OF = {  # How likely each door is, by who wrote the words.
    CITIZEN: {"line": 72, "web": 28},
    TOLD: {"phone": 76, "walk_in": 24},
    "letter": {"letter": 1},
    "anon": {"anonymous_letter": 1},
    "facebook": {"facebook": 1},
    "media": {"media": 1},
    "visit": {"field_visit": 1},
}
OWN_DOORS = frozenset({"line", "web"})
ELDERS_BORN_BEFORE = 1957
STUDENTS_BORN_SINCE = 2001
FOUR = 4
SEASONS = frozenset({"rain", "dry", "hot"})


class Tale(NamedTuple):
    """A story with blanks; ``flags`` are voices, seasons, kinds and urgencies."""

    code: str
    by: str
    flags: frozenset[str]
    text: str

    @property
    def season(self) -> str:
        """Return the season it belongs to, or nothing."""
        return next(iter(sorted(self.flags & SEASONS)), "")


class Telling(NamedTuple):
    """A complaint in words: as told by one person at one place; ``blanks`` is what was filled in."""

    code: str
    story: str
    place: str
    channel: str
    kind: str
    urgency: str
    result: str
    blanks: Mapping[str, str]

    @property
    def by_citizen(self) -> bool:
        """Tell whether the citizen hands it in alone."""
        return self.channel in OWN_DOORS


def _rows(name: str) -> list[dict[str, str]]:
    with (WORDS / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _tales() -> dict[str, list[Tale]]:
    found: dict[str, list[Tale]] = {}
    for row in _rows("tales.csv"):
        tale = Tale(row["code"], row["by"], frozenset(row["flags"].split()), row["story"])
        found.setdefault(tale.code, []).append(tale)
    return found


class Mended(NamedTuple):
    """What an officer writes when it is mended; ``about`` are words of stories it fits, all when empty."""

    about: tuple[str, ...]
    text: str


def _results() -> dict[str, list[Mended]]:
    found: dict[str, list[Mended]] = {}
    for row in _rows("results.csv"):
        about = tuple(row["about"].split("|")) if row["about"] else ()
        found.setdefault(row["code"], []).append(Mended(about, row["result"]))
    return found


# By the code of the subcategory, such as "อส.(3)".
TALES: dict[str, list[Tale]] = _tales()
RESULTS: dict[str, list[Mended]] = _results()
LIFE: dict[str, Any] = json.loads((WORDS / "life.json").read_text(encoding="utf-8"))
ROAD_OF: dict[str, str] = {person.community: person.road for person in PEOPLE}


class Teller:
    """Tells stories, the ones told least first; everything by chance comes from the caller's."""

    def __init__(self, chance: random.Random) -> None:
        """Begin with nothing told."""
        self._chance = chance
        self._told: Counter[str] = Counter()

    def fixed(self) -> list[tuple[str, Story]]:
        """Return every story that stands as it is, in an order of chance."""
        every = [(code, story) for code, stories in STORIES.items() for story in stories]
        self._chance.shuffle(every)
        return every

    def as_written(self, code: str, story: Story) -> Telling:
        """Return a fixed story in the words of its own."""
        wishes = REQUESTS.get(code) or ("",)
        text = f"{story.story}\n{self._chance.choice(wishes)}".strip()
        blanks = self._blanks(None, story.community)
        return Telling(
            code, text, story.place, story.channel, story.kind, story.urgency, story.result, blanks
        )

    def tell(
        self, code: str, season: str, person: Person | None, community: str, by: str | None = None
    ) -> Telling:
        """Fill in a story of a subtype that fits season and person; ``by`` wants one kind of teller."""
        chance = self._chance
        tale = self._pick(code, season, person, by)
        blanks = self._blanks(person, community)
        weights = CHANNELS_OF[tale.by]
        channel = chance.choices(list(weights), weights=list(weights.values()))[0]
        story = self._in_voice(tale, tale.text.format_map(blanks), person, blanks)
        return Telling(
            code=code,
            story=story,
            place=self._place(blanks, community),
            channel=channel,
            kind=_kind(tale),
            urgency=next(iter(sorted(tale.flags & {"urgent", "emergency"})), "normal"),
            result=self.result(code, tale.text),
            blanks=blanks,
        )

    def same_again(self, first: Telling, person: Person, community: str) -> Telling:
        """Let another neighbour tell of the same trouble at the same place."""
        blanks = {**self._blanks(person, community), "spot": first.blanks["spot"]}
        short = first.story.split("\n")[0][:70].rsplit(" ", 1)[0]
        text = self._chance.choice(LIFE["same_again"]).format(story=short, **blanks)
        channel = self._chance.choice(["line", "line", "web"])
        return first._replace(story=text, channel=channel, urgency="normal", blanks=blanks)

    def result(self, code: str, story: str) -> str:
        """Return what an officer writes when it is mended."""
        every = RESULTS[code]
        fitting = [one for one in every if any(word in story for word in one.about)]
        fitting = fitting or [one for one in every if not one.about] or every
        text = self._chance.choice(fitting).text
        return text.format(n=self._chance.randint(2, 6), m=self._chance.randint(7, 24))

    def other_result(self, outcome: str) -> str:
        """Return what an officer writes when it was not simply mended."""
        return self._chance.choice(RESULTS_BY_OUTCOME[outcome])

    def _pick(self, code: str, season: str, person: Person | None, by: str | None) -> Tale:
        told = [tale for tale in TALES[code] if by in {None, tale.by}] or TALES[code]
        fitting = [tale for tale in told if tale.season in {"", season}] or told
        voice = voice_of(person)
        fitting = [tale for tale in fitting if _suits(tale, voice)] or fitting
        fewest = min(self._told[tale.text] for tale in fitting)
        tale = self._chance.choice([one for one in fitting if self._told[one.text] == fewest])
        self._told[tale.text] += 1
        return tale

    def _blanks(self, person: Person | None, community: str) -> dict[str, str]:
        chance = self._chance
        is_man = person is not None and person.title not in {"นาง", "นางสาว"}
        blanks = {name: chance.choice(words) for name, words in LIFE["slots"].items()}
        blanks["k"] = "ครับ" if is_man else "ค่ะ"
        blanks["me"] = "ผม" if is_man else "ดิฉัน"
        blanks["n"] = str(chance.randint(2, 7))
        blanks["com"] = community
        return blanks

    def _place(self, blanks: Mapping[str, str], community: str) -> str:
        spot, road = blanks["spot"], ROAD_OF.get(community, "")
        forms = [f"{spot} {road}", f"{road} {spot}", f"{spot} ชุมชน{community}"]
        forms.append(f"ซอย {blanks['n']} {spot} ชุมชน{community}")
        return self._chance.choice(forms).strip()

    def _in_voice(self, tale: Tale, story: str, person: Person | None, blanks: Mapping[str, str]) -> str:
        chance = self._chance
        if tale.by == TOLD:
            return f"{story} {chance.choice(LIFE['call_closers'])}" if chance.random() < FOUR / 10 else story
        if tale.by != CITIZEN or "long" in tale.flags:
            return story
        voice = "angry" if "angry" in tale.flags else voice_of(person)
        if chance.random() < FOUR / 10 and voice in LIFE["openers"]:
            story = f"{chance.choice(LIFE['openers'][voice])} {story}"
        if chance.random() < FOUR / 10:
            story = f"{story} {chance.choice(LIFE['closers'][voice])}"
        story = story.replace("{k}", blanks["k"])
        return story.replace(" ", "") if "nospace" in tale.flags else story


def voice_of(person: Person | None) -> str:
    """Return how a person writes, by age."""
    if person is not None and person.birth_date.year < ELDERS_BORN_BEFORE:
        return "elder"
    if person is not None and person.birth_date.year >= STUDENTS_BORN_SINCE:
        return "student"
    return "polite"


def _suits(tale: Tale, voice: str) -> bool:
    """Students and elders have stories of their own; officers write down anybody's."""
    if tale.by != CITIZEN:
        return True
    return not (tale.flags & {"elder", "student"}) or voice in tale.flags


def _kind(tale: Tale) -> str:
    if "suggestion" in tale.flags:
        return "suggestion"
    return "help_request" if "help" in tale.flags else "complaint"
