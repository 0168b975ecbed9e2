"""Photos that wait for their form, photos that may be seen, copies that are made once."""

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
    StoredFile,
    add_copy,
    copy_is_due,
    drop_stale_drafts,
    event_of,
    held_photos,
    latest_copy,
    release_photo,
    request_copy,
    visible_photo,
)
from domain.clock import FrozenClock, now
from domain.errors import InvalidField
from models import Attachment, AttachmentStage, Complaint, DeliveryState, Job

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BEFORE = AttachmentStage.BEFORE


def pdf(mark: str) -> StoredFile:
    return StoredFile(
        storage_key=f"bb/{mark}.pdf",
        preview_key=None,
        media_type="application/pdf",
        byte_size=10,
        sha256=mark * 8,
    )


def one_photo(session: Session, actor: Actor, form: str) -> Attachment:
    hold(session, actor, form, BEFORE)
    return held_photos(session, actor, form)[0]


def last_event(case: Complaint) -> int:
    return case.events[-1].id


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


def test_a_pdf_copy_is_no_photo(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    copy = add_copy(session, case.id, pdf("a"))
    session.flush()

    assert visible_photo(session, actor_named(session, "central"), copy.public_id) is None


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


# Copies -----------------------------------------------------------------------------------------------------


def test_every_copy_is_a_version_and_the_older_ones_stay(app: Flask, session: Session) -> None:
    case = register_case(app, session)

    add_copy(session, case.id, pdf("a"))
    session.flush()
    add_copy(session, case.id, pdf("b"))
    session.flush()

    copies = session.scalars(select(Attachment).where(Attachment.stage == AttachmentStage.COPY)).all()
    assert [copy.copy_version for copy in copies] == [1, 2]
    assert copies[0].display_name == f"ฟ.1-{now().year + 543}-สำเนาคำร้อง-1.pdf"
    assert latest_copy(session, case.id) is copies[1]


def test_a_copy_makes_every_copy_that_was_asked_for_up_to_what_it_shows(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    later = request_copy(session, case, last_event(case) + 1)
    session.flush()
    first = session.scalars(select(Job).where(Job.id != later.id)).one()

    add_copy(session, case.id, pdf("a"), through_event_id=last_event(case))
    session.expire_all()

    assert event_of(first) == last_event(case)
    assert (first.result_key, later.result_key) == ("bb/a.pdf", None)


def test_a_copy_is_due_until_the_one_that_was_asked_for_is_made(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    assert copy_is_due(session, case.id)

    add_copy(session, case.id, pdf("a"), through_event_id=last_event(case))
    session.flush()
    assert not copy_is_due(session, case.id)

    request_copy(session, case, last_event(case) + 1)
    session.flush()
    assert copy_is_due(session, case.id)


def test_a_cancelled_wish_for_a_copy_is_not_due(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    add_copy(session, case.id, pdf("a"), through_event_id=last_event(case))
    wish = request_copy(session, case, last_event(case) + 1)
    wish.state = DeliveryState.CANCELLED
    session.flush()

    assert not copy_is_due(session, case.id)
