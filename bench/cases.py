"""The page of one case with a long life among 100,000, against its own SQL through the bare driver."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update

from bench.filling import fill
from bench.measuring import Report
from bench.replay import page_against_sql
from bench.town import bench_town, signed_in
from domain.clock import now
from domain.complaints import add_evidence, note
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from models import Complaint, ComplaintEvent, ComplaintStatus, StaffUser

ROWS = 100_000
MOST = 8.0
MOST_STATEMENTS = 12
NOTES = 15


def run(report: Report) -> None:
    """Fill a town, let one case live, and time its page."""
    report.heading(f"หน้าเรื่อง ใน {ROWS:,} เรื่อง · case page")
    with bench_town() as app:
        fill(db.session(), rows=ROWS)
        db.session.commit()
        code = _lived()
        client = signed_in(app, "central")
        found = page_against_sql(report, app, client, "case page", f"/admin/complaint/{code}", MOST)
        if found is not None:
            size, count = found
            figure = f"{size / 1000:.1f} kB, {count} statements"
            report.line("  page", figure, f"≤ {MOST_STATEMENTS}", met=count <= MOST_STATEMENTS)


def _lived() -> str:
    """Give an open case fifteen notes and as many words of its complainant; return its code."""
    with write_transaction() as session:
        officer = session.scalars(select(StaffUser).where(StaffUser.username == "central")).one()
        actor = actor_of_staff(session, officer.id, via="web")
        wanted = select(func.max(Complaint.id)).where(Complaint.status == ComplaintStatus.IN_PROGRESS)
        case_id = session.scalars(wanted).one()
        for count in range(NOTES):
            note(session, actor, case_id, note=f"โทรถามหน้างานครั้งที่ {count + 1}")
            add_evidence(session, actor, case_id, photo_token="", text=f"ผู้ร้องแจ้งเพิ่มครั้งที่ {count + 1}")
        # Nothing to undo, as on most days of a case.
        own = update(ComplaintEvent).where(ComplaintEvent.complaint_id == case_id)
        session.execute(own.values(at=now() - timedelta(hours=1)))
        return str(session.get_one(Complaint, case_id).public_code)
