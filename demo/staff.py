"""The officers of the demo town: the eight accounts everybody may sign in with, and their colleagues."""

from __future__ import annotations

import csv
from typing import NamedTuple

from demo.people import WORDS


class Officer(NamedTuple):
    """One invented officer; codes are those of seed/departments.csv and seed/roles.json."""

    username: str
    title: str
    first_name: str
    last_name: str
    position: str
    department: str
    role: str
    phone: str


def _read(account: str) -> tuple[Officer, ...]:
    with (WORDS / "staff.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row.pop("account") == account]
    return tuple(Officer(**row) for row in rows)


# The eight of decisions.md 3: they sign in with config.DEMO_PASSWORD.
ACCOUNTS: tuple[Officer, ...] = _read("1")
# They fill the departments and take orders; they have no password.
COLLEAGUES: tuple[Officer, ...] = _read("0")
