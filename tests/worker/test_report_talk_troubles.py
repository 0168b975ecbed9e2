"""Whatever comes into the middle of a report: a short answer or none, nothing lost, nothing done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.chatter import SEA, Chatter, citizen, steps_counted
from helpers.line import Town
from sqlalchemy import func, select

from extensions import db
from models import (
    ChatDraftKind,
    ChatPhoto,
    Complaint,
    ComplaintStatus,
    DeliveryState,
    WebhookReceipt,
)
from worker import receipts

HOLE = "ถนนหน้าตลาดเป็นหลุมใหญ่ รถล้มบ่อย"
ASKS_WHERE = "อยู่ตรงไหน"
SHOWS_ALL = "ตรวจแล้วกดส่ง"
MOST_STATEMENTS = 6
"""Of one step in the chat (issue 6); what begins and ends a transaction is not counted."""


@pytest.fixture(autouse=True)
def _nothing_fails(town: Town) -> Iterator[None]:
    """Every event of a story is handled; none is tried again."""
    yield
    db.session.rollback()
    failed = select(WebhookReceipt.last_error).where(WebhookReceipt.state != DeliveryState.SENT)
    assert db.session.scalars(failed).all() == []
    assert town.fake.state.misuse == []


def count(model: type, *where: object) -> int:
    db.session.rollback()
    found = db.session.scalar(select(func.count()).select_from(model).where(*where))
    return int(found or 0)


def with_a_case(town: Town, seed: str = "malee") -> Chatter:
    """Return somebody who has reported something already."""
    me = citizen(town, seed)
    me.says("ไฟทางดับทั้งซอยมาสองคืนแล้ว")
    me.says("ซอย 5")
    me.taps("ส่งเรื่อง")
    return me


def test_stickers_films_sounds_and_files_are_answered_shortly_and_change_nothing(town: Town):
    me = citizen(town)
    me.says(HOLE)
    before = me.drafts[0].said
    for event in (
        me.event("sticker"),
        me.event("video", b"film"),
        me.event("audio", b"sound"),
        me.event("file", b"%PDF-1.4", "คำร้อง.pdf"),
        me.event("unknown_message"),
    ):
        answer = me.hear(event)
        assert "รับวิดีโอ เสียง ไฟล์ และสติกเกอร์ไม่ได้" in answer
        assert ASKS_WHERE in answer, "what was asked is asked again"
    assert me.hear(me.event("unknown")) == "", "what LINE may invent is left alone"
    assert me.drafts[0].said == before


def test_out_of_the_blue_they_begin_nothing_and_are_answered_once(town: Town):
    me = citizen(town)
    answers = [me.hear(me.event("sticker")), me.hear(me.event("video", b"film")), me.says("สวัสดีจ้า")]
    assert "สติกเกอร์" in answers[0]
    assert answers[1:] == ["", ""], "who writes ten lines in a row is told once"
    assert me.drafts == []


def test_five_thousand_letters_are_taken_and_the_twenty_first_thousand_is_not(town: Town):
    me = citizen(town)
    long = "น้ำท่วม " * 625
    assert len(long) == 5000
    assert ASKS_WHERE in me.says(long)
    assert "400" in me.says(long), "a place is a line"
    me.says("ซอย 5")
    for _ in range(2):
        assert SHOWS_ALL in me.says(long)
    refused = me.says(long) + me.says(long)
    assert "20,000" in refused
    assert len(refused) < 2500, "what is refused is not read back"
    me.says("ส่ง")
    assert count(Complaint, func.length(Complaint.story) > 14_000) == 1


def test_a_place_in_the_sea_is_doubted_and_one_nowhere_is_refused(town: Town):
    me = citizen(town)
    me.says(HOLE)
    assert "ไม่ใช่สถานที่จริง" in me.pins((0, 0))
    assert "ส่งตำแหน่ง" in me.chips, "it can be sent once more"
    assert "นอกเขตเทศบาล" in me.pins(SEA)
    me.taps("ส่งเรื่อง")
    assert count(Complaint, Complaint.is_outside.is_(True)) == 1


def test_an_unfinished_report_waits_while_something_else_is_said_first(town: Town):
    me = with_a_case(town)
    me.says(HOLE)
    me.says("ติดตาม")
    me.taps("เพิ่มภาพหรือข้อมูล")
    assert [draft.kind for draft in me.drafts] == [ChatDraftKind.WORDS, ChatDraftKind.REPORT]
    me.says("เมื่อคืนก็ดับ")
    me.taps("ส่ง")
    assert "เรื่องที่แจ้งค้างไว้" in me.chips

    assert ASKS_WHERE in me.taps("เรื่องที่แจ้งค้างไว้")
    me.pins()
    me.taps("ส่งเรื่อง")
    assert count(Complaint) == 2
    assert me.drafts == []


def test_the_button_of_a_report_left_behind_takes_it_up_again(town: Town):
    me = with_a_case(town)
    me.says(HOLE)
    me.pins()
    card = me.button("ส่งเรื่อง")
    me.says("ติดตาม")
    me.taps("ถอนเรื่อง")

    assert HOLE in me.press(card), "it is shown as it stands now"
    me.taps("ส่งเรื่อง")
    assert count(Complaint) == 2
    assert count(Complaint, Complaint.status == ComplaintStatus.WITHDRAWN) == 0


def test_twenty_photos_while_something_else_is_open_are_answered_once(town: Town):
    me = with_a_case(town)
    me.says(HOLE)
    me.says("ติดตาม")
    me.taps("ถอนเรื่อง")
    before = len(me.messages)
    me.hear(*me.album(20))

    assert len(me.messages) == before + 1, "one message for a burst, not twenty"
    assert count(ChatPhoto) == 0, "a withdrawal takes no photos"
    assert count(Complaint, Complaint.status == ComplaintStatus.WITHDRAWN) == 0
    assert me.drafts[1].said["texts"][0]["text"] == HOLE


def test_an_album_that_several_workers_handle_at_once_is_one_report(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    me = citizen(town)
    monkeypatch.setattr(receipts, "BATCH", 2)
    assert town.fake.send_webhook("citizen", me.album(20)) == 200

    def work(_number: int) -> int:
        done = 0
        with town.app.app_context():
            while begun := receipts.handle_due(town.app, lambda: False):
                done += begun
            db.session.remove()
        return done

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 20

    [draft] = me.drafts
    assert (draft.kind, draft.said["photos"]) == (ChatDraftKind.REPORT, 20)
    assert count(ChatPhoto, ChatPhoto.chat_draft_id == draft.id) == 20


def test_a_step_in_the_chat_costs_at_most_six_statements(town: Town, monkeypatch: pytest.MonkeyPatch):
    with_a_case(town, "somsri")  # From now on this process knows the town.
    me = citizen(town)
    steps = {
        "the first words": lambda: me.says(HOLE),
        "a place": lambda: me.pins(),
        "more words": lambda: me.says("เป็นมาสองเดือน"),
        "a button": lambda: me.taps("เปิดเผยชื่อ"),
        "the list of types": lambda: me.taps("เลือกประเภท"),
        "a photo": lambda: me.hear(me.event("image", b"not looked at here")),
        "a sticker": lambda: me.hear(me.event("sticker")),
        "an old button": lambda: me.taps("เปิดเผยชื่อ"),
    }
    costs = {name: cost_of(step, monkeypatch) for name, step in steps.items()}
    assert {name: cost for name, cost in costs.items() if cost > MOST_STATEMENTS} == {}


def test_a_subtypes_own_questions_are_one_statement_more(town: Town, monkeypatch: pytest.MonkeyPatch):
    with_a_case(town, "somsri")
    me = citizen(town)
    me.says(HOLE)
    me.pins()
    me.taps("เลือกประเภท")
    me.taps("งานไฟฟ้าสาธารณะ")
    subtype = me.messages[-1]["contents"]["body"]["contents"][0]["action"]
    assert cost_of(lambda: me.press(subtype), monkeypatch) == MOST_STATEMENTS + 1
    assert me.drafts[0].asked.startswith("question:")
    assert cost_of(lambda: me.says("12"), monkeypatch) == MOST_STATEMENTS + 1


def cost_of(step: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return what the dearest event of a step asks of the database."""
    with steps_counted(monkeypatch) as counted:
        step()
    return max(len(own_statements(sent)) for sent in counted)


