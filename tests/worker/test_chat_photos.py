"""Photos sent in the chat: fetched, made new, kept once under the draft, and answered once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from time import sleep as pause

import pytest
from flask import Flask
from helpers.chatter import MARKET, Chatter, citizen
from helpers.entry_page import jpeg
from helpers.line import Town, new_member, registered
from sqlalchemy import func, select

from domain import faults
from domain.attachments import PHOTO_STAGES, keys_of
from domain.chat_drafts import finish, who_speaks
from domain.chat_unsending import REASON
from domain.clock import FrozenClock
from extensions import db, write_transaction
from faults import InjectedFault
from line_sim.state import FOREVER, Content
from models import (
    Attachment,
    ChatDraft,
    ChatPhoto,
    Complaint,
    ComplaintEvent,
    DeliveryState,
    Document,
    EventKind,
    Job,
    LineChannel,
)
from worker import chat_bursts, chat_photos, receipts, upkeep
from worker.chat_photos import LEASE

HOLE = "ถนนหน้าตลาดเป็นหลุมใหญ่ รถล้มบ่อย"
KEPT, LOST = DeliveryState.SENT, DeliveryState.FAILED


@pytest.fixture(autouse=True)
def time(frozen_noon: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    """Time stands still, and nobody waits for the moment in which one more photo may come."""
    monkeypatch.setattr(chat_bursts, "QUIET", timedelta(0))
    return frozen_noon


@pytest.fixture(autouse=True)
def _every_file_has_its_row(town: Town) -> Iterator[None]:
    """Whatever happened to photos, no file is left that no row names, and no row without its files."""
    yield
    files = {key for row in db.session.scalars(select(Attachment)) for key in keys_of(row)}
    files |= set(db.session.scalars(select(Document.storage_key)))
    assert town.app.extensions["files"].keys() == files
    assert town.fake.state.misuse == []


def photos() -> Sequence[ChatPhoto]:
    db.session.rollback()
    return db.session.scalars(select(ChatPhoto).order_by(ChatPhoto.id)).all()


def attachments() -> Sequence[Attachment]:
    db.session.rollback()
    shown = select(Attachment).where(Attachment.stage.in_(PHOTO_STAGES))
    return db.session.scalars(shown.order_by(Attachment.id)).all()


def draft_of(me: Chatter) -> ChatDraft:
    [draft] = me.drafts
    return draft


def case() -> Complaint:
    db.session.rollback()
    return db.session.scalars(select(Complaint)).one()


def reported(me: Chatter) -> Complaint:
    """Tell the rest of a report and send it."""
    me.says(HOLE)
    me.pins(MARKET)
    me.taps("ส่งเรื่อง")
    return case()


def sends(me: Chatter, *bodies: bytes) -> str:
    return me.hear(*[me.event("image", body) for body in bodies])


def test_an_album_is_answered_once_and_goes_with_the_report(town: Town):
    me = citizen(town)
    answer = me.hear(*me.album(5))

    assert answer.count("ได้รับ 5 ภาพแล้ว") == 1
    assert len(me.messages) == 1
    assert "ถ่ายภาพ" in me.chips, "what is still missing is asked for in the same answer"
    assert [photo.state for photo in photos()] == [KEPT] * 5

    me.says(HOLE)
    me.pins(MARKET)
    assert "ได้รับ 7 ภาพแล้ว" in sends(me, jpeg("#101010"), jpeg("#c0c0c0"))
    me.taps("ส่งเรื่อง")

    assert {(photo.complaint_id, photo.stage.value) for photo in attachments()} == {(case().id, "before")}
    assert len(attachments()) == 7
    assert set(me.ways) == {"reply"}


def test_a_burst_is_over_when_no_photo_came_for_a_moment(town: Town, time: FrozenClock, monkeypatch):
    monkeypatch.setattr(chat_bursts, "QUIET", timedelta(seconds=1.5))
    me = citizen(town)

    assert me.hear(*me.album(2)) == ""
    time.advance(timedelta(seconds=1))
    assert sends(me, jpeg("#101010")) == ""
    time.advance(timedelta(seconds=2))
    town.drain()
    town.drain()

    assert "ได้รับ 3 ภาพแล้ว" in town.texts(me.user_id)[-1]
    assert len(me.messages) == 1


def test_words_that_come_first_are_the_answer_to_the_photos_too(town: Town):
    me = citizen(town)
    said = me.hear(*me.album(2), me.event("text", HOLE))

    assert "อยู่ตรงไหน" in said
    assert "ภาพแล้ว" not in said
    assert len(me.messages) == 1
    assert draft_of(me).said["photos"] == 2


def test_what_cannot_be_taken_is_told_with_the_answer_and_not_counted(town: Town):
    me = citizen(town)
    gone = me.event("image", jpeg("#303030"))
    town.fake.state.contents[gone["message"]["id"]] = Content(b"", "image/jpeg", 404, "citizen")
    bodies = [jpeg("#101010"), b"%PDF-1.7 no photo", b"\xff\xd8\xff broken", jpeg("#101010")]
    said = me.hear(*[me.event("image", body) for body in bodies], gone)

    assert said.startswith("ได้รับ 1 ภาพแล้ว\n"), "the same picture twice is one"
    assert "ไม่ได้เก็บ 2 ภาพ: ไฟล์นี้ไม่ใช่ภาพ" in said
    assert "LINE ไม่มีภาพนี้แล้ว" in said
    assert Counter(photo.state for photo in photos()) == {KEPT: 2, LOST: 3}
    assert draft_of(me).said == {"photos": 1}

    me.says(HOLE)
    assert "ไม่ได้เก็บ" not in me.pins(MARKET), "it is told once"


def test_no_more_than_a_form_may_hold(town: Town):
    me = citizen(town)
    said = me.hear(*me.album(21), me.event("image", jpeg("#fefefe")))

    assert said.startswith("ได้รับ 20 ภาพแล้ว\nไม่ได้เก็บ 2 ภาพ: แนบได้ไม่เกิน 20 ภาพ")
    assert len(me.messages) == 1
    assert len(attachments()) == 20


def test_while_line_does_not_give_a_photo_the_talk_goes_on_without_it(town: Town, time: FrozenClock):
    me = citizen(town)
    town.fake.state.fail("500", FOREVER, path="/content")
    assert sends(me, jpeg("#101010")) == ""
    time.advance(timedelta(seconds=26))
    town.drain()
    assert town.texts(me.user_id)[-1].startswith("อีก 1 ภาพกำลังมา ไปต่อได้เลย")

    me.says(HOLE)
    me.pins(MARKET)
    assert me.taps("ส่งเรื่อง") == "", "a photo on its way is waited for a little"
    time.advance(timedelta(seconds=21))
    town.drain()
    assert case().attachments == []
    town.fake.state.clear_faults()
    time.advance(timedelta(minutes=2))
    town.drain()

    assert [photo.complaint_id for photo in attachments()] == [case().id], "it follows its complaint"
    events = select(ComplaintEvent).where(ComplaintEvent.kind == EventKind.ATTACHMENT_ADDED)
    [event] = db.session.scalars(events)
    assert event.facts == {"attachment_ids": [attachments()[0].id]}
    copies = db.session.scalars(select(Job.arguments).where(Job.complaint_id == event.complaint_id)).all()
    assert event.id in [one["event_id"] for one in copies], "the printed copy shows it, too"
    assert len(me.messages) == 4


def test_photos_of_a_draft_given_up_are_kept_nowhere(town: Town, time: FrozenClock):
    me = citizen(town)
    town.fake.state.fail("500", 1, path="/content")
    sends(me, jpeg("#101010"))
    me.says("ยกเลิก")
    time.advance(timedelta(minutes=1))
    town.drain()

    assert [photo.state for photo in photos()] == [DeliveryState.CANCELLED]
    assert attachments() == []


def test_an_answer_that_comes_too_late_is_none_but_the_photos_count(town: Town, time: FrozenClock):
    me = citizen(town)
    town.fake.state.fail("500", 2, path="/content")
    sends(me, jpeg("#101010"), b"no photo")
    time.advance(timedelta(minutes=2))
    town.drain()

    assert me.messages == []
    assert draft_of(me).said["photos"] == 1
    said = sends(me, jpeg("#202020"))
    assert said.startswith("ได้รับ 2 ภาพแล้ว\nไม่ได้เก็บ 1 ภาพ"), "what was refused is told with the next"
    me.takes_back()
    me.says(HOLE)
    me.says("ข้าม")
    assert "ภาพ\n1" in town.texts(me.user_id)[-1]


def test_what_is_taken_back_before_it_is_sent_is_gone(town: Town):
    me = citizen(town)
    sends(me, jpeg("#101010"), jpeg("#c0c0c0"))
    me.says(HOLE)
    me.says("มีคนล้มแล้วสองคน")
    me.pins(MARKET, "ตลาดบางลำภู")

    assert me.takes_back(0) == ""
    assert me.takes_back(3) == ""
    assert me.takes_back(4) == ""

    said = draft_of(me).said
    assert (said["photos"], [one["text"] for one in said["texts"]]) == (1, [HOLE])
    assert not {"latitude", "longitude", "place_text"} & set(said)
    assert len(attachments()) == 1
    assert "อยู่ตรงไหน" in me.taps("ส่งเรื่อง"), "an old card sends nothing it does not show"
    me.takes_back(2)
    assert "เกิดอะไรขึ้น" in me.says("ส่ง") or "ในภาพ" in me.says("ส่ง")


def test_a_photo_taken_back_before_we_had_it_is_not_missed(town: Town):
    me = citizen(town)
    photo = me.event("image", jpeg("#101010"))
    me.hear(photo, me.event("unsend", photo["message"]["id"]))

    assert [row.state for row in photos()] == [DeliveryState.CANCELLED]
    assert "photos" not in draft_of(me).said
    assert attachments() == []


def test_a_photo_taken_back_after_it_was_sent_leaves_the_case_and_the_story_stays(town: Town):
    me = citizen(town)
    sends(me, jpeg("#101010"), jpeg("#c0c0c0"))
    filed = reported(me)
    stranger = citizen(town, "somsri")
    stranger.hear(stranger.event("unsend", me.sent[0]))
    assert [photo.removed_at for photo in attachments()] == [None, None], "nobody takes back another's"

    me.takes_back(0)
    me.takes_back(0)
    me.takes_back(2)

    first, second = attachments()
    assert (first.remove_reason, second.removed_at) == (REASON, None)
    assert case().story == HOLE
    removals = select(func.count()).where(ComplaintEvent.kind == EventKind.REMOVE_ATTACHMENT)
    assert db.session.scalar(removals.where(ComplaintEvent.complaint_id == filed.id)) == 1


POINTS = {
    "worker_claimed": 2,
    "worker_photo_stored": 1,
    "worker_before_finish": 3,
    "before_commit": 5,
    "after_commit": 5,
}
"""Where a worker may die over the first of two photos, and at which pass: their events go by before."""


def test_a_worker_that_dies_over_photos_loses_and_doubles_none(town: Town, time: FrozenClock, fault_at):
    me = citizen(town)
    for number, (point, passed) in enumerate(POINTS.items()):
        events = [me.event("image", jpeg(f"#{number}0{side}040")) for side in (1, 9)]
        assert town.fake.send_webhook("citizen", events) == 200
        with fault_at(point, passed), pytest.raises(InjectedFault):
            town.drain()
        assert Counter(one.state for one in photos()[-2:])[DeliveryState.LEASED] >= 1
        time.advance(LEASE + timedelta(seconds=1))
        town.drain()

    assert [photo.state for photo in photos()] == [KEPT] * 2 * len(POINTS)
    assert len(attachments()) == draft_of(me).said["photos"] == 2 * len(POINTS)
    assert me.messages == [], "the tokens were over long ago"
    time.move_to(datetime.now(UTC) + timedelta(days=2))
    upkeep.drop_litter(town.app)  # What a kill leaves between file and row; the fixture looks whether all.


def test_what_nobody_goes_on_with_is_forgotten_with_its_photos(town: Town, time: FrozenClock):
    me = citizen(town)
    sends(me, jpeg("#101010"))
    time.advance(timedelta(days=29))
    assert upkeep.drop_drafts(town.app) == 0
    time.advance(timedelta(days=2))

    assert upkeep.drop_drafts(town.app) == 3, "its three files"
    assert upkeep.drop_chat_pictures(town.app) == 1, "and which message it came in"
    assert (list(me.drafts), list(photos()), list(attachments())) == ([], [], [])


def test_a_photo_comes_before_the_act_or_follows_it_into_the_case(town: Town, monkeypatch):
    """The draft becomes an act at the moment its photo is about to be written."""
    me = citizen(town)
    me.says(HOLE)
    assert town.fake.send_webhook("citizen", [me.event("image", jpeg("#101010"))]) == 200
    receipts.handle_due(town.app, lambda: False)
    fetched, goes_on = Event(), Event()

    def stop_there(point: str) -> None:
        if point == "worker_photo_stored":
            fetched.set()
            goes_on.wait(20)

    monkeypatch.setattr(faults, "_hook", stop_there)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(_fetch_in_a_context, town.app)
        assert fetched.wait(20)
        with write_transaction() as session:
            filed = registered(town, session, new_member(session, town, "somsri")).id
            _, draft = who_speaks(session, LineChannel.CITIZEN, me.user_id)
            goes_on.set()
            pause(0.3)  # The photo is at the door now.
            finish(session, draft, filed)
        assert done.result(20) == 1
    assert [photo.complaint_id for photo in attachments()] == [filed]
    assert [photo.draft_token for photo in attachments()] == [None]


def _fetch_in_a_context(app: Flask) -> int:
    with app.app_context():
        return chat_photos.fetch_due(app, lambda: False)
