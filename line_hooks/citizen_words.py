"""What a citizen says about an own case: an answer, more photos, why it is not solved, a comment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from domain import complaints
from domain.actor import Actor
from domain.clock import bangkok_date
from domain.errors import DomainError, NotFound, Words
from domain.labels import citizen_word
from domain.thai_calendar import thai_date
from domain.tracking import holders_acts
from line_hooks.asking import Asking
from line_hooks.citizen_cases import COMMENT, actor_on, case_of, latest_rating, refused
from line_hooks.postback import Postback
from line_hooks.talks import Turn
from line_hooks.words_talk import WordAct, begin_words, register_word_act
from models import AttachmentStage, Complaint, EventKind, StatusKind


def complaint_of(turn: Turn) -> Complaint:
    """Return the case a draft of words is about, if it is still the asker's.

    Raises:
        NotFound: it is not.
    """
    found = turn.ask.session.get(Complaint, turn.draft.complaint_id) if turn.draft.complaint_id else None
    if found is None:
        raise NotFound("complaint_not_found")
    return case_of(turn.ask, found.public_code)


def _actor(turn: Turn) -> Actor:
    return actor_on(turn.ask, complaint_of(turn))


def _stands(turn: Turn, complaint: Complaint) -> str:
    """Say where the case stands after an act, with the promised day where there is one."""
    ask = turn.ask
    state = citizen_word(complaint.status, ask.language)
    if complaint.status.kind is StatusKind.OPEN and complaint.due_at is not None:
        day = thai_date(bangkok_date(complaint.due_at), lang=ask.language)
        return ask.words("case_stands_until", number=str(complaint), state=state, due=day)
    return ask.words("case_stands", number=str(complaint), state=state)


def _verb(name: str, words_name: str, **more: str) -> Callable[[Turn, Actor, str], str]:
    """Return an act that calls a verb with the words, the state, and the photos where it takes them."""
    takes_photos = name in {EventKind.ANSWER.value, EventKind.ADD_EVIDENCE.value}

    def carry_out(turn: Turn, actor: Actor, words: str) -> str:
        facts = {words_name: words, **more}
        if takes_photos:
            facts["photo_token"] = turn.draft.token
        done = getattr(complaints, name)(
            turn.ask.session,
            actor,
            turn.draft.complaint_id,
            expected_seq=turn.draft.state_seq if name != EventKind.ADD_EVIDENCE.value else None,
            **facts,
        )
        return _stands(turn, done)

    return carry_out


def _comment(turn: Turn, actor: Actor, words: str) -> str:
    complaint = complaint_of(turn)
    rating = latest_rating(turn.ask, complaint)
    if rating is None:
        raise NotFound("complaint_not_found")
    complaints.rate(turn.ask.session, actor, complaint.id, stars=rating.stars, comment=words)
    return turn.ask.words("comment_kept", number=str(complaint))


_ACTS: Final[dict[str, WordAct]] = {
    EventKind.ANSWER.value: WordAct(
        title=Words("ตอบคำถาม", "Answer"),
        asks=Words("พิมพ์คำตอบ หรือส่งภาพ แล้วกด ส่ง", "Type your answer or send photos, then tap Send."),
        actor=_actor,
        carry_out=_verb("answer", "text"),
        photos=AttachmentStage.BEFORE,
        shows_first=True,  # Photos often follow the words.
    ),
    EventKind.ADD_EVIDENCE.value: WordAct(
        title=Words("เพิ่มภาพหรือข้อมูล", "Add photos or words"),
        asks=Words("ส่งภาพได้หลายภาพ หรือพิมพ์ข้อมูลเพิ่ม แล้วกด ส่ง", "Send photos or type the news, then tap Send."),
        actor=_actor,
        carry_out=_verb("add_evidence", "text"),
        photos=AttachmentStage.BEFORE,
        shows_first=True,  # Photos often follow the words.
    ),
    EventKind.REOPEN.value: WordAct(
        title=Words("ยังไม่เรียบร้อย", "Not solved"),
        asks=Words("ยังเหลือปัญหาอะไร พิมพ์บอกช่างสั้น ๆ", "What is still wrong? A few words for the officer."),
        actor=_actor,
        carry_out=_verb("reopen", "reason"),
    ),
    EventKind.WITHDRAW.value: WordAct(
        title=Words("ถอนเรื่อง", "Withdraw"),
        asks=Words(
            "ถอนแล้วเทศบาลจะหยุดทำเรื่องนี้ พิมพ์เหตุผลสั้น ๆ หรือกด ข้าม เพื่อถอนเลย",
            "We shall stop working on it. Type why, or Skip to withdraw now.",
        ),
        actor=_actor,
        carry_out=_verb("withdraw", "note"),
        may_be_empty=True,
    ),
    COMMENT: WordAct(
        title=Words("ความเห็น", "Comment"),
        asks=Words("พิมพ์ความเห็นถึงทีมงานได้เลย", "Type your comment for the team."),
        actor=_actor,
        carry_out=_comment,
    ),
}
for _name, _act in _ACTS.items():
    register_word_act(_name, _act)


def opens_words(name: str) -> Callable[[Asking, Postback], str]:
    """Return what a button does that asks for the words of an act."""

    def begin(ask: Asking, press: Postback) -> str:
        try:
            case = case_of(ask, press.public_code)
            actor_on(ask, case)
        except DomainError as refusal:
            return refused(ask, refusal)
        acts = holders_acts(ask.session, case)
        is_asked = name == EventKind.ADD_EVIDENCE and EventKind.ANSWER in acts
        wanted = EventKind.ANSWER.value if is_asked else name
        if wanted != COMMENT and wanted not in acts:
            return _too_late(ask, case)
        return begin_words(ask, wanted, case)

    return begin


def _too_late(ask: Asking, case: Complaint) -> str:
    """Say where the case stands now, as the button belongs to an earlier state."""
    state = citizen_word(case.status, ask.language)
    return ask.say("case_moved_on", "follow", number=str(case), state=state)
