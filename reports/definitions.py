"""What each figure means, in words; printed wherever the figure stands, so that nobody has to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.errors import Words


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure for readers.

    Attributes:
        key: Name of the property of ``reports.results.Results``.
        title: What it is called.
        meaning: What is counted.
        unit: What stands behind the number.
    """

    key: str
    title: Words
    meaning: Words
    unit: Words


CASES: Final = Words("เรื่อง", "cases")
PER_CENT: Final = Words("%", "%")
NOT_GIVEN: Final = Words("ไม่ระบุ", "Not given")
"""What stands for an empty field."""

SEVEN: Final = (
    Definition(
        "all",
        Words("เรื่องทั้งหมด", "All"),
        Words(
            "เรื่องที่รับในปีงบประมาณ ตามสถานะปัจจุบัน ไม่นับเรื่องที่ถอน เรื่องซ้ำ และไม่ทราบวันที่รับ",
            "Received in the fiscal year, as they stand now; withdrawn, duplicate and undated ones left out",
        ),
        CASES,
    ),
    Definition(
        "finished",
        Words("เสร็จสิ้น", "Finished"),
        Words("ดำเนินการแล้วเสร็จหรือปิดเรื่องแล้ว", "Resolved or closed"),
        CASES,
    ),
    Definition(
        "progress",
        Words("ระหว่างดำเนินการ", "In progress"),
        Words(
            "ผู้รับผิดชอบรับทราบแล้ว กำลังทำ หรือรอผู้ร้อง รอเข้าแผน รอหน่วยงานภายนอก",
            "Acknowledged, being worked on, or waiting for the citizen, the plan or another body",
        ),
        CASES,
    ),
    Definition(
        "examination",
        Words("ระหว่างตรวจสอบ", "Under examination"),
        Words("เรื่องใหม่ รับเรื่องแล้ว หรือสั่งการแล้วแต่ยังไม่มีผู้รับทราบ", "New, accepted, or ordered but not seen yet"),
        CASES,
    ),
    Definition(
        "success",
        Words("ร้อยละความสำเร็จ", "Success"),
        Words("เรื่องเสร็จสิ้นที่ผลล่าสุดคือแก้ไขแล้ว ÷ เรื่องทั้งหมด", "Finished with the latest result “fixed” ÷ all"),
        PER_CENT,
    ),
    Definition(
        "mean",
        Words("คะแนนเฉลี่ย", "Mean rating"),
        Words(
            "เฉลี่ยจากคะแนนล่าสุดของแต่ละเรื่องที่มีผู้ให้คะแนน (เต็ม 5)", "Mean of each rated case's latest rating, of 5"
        ),
        Words("คะแนน", "of 5"),
    ),
    Definition(
        "rated",
        Words("เรื่องที่ได้รับคะแนน", "Rated"),
        Words("เรื่องที่ผู้ร้องให้คะแนนอย่างน้อยหนึ่งครั้ง", "Rated by the complainant at least once"),
        CASES,
    ),
)
"""The seven figures of 002-24, in its order."""

BESIDE: Final = (
    Definition(
        "kept",
        Words("ทันกำหนด", "Within the promised time"),
        Words(
            "เรื่องเสร็จสิ้นภายในกำหนด ÷ เรื่องเสร็จสิ้นที่มีกำหนด (หยุดนับเวลาระหว่างรอ)",
            "Finished within the promised time ÷ finished with a promise; the clock stops while a case waits",
        ),
        PER_CENT,
    ),
    Definition(
        "mean_days",
        Words("เวลาเฉลี่ยจนแล้วเสร็จ", "Mean time"),
        Words("วันปฏิทินจากวันที่รับถึงวันที่เสร็จสิ้น", "Calendar days from receipt to the end, finished cases"),
        Words("วัน", "days"),
    ),
    Definition(
        "confirmed",
        Words("ผู้ร้องยืนยันว่าเรียบร้อย", "Confirmed"),
        Words("เรื่องเสร็จสิ้นที่ผู้ร้องให้ผลครั้งนี้ 3 คะแนนขึ้นไป", "Finished, the present result rated 3 or more"),
        CASES,
    ),
    Definition(
        "reopened",
        Words("เปิดเรื่องอีกครั้ง", "Reopened"),
        Words("เรื่องที่เปิดใหม่อย่างน้อยหนึ่งครั้ง", "Opened again at least once"),
        CASES,
    ),
)
"""What stands beside them (workflow.md)."""
