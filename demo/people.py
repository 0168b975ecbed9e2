"""The citizens of the demo town: invented names, invented numbers, no national IDs."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import NamedTuple

WORDS = Path(__file__).resolve().parent / "words"


class Person(NamedTuple):
    """One invented member; any likeness to a living person is chance.

    The phone is ten digits as a clerk types them and always has the invented form 0xx-000-xxxx; the birth
    date is Christian; the community is a name of the town's list.
    """

    title: str
    first_name: str
    last_name: str
    phone: str
    birth_date: date
    house_no: str
    road: str
    community: str


def _read() -> tuple[Person, ...]:
    with (WORDS / "people.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return tuple(
        Person(
            title=row["title"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            phone=row["phone"],
            birth_date=date.fromisoformat(row["birth_date"]),
            house_no=row["house_no"],
            road=row["road"],
            community=row["community"],
        )
        for row in rows
    )


PEOPLE: tuple[Person, ...] = _read()
