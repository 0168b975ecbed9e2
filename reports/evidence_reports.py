"""The two tables of the evidence pack as documented reports: proof case by case, and what to mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from domain.clock import bangkok_date
from domain.errors import Words
from domain.labels import word
from models import DocumentKind
from reports.cells import Cell
from reports.evidence import ACT_OF, LETTER, Evidence, Proof, Told, evidence_of
from reports.evidence_words import MENDS, VERDICTS
from reports.report import Column, Kind, Made, Report, Source

RUNNING: Final = Column("running", "ลำดับ", "No.", "ลำดับตามวันที่รับเรื่อง", Kind.NUMBER, 8)
CASE: Final = (
    Column("number", "เลขที่", "Number", "เลขที่คำร้องที่ออกเมื่อรับเรื่อง", width=16),
    Column("public_code", "รหัสติดตาม", "Tracking code", "รหัสที่ผู้ร้องใช้ติดตาม", width=14),
    Column("subcategory", "ประเภท", "Subtype", "ประเภทย่อยของเรื่อง", width=30),
    Column("department", "หน่วยงานรับผิดชอบ", "Department", "หน่วยงานที่รับผิดชอบในขณะนี้", width=26),
    Column("status", "สถานะ", "State", "สถานะปัจจุบัน", width=20),
    Column("received_on", "วันที่รับเรื่อง", "Received", "วันที่รับเรื่อง", Kind.DAY, 14),
)
TOLD: Final = (
    Column("result_on", "วันที่บันทึกผล", "Result recorded", "วันที่บันทึกผลครั้งแรก", Kind.DAY, 14),
    Column("first_told_at", "แจ้งครั้งแรก", "First told", "เวลาที่ข้อความแรกถึงผู้ร้อง", Kind.MOMENT, 18),
    Column("told_at", "แจ้งผลเมื่อ", "Result told", "เวลาที่ผลถึงผู้ร้อง หรือออกหนังสือแจ้งผล", Kind.MOMENT, 18),
    Column("told_by", "แจ้งโดย", "Told by", "ข้อความทาง LINE หรือหนังสือแจ้งผล", width=24),
    Column("days", "ใช้เวลา (วัน)", "Days", "วันปฏิทินจากวันรับเรื่องถึงวันแจ้งผล", Kind.NUMBER, 12),
    Column("verdict", "ผลการตรวจ", "Verdict", "ความหมายอยู่ในนิยามของไฟล์", width=22),
)
WRONG: Final = (
    Column("mend", "สิ่งที่ควรแก้ไข", "To mend", "สิ่งที่ผู้ประเมินอาจถาม", width=24),
    Column("advice", "วิธีแก้ไข", "What to do", "สิ่งที่ทำได้ก่อนการประเมิน", width=50),
)


def proof_rows(evidence: Evidence, source: Source) -> Iterator[list[Cell]]:
    """Yield a row for each case of a year."""
    for running, proof in enumerate(evidence.proofs, 1):
        yield [running, *_case_cells(proof, source), *_told_cells(proof)]


def mend_rows(evidence: Evidence, source: Source) -> Iterator[list[Cell]]:
    """Yield a row for each thing to mend of each case, the weightiest things first."""
    listed = [(mend, proof) for mend in MENDS for proof in evidence.to_mend(mend)]
    for running, (mend, proof) in enumerate(listed, 1):
        yield [running, *_case_cells(proof, source), MENDS[mend].title.th, MENDS[mend].meaning.th]


def way_of(told: Told) -> str:
    """Return how a result was told, in Thai: by letter, or by LINE with the act the message tells of."""
    return word(DocumentKind.RESULT_LETTER) if told.by == LETTER else f"LINE: {word(ACT_OF[told.by])}"


def verdict_meanings(within: int) -> Mapping[str, str]:
    """Return what each verdict means, in Thai, for a number of days."""
    return {one.title.th: one.meaning.th.format(days=within) for one in VERDICTS.values()}


def _case_cells(proof: Proof, source: Source) -> list[Cell]:
    return [
        proof.number or None,
        proof.public_code,
        source.name("subcategories", proof.subcategory_id),
        source.name("departments", proof.department_id),
        word(proof.status),
        proof.received_day,
    ]


def _told_cells(proof: Proof) -> list[Cell]:
    return [
        bangkok_date(proof.recorded_at) if proof.recorded_at else None,
        proof.first.at if proof.first else None,
        proof.result.at if proof.result else None,
        way_of(proof.result) if proof.result else None,
        proof.days,
        VERDICTS[proof.verdict].title.th,
    ]


def _of_years(source: Source) -> Iterator[Evidence]:
    return (evidence_of(source.session, source.actor, year) for year in source.years)


PROOF: Final = Report(
    key="evidence",
    title=Words("หลักฐานการแจ้งผลรายเรื่อง", "Proof that results were told"),
    about=Words("แต่ละเรื่องแจ้งผลถึงผู้ร้องวันใด ทางใด ทันกำหนดหรือไม่", "When and how each result was told"),
    readers=Words("ผู้รับผิดชอบการประเมิน LPA/ITA", "Whoever answers the assessors"),
    columns=(RUNNING, *CASE, *TOLD),
    make=lambda source: Made(row for evidence in _of_years(source) for row in proof_rows(evidence, source)),
    page="evidence.index_view",
)
TO_MEND: Final = Report(
    key="to_mend",
    title=Words("รายการที่ควรแก้ไขก่อนการประเมิน", "What to mend before the assessment"),
    about=Words("เรื่องที่ยังขาดหลักฐาน พร้อมวิธีแก้ไข", "Cases that lack something, and what to do"),
    readers=Words("ผู้รับผิดชอบการประเมินและทุกหน่วยงาน", "Whoever answers the assessors; departments"),
    columns=(RUNNING, *CASE, *WRONG),
    make=lambda source: Made(row for evidence in _of_years(source) for row in mend_rows(evidence, source)),
    page="evidence.index_view",
)
