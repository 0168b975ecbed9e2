"""The job that makes the evidence pack: one ZIP with everything an assessor asks for, and what it means."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import IO, Any, Final

from flask import Flask
from sqlalchemy.orm import Session

from documents.results_sheet import pdf_of
from domain.clock import now, to_bangkok
from domain.complaint_filter import ComplaintFilter
from domain.errors import NotPermitted
from domain.evidence_pack import may_make_pack
from domain.lookups import load_lookups
from domain.staff_actor import actor_of_staff
from domain.thai_calendar import thai_datetime
from extensions import db
from models import JobKind
from reports.definitions import BESIDE, SEVEN
from reports.evidence import Evidence, evidence_of
from reports.evidence_reports import PROOF, TO_MEND, mend_rows, proof_rows, verdict_meanings
from reports.evidence_words import MENDS, VERDICTS
from reports.figures import years_of
from reports.registry import REPORTS
from reports.report import Made, Report, Source, about_report
from reports.report_files import write_report
from reports.results_paper import paper_of
from worker.jobs import ClaimedJob, Store, register_job
from worker.officer_files import IN_MEMORY_BYTES, keep_file, tell_progress, told

READ_FIRST: Final = "อ่านก่อน.txt"
REGISTER_NAME: Final = "1_ทะเบียนคุมเรื่องร้องทุกข์.xlsx"
SUMMARY_NAME: Final = "2_สรุปผลการดำเนินงาน.pdf"
PROOF_NAME: Final = "3_หลักฐานการแจ้งผลรายเรื่อง.xlsx"
MEND_NAME: Final = "4_รายการที่ควรแก้ไข.xlsx"
MANIFEST_NAME: Final = "รายการไฟล์_SHA-256.txt"
ABOUT_FILES: Final = {
    REGISTER_NAME: "ทะเบียนคุมทุกเรื่องที่รับในปีงบประมาณ ปกปิดข้อมูลส่วนบุคคล",
    SUMMARY_NAME: "ผลการดำเนินงานหนึ่งหน้า พร้อมนิยามของตัวเลข",
    PROOF_NAME: "แต่ละเรื่องแจ้งผลถึงผู้ร้องวันใด ทางใด ภายในกี่วัน",
    MEND_NAME: "เรื่องที่ยังขาดหลักฐาน และวิธีแก้ไข",
    MANIFEST_NAME: "รหัส SHA-256 ของทุกไฟล์ ใช้ตรวจว่าไฟล์ไม่ถูกแก้ไข",
}


@dataclass(slots=True)
class Pack:
    """A ZIP being filled, and the digests of what lies in it so far."""

    archive: zipfile.ZipFile
    digests: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, write: Callable[[IO[bytes]], object]) -> None:
        """Put a file in; what is large waits on the disk, not in memory."""
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
            write(file)
            file.seek(0)
            self.digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            with self._entry(name) as target:
                shutil.copyfileobj(file, target)

    def add_text(self, name: str, lines: list[str]) -> None:
        """Put a text in, as Windows opens it: with a byte-order mark and its line ends."""
        self.add(name, lambda file: file.write("\r\n".join([*lines, ""]).encode("utf-8-sig")))

    @contextmanager
    def _entry(self, name: str) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(name, to_bangkok(now()).timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        with self.archive.open(info, "w", force_zip64=True) as target:
            yield target


def make_pack(app: Flask, job: ClaimedJob) -> Store:
    """Make the pack and return what announces it; the rights are those the officer has now.

    Raises:
        NotPermitted: the officer is gone or his reports do not reach the whole town any more.
        SandboxFailed: the summary could not be made; the job is tried again later.
        StorageFailed: the disk is full or refuses; likewise.
    """
    if job.requested_by_id is None:
        raise NotPermitted
    year = int(job.arguments["year"])
    with Session(db.engine) as reading:
        lookups = load_lookups(reading)
        actor = actor_of_staff(reading, job.requested_by_id, "worker", lookups=lookups)
        if not may_make_pack(actor):
            raise NotPermitted
        source = Source(reading, actor, lookups, years_of(ComplaintFilter(), [year]), now())
        evidence = evidence_of(reading, actor, year)
        key, _files = keep_file(app, "zip", lambda file: _fill(file, app, job, source, evidence))
    facts: dict[str, Any] = {"year": year, "cases": len(evidence.proofs), "misses": evidence.misses}
    return told(job, actor, key, object_type="evidence_pack", facts=facts, reason=None)


def _fill(target: IO[bytes], app: Flask, job: ClaimedJob, source: Source, evidence: Evidence) -> int:
    """Write the ZIP and return how many files lie in it."""
    year, session = evidence.year, source.session
    with zipfile.ZipFile(target, "w") as archive:
        pack = Pack(archive)
        pack.add_text(READ_FIRST, read_first(source, evidence))
        pack.add(REGISTER_NAME, lambda file: _report(file, REPORTS["register"], source))
        tell_progress(job.id, 50)
        paper = pdf_of(paper_of(session, source.actor, year, source.lookups), app.extensions["sandbox"])
        pack.add(SUMMARY_NAME, lambda file: file.write(paper))
        tell_progress(job.id, 70)
        proofs, mends = Made(proof_rows(evidence, source)), Made(mend_rows(evidence, source))
        pack.add(PROOF_NAME, lambda file: _report(file, PROOF, source, proofs, evidence))
        pack.add(MEND_NAME, lambda file: _report(file, TO_MEND, source, mends))
        pack.add_text(MANIFEST_NAME, [f"{digest}  {name}" for name, digest in pack.digests.items()])
        return len(pack.digests)


def _report(
    file: IO[bytes],
    report: Report,
    source: Source,
    made: Made | None = None,
    evidence: Evidence | None = None,
) -> int:
    """Write a workbook; of rows that are there already, not of rows read a second time."""
    about = about_report(report, source, (), "ชุดหลักฐานการประเมิน")
    if evidence is not None:
        about += [("นิยาม", f"{title}: {said}") for title, said in verdict_meanings(evidence.within).items()]
    shown = report if made is None else replace(report, make=lambda _source: made)
    return write_report(file, shown, source, "xlsx", about)


def read_first(source: Source, evidence: Evidence) -> list[str]:
    """Return what stands in the text to read first: what lies here, the counts, every definition."""
    counts = evidence.counts
    share = "–" if evidence.share is None else f"{evidence.share}%"
    town = source.lookups.setting("municipality_name")
    return [
        f"ชุดหลักฐานการประเมิน ปีงบประมาณ {evidence.year}",
        str(town),
        f"จัดทำโดย {source.actor.name} เมื่อ {thai_datetime(source.at, 'long')}",
        "",
        "ไฟล์ในชุดนี้",
        *(f"- {name}: {said}" for name, said in ABOUT_FILES.items()),
        "",
        f"การแจ้งผลภายใน {evidence.within} วัน",
        *(f"- {VERDICTS[one].title.th} {counts[one]:,} เรื่อง" for one in VERDICTS),
        f"- รวม {len(evidence.proofs):,} เรื่อง ร้อยละที่แจ้งทันกำหนด {share}",
        f"- ไม่รวมเรื่องที่นำเข้าจากระบบอื่น {evidence.imported:,} เรื่อง",
        "",
        "นิยาม",
        *(f"- {title}: {said}" for title, said in verdict_meanings(evidence.within).items()),
        "- ร้อยละที่แจ้งทันกำหนด: แจ้งทัน ÷ (แจ้งทัน + แจ้งเกิน + ยังไม่ได้แจ้ง)",
        "- หลักฐานการแจ้ง: ข้อความที่ LINE รับไว้ส่งถึงผู้ร้องแล้ว หรือหนังสือแจ้งผลที่ออกจากระบบ",
        "- วันแจ้งผลตามหนังสือ: วันที่ออกหนังสือจากระบบ แก้ย้อนหลังไม่ได้",
        *(f"- {one.title.th}: {one.meaning.th}" for one in (*SEVEN, *BESIDE)),
        "",
        "สิ่งที่ควรแก้ไขก่อนการประเมิน",
        *(
            f"- {MENDS[one].title.th} {len(evidence.to_mend(one)):,} เรื่อง: {MENDS[one].meaning.th}"
            for one in MENDS
        ),
    ]


register_job(JobKind.EVIDENCE_PACK, make_pack)
