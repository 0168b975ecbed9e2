"""Photos that wait for their form, photos that may be seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from helpers.casework import hold, register_case, token
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import (
    MAX_PHOTOS,
    drop_stale_drafts,
    held_photos,
    release_photo,
    visible_photo,
)
from domain.clock import FrozenClock, now
from domain.errors import InvalidField
from models import Attachment, AttachmentStage

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BEFORE = AttachmentStage.BEFORE


def one_photo(session: Session, actor: Actor, form: str) -> Attachment:
    hold(session, actor, form, BEFORE)
    return held_photos(session, actor, form)[0]


# Photos -----------------------------------------------------------------------------------------------------


def test_a_form_holds_twenty_photos_and_no_more(app: Flask, session: Session) -> None:
    clerk, form = actor_named(session, "clerk"), token()
    for index in range(MAX_PHOTOS):
        hold(session, clerk, form, BEFORE, f"p{index}")

    with pytest.raises(InvalidField, match="too_many_photos"):
        hold(session, clerk, form, BEFORE, "one-more")


def test_the_same_picture_sent_again_is_kept_once(app: Flask, session: Session) -> None:
    clerk, form = actor_named(session, "clerk"), token()

    hold(session, clerk, form, BEFORE, "same")
    hold(session, clerk, form, BEFORE, "same")

    assert len(held_photos(session, clerk, form)) == 1


def test_nobody_else_sees_or_removes_the_photos_of_an_unsaved_form(app: Flask, session: Session) -> None:
    clerk, central, form = actor_named(session, "clerk"), actor_named(session, "central"), token()
    photo = one_photo(session, clerk, form)

    assert visible_photo(session, clerk, photo.public_id) is photo
    assert visible_photo(session, central, photo.public_id) is None
    assert not held_photos(session, central, form)
    assert release_photo(session, central, form, photo.public_id) == []


def test_a_removed_photo_names_both_its_files(app: Flask, session: Session) -> None:
    clerk, form = actor_named(session, "clerk"), token()
    photo = one_photo(session, clerk, form)

    keys = release_photo(session, clerk, form, photo.public_id)
    session.flush()

    assert keys == ["aa/a.jpg", "aa/a-small.jpg"]
    assert not held_photos(session, clerk, form)


def test_a_saved_photo_can_no_longer_be_removed_through_its_form(app: Flask, session: Session) -> None:
    clerk, form = actor_named(session, "clerk"), token()
    photo = one_photo(session, clerk, form)
    register_case(app, session, form_token=form)

    assert release_photo(session, clerk, form, photo.public_id) == []


def test_a_photo_is_seen_where_its_complaint_is_seen(app: Flask, session: Session) -> None:
    clerk, form = actor_named(session, "clerk"), token()
    photo = one_photo(session, clerk, form)
    register_case(app, session, form_token=form)

    seen = [
        who
        for who in ("clerk", "central", "head", "executive", "officer", "health", "finance")
        if visible_photo(session, actor_named(session, who), photo.public_id)
    ]

    assert seen == ["clerk", "central", "head", "executive", "officer"]


def test_photos_of_forms_nobody_saved_go_after_a_while(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    clerk = actor_named(session, "clerk")
    hold(session, clerk, token(), BEFORE, "old")
    frozen_noon.advance(timedelta(days=31))
    hold(session, clerk, token(), BEFORE, "new")

    keys = drop_stale_drafts(session, now() - timedelta(days=30))
    session.flush()

    assert keys == ["aa/old.jpg", "aa/old-small.jpg"]
    assert session.scalars(select(Attachment.storage_key)).all() == ["aa/new.jpg"]
