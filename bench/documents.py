"""The PDF copy of a complaint with two photos, warm: the whole making of it, and rendering alone."""

from __future__ import annotations

from decimal import Decimal

from flask import Flask
from sqlalchemy import select

from bench.measuring import Report, timed
from bench.town import bench_town
from commands.demo import draw_pictures
from documents.complaint_sheet import Sheet, page_of, pdf_of, pictures_of, sheet_of
from documents.pdf import render
from domain.attachments import hold_photo
from domain.registration import Entry, register
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from models import AttachmentStage, Channel, Member, StaffUser, Subcategory

MOST_MS = 25.0
STORY = (
    "ถนนหน้าตลาดเป็นหลุมลึกประมาณครึ่งเมตร รถมอเตอร์ไซค์ล้มไปแล้วสองคัน ตอนฝนตกน้ำขังมองไม่เห็นหลุมเลย "
    "อยากให้มาซ่อมก่อนจะมีคนเจ็บหนัก ขอให้ตั้งกรวยเตือนไว้ก่อนก็ยังดี"
)


def run(report: Report) -> None:
    """Register a complaint with two photos and make its copy again and again."""
    report.heading("สำเนาคำร้อง 1 หน้า ภาพ 2 ภาพ · PDF copy, warm, through the killable child")
    with bench_town() as app:
        sheet = _sheet(app)
        files, sandbox = app.extensions["files"], app.extensions["sandbox"]
        page, pictures = page_of(sheet), pictures_of(sheet, files, sandbox)
        alone = timed(lambda: render(page, pictures, sheet.words, sandbox))
        whole = timed(lambda: pdf_of(sheet, files, sandbox))
        size = len(pdf_of(sheet, files, sandbox))
    figure = f"p50 {alone.p50:.1f} ms, best {alone.best:.1f}"
    report.line("render page and photos", figure, f"≤ {MOST_MS:g} ms", met=alone.p50 <= MOST_MS)
    report.line(
        "with template, map and QR", f"p50 {whole.p50:.1f} ms, best {whole.best:.1f}, {size / 1000:.0f} kB"
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
