"""The duty clock's work, each round in a process of its own that may be killed in the middle of it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from helpers.nursery import Nursery, nursery, obey


def duty_nursery() -> AbstractContextManager[Nursery]:
    """Run the nursery of rounds for the time of a test module."""
    return nursery(__file__)


def _round(environment: dict[str, str]) -> None:
    """Do one task of ``worker.duties`` at a moment."""
    app = create_app(Settings.from_env())
    with frozen(datetime.fromisoformat(environment["MOMENT"])), app.app_context():
        getattr(duties, environment["TASK"])(app)


if __name__ == "__main__":
    from datetime import datetime  # The slow part, done once, before any round is born.

    from app import create_app
    from config import Settings
    from domain.clock import frozen
    from worker import duties

    obey(_round)
