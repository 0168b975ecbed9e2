"""Acts on a case, each in a process of its own that may be killed in the middle of it."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from helpers.nursery import Nursery, nursery, obey

WAS_DONE = 3
"""Exit code of an act that found itself done before."""


def act_nursery() -> AbstractContextManager[Nursery]:
    """Run the nursery of acts for the time of a test module."""
    return nursery(__file__)


def _act(environment: dict[str, str]) -> None:
    """Do one act on one case in one write transaction."""
    app = create_app(Settings.from_env())
    changes = {"original_id": int(environment["ORIGINAL"])} if environment["ACT"] == "merge" else {}
    with app.app_context():
        try:
            with write_transaction() as session:
                case = session.get_one(Complaint, int(environment["CASE"]))
                press(session, environment["WHO"], case, environment["ACT"], **changes)
        except AlreadyDone:
            os._exit(WAS_DONE)


if __name__ == "__main__":
    from helpers.casework import press  # The slow part, done once, before any act is born.

    from app import create_app
    from config import Settings
    from domain.errors import AlreadyDone
    from extensions import write_transaction
    from models import Complaint

    obey(_act)
