"""The words of papers and money, as ``domain/labels.py`` has those of cases."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from models import CountedPart, DocumentKind, Emblem, Numerals, PaymentWay, ScheduleEvery

PAPER_WORDS: Final[dict[type[StrEnum], dict[StrEnum, tuple[str, str]]]] = {
    CountedPart: {
        CountedPart.SUBCATEGORY: ("ตัวย่อย่อย", "Subtype"),
        CountedPart.COMMUNITY: ("ชุมชน", "Community"),
        CountedPart.CHANNEL: ("ช่องทางการแจ้ง", "Channel"),
    },
    DocumentKind: {
        DocumentKind.COMPLAINT_FORM: ("แบบคำร้องทุกข์", "Complaint form"),
        DocumentKind.ORDER: ("ใบสั่งการ", "Order"),
        DocumentKind.RESULT_LETTER: ("หนังสือแจ้งผล", "Result letter"),
        DocumentKind.MEMO: ("บันทึกข้อความ", "Memo"),
        DocumentKind.SLIP: ("ใบนัด", "Appointment slip"),
        DocumentKind.RECEIPT: ("ใบเสร็จรับเงิน", "Receipt"),
        DocumentKind.REGISTER: ("ทะเบียนคุม", "Register"),
        DocumentKind.ENVELOPE: ("ซองจดหมาย", "Envelope"),
        DocumentKind.LABELS: ("แผ่นป้ายที่อยู่", "Address labels"),
    },
    Numerals: {
        Numerals.THAI: ("เลขไทย", "Thai digits"),
        Numerals.ARABIC: ("เลขอารบิก", "Arabic digits"),
    },
    Emblem: {
        Emblem.NONE: ("ไม่มีตรา", "None"),
        Emblem.TOWN: ("ตราเทศบาล", "The town's emblem"),
        Emblem.GARUDA: ("ตราครุฑ", "Garuda"),
    },
    PaymentWay: {
        PaymentWay.CASH: ("เงินสด", "Cash"),
        PaymentWay.TRANSFER: ("โอนเงิน", "Bank transfer"),
        PaymentWay.CHEQUE: ("เช็ค", "Cheque"),
    },
    ScheduleEvery: {
        ScheduleEvery.DAY: ("ทุกวัน", "Every day"),
        ScheduleEvery.WEEK: ("ทุกสัปดาห์", "Every week"),
        ScheduleEvery.MONTH: ("ทุกเดือน", "Every month"),
    },
}