def own_statements(sent: list[str]) -> list[str]:
    """Return what was asked of the database, without what holds a transaction together."""
    frame = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")
    return [one for one in sent if not one.startswith(frame)]


def test_what_an_english_reader_is_told_is_english(town: Town):
    me = citizen(town)
    me.says("English")
    said = [
        me.says("report"),
        me.says("The street light at the temple is broken"),
        me.hear(me.event("sticker")),
        me.pins(SEA),
        me.taps("Show my name"),
        me.says("send"),
        me.says("cancel"),
    ]
    assert "What happened?" in said[0]
    assert "Where is it?" in said[1]
    assert "outside" in said[3]
    assert "We have received" in said[5]
    assert [line for answer in said for line in answer.splitlines() if is_thai(line)] == []


def is_thai(line: str) -> bool:
    """Tell whether a line is in Thai; the town may have only a Thai name for itself."""
    return any("\u0e01" <= letter <= "\u0e5b" for letter in line)


def test_nothing_reported_in_the_chat_is_ever_told_to_a_stranger(town: Town):
    me, other = with_a_case(town), citizen(town, "other")
    me.says("ติดตาม")
    assert "ยังไม่ได้ผูก" in other.press(me.button("ถอนเรื่อง"))
    assert other.drafts == []
    assert "2026-1" not in other.says("ติดตาม")
    assert count(Complaint, Complaint.status == ComplaintStatus.WITHDRAWN) == 0
