"""A photo is turned and captioned, in a form and in a case, with script and without."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import register_case, token
from helpers.entry_page import Counter, Page, jpeg
from helpers.pages import csrf
from helpers.photos import HEIC, paper, post, rows, send_one
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.complaint_sheet import sheet_of
from domain.clock import now
from extensions import write_transaction
from models import Attachment, AuditEntry, Complaint

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
RESULT = "/admin/photo/{}/{}"


@pytest.fixture
def clerk(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "clerk")


@pytest.fixture
def held(clerk: Counter, session: Session) -> Attachment:
    """A photo of 320 x 240 an unsaved form holds."""
    send_one(clerk, jpeg(), "หลุม.jpg", token())
    return rows(session)[0]


@pytest.fixture
def saved(app: Flask, clerk: Counter, session: Session) -> Attachment:
    """A photo of a complaint of the engineers."""
    form = token()
    send_one(clerk, jpeg(), "หลุม.jpg", form)
    with write_transaction() as writing:
        register_case(app, writing, form_token=form)
    return rows(session)[0]


def turn(desk: Counter, photo: Attachment, way: str = "right") -> Page:
    return Page(post(desk, RESULT.format(photo.public_id, "turn"), way=way))


def caption(desk: Counter, photo: Attachment, words: str) -> Page:
    return Page(post(desk, RESULT.format(photo.public_id, "caption"), caption=words))


def size_of(app: Flask, key: str | None) -> tuple[int, int]:
    return Image.open(io.BytesIO(app.extensions["files"].get(key))).size


def audited(session: Session, photo: Attachment) -> list[AuditEntry]:
    session.rollback()
    wanted = select(AuditEntry).where(AuditEntry.object_type == "attachment")
    return [entry for entry in session.scalars(wanted) if entry.object_id == str(photo.id)]


# Turning ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["held", "saved"])
def test_a_turned_photo_is_turned_in_every_size_and_its_old_files_go(
    app: Flask, clerk: Counter, session: Session, request: pytest.FixtureRequest, kind: str
) -> None:
    photo = request.getfixturevalue(kind)
    old = {photo.storage_key, photo.preview_key, photo.print_key}

    page = turn(clerk, photo)

    (row,) = rows(session)
    assert page.status == 200
    assert page.answer.json["preview"].endswith(f"v={row.sha256[:8]}")
    new = {row.storage_key, row.preview_key, row.print_key}
    assert app.extensions["files"].keys() == new
    assert not new & old
    assert {size_of(app, key) for key in new} == {(240, 320)}
    assert (row.width, row.height) == (240, 320)


def test_four_turns_show_the_photo_as_it_was(app: Flask, clerk: Counter, held: Attachment, session: Session):
    for _ in range(4):
        assert turn(clerk, held, "left").status == 200

    assert size_of(app, rows(session)[0].storage_key) == (320, 240)


def test_what_the_camera_knew_stays_with_a_turned_photo(clerk: Counter, session: Session) -> None:
    send_one(clerk, HEIC.read_bytes(), "a.heic", token())

    page = turn(clerk, rows(session)[0])

    assert page.answer.json["hint"]["latitude"] == 16.432


def test_turning_a_photo_of_a_case_is_noted_and_its_places_in_the_store_are_not_told(
    clerk: Counter, saved: Attachment, session: Session
) -> None:
    turn(clerk, saved)

    (entry,) = audited(session, saved)
    assert entry.actor_name
    assert saved.storage_key not in str(entry.changes)
    assert entry.changes["width"] == [320, 240]


def test_turning_what_a_form_holds_is_not_noted(clerk: Counter, held: Attachment, session: Session) -> None:
    turn(clerk, held)

    assert audited(session, held) == []


def test_a_paper_is_not_turned(clerk: Counter, session: Session) -> None:
    send_one(clerk, paper(), "a.pdf", token())

    page = turn(clerk, rows(session)[0])

    assert page.status == 422
    assert "หมุนได้เฉพาะรูปภาพ" in page.answer.json["error"]


def test_of_two_who_turn_at_once_the_second_is_told(
    app: Flask, clerk: Counter, saved: Attachment, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    central = Counter(app, app.test_client(), "central")
    sandbox, plain = app.extensions["sandbox"], app.extensions["sandbox"].run
    first: list[Page] = []

    def run(*args: object, **options: object) -> object:
        if not first:
            monkeypatch.setattr(sandbox, "run", plain)
            first.append(turn(central, saved))  # The other is faster.
        return plain(*args, **options)

    monkeypatch.setattr(sandbox, "run", run)

    page = turn(clerk, saved)

    assert (first[0].status, page.status) == (200, 409)
    assert "หมุนภาพนี้ไปแล้ว" in page.answer.json["error"]
    (row,) = rows(session)
    assert app.extensions["files"].keys() == {row.storage_key, row.preview_key, row.print_key}


# Who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("head", 200), ("officer", 200), ("executive", 403), ("admin", 403)]
)
def test_who_may_add_evidence_or_correct_may_turn_and_caption(
    app: Flask, saved: Attachment, who: str, status: int
) -> None:
    desk = Counter(app, app.test_client(), who)

    assert caption(desk, saved, "ปากหลุม").status == status
    assert turn(desk, saved).status == status


@pytest.mark.parametrize("who", ["health", "finance"])
def test_for_another_department_the_photo_is_not_there(app: Flask, saved: Attachment, who: str) -> None:
    desk = Counter(app, app.test_client(), who)

    assert caption(desk, saved, "x").status == 404
    assert turn(desk, saved).status == 404


def test_nobody_changes_what_the_form_of_another_holds(app: Flask, held: Attachment) -> None:
    central = Counter(app, app.test_client(), "central")

    assert turn(central, held).status == 404
    assert caption(central, held, "x").status == 404


def test_a_photo_taken_out_of_its_case_cannot_be_changed(clerk: Counter, saved: Attachment) -> None:
    with write_transaction() as writing:
        writing.get_one(Attachment, saved.id).removed_at = now()

    assert turn(clerk, saved).status == 404


@pytest.mark.parametrize("act", ["turn", "caption", "release"])
def test_changing_without_a_csrf_token_is_refused(clerk: Counter, held: Attachment, act: str) -> None:
    assert clerk.client.post(RESULT.format(held.public_id, act), data={"way": "left"}).status_code == 400


@pytest.mark.parametrize("way", ["", "up", "left; rm -rf"])
def test_a_turn_that_is_none_is_refused(clerk: Counter, held: Attachment, way: str) -> None:
    assert turn(clerk, held, way).status == 400


# Captions ---------------------------------------------------------------------------------------------------


def test_a_caption_is_kept_cleaned_and_noted_once(
    clerk: Counter, saved: Attachment, session: Session
) -> None:
    for _ in range(2):
        assert caption(clerk, saved, "  ปากหลุม\u202e หน้าบ้าน\n<b>เลขที่ 5</b> ").status == 200

    assert rows(session)[0].caption == "ปากหลุม หน้าบ้าน <b>เลขที่ 5</b>"
    assert len(audited(session, saved)) == 1


def test_an_empty_caption_takes_the_old_one_away(clerk: Counter, saved: Attachment, session: Session) -> None:
    caption(clerk, saved, "ปากหลุม")
    caption(clerk, saved, "  ")

    assert rows(session)[0].caption is None


def test_a_caption_too_long_is_refused_in_words(clerk: Counter, held: Attachment, session: Session) -> None:
    page = caption(clerk, held, "ก" * 301)

    assert page.status == 422
    assert "300" in page.answer.json["error"]
    assert rows(session)[0].caption is None


def test_captions_stand_in_the_copy_and_photos_taken_out_do_not(
    app: Flask, clerk: Counter, saved: Attachment, session: Session
) -> None:
    caption(clerk, saved, "ปากหลุม")
    session.rollback()
    sheet = sheet_of(session, saved.complaint_id or 0, "http://x")
    assert sheet.before[0].said == "ปากหลุม"
    assert sheet.before[0].key == rows(session)[0].print_key

    with write_transaction() as writing:
        writing.get_one(Attachment, saved.id).removed_at = now()
    session.rollback()
    sheet = sheet_of(session, saved.complaint_id or 0, "http://x")
    assert (sheet.before, sheet.photos_left) == ([], 0)


# Without script ---------------------------------------------------------------------------------------------


def plain_form(desk: Counter, photo: Attachment, act: str, **fields: str) -> Page:
    token_of_page = csrf(desk.client, "/admin/account")
    url = RESULT.format(photo.public_id, act)
    return Page(desk.client.post(url, data={"csrf_token": token_of_page, **fields}))


def test_a_plain_form_of_a_case_goes_back_to_the_photo(
    clerk: Counter, saved: Attachment, session: Session
) -> None:
    code = session.scalars(select(Complaint.public_code)).one()

    for page in (
        plain_form(clerk, saved, "turn", way="left"),
        plain_form(clerk, saved, "caption", caption="ก"),
    ):
        assert page.status == 303
        assert page.answer.location.endswith(f"/admin/complaint/{code}#photo-{saved.public_id}")


def test_a_plain_form_that_is_refused_says_so_on_the_case(clerk: Counter, saved: Attachment) -> None:
    page = plain_form(clerk, saved, "caption", caption="ก" * 301)

    assert page.status == 303
    assert clerk.get(page.answer.location).says("300")


@pytest.mark.parametrize("way", ["left", "right"])
def test_the_buttons_of_a_photo_turn_it_and_save_nothing(
    app: Flask, clerk: Counter, session: Session, way: str
) -> None:
    page = clerk.send(clerk.get().fields(), act="stay", story="ค้างไว้", photos=[(jpeg(), "a.jpg")])
    photo = rows(session)[0]
    assert f'value="photo:{way}:{photo.public_id}"' in page.text

    page = clerk.send(page.fields(), act=f"photo:{way}:{photo.public_id}")

    assert page.status == 200
    assert page.fields()["story"] == "ค้างไว้"
    assert rows(session)[0].width == 240
    assert session.scalars(select(Complaint)).all() == []


def test_the_remove_button_of_a_photo_is_one_that_never_saves(clerk: Counter, session: Session) -> None:
    page = clerk.send(clerk.get().fields(), act="stay", photos=[(jpeg(), "a.jpg")])
    photo = rows(session)[0]
    assert f'name="act" value="photo:remove:{photo.public_id}"' in page.text

    page = clerk.send(page.fields(), act=f"photo:remove:{photo.public_id}")

    assert page.status == 200
    assert rows(session) == []


def test_captions_typed_beside_the_photos_come_along_with_the_form(clerk: Counter, session: Session) -> None:
    page = clerk.send(clerk.get().fields(), act="stay", photos=[(jpeg(), "a.jpg")])
    name = f"caption_{rows(session)[0].public_id}"

    page = clerk.send(page.fields(), act="stay", **{name: "ปากหลุม"})

    assert rows(session)[0].caption == "ปากหลุม"
    assert page.fields()[name] == "ปากหลุม"


def test_a_caption_too_long_in_the_form_loses_nothing_else(clerk: Counter, session: Session) -> None:
    page = clerk.send(clerk.get().fields(), act="stay", story="ค้างไว้", photos=[(jpeg(), "a.jpg")])
    name = f"caption_{rows(session)[0].public_id}"

    page = clerk.send(page.fields(), act="stay", **{name: "ก" * 301})

    assert page.says("“a.jpg”")
    assert page.says("300")
    assert (page.fields()["story"], len(page.fields()["photo_ids"])) == ("ค้างไว้", 1)
