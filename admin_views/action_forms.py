"""What each act on a case asks for; the names of the fields are those of the verbs in domain.complaints."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from admin_views.complaint_forms import EnumRadio, RowField, StepForm, row_id
from admin_views.fields import CleanTextArea, CleanTextField, ThaiDateField, WholeNumberField
from domain.members import MAX_REASON
from domain.more_time import MOST_DAYS
from domain.moves import MAX_NOTE
from domain.results import MAX_RESULT
from domain.routing import MAX_BODY
from domain.workflow import Action
from models import AttachmentStage, Outcome, PlanReason

READ_BY_CITIZEN = _l("ผู้ร้องจะได้อ่านข้อความนี้")
COLLEAGUES_ONLY = _l("เห็นเฉพาะเจ้าหน้าที่")


def _words(label: Any, hint: Any = "", rows: int = 3, name: str = "") -> CleanTextArea:
    """Return a box for words that must be there."""
    more = {"id": name} if name else {}
    return CleanTextArea(
        label, max_length=MAX_NOTE, required=True, description=hint, render_kw={"rows": rows}, **more
    )


class ActionForm(StepForm):
    """One press on a case: which state the button was made for."""

    expected_seq = HiddenField(filters=[row_id])
    stage: AttachmentStage | None = None
    """What the photos sent along show; None where none are asked for."""

    def payload(self) -> dict[str, Any]:
        """Return what the verb takes, by its own names; empty texts are empty, not None."""
        facts = {}
        for field in self:
            name = "photo_token" if field.short_name == "form_token" else field.short_name
            is_text = isinstance(field, CleanTextField | HiddenField) and name != "expected_seq"
            facts[name] = (field.data or "") if is_text else field.data
        return facts


class PhotoActionForm(ActionForm):
    """An act with photos, which wait under the form's token."""

    form_token = HiddenField()


class AcceptForm(ActionForm):
    """รับเรื่อง: the main type issues the number."""

    category_id = RowField(_l("ประเภทหลัก (ตัวย่อ)"), required="category_required")
    subcategory_id = RowField(_l("ประเภทย่อย (ตัวย่อย่อย)"))


class DirectForm(ActionForm):
    """สั่งการ: subtype and officer."""

    subcategory_id = RowField(_l("ประเภทย่อย (ตัวย่อย่อย)"), required="subcategory_required")
    assignee_id = RowField(_l("ผู้รับผิดชอบ"), required="officer_required")
    note = CleanTextArea(_l("คำสั่งหรือข้อแนะนำ"), max_length=MAX_NOTE, render_kw={"rows": 3})


class RejectForm(ActionForm):
    """ไม่รับเรื่อง: the citizen reads the reason."""

    reason = _words(_l("เหตุผลและหน่วยงานที่รับผิดชอบแทน"), READ_BY_CITIZEN, rows=4)


class ForwardForm(ActionForm):
    """ส่งต่อหน่วยงาน: to the intake of another department."""

    department_id = RowField(_l("ส่งต่อไปที่"), required="department_required")
    reason = _words(_l("เหตุผล"), COLLEAGUES_ONLY)


class ReassignForm(ActionForm):
    """เปลี่ยนผู้รับผิดชอบ of a case that waits."""

    assignee_id = RowField(_l("ผู้รับผิดชอบ"), required="officer_required")
    reason = _words(_l("เหตุผล"), COLLEAGUES_ONLY)


class ReasonForm(ActionForm):
    """An act that needs no more than a reason colleagues read."""

    reason = _words(_l("เหตุผล"), COLLEAGUES_ONLY)


class NoteForm(ActionForm):
    """An act that needs no more than a note colleagues read."""

    note = _words(_l("ข้อความ"), COLLEAGUES_ONLY)


class ReferForm(ActionForm):
    """ส่งต่อหน่วยงานภายนอก; a submitted case gets its number in the same go."""

    referred_to = CleanTextField(
        _l("ส่งต่อไปที่"),
        max_length=MAX_BODY,
        required=True,
        description=_l("ชื่อหน่วยงาน เช่น การไฟฟ้าส่วนภูมิภาค ผู้ร้องจะได้เห็นชื่อนี้"),
    )
    category_id = RowField(_l("ประเภทหลัก (ตัวย่อ)"))
    reason = _words(_l("เหตุผล"), COLLEAGUES_ONLY)


class AskForm(ActionForm):
    """ขอข้อมูลจากผู้ร้อง."""

    question = _words(_l("คำถามถึงผู้ร้อง"), READ_BY_CITIZEN)


class AnswerForm(PhotoActionForm):
    """บันทึกคำตอบของผู้ร้อง: words, photos or both."""

    stage = AttachmentStage.BEFORE
    text = CleanTextArea(_l("คำตอบของผู้ร้อง"), max_length=MAX_NOTE, render_kw={"rows": 3})


class EvidenceForm(PhotoActionForm):
    """เพิ่มภาพหรือข้อมูล."""

    stage = AttachmentStage.BEFORE
    text = CleanTextArea(_l("ข้อมูลเพิ่มเติม"), max_length=MAX_NOTE, render_kw={"rows": 3})


