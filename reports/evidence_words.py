"""What the evidence pack says about a case, and what each word means; printed in the pack and on the page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.errors import Words


class Verdict(StrEnum):
    """Whether the result was told in time."""

    IN_TIME = "in_time"
    WAITS = "waits"
    LATE = "late"
    NOT_TOLD = "not_told"
    NOT_DUE = "not_due"
    NOBODY = "nobody"


class Mend(StrEnum):
    """What should be put right before the assessor comes."""

    NOT_TOLD = "not_told"
    TOLD_LATE = "told_late"
    NO_AFTER_PHOTO = "no_after_photo"
    NOT_ASKED = "not_asked"
    PROMISE_BROKEN = "promise_broken"
    NO_ZONE = "no_zone"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A word with what it means, or with what is to be done."""

    title: Words
    meaning: Words


VERDICTS: Final = {
    Verdict.IN_TIME: Meaning(
        Words("แจ้งผลทันกำหนด", "Told in time"),
        Words(
            "ส่งผลถึงผู้ร้องทาง LINE หรือออกหนังสือแจ้งผล ภายใน {days} วันนับจากวันรับเรื่อง",
            "The result went to the complainant by LINE or letter within {days} days of receipt",
        ),
    ),
    Verdict.WAITS: Meaning(
        Words("แจ้งเหตุที่ต้องรอแล้ว", "Told why it waits"),
        Words(
            "แจ้งภายใน {days} วันว่ารอเข้าแผน ส่งต่อหน่วยงานอื่น หรือถามข้อมูลเพิ่ม ไม่นับเป็นทันหรือเกินกำหนด",
            "Told within {days} days that it awaits plan, body or answer; neither in time nor late",
        ),
    ),
    Verdict.LATE: Meaning(
        Words("แจ้งผลเกินกำหนด", "Told late"),
        Words("แจ้งผลแล้ว แต่หลัง {days} วัน", "Told, but after {days} days"),
    ),
    Verdict.NOT_TOLD: Meaning(
        Words("ยังไม่ได้แจ้งผล", "Not told"),
        Words("เกิน {days} วันแล้วและยังไม่มีหลักฐานการแจ้งผล", "No proof, and more than {days} days have passed"),
    ),
    Verdict.NOT_DUE: Meaning(
        Words("ยังไม่ครบกำหนด", "Not due yet"),
        Words("ยังไม่แจ้งผล และยังไม่เกิน {days} วัน", "Not told yet, and no more than {days} days have passed"),
    ),
    Verdict.NOBODY: Meaning(
        Words("ไม่มีผู้รับแจ้ง", "Nobody to tell"),
        Words("ผู้ร้องไม่ประสงค์ออกนาม จึงไม่มีผู้รับแจ้งผล", "The complainant stays unknown, so nobody can be told"),
    ),
}
"""What each verdict means; ``{days}`` is the setting."""

MENDS: Final = {
    Mend.NOT_TOLD: Meaning(
        Words("ยังไม่ได้แจ้งผล", "Result not told"),
        Words("บันทึกผลให้เสร็จ แล้วส่งทาง LINE หรือออกหนังสือแจ้งผล", "Record the result; tell it by LINE or letter"),
    ),
    Mend.TOLD_LATE: Meaning(
        Words("แจ้งผลเกินกำหนด", "Result told late"),
        Words("แก้ย้อนหลังไม่ได้ เตรียมเหตุผลไว้ชี้แจง", "It cannot be undone; have the reason ready"),
    ),
    Mend.NO_AFTER_PHOTO: Meaning(
        Words("ไม่มีภาพหลังดำเนินการ", "No photo of the result"),
        Words("เพิ่มภาพหลังดำเนินการในผลของเรื่อง", "Add a photo to the case's result"),
    ),
    Mend.NOT_ASKED: Meaning(
        Words("ยังไม่ได้ชวนให้คะแนน", "Never asked to rate"),
        Words(
            "ไม่มีข้อความถึงผู้ร้องทาง LINE โทรหาหรือชวนให้คะแนนที่หน้าติดตามเรื่อง",
            "Not reached by LINE: call, or point to the tracking page",
        ),
    ),
    Mend.PROMISE_BROKEN: Meaning(
        Words("เกินเวลาที่สัญญา", "Promise broken"),
        Words(
            "เรื่องที่ยังไม่เสร็จให้เร่งหรือขยายเวลา เรื่องที่เสร็จแล้วเตรียมเหตุผล",
            "Hurry or extend open ones; explain the others",
        ),
    ),
    Mend.NO_ZONE: Meaning(
        Words("ไม่ได้ระบุเขต", "No zone"),
        Words("ปักหมุดหรือเลือกชุมชนในหน้าแก้ไขเรื่อง", "Set the pin or the community on the case"),
    ),
}
"""What each thing to mend is called, and what to do."""
