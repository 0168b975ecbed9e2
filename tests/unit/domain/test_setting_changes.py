"""Changing settings: who may, what is kept, what the audit log says, and the numbers that go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, bangkok
from domain.errors import FieldErrors, NotPermitted
from domain.labels import citizen_word, use_state_words, word
from domain.results import needs_photo
from domain.setting_changes import all_settings, forget_secret, has_secret, save_settings
from domain.settings import read_setting, write_setting
from domain.vault import Vault
from models import AuditEntry, ComplaintStatus, NumberSeries, Setting

S = ComplaintStatus


@pytest.fixture
def save(app: Flask, session: Session, act_as: Callable[[str], Actor]) -> Callable[..., dict[str, Any]]:
    vault: Vault = app.extensions["vault"]
    return lambda who="admin", **values: save_settings(session, act_as(who), values, vault)


def test_what_differs_is_stored_and_told_to_the_audit_log(session: Session, save: Any) -> None:
    changes = save(nearby_radius_m=250, municipality_short_name="ทน.ขอนแก่น", outline=None)

    assert changes["nearby_radius_m"] == [100, 250]
    assert changes["outline"] == ["…", "…"]
    assert "municipality_short_name" not in changes
    assert read_setting(session, "nearby_radius_m") == 250
    session.flush()
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.changes == changes


def test_the_same_again_changes_nothing_and_writes_no_entry(session: Session, save: Any) -> None:
    before = session.query(AuditEntry).count()
    assert save(nearby_radius_m=100, contact_phone=read_setting(session, "contact_phone")) == {}
    assert session.query(AuditEntry).count() == before


def test_an_empty_value_goes_back_to_the_default(session: Session, save: Any) -> None:
    save(map_tile_url="https://t.example/{z}/{x}/{y}.png")
    save(map_tile_url="")

    assert read_setting(session, "map_tile_url") == ""
    session.flush()
    assert session.get(Setting, "map_tile_url") is None


def test_nobody_without_the_right_changes_a_setting(save: Any) -> None:
    with pytest.raises(NotPermitted):
        save("clerk", nearby_radius_m=250)


def test_all_bad_values_are_told_at_once_and_nothing_is_kept(session: Session, save: Any) -> None:
    with pytest.raises(FieldErrors) as caught:
        save(nearby_radius_m=1, colour_primary="#FFE066", map_zoom=12)

    assert {error.field for error in caught.value.errors} == {"nearby_radius_m", "colour_primary"}
    assert read_setting(session, "map_zoom") == 13


def test_a_secret_is_encrypted_never_listed_and_kept_when_its_box_is_empty(
    app: Flask, session: Session, save: Any, act_as: Any
) -> None:
    save(mail_password="s3cret ไทย")
    save(mail_password="", mail_host="localhost", mail_from="a@example.go.th")

    stored = read_setting(session, "mail_password")
    assert "s3cret" not in stored
    assert app.extensions["vault"].decrypt(stored) == "s3cret ไทย"
    assert "mail_password" not in all_settings(session)
    session.flush()
    told = [
        entry.changes for entry in session.scalars(select(AuditEntry)) if "mail_password" in entry.changes
    ]
    assert told == [{"mail_password": ["…", "…"]}]

    forget_secret(session, act_as("admin"), "mail_password")
    session.flush()
    assert not has_secret(session, "mail_password")


def test_settings_are_read_once_a_transaction(session: Session, sql_count: Any) -> None:
    session.commit()
    with sql_count() as statements:
        read_setting(session, "nearby_radius_m")
        read_setting(session, "reopen_days")
        read_setting(session, "municipality_name")
    assert len([one for one in statements if "FROM setting" in one]) == 1

    write_setting(session, "nearby_radius_m", 7)
    session.commit()
    assert read_setting(session, "nearby_radius_m") == 7


def test_two_who_write_a_new_setting_at_once_do_not_stumble(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_setting(session, "digest_sent_day", "2026-11-20")
    session.commit()
    with monkeypatch.context() as blind:
        blind.setattr(session, "get", lambda *_args: None)  # As for whoever looked a moment before.
        write_setting(session, "digest_sent_day", "2026-11-21")
    session.commit()

    assert session.get_one(Setting, "digest_sent_day", populate_existing=True).value == "2026-11-21"
    assert read_setting(session, "digest_sent_day") == "2026-11-21"


def test_states_are_said_in_the_towns_own_words(session: Session, save: Any) -> None:
    save(state_words={"in_progress": {"th": "ช่างลงพื้นที่", "citizen_th": "ช่างกำลังไป"}})
    use_state_words(read_setting(session, "state_words"))

    assert word(S.IN_PROGRESS) == "ช่างลงพื้นที่"
    assert citizen_word(S.IN_PROGRESS) == "ช่างกำลังไป"
    assert word(S.IN_PROGRESS, "en") == "In progress"
    assert word(S.CLOSED) == "ปิดเรื่อง"


def test_numbers_go_on_without_a_repeat_however_the_reset_is_turned(
    app: Flask, session: Session, frozen_noon: FrozenClock, save: Any
) -> None:
    first = bring_to(app, session, S.ACCEPTED)
    assert first.number_running == 1
    save(number_reset="never")
    second = bring_to(app, session, S.ACCEPTED)
    frozen_noon.move_to(bangkok(2027, 1, 5, 10))
    third = bring_to(app, session, S.ACCEPTED)

    assert [second.number_running, third.number_running] == [2, 3]
    assert third.number is not None
    assert third.number.endswith("3/2570")

    save(number_reset="yearly")
    fourth = bring_to(app, session, S.ACCEPTED)
    frozen_noon.move_to(bangkok(2028, 1, 5, 10))
    fifth = bring_to(app, session, S.ACCEPTED)

    assert fourth.number_running == 4
    assert fifth.number is not None
    assert fifth.number.endswith(" 1/2571")
    assert len({case.number for case in (first, second, third, fourth, fifth)}) == 5
    assert session.query(NumberSeries).filter_by(year=0).count() >= 1


@pytest.mark.parametrize(("rule", "is_needed"), [("always", True), ("never", False)])
def test_the_towns_photo_rule_goes_before_the_subtypes(
    app: Flask, session: Session, save: Any, rule: str, is_needed: bool
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    assert case.subcategory is not None
    case.subcategory.needs_photo = not is_needed
    assert needs_photo(session, case) is not is_needed

    save(photo_rule=rule)

    assert needs_photo(session, case) is is_needed
