"""When a town complains of what: rain and floods, dust and burning, heat and water, weekdays and hours."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from demo.tales import TALES
from domain.clock import to_bangkok

GROWTH = 0.8  # Below 1: more of them lately, as a town gets used to the new door.
RAIN = frozenset({5, 6, 7, 8, 9, 10})
HEIGHT_OF_RAIN = frozenset({8, 9, 10})
DRY = frozenset({12, 1, 2, 3})
HOT = frozenset({3, 4, 5})
# How common a subtype is beside the others, which weigh 3.
COMMON = {"ช.(1)": 15, "ท.(1)": 9, "ท.(3)": 7, "ฟ.(1)": 14, "อส.(3)": 13, "สส.(1)": 7, "อส.(2)": 7} | {
    "อส.(1)": 6,
    "อส.(4)": 6,
    "สพ.(1)": 7,
    "ทศ.(2)": 7,
    "อส.(6)": 5,
    "ท.(2)": 6,
    "ป.(1)": 5,
}
OTHERS = 3
# Factors of (months, then, else); what is not here is the same all the year.
BY_MONTH = {
    "ท.(3)": (HEIGHT_OF_RAIN, 7.0, 0.15),
    "ท.(1)": (RAIN, 1.5, 0.7),
    "ท.(4)": (RAIN, 1.8, 0.6),
    "ช.(1)": (RAIN, 1.4, 0.9),
    "สส.(2)": (RAIN | HOT, 2.0, 0.2),
    "สพ.(2)": (RAIN, 2.2, 0.4),
    "อส.(6)": (DRY, 5.0, 0.15),
    "อส.(1)": (DRY, 1.8, 0.8),
    "ป.(2)": (HOT, 5.0, 0.5),
    "สพ.(3)": (HOT, 1.6, 0.9),
    "สส.(1)": (HOT, 1.5, 0.9),
}
ALL_YEAR = (frozenset(range(1, 13)), 1.0, 1.0)
BUSIEST = 1.3
# The months of rain bring more than the others, December and April fewer.
OF_MONTH = {8: 1.25, 9: 1.3, 10: 1.2, 4: 0.85, 12: 0.8}
OF_WEEKDAY = (1.25, 1.1, 1.0, 1.0, 1.05, 0.85, 0.75)
OF_HOUR = {6: 4, 7: 9, 8: 10, 9: 8, 10: 6, 11: 5, 12: 8, 13: 5, 14: 4, 15: 5, 16: 6, 17: 8, 18: 9} | {
    19: 10,
    20: 9,
    21: 6,
    22: 3,
}


def season_of(moment: datetime) -> str:
    """Return the season of a Bangkok day: ``hot``, ``rain`` or ``dry``."""
    month = to_bangkok(moment).month
    if month in HOT:
        return "hot"
    return "rain" if month in RAIN else "dry"


def factor(code: str, month: int) -> float:
    """Return how much likelier a subtype is in a month than over the year."""
    months, then, otherwise = BY_MONTH.get(code, ALL_YEAR)
    return then if month in months else otherwise


def trouble_of(moment: datetime, chance: random.Random) -> str:
    """Return the code of a subtype as likely as it is at that time of the year."""
    month = to_bangkok(moment).month
    codes = list(TALES)
    weights = [COMMON.get(code, OTHERS) * factor(code, month) for code in codes]
    return chance.choices(codes, weights=weights)[0]


def moment_between(start: datetime, until: datetime, chance: random.Random) -> datetime:
    """Return when a citizen complains: more of them lately, on Mondays, early and late in the day."""
    heaviest = BUSIEST * max(OF_WEEKDAY)
    while True:
        day = to_bangkok(start + (until - start) * chance.random() ** GROWTH)
        weight = OF_MONTH.get(day.month, 1.0) * OF_WEEKDAY[day.weekday()]
        if chance.random() * heaviest > weight:
            continue
        hour = chance.choices(list(OF_HOUR), weights=list(OF_HOUR.values()))[0]
        moment = day.replace(hour=hour, minute=chance.randint(0, 59), second=chance.randint(0, 59))
        if start < moment < until - timedelta(minutes=20):
            return moment


def fits(code: str, moment: datetime, chance: random.Random) -> bool:
    """Tell whether a story of a subtype may happen at a moment: never floods in January."""
    _months, then, _otherwise = BY_MONTH.get(code, ALL_YEAR)
    return chance.random() * then <= factor(code, to_bangkok(moment).month)
