"""Opening a complainant's data: with a reason, within reach, and with two traces."""

from __future__ import annotations

import pytest
from flask import Flask
from helpers.casework import register_case
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import MissingField, NotFound, NotPermitted
from domain.revealing import reveal_complainant
from models import AuditAction, AuditEntry, EventKind

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_opening_the_complainants_data_needs_a_reason_and_leaves_two_traces(
    app: Flask, session: Session
) -> None:
    case = register_case(app, session)
    clerk, vault = actor_named(session, "clerk"), app.extensions["vault"]

    shown = reveal_complainant(session, clerk, vault, case.id, "โทรนัดหมาย")

    assert shown.phone == "081-234-5678"
    assert case.events[-1].kind is EventKind.VIEWED_PERSONAL_DATA
    assert not case.events[-1].is_public
    traces = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.REVEAL)).all()
    assert [entry.reason for entry in traces] == ["โทรนัดหมาย"]


def test_without_a_reason_or_a_right_nothing_is_opened(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    vault = app.extensions["vault"]

    with pytest.raises(MissingField, match="reason_required"):
        reveal_complainant(session, actor_named(session, "clerk"), vault, case.id, "  ")
    with pytest.raises(NotPermitted):
        reveal_complainant(session, actor_named(session, "executive"), vault, case.id, "อยากรู้")
    with pytest.raises(NotFound):
        reveal_complainant(session, actor_named(session, "health"), vault, case.id, "อยากรู้")

    assert not session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.REVEAL)).all()
