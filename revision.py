"""Which revision the code wants and which the database has; light enough for every request to /readyz."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).parent / "migrations"


@lru_cache(maxsize=1)
def newest_revision() -> str:
    """Return the newest revision of the code; the files are numbered ``0007_what_it_does.py``."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_behind(session: Session) -> bool:
    """Tell whether the database still needs an upgrade, or was never made."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return True
    return session.scalar(text("SELECT version_num FROM alembic_version")) != newest_revision()
