"""The values of the LINE channels: kept encrypted, changed without losing events, forgotten for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from domain.actor import Actor
from domain.clock import FrozenClock, now
from domain.errors import FieldErrors, NotPermitted
from domain.line_connections import ChannelKeys, connection_of, forget_keys, keep_keys, stored_keys
from domain.vault import Vault
from extensions import db, write_transaction
from models import AuditEntry, LineChannel, LineConnection

CITIZEN = LineChannel.CITIZEN


@pytest.fixture
def keep(app: Flask, act_as: Callable[[str], Actor]) -> Callable[..., None]:
    def kept(token: str = "", secret: str = "", *, who: str = "admin") -> None:
        with write_transaction() as session:
            keep_keys(session, act_as(who), app.extensions["vault"], CITIZEN, token=token, secret=secret)

    return kept


def keys(app: Flask) -> ChannelKeys:
    db.session.rollback()
    return stored_keys(db.session(), app.extensions["vault"], CITIZEN)


def row() -> LineConnection:
    db.session.rollback()
    return connection_of(db.session(), CITIZEN)


def test_a_channel_without_a_row_has_no_keys(app: Flask) -> None:
    assert keys(app) == ChannelKeys(None, ())


def test_values_are_kept_encrypted_and_given_back(app: Flask, keep: Callable[..., None]) -> None:
    keep("sim-token", "sim-secret")

    assert keys(app) == ChannelKeys("sim-token", ("sim-secret",))
    assert "sim-" not in f"{row().token}{row().secret}"


def test_blanks_and_line_breaks_of_copying_are_taken_out(app: Flask, keep: Callable[..., None]) -> None:
    keep(" sim-\n token ", "sim-secret\t")

    assert keys(app) == ChannelKeys("sim-token", ("sim-secret",))


def test_an_empty_box_keeps_what_there_is(app: Flask, keep: Callable[..., None]) -> None:
    keep("sim-token", "sim-secret")
    keep("sim-other")

    assert keys(app) == ChannelKeys("sim-other", ("sim-secret",))


@pytest.mark.parametrize(
    ("token", "secret", "field"), [("sim-token", "", "secret"), ("", "sim-secret", "token")]
)
def test_half_a_channel_is_refused_at_the_box_that_is_empty(
    app: Flask, keep: Callable[..., None], token: str, secret: str, field: str
) -> None:
    with pytest.raises(FieldErrors) as refused:
        keep(token, secret)

    assert list(refused.value.by_field()) == [field]
    assert keys(app) == ChannelKeys(None, ())


@pytest.mark.parametrize("token", ["โทเคน", "sim\x00token", "x" * 701])
def test_what_no_header_can_carry_is_refused(app: Flask, keep: Callable[..., None], token: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        keep(token, "sim-secret")

    assert "คัดลอก" in refused.value.by_field()["token"][0]


def test_a_new_secret_lets_the_old_one_live_for_a_day(
    app: Flask, keep: Callable[..., None], frozen_noon: FrozenClock
) -> None:
    keep("sim-token", "sim-old")
    keep(secret="sim-new")

    assert keys(app).secrets == ("sim-new", "sim-old")
    assert row().previous_until == now() + timedelta(hours=24)
    frozen_noon.advance(timedelta(hours=24))
    assert keys(app).secrets == ("sim-new",)


def test_the_same_values_again_change_nothing(
    app: Flask, keep: Callable[..., None], frozen_noon: FrozenClock
) -> None:
    keep("sim-token", "sim-secret")
    before = row().updated_at
    frozen_noon.advance(timedelta(hours=1))
    keep("sim-token", "sim-secret")

    assert row().updated_at == before
    assert keys(app).secrets == ("sim-secret",)


def test_new_values_make_old_findings_worthless(app: Flask, keep: Callable[..., None]) -> None:
    keep("sim-token", "sim-secret")
    with write_transaction() as session:
        kept = connection_of(session, CITIZEN)
        kept.findings, kept.tested_at = [{"code": "bot", "verdict": "well", "facts": {}}], now()
    keep("sim-other")

    assert (row().findings, row().tested_at) == ([], None)


def test_a_disconnected_channel_forgets_every_value(
    app: Flask, keep: Callable[..., None], act_as: Callable[[str], Actor]
) -> None:
    keep("sim-token", "sim-old")
    keep(secret="sim-new")
    with write_transaction() as session:
        forget_keys(session, act_as("admin"), CITIZEN)

    assert keys(app) == ChannelKeys(None, ())
    assert row().previous_secret is None


def test_the_audit_log_names_what_changed_and_never_the_value(app: Flask, keep: Callable[..., None]) -> None:
    keep("sim-token", "sim-secret")

    wanted = select(AuditEntry).where(AuditEntry.object_type == "line_connection")
    (entry,) = db.session.scalars(wanted).all()
    assert entry.changes == {"changed": "token, secret"}


def test_only_who_connects_line_may_keep_and_forget(
    app: Flask, keep: Callable[..., None], act_as: Callable[[str], Actor]
) -> None:
    with pytest.raises(NotPermitted):
        keep("sim-token", "sim-secret", who="clerk")
    with write_transaction() as session, pytest.raises(NotPermitted):
        forget_keys(session, act_as("clerk"), CITIZEN)


def test_values_of_a_lost_key_are_as_none(app: Flask, keep: Callable[..., None]) -> None:
    keep("sim-token", "sim-secret")
    with write_transaction() as session:
        stranger = Vault(b"z" * 32)
        assert stored_keys(session, stranger, CITIZEN) == ChannelKeys(None, ())
