"""Counting complaints as they change: triggers write what a change takes away and adds (ADR 27).

Whatever changes a complaint, a verb, an import or a hand in the database, its figures change with it in the
same transaction. Only rows are added, so two people never wait for each other over a counter. ``fold`` sums
the rows up now and then; ``rebuild`` counts everything anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from models import CountedPart

MEASURES: Final = {
    "cases": "1",
    "fixed": "CASE WHEN {r}.figure = 'finished' AND {r}.outcome = 'fixed' THEN 1 ELSE 0 END",
    "reopened": "CASE WHEN {r}.reopen_count > 0 THEN 1 ELSE 0 END",
    "confirmed": "CASE WHEN {r}.figure = 'finished' AND {r}.confirmed_at IS NOT NULL THEN 1 ELSE 0 END",
    "promised": "CASE WHEN {r}.figure = 'finished' AND {r}.due_at IS NOT NULL THEN 1 ELSE 0 END",
    "in_time": "CASE WHEN {r}.figure = 'finished' AND {r}.finished_at <= {r}.due_at THEN 1 ELSE 0 END",
    "took_minutes": (
        "CASE WHEN {r}.figure = 'finished' AND {r}.finished_at IS NOT NULL AND {r}.received_at IS NOT NULL"
        " THEN ({finished} - {received}) / 60 ELSE 0 END"
    ),
    **{f"stars_{n}": f"CASE WHEN {{r}}.rated_stars = {n} THEN 1 ELSE 0 END" for n in range(1, 6)},
}
"""By name: what one complaint adds to its group, in SQL over the row ``{r}``; whole numbers."""

IDS: Final = ("department_id", "category_id", "subcategory_id", "zone_id", "community_id", "channel_id")
COUNT_KEYS: Final = ("month", "department_id", "category_id", "zone_id", "figure")
PART_KEYS: Final = ("month", "part", "part_id", "department_id", "figure")
WATCHED: Final = (
    *("received_at", "finished_at", "due_at", "confirmed_at", "figure", "outcome", "rated_stars"),
    "reopen_count",
    *IDS,
)
"""Columns of a complaint its figures depend on."""

_MONTH: Final = {
    # Without the fraction of the second, which strftime would round up into the next month.
    "sqlite": "coalesce(CAST(strftime('%Y%m', substr({r}.received_at, 1, 19), '+7 hours') AS INTEGER), 0)",
    "postgresql": (
        "coalesce(to_char({r}.received_at AT TIME ZONE 'UTC' + interval '7 hours', 'YYYYMM')::int, 0)"
    ),
}
_SECONDS: Final = {
    "sqlite": "CAST(strftime('%s', substr({r}.{column}, 1, 19)) AS INTEGER)",
    "postgresql": "floor(extract(epoch from {r}.{column}))::bigint",
}


def month_sql(dialect: str, row: str = "complaint") -> str:
    """Return the Bangkok month a row was received in, as 202610; 0 where nobody knows."""
    return _MONTH[dialect].format(r=row)


def measure_sql(name: str, dialect: str, row: str = "complaint") -> str:
    """Return what a row adds to a measure."""
    seconds = _SECONDS[dialect]
    return MEASURES[name].format(
        r=row,
        finished=seconds.format(r=row, column="finished_at"),
        received=seconds.format(r=row, column="received_at"),
    )


def _values(dialect: str, row: str, sign: str = "") -> str:
    """Return a row of ``case_change`` for a row of ``complaint``."""
    keys = [month_sql(dialect, row), *(f"coalesce({row}.{name}, 0)" for name in IDS), f"{row}.figure"]
    measures = [f"{sign}({measure_sql(name, dialect, row)})" for name in MEASURES]
    return ", ".join([*keys, *measures])


_COLUMNS: Final = ", ".join(("month", *IDS, "figure", *MEASURES))
_WATCHED: Final = ", ".join(WATCHED)


def _add(dialect: str, row: str, sign: str = "") -> str:
    return f"INSERT INTO case_change ({_COLUMNS}) VALUES ({_values(dialect, row, sign)});"  # noqa: S608


def _sqlite_triggers() -> list[str]:
    differs = " OR ".join(f"old.{name} IS NOT new.{name}" for name in WATCHED)
    gone, came = _add("sqlite", "old", "-"), _add("sqlite", "new")
    when = f"WHEN {differs} BEGIN {gone} {came} END"
    return [
        *(f"DROP TRIGGER IF EXISTS complaint_count_{name}" for name in ("insert", "delete", "update")),
        f"CREATE TRIGGER complaint_count_insert AFTER INSERT ON complaint BEGIN {came} END",
        f"CREATE TRIGGER complaint_count_delete AFTER DELETE ON complaint BEGIN {gone} END",
        f"CREATE TRIGGER complaint_count_update AFTER UPDATE OF {_WATCHED} ON complaint {when}",
    ]


def _postgresql_triggers() -> list[str]:
    differs = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in WATCHED)
    gone, came = _add("postgresql", "OLD", "-"), _add("postgresql", "NEW")
    do = "FOR EACH ROW EXECUTE FUNCTION complaint_counted()"
    when = f"FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION complaint_counted()"
    return [
        f"""
        CREATE OR REPLACE FUNCTION complaint_counted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP <> 'INSERT' THEN {gone} END IF;
          IF TG_OP <> 'DELETE' THEN {came} END IF;
          RETURN NULL;
        END $$
        """,
        *(
            f"DROP TRIGGER IF EXISTS complaint_count_{name} ON complaint"
            for name in ("insert", "delete", "update")
        ),
        f"CREATE TRIGGER complaint_count_insert AFTER INSERT ON complaint {do}",
        f"CREATE TRIGGER complaint_count_delete AFTER DELETE ON complaint {do}",
        f"CREATE TRIGGER complaint_count_update AFTER UPDATE OF {_WATCHED} ON complaint {when}",
    ]


def _insert_counts(where: str = "") -> list[tuple[str, str]]:
    """Return (table, statement) pairs that add the groups of ``case_change`` to the tables of counts."""
    sums, names = ", ".join(f"sum({name})" for name in MEASURES), ", ".join(MEASURES)
    counts = ", ".join(COUNT_KEYS)
    grouped = f"SELECT {{shown}}, {sums} FROM case_change{where} GROUP BY {{by}} ORDER BY {{by}}"  # noqa: S608
    groups = [("case_count", counts, counts, counts)]
    for part in CountedPart:
        shown = f"month, '{part}', {part}_id, department_id, figure"
        groups.append(
            ("case_part_count", ", ".join(PART_KEYS), shown, f"month, {part}_id, department_id, figure")
        )
    return [
        # In the order of the keys, so that two runs at once never wait for each other crosswise.
        (table, f"INSERT INTO {table} ({keys}, {names}) {grouped.format(shown=shown, by=by)}")
        for table, keys, shown, by in groups
    ]


def _recount(dialect: str) -> list[str]:
    values = _values(dialect, "complaint")
    return [
        "DELETE FROM case_change",
        "DELETE FROM case_count",
        "DELETE FROM case_part_count",
        # Through the table of changes, so that the source is read once and not four times.
        f"INSERT INTO case_change ({_COLUMNS}) SELECT {values} FROM complaint",  # noqa: S608
        *(statement for _table, statement in _insert_counts()),
        # Deleted rows would lie in PostgreSQL's way until the next vacuum.
        "TRUNCATE case_change" if dialect == "postgresql" else "DELETE FROM case_change",
    ]


def statements(dialect: str) -> Sequence[str]:
    """Return what makes the triggers and counts everything anew; migrations run it at their end."""
    triggers = _sqlite_triggers() if dialect == "sqlite" else _postgresql_triggers()
    return [*triggers, *_recount(dialect)]


def rebuild(session: Session) -> None:
    """Count everything anew; inside a write transaction, with nobody else writing on PostgreSQL."""
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        session.execute(text("LOCK TABLE complaint, case_change IN SHARE ROW EXCLUSIVE MODE"))
    for statement in _recount(dialect):
        session.execute(text(statement))


def fold(session: Session) -> int:
    """Sum up the changes written so far and return how many there were; inside a write transaction.

    Rows another transaction has not committed yet are not seen and stay for the next run.
    """
    token = str(uuid.uuid4())
    marked = session.execute(
        text("UPDATE case_change SET fold = :token WHERE fold IS NULL"), {"token": token}
    )
    count = int(marked.rowcount)  # type: ignore[attr-defined]
    if not count:
        return 0
    for table, statement in _insert_counts(" WHERE fold = :token"):
        keys = ", ".join(COUNT_KEYS if table == "case_count" else PART_KEYS)
        adds = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in MEASURES)
        session.execute(text(f"{statement} ON CONFLICT ({keys}) DO UPDATE SET {adds}"), {"token": token})
    session.execute(text("DELETE FROM case_change WHERE fold = :token"), {"token": token})
    for table in ("case_count", "case_part_count"):
        session.execute(text(f"DELETE FROM {table} WHERE cases = 0"))  # noqa: S608 - names of ours
    return count
