"""The words people read for stored codes, Thai and English, as officers and as citizens say them."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from enum import StrEnum
from types import MappingProxyType

from domain.paper_labels import PAPER_WORDS
from models import (
    AttachmentStage,
    AuditAction,
    ChannelGroup,
    ChatDraftKind,
    ComplaintKind,
    ComplaintStatus,
    ConsentPurpose,
    DeliveryState,
    DepartmentKind,
    Disclosure,
    DurationUnit,
    EventKind,
    Figure,
    HolidayKind,
    JobKind,
    LineChannel,
    LineRequestKind,
    LineRequestState,
    LineState,
    LinkPurpose,
    MessagePriority,
    OutboxChannel,
    Outcome,
    PauseReason,
    PlanReason,
    QuestionKind,
    RichMenuKind,
    Scope,
    SheetKind,
    SheetState,
    StatusKind,
    Urgency,
)

S = ComplaintStatus

WORDS: dict[type[StrEnum], dict[StrEnum, tuple[str, str]]] = {
    ComplaintStatus: {
        S.SUBMITTED: ("เรื่องใหม่", "New"),
        S.ACCEPTED: ("รับเรื่องแล้ว", "Accepted"),
        S.DIRECTED: ("สั่งการแล้ว", "Ordered"),
        S.ACKNOWLEDGED: ("ผู้รับผิดชอบรับทราบ", "Acknowledged"),
        S.IN_PROGRESS: ("กำลังดำเนินการ", "In progress"),
        S.AWAITING_CITIZEN: ("รอข้อมูลจากผู้ร้อง", "Awaiting the citizen"),
        S.AWAITING_PLAN: ("รอเข้าแผน", "Awaiting the plan"),
        S.REFERRED_OUT: ("ส่งต่อหน่วยงานภายนอก", "Referred out"),
        S.RESOLVED: ("ดำเนินการแล้วเสร็จ", "Finished"),
        S.CLOSED: ("ปิดเรื่อง", "Closed"),
        S.REJECTED: ("ไม่รับเรื่อง", "Not taken"),
        S.WITHDRAWN: ("ผู้ร้องถอนเรื่อง", "Withdrawn"),
        S.DUPLICATE: ("เรื่องซ้ำ", "Duplicate"),
    },
    StatusKind: {
        StatusKind.OPEN: ("ยังไม่เสร็จ", "Open"),
        StatusKind.WAITING: ("รอ", "Waiting"),
        StatusKind.DONE: ("เสร็จแล้ว", "Done"),
        StatusKind.REJECTED: ("ไม่รับเรื่อง", "Not taken"),
        StatusKind.WITHDRAWN: ("ถอนเรื่อง", "Withdrawn"),
        StatusKind.MERGED: ("เรื่องซ้ำ", "Duplicate"),
    },
    Figure: {
        Figure.EXAMINATION: ("ระหว่างตรวจสอบ", "Under examination"),
        Figure.PROGRESS: ("ระหว่างดำเนินการ", "In progress"),
        Figure.FINISHED: ("เสร็จสิ้น", "Finished"),
        Figure.REJECTED: ("ไม่รับเรื่อง", "Not taken"),
        Figure.NONE: ("ไม่นับ", "Not counted"),
    },
    ComplaintKind: {
        ComplaintKind.COMPLAINT: ("ร้องเรียน/ร้องทุกข์", "Complaint"),
        ComplaintKind.SUGGESTION: ("ข้อเสนอแนะ", "Suggestion"),
        ComplaintKind.HELP_REQUEST: ("ขอความช่วยเหลือ", "Request for help"),
    },
    Urgency: {
        Urgency.NORMAL: ("ปกติ", "Normal"),
        Urgency.URGENT: ("เร่งด่วน", "Urgent"),
        Urgency.EMERGENCY: ("ฉุกเฉิน", "Emergency"),
    },
    Disclosure: {
        Disclosure.DISCLOSED: ("เปิดเผยข้อมูล", "Disclosed"),
        Disclosure.CONCEALED: ("ปกปิดข้อมูล", "Concealed"),
    },
    Outcome: {
        Outcome.FIXED: ("แก้ไขแล้ว", "Fixed"),
        Outcome.PARTLY_FIXED: ("แก้ไขได้บางส่วน", "Partly fixed"),
        Outcome.NOT_FIXABLE: ("แก้ไขไม่ได้", "Cannot be fixed"),
        Outcome.NOT_FOUND: ("ไม่พบปัญหา", "Nothing found"),
        Outcome.DONE_BY_OTHERS: ("หน่วยงานอื่นดำเนินการแล้ว", "Done by others"),
        Outcome.NO_ANSWER: ("ผู้ร้องไม่ตอบกลับ", "No answer from the citizen"),
    },
    ChannelGroup: {
        ChannelGroup.LINE: ("LINE", "LINE"),
        ChannelGroup.PHONE: ("โทรแจ้ง", "Telephone"),
        ChannelGroup.WALK_IN: ("ติดต่อสำนักงาน", "At the counter"),
        ChannelGroup.WEB: ("เว็บไซต์", "Web site"),
        ChannelGroup.OTHER: ("ช่องทางอื่น ๆ", "Other"),
    },
    DepartmentKind: {
        DepartmentKind.BUREAU: ("สำนัก", "Bureau"),
        DepartmentKind.DIVISION: ("กอง", "Division"),
        DepartmentKind.SECTION: ("ฝ่าย", "Section"),
        DepartmentKind.UNIT: ("งาน", "Unit"),
    },
    DurationUnit: {
        DurationUnit.MINUTES: ("นาที", "minutes"),
        DurationUnit.HOURS: ("ชั่วโมง", "hours"),
        DurationUnit.OFFICE_MINUTES: ("นาทีทำการ", "office minutes"),
        DurationUnit.OFFICE_HOURS: ("ชั่วโมงทำการ", "office hours"),
        DurationUnit.DAYS: ("วัน", "days"),
        DurationUnit.WORKING_DAYS: ("วันทำการ", "working days"),
    },
    PauseReason: {
        PauseReason.CITIZEN: ("รอข้อมูลจากผู้ร้อง", "waiting for the citizen"),
        PauseReason.MATERIAL: ("รอวัสดุหรืออุปกรณ์", "waiting for material"),
        PauseReason.OTHER_AGENCY: ("รอหน่วยงานอื่น", "waiting for another body"),
        PauseReason.PLAN: ("รอเข้าแผน", "waiting for the plan"),
    },
    HolidayKind: {
        HolidayKind.NATIONAL: ("วันหยุดราชการประจำปี", "Public holiday"),
        HolidayKind.SUBSTITUTE: ("วันหยุดชดเชย", "Substitute day"),
        HolidayKind.CABINET: ("วันหยุดพิเศษตามมติ ครม.", "Special day by the cabinet"),
        HolidayKind.TOWN: ("วันหยุดของเทศบาล", "The town's own day"),
        HolidayKind.WORKDAY: ("วันทำการพิเศษ", "Open on a day off"),
    },
    SheetKind: {
        SheetKind.MEMBERS: ("สมาชิก/ประชาชน", "Members"),
        SheetKind.STAFF: ("เจ้าหน้าที่", "Officers"),
        SheetKind.CATEGORIES: ("ตัวย่อ (ประเภทหลัก)", "Main types"),
        SheetKind.SUBCATEGORIES: ("ตัวย่อย่อย", "Subtypes"),
        SheetKind.COMMUNITIES: ("ชุมชน", "Communities"),
        SheetKind.HOLIDAYS: ("วันหยุด", "Holidays"),
        SheetKind.ROADS: ("ถนน/ซอย", "Roads"),
    },
    SheetState: {
        SheetState.CHECKED: ("ตรวจแล้ว ยังไม่นำเข้า", "Checked, not taken in"),
        SheetState.APPLIED: ("นำเข้าแล้ว", "Taken in"),
        SheetState.UNDONE: ("ย้อนกลับแล้ว", "Taken back"),
    },
    EventKind: {
        EventKind.SUBMIT: ("ยื่นเรื่อง", "Submit"),
        EventKind.IMPORT: ("นำเข้าข้อมูล", "Import"),
        EventKind.REGISTER: ("บันทึกเรื่อง", "Register"),
        EventKind.ACCEPT: ("รับเรื่อง", "Accept"),
        EventKind.DIRECT: ("สั่งการ", "Order"),
        EventKind.ACKNOWLEDGE: ("รับทราบ", "Acknowledge"),
        EventKind.START: ("เริ่มดำเนินการ", "Start"),
        EventKind.RECORD_RESULT: ("บันทึกผล", "Record the result"),
        EventKind.RATE: ("ประเมินความพึงพอใจ", "Rate"),
        EventKind.CLOSE: ("ปิดเรื่อง", "Close"),
        EventKind.REJECT: ("ไม่รับเรื่อง", "Decline"),
        EventKind.FORWARD: ("ส่งต่อหน่วยงาน", "Forward"),
        EventKind.REASSIGN: ("เปลี่ยนผู้รับผิดชอบ", "Reassign"),
        EventKind.HAND_BACK: ("ส่งคืน", "Hand back"),
        EventKind.ASK_CITIZEN: ("ขอข้อมูลจากผู้ร้อง", "Ask the citizen"),
        EventKind.ANSWER: ("บันทึกคำตอบของผู้ร้อง", "Citizen's answer"),
        EventKind.LAPSE: ("ปิดเพราะไม่ได้รับคำตอบ", "Close without an answer"),
        EventKind.PUT_ON_PLAN: ("ให้รอเข้าแผน", "Put on the plan"),
        EventKind.TAKE_OFF_PLAN: ("นำออกจากแผน", "Take off the plan"),
        EventKind.REFER_OUT: ("ส่งต่อหน่วยงานภายนอก", "Refer out"),
        EventKind.RETURN_FROM_REFERRAL: ("รับกลับจากหน่วยงานภายนอก", "Take back from outside"),
        EventKind.ASK_MORE_TIME: ("ขอขยายเวลา", "Ask for more time"),
        EventKind.EXTEND: ("ขยายเวลา", "Extend"),
        EventKind.REFUSE_MORE_TIME: ("ไม่ขยายเวลา", "Refuse more time"),
        EventKind.CORRECT_RESULT: ("แก้ไขผล", "Correct the result"),
        EventKind.REOPEN: ("เปิดเรื่องอีกครั้ง", "Open again"),
        EventKind.WITHDRAW: ("ถอนเรื่อง", "Withdraw"),
        EventKind.MERGE: ("รวมกับเรื่องเดิม", "Join with an earlier one"),
        EventKind.UNMERGE: ("แยกออกจากเรื่องเดิม", "Part from the original"),
        EventKind.FOLLOW: ("ติดตามเรื่อง", "Follow"),
        EventKind.UNFOLLOW: ("เลิกติดตามเรื่อง", "Stop following"),
        EventKind.ADD_EVIDENCE: ("เพิ่มภาพหรือข้อมูล", "Add photo or detail"),
        EventKind.REMOVE_ATTACHMENT: ("นำไฟล์ออก", "Take a file out"),
        EventKind.UNDO: ("เลิกทำ", "Undo"),
        EventKind.DUE_CHANGED: ("เปลี่ยนกำหนด", "Due day changed"),
        EventKind.EDIT: ("แก้ไขข้อมูล", "Correct"),
        EventKind.NOTE: ("บันทึกภายใน", "Note"),
        EventKind.ATTACHMENT_ADDED: ("แนบไฟล์", "Attach a file"),
        EventKind.VIEWED_PERSONAL_DATA: ("เปิดดูข้อมูลส่วนบุคคล", "View personal data"),
        EventKind.EXPORTED: ("ส่งออกข้อมูล", "Export"),
        EventKind.REMINDED: ("เตือนกำหนดเวลา", "Reminded"),
        EventKind.ESCALATED: ("รายงานความล่าช้าต่อผู้บังคับบัญชา", "Reported upwards as late"),
    },
    PlanReason: {
        PlanReason.MATERIAL: ("รอวัสดุ", "Waiting for material"),
        PlanReason.EQUIPMENT: ("รอเครื่องมือหรือเครื่องจักร", "Waiting for equipment"),
        PlanReason.BUDGET: ("รองบประมาณ", "Waiting for the budget"),
    },
    QuestionKind: {
        QuestionKind.TEXT: ("ข้อความ", "Text"),
        QuestionKind.NUMBER: ("ตัวเลข", "Number"),
        QuestionKind.YES_NO: ("ใช่หรือไม่ใช่", "Yes or no"),
        QuestionKind.CHOICE: ("เลือกจากรายการ", "Choice"),
    },
    Scope: {
        Scope.OWN: ("เรื่องของตนเอง", "Own"),
        Scope.DEPARTMENT: ("หน่วยงานและหน่วยงานย่อย", "Department and below"),
        Scope.ALL: ("ทั้งหมด", "All"),
    },
    AttachmentStage: {
        AttachmentStage.BEFORE: ("ก่อนดำเนินการ", "Before"),
        AttachmentStage.AFTER: ("หลังดำเนินการ", "After"),
    },
    LineChannel: {
        LineChannel.CITIZEN: ("LINE ประชาชน", "LINE for citizens"),
        LineChannel.STAFF: ("LINE เจ้าหน้าที่", "LINE for staff"),
    },
    LineState: {
        LineState.FRIEND: ("ติดต่อได้", "Reachable"),
        LineState.BLOCKED: ("ถูกบล็อก", "Blocked"),
        LineState.UNKNOWN: ("ยังไม่ทราบ", "Unknown"),
    },
    DeliveryState: {
        DeliveryState.READY: ("รอส่ง", "Waiting"),
        DeliveryState.LEASED: ("กำลังทำ", "Under way"),
        DeliveryState.SENT: ("เสร็จแล้ว", "Done"),
        DeliveryState.MERGED: ("รวมกับข้อความอื่น", "Sent with another"),
        DeliveryState.FAILED: ("ไม่สำเร็จ", "Failed"),
        DeliveryState.DEAD: ("ค้าง ต้องให้คนดู", "Stuck"),
        DeliveryState.CANCELLED: ("ยกเลิก", "Cancelled"),
    },
    OutboxChannel: {
        OutboxChannel.LINE_CITIZEN: ("LINE ประชาชน", "LINE for citizens"),
        OutboxChannel.LINE_STAFF: ("LINE เจ้าหน้าที่", "LINE for staff"),
        OutboxChannel.EMAIL: ("อีเมล", "E-mail"),
    },
    JobKind: {
        JobKind.COMPLAINT_COPY: ("ทำสำเนาคำร้อง PDF", "Make the PDF copy"),
        JobKind.CASE_EXPORT: ("ทำไฟล์รายการคำร้อง", "Write the list file"),
        JobKind.LINE_TEST: ("ทดสอบการเชื่อมต่อ LINE", "Test the LINE connection"),
        JobKind.REPORT_FILE: ("ไฟล์รายงาน", "Report file"),
        JobKind.DOCUMENT_BATCH: ("ชุดเอกสาร", "Batch of papers"),
        JobKind.EVIDENCE_PACK: ("ชุดหลักฐานการประเมิน", "Evidence pack"),
        JobKind.RICH_MENUS: ("วางเมนูท้ายแชต LINE", "Lay the LINE menus"),
    },
    MessagePriority: {
        MessagePriority.ESSENTIAL: ("สำคัญ", "Essential"),
        MessagePriority.ROUTINE: ("ทั่วไป", "Routine"),
    },
    RichMenuKind: {
        RichMenuKind.CITIZEN: ("ประชาชน", "Citizens"),
        RichMenuKind.GUEST: ("ผู้ที่ยังไม่ได้ผูกบัญชี", "People without an account here"),
        RichMenuKind.OFFICER: ("เจ้าหน้าที่", "Officers"),
        RichMenuKind.EXECUTIVE: ("ผู้บริหาร", "Executives"),
    },
    LinkPurpose: {
        LinkPurpose.FIRST_ADMINISTRATOR: ("ตั้งผู้ดูแลระบบคนแรก", "First administrator"),
        LinkPurpose.INVITATION: ("เชิญเข้าใช้งาน", "Invitation"),
        LinkPurpose.LINE_LINK: ("ผูกบัญชี LINE", "Link a LINE account"),
        LinkPurpose.MEMBER_LINE: ("ผูก LINE ของสมาชิก", "Link a member's LINE"),
        LinkPurpose.RESET: ("ตั้งรหัสผ่านใหม่", "New password"),
    },
    ChatDraftKind: {
        ChatDraftKind.REPORT: ("แจ้งเรื่อง", "Report"),
        ChatDraftKind.REGISTRATION: ("ลงทะเบียน", "Registration"),
        ChatDraftKind.OFFICER_REQUEST: ("ขอเป็นเจ้าหน้าที่", "Officer's request"),
        ChatDraftKind.RESULT: ("รายงานผล", "Result"),
        ChatDraftKind.WORDS: ("ข้อความถึงเรื่อง", "Words for a complaint"),
    },
    LineRequestKind: {
        LineRequestKind.MEMBER: ("ประชาชน", "Citizen"),
        LineRequestKind.OFFICER: ("เจ้าหน้าที่", "Officer"),
    },
    LineRequestState: {
        LineRequestState.WAITING: ("รอตัดสิน", "Waiting"),
        LineRequestState.APPROVED: ("อนุมัติแล้ว", "Approved"),
        LineRequestState.REFUSED: ("ไม่อนุมัติ", "Refused"),
    },
    ConsentPurpose: {
        ConsentPurpose.COMPLAINT_NOTICE: ("รับทราบการใช้ข้อมูล", "Told how data are used"),
        ConsentPurpose.LINE_UPDATES: ("รับข่าวทาง LINE", "Updates by LINE"),
    },
    AuditAction: {
        AuditAction.CREATE: ("เพิ่ม", "Created"),
        AuditAction.UPDATE: ("แก้ไข", "Changed"),
        AuditAction.DELETE: ("ลบ", "Deleted"),
        AuditAction.SIGN_IN: ("เข้าสู่ระบบ", "Signed in"),
        AuditAction.SIGN_IN_FAILED: ("เข้าสู่ระบบไม่สำเร็จ", "Sign-in failed"),
        AuditAction.SIGN_OUT: ("ออกจากระบบ", "Signed out"),
        AuditAction.REVEAL: ("เปิดดูข้อมูลส่วนบุคคล", "Revealed"),
        AuditAction.EXPORT: ("ส่งออกข้อมูล", "Exported"),
        AuditAction.RESEND: ("ส่งซ้ำ", "Sent again"),
        AuditAction.IMPORT: ("นำเข้า", "Imported"),
        AuditAction.REFUSED: ("ถูกปฏิเสธ", "Refused"),
        AuditAction.SEAL: ("ประทับตรา", "Sealed"),
    },
    **PAPER_WORDS,
}

# What the citizen reads (workflow.md); kept apart because officers keep the official terms.
CITIZEN_WORDS: dict[ComplaintStatus, tuple[str, str]] = {
    S.SUBMITTED: ("ได้รับเรื่องแล้ว", "Received"),
    S.ACCEPTED: ("รอดำเนินการ", "Waiting to be worked on"),
    S.DIRECTED: ("รอดำเนินการ", "Waiting to be worked on"),
    S.ACKNOWLEDGED: ("กำลังดำเนินการ", "Being worked on"),
    S.IN_PROGRESS: ("กำลังดำเนินการ", "Being worked on"),
    S.AWAITING_CITIZEN: ("รอข้อมูลจากท่าน", "Waiting for your answer"),
    S.AWAITING_PLAN: ("รอเข้าแผน", "Waiting for the plan"),
    S.REFERRED_OUT: ("ส่งต่อหน่วยงานที่เกี่ยวข้อง", "Passed on to the body in charge"),
    S.RESOLVED: ("ดำเนินการเสร็จสิ้น", "Finished"),
    S.CLOSED: ("ปิดเรื่อง", "Closed"),
    S.REJECTED: ("ไม่รับเรื่อง", "Not taken"),
    S.WITHDRAWN: ("ถอนเรื่อง", "Withdrawn"),
    S.DUPLICATE: ("รวมกับเรื่องเดิม", "Joined with an earlier one"),
}

STEP_WORDS: dict[str, tuple[str, str]] = {
    "received": ("ได้รับเรื่องแล้ว", "Received"),
    "waiting": ("รอดำเนินการ", "Waiting to be worked on"),
    "working": ("กำลังดำเนินการ", "Being worked on"),
    "done": ("ดำเนินการเสร็จสิ้น", "Finished"),
}


_own_words: ContextVar[Mapping[str, Mapping[str, str]]] = ContextVar(
    "own_words", default=MappingProxyType({})
)
_OFFICERS, _CITIZENS = ("th", "en"), ("citizen_th", "citizen_en")


def use_state_words(own: Mapping[str, Mapping[str, str]]) -> None:
    """Say states in the town's own words from here on, in this thread; every edge does it before it acts.

    Args:
        own: The setting ``state_words``; a word it does not name stays ours.
    """
    _own_words.set(own)


def word(member: StrEnum, language: str = "th") -> str:
    """Return what officers read for a stored code."""
    words = WORDS[type(member)][member]
    is_state = type(member) is ComplaintStatus
    return _own(member, language, _OFFICERS, words) if is_state else _of(words, language)


def citizen_word(status: ComplaintStatus, language: str = "th") -> str:
    """Return what the citizen reads for a state."""
    return _own(status, language, _CITIZENS, CITIZEN_WORDS[status])


def _own(status: StrEnum, language: str, keys: tuple[str, str], usual: tuple[str, str]) -> str:
    own = _own_words.get().get(status.value)
    return (own and own.get(_of(keys, language))) or _of(usual, language)


def _of(words: tuple[str, str], language: str) -> str:
    return words[1] if language == "en" else words[0]


def choices(enum_class: type[StrEnum], language: str = "th") -> list[tuple[str, str]]:
    """Return (code, word) pairs of an enum in their order, for drop-downs."""
    return [(member.value, word(member, language)) for member in enum_class]


def duration_text(low: int | None, high: int | None, unit: DurationUnit, language: str = "th") -> str | None:
    """Return a promised range such as "1–3 วันทำการ"; None when nothing is promised."""
    if high is None:
        return None
    amount = str(high) if low is None or low == high else f"{low}–{high}"
    return _with_unit(amount, unit, language)


def promised_words(promised_text: str | None, language: str = "th") -> str:
    """Return a stored promise in the reader's language; it was made by ``duration_text`` in Thai.

    What was typed elsewhere stays as it is; empty where nothing is promised.
    """
    text = promised_text or ""
    if language != "en":
        return text
    for unit in DurationUnit:
        amount = text.removesuffix(f" {word(unit)}")
        if amount != text:
            return _with_unit(amount, unit, language)
    return text


def _with_unit(amount: str, unit: DurationUnit, language: str) -> str:
    words = word(unit, language)
    return f"{amount} {words.removesuffix('s') if language == 'en' and amount == '1' else words}"
