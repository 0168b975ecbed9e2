"""When the demo town's officers are at work; its citizens write whenever they are awake."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import Final

from domain.clock import BANGKOK, to_bangkok
from domain.office_calendar import OfficeCalendar

OPENING: Final = time(8, 30)
FIRST_TASKS: Final = 90  # Minutes over which the work of the first hours spreads.
AWAKE: Final = (7, 21)


def at_work(moment: datetime, calendar: OfficeCalendar, chance: random.Random) -> datetime:
    """Return the moment if offices are open, else one soon after they open next."""
    local = to_bangkok(moment)
    day = local.date()
    if calendar.is_working_day(day) and local.time() >= OPENING and local <= calendar.closing(day):
        return moment
    if local.time() >= OPENING or not calendar.is_working_day(day):
        day = calendar.nth_working_day(day, 1)
    opened = datetime.combine(day, OPENING, tzinfo=BANGKOK)
    return opened + timedelta(minutes=chance.randint(0, FIRST_TASKS), seconds=chance.randint(0, 59))


def awake(moment: datetime, chance: random.Random) -> datetime:
    """Return a moment of the same Bangkok day at which people are awake."""
    return to_bangkok(moment).replace(
        hour=chance.randint(*AWAKE), minute=chance.randint(0, 59), second=chance.randint(0, 59)
    )
