"""Official papers, warm: one form with two photos beside WeasyPrint, and two hundred of them on two cores."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Final

import fontpkg_sarabun
from flask import Flask
from sqlalchemy import select

from bench.measuring import Report, timed
from bench.town import bench_town
from commands.demo import draw_pictures
from documents.case_papers import case_paper
from documents.complaint_sheet import Sheet, sheet_of
from documents.paper_page import Paper, filled_texts, render_paper, sheet_of_paper
from documents.template_child import BODY, fill
from domain.attachments import hold_photo
from domain.registration import Entry, register
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from models import AttachmentStage, Channel, Member, StaffUser, Subcategory
from sandbox import Sandbox

MOST_BYTES: Final = 150_000
MOST_TIMES: Final = 1.2
MANY, LEAST_A_SECOND, CORES = 200, 15.0, 2
WEASYPRINT: Final = "WEASYPRINT_PYTHON"  # An interpreter that has it, from a place of its own.
STORY: Final = (
    "ถนนหน้าตลาดเป็นหลุมลึกประมาณครึ่งเมตร รถมอเตอร์ไซค์ล้มไปแล้วสองคัน ตอนฝนตกน้ำขังมองไม่เห็นหลุมเลย "
    "อยากให้มาซ่อมก่อนจะมีคนเจ็บหนัก ขอให้ตั้งกรวยเตือนไว้ก่อนก็ยังดี"
)


def run(report: Report) -> None:
    """Register a complaint with two photos and make its form again and again."""
    report.heading("แบบคำร้อง 1 หน้า ภาพ 2 ภาพ · official form, warm, through the killable child")
    with bench_town() as app:
        sheet = _sheet(app)
        files, sandbox = app.extensions["files"], app.extensions["sandbox"]
        paper = case_paper(sheet, files, sandbox)
        alone = timed(lambda: render_paper(paper, sandbox))
        whole = timed(lambda: render_paper(case_paper(sheet, files, sandbox), sandbox))
        pdf = render_paper(paper, sandbox)
        report.line("fill the template and render", f"p50 {alone.p50:.1f} ms, best {alone.best:.1f}")
        report.line("with map, QR and photos read", f"p50 {whole.p50:.1f} ms, best {whole.best:.1f}")
        _beside_weasyprint(report, paper, alone.p50)
        size = len(pdf)
        report.line("size", f"{size / 1000:.0f} kB", f"≤ {MOST_BYTES / 1000:.0f} kB", met=size <= MOST_BYTES)
        _read_back(report, pdf)
        _many(report, paper, sandbox)


def _beside_weasyprint(report: Report, paper: Paper, mine: float) -> None:
    """Compare with WeasyPrint on the same page, where the machine has it."""
    python = os.environ.get(WEASYPRINT)
    if not python:
        report.line("beside WeasyPrint", f"absent: set {WEASYPRINT} to an interpreter that has it")
        return
    body = fill(paper.template.body, filled_texts(paper), paper.parts)
    html = sheet_of_paper(paper).replace(BODY, body)
    html = re.sub(r"@page \{.*?\n\}", "@page { size: a4; margin: 1.4cm 2cm 2cm 3cm }", html, flags=re.DOTALL)
    html = html.replace("font-size: 11.5pt", "font-family: Sarabun; font-size: 11.5pt").replace(
        "<style>", f"<style>{_faces()}", 1
    )
    for name, data in paper.images.items():
        html = html.replace(f'src="{name}"', f'src="data:image/jpeg;base64,{b64encode(data).decode()}"')
    command = [python, str(Path(__file__).with_name("weasyprint_page.py"))]
    done = subprocess.run(command, input=html, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if done.returncode:
        report.line("beside WeasyPrint", f"it failed: {done.stderr.strip().rpartition(chr(10))[2][:60]}")
        return
    floor = float(done.stdout)
    figure = f"{mine / floor:.2f}×  ({mine:.1f} / {floor:.1f} ms)"
    report.line("beside WeasyPrint", figure, f"≤ {MOST_TIMES:g}×", met=mine <= MOST_TIMES * floor)


def _faces() -> str:
    """Return the same two fonts for WeasyPrint."""
    folder = Path(fontpkg_sarabun.ROOT) / "files"
    faces = (("Regular", "normal"), ("Bold", "bold"))
    return "".join(
        f"@font-face {{ font-family: Sarabun; font-weight: {weight};"
        f" src: url({(folder / f'Sarabun-{face}.ttf').as_uri()}) }}"
        for face, weight in faces
    )


def _read_back(report: Report, pdf: bytes) -> None:
    tool = shutil.which("pdftotext")
    if tool is None:
        report.line("read back by pdftotext", "absent")
        return
    done = subprocess.run([tool, "-raw", "-", "-"], input=pdf, capture_output=True, check=True)  # noqa: S603 - found on the path
    said = re.sub(r"\s+", "", done.stdout.decode())
    is_exact = re.sub(r"\s+", "", STORY) in said
    report.line("read back by pdftotext", "exact" if is_exact else "not exact", "exact", met=is_exact)


def _many(report: Report, paper: Paper, sandbox: Sandbox) -> None:
    start = time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        made = list(pool.map(lambda _number: len(render_paper(paper, sandbox)), range(MANY)))
    rate = len(made) / (time.perf_counter() - start)
    report.line(
        f"{MANY} of them on {CORES} cores",
        f"{rate:.1f} a second",
        f"≥ {LEAST_A_SECOND:g}",
        met=rate >= LEAST_A_SECOND,
    )


def _sheet(app: Flask) -> Sheet:
    drawn = draw_pictures(app)
    with write_transaction() as session:
        officer = session.scalars(select(StaffUser).where(StaffUser.username == "clerk")).one()
        actor = actor_of_staff(session, officer.id, via="web")
        for scene in ("road", "drain"):
            hold_photo(session, actor, "bench", AttachmentStage.BEFORE, drawn.stored[(scene, "before")][0])
        subcategory = session.scalars(select(Subcategory).where(Subcategory.code == "ช.(1)")).one()
        entry = Entry(
            form_token="bench",  # noqa: S106 - names a form, opens nothing
            story=STORY,
            place_text="หน้าตลาดสดเทศบาล ถนนกลางเมือง",
            road_name="ถนนกลางเมือง",
            latitude=Decimal("16.432105"),
            longitude=Decimal("102.836410"),
            member_id=session.scalars(select(Member.id)).first(),
            channel_id=session.scalars(select(Channel.id)).first(),
            category_id=subcategory.category_id,
            subcategory_id=subcategory.id,
            assignee_id=officer.id,
        )
        complaint_id = register(session, actor, app.extensions["vault"], entry).id
    return sheet_of(db.session(), complaint_id, "http://localhost")