class PlanForm(ActionForm):
    """ให้รอเข้าแผน (000-14)."""

    plan_reason = EnumRadio(_l("เพราะ"), members=PlanReason)
    note = _words(_l("รายละเอียด เช่น แผนปีใด ต้องใช้อะไร"), COLLEAGUES_ONLY)


class TimeForm(ActionForm):
    """ขอขยายเวลา, ขยายเวลา: working days and why."""

    days = WholeNumberField(
        _l("จำนวนวันทำการ"),
        low=1,
        high=MOST_DAYS,
        required=True,
        render_kw={"inputmode": "numeric", "class": "shorter"},
    )
    reason = _words(_l("เหตุผล"))


class MergeForm(ActionForm):
    """รวมกับเรื่องเดิม: the original by its number."""

    original = CleanTextField(
        _l("เลขที่หรือรหัสติดตามของเรื่องเดิม"),
        max_length=60,
        description=_l("เช่น อส. 56/2569 หรือ 2026-14 ผู้ร้องของเรื่องนี้จะได้ข่าวของเรื่องเดิมด้วย"),
        required=True,
        render_kw={"list": "originals", "autocomplete": "off"},
    )


class WithdrawForm(ActionForm):
    """ถอนเรื่อง on the citizen's word."""

    channel_id = RowField(_l("ผู้ร้องแจ้งทางใด"), required="choice_required")
    note = _words(_l("ผู้ร้องว่าอย่างไร"), COLLEAGUES_ONLY)


class RemoveForm(ActionForm):
    """นำไฟล์ออก."""

    attachment_id = HiddenField(filters=[row_id])
    reason = _words(_l("เหตุผลที่นำออก"), COLLEAGUES_ONLY)


class ResultForm(PhotoActionForm):
    """บันทึกผลการดำเนินงาน (000-63)."""

    stage = AttachmentStage.AFTER
    done_date = ThaiDateField(_l("วันที่ดำเนินงานแล้วเสร็จ"), required=True, not_future=True)
    result_text = CleanTextArea(
        _l("ผลการดำเนินงาน"),
        max_length=MAX_RESULT,
        required=True,
        description=_l("ผู้ร้องจะได้อ่านข้อความนี้ทันที"),
        render_kw={"rows": 5},
    )
    outcome = EnumRadio(
        _l("ผลลัพธ์"), members=Outcome, without=frozenset({Outcome.NO_ANSWER}), default=Outcome.FIXED
    )


class CorrectForm(ResultForm):
    """แก้ไขผล (000-65): the result as it stands, and why it changes."""

    reason = _words(_l("แก้ไขเพราะ"), COLLEAGUES_ONLY)


class UndoForm(StepForm):
    """เลิกทำ: which act."""

    event_id = HiddenField(filters=[row_id])


class RevealForm(StepForm):
    """เปิดดูข้อมูลผู้ร้อง: with a reason."""

    reason = CleanTextField(
        _l("เหตุผลที่ต้องเปิดดู"),
        max_length=MAX_REASON,
        required=True,
        description=_l("ระบบบันทึกชื่อคุณและเหตุผลไว้ตรวจสอบ"),
        id="reveal-reason",  # Another form of the page may have a reason, too.
        render_kw={"autocomplete": "off"},
    )


ACTION_FORMS: dict[Action, type[ActionForm]] = {
    Action.ACCEPT: AcceptForm,
    Action.DIRECT: DirectForm,
    Action.ACKNOWLEDGE: ActionForm,
    Action.START: ActionForm,
    Action.ANSWER: AnswerForm,
    Action.TAKE_OFF_PLAN: NoteForm,
    Action.RETURN_FROM_REFERRAL: NoteForm,
    Action.ASK_CITIZEN: AskForm,
    Action.FORWARD: ForwardForm,
    Action.PUT_ON_PLAN: PlanForm,
    Action.REFER_OUT: ReferForm,
    Action.REASSIGN: ReassignForm,
    Action.HAND_BACK: ReasonForm,
    Action.ASK_MORE_TIME: TimeForm,
    Action.EXTEND: TimeForm,
    Action.REFUSE_MORE_TIME: ReasonForm,
    Action.CLOSE: ActionForm,
    Action.REOPEN: ReasonForm,
    Action.MERGE: MergeForm,
    Action.UNMERGE: ReasonForm,
    Action.REJECT: RejectForm,
    Action.WITHDRAW: WithdrawForm,
    Action.LAPSE: ActionForm,
    Action.ADD_EVIDENCE: EvidenceForm,
    Action.NOTE: NoteForm,
    Action.REMOVE_ATTACHMENT: RemoveForm,
    Action.RECORD_RESULT: ResultForm,
    Action.CORRECT_RESULT: CorrectForm,
}
"""The form of every act that has one; result and correction have a page of their own."""

AT_ONCE = frozenset({Action.ACKNOWLEDGE, Action.START, Action.CLOSE})
"""Acts that ask for nothing: their button acts."""

OWN_PAGE = {Action.RECORD_RESULT: "record_result", Action.CORRECT_RESULT: "correct_result"}
"""Acts with a page of their own, by its endpoint."""
