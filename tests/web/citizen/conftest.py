"""A town with LINE Login, and a finished case of whoever signs in with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers.casework import bring_to
from helpers.login_line import LoginLine, line_id, login_line
from sqlalchemy.orm import Session

from models import Complaint, ComplaintStatus


@pytest.fixture
def line(app: Flask, session: Session) -> Iterator[LoginLine]:
    with login_line(app, session) as made:
        yield made


@pytest.fixture
def named_case(app: Flask, session: Session, line: LoginLine) -> Complaint:
    """A finished case of the member whose LINE account signs in."""
    case = bring_to(app, session, ComplaintStatus.RESOLVED)
    line.sub = line_id(session)
    session.commit()
    return case
