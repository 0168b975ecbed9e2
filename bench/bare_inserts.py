"""The floor of everything that brings rows in: the very same rows, through the driver alone."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path


def bare_inserts(source: Path, target: Path, tables: Sequence[str], schema: str) -> float:
    """Return the seconds of inserting a database's rows into the same empty tables, in one transaction.

    Args:
        source: The SQLite file that holds the rows.
        target: A file that does not exist yet.
        tables: Whose rows, in the order of their foreign keys.
        schema: SQL that lists the statements to make the tables with.
    """
    raw = sqlite3.connect(source)
    rows = {name: raw.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608 - our own tables
    made = [sql for (sql,) in raw.execute(schema)]
    raw.close()
    bare = sqlite3.connect(target, isolation_level=None)
    bare.execute("pragma journal_mode=wal")
    bare.execute("pragma synchronous=full")
    for sql in made:
        bare.execute(sql)
    start = time.perf_counter()
    bare.execute("BEGIN IMMEDIATE")
    for name in tables:
        marks = ",".join("?" * len(rows[name][0]))
        bare.executemany(f"INSERT INTO {name} VALUES ({marks})", rows[name])  # noqa: S608 - our own tables
    bare.execute("COMMIT")
    return time.perf_counter() - start
