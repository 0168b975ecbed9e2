"""The papers of the demo town: letters to those without LINE, a receipt book in use, a monthly report.

Of the assessed year the first three letters lay about too long, and two nobody thought of: an assessor would
find just those.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from demo.evidence import assessed_year
from demo.people import PEOPLE
from documents.complaint_sheet import sheet_of
from documents.paper_files import file_case_paper
from domain.actor import Actor
from domain.clock import BANGKOK, bangkok_date, fiscal_year_bounds, fiscal_year_of, frozen, now, today
from domain.lookups import load_lookups
from domain.office_hours import calendar_of
from domain.paper_issuing import first_facts, issue_paper
from domain.receipt_books import open_book
from domain.receipts import ReceiptEntry, cancel_receipt, issue_receipt
from domain.report_schedules import ScheduleEntry, save_schedule
from domain.settings import write_setting
from domain.staff_actor import actor_of_staff
from models import (
    Complaint,
    ComplaintEvent,
    Department,
    DocumentKind,
    PaymentWay,
    ReceiptBook,
    ScheduleEvery,
    StaffUser,
    StatusKind,
)
from reports.evidence import Proof, evidence_of
from reports.evidence_words import Verdict
from reports.registry import REPORTS

FORGOTTEN: Final = 2
DELAYED: Final = 3
DELAY_DAYS: Final = 15
"""Working days a delayed letter lay about: more than fifteen of the calendar."""
LETTER: Final = DocumentKind.RESULT_LETTER
LETTER_CODE: Final = "ขก 52001"
SOON_AFTER: Final = timedelta(minutes=25)
FIRST_LETTER: Final = 101
BETWEEN_PAYERS: Final = timedelta(minutes=13)
BOOK, NUMBERS = "12", (1, 50)
PAYMENTS: Final = (
    (0, (("ค่าธรรมเนียมเก็บและขนขยะมูลฝอย เดือน ต.ค.–ธ.ค.", "120"),), PaymentWay.CASH),
    (4, (("ค่าธรรมเนียมใบอนุญาตประกอบกิจการที่เป็นอันตรายต่อสุขภาพ", "1500"),), PaymentWay.TRANSFER),
    (9, (("ภาษีป้าย", "2400"), ("เงินเพิ่ม", "48.50")), PaymentWay.CASH),
    (9, (("ค่าธรรมเนียมเก็บและขนขยะมูลฝอย", "40"),), PaymentWay.CASH),
    (14, (("ภาษีที่ดินและสิ่งปลูกสร้าง", "10250.75"),), PaymentWay.CHEQUE),
    (20, (("ค่าปรับตามข้อบัญญัติ", "200"), ("ค่าธรรมเนียม", "20")), PaymentWay.CASH),
)
"""(index of the payer, what for, how); the fourth is written twice by mistake and cancelled."""
CANCELLED: Final = 3
WHY_CANCELLED: Final = "ออกซ้ำกับใบเสร็จก่อนหน้า"


def plant_papers(session: Session, app: Flask) -> None:
    """Write the letters, take the money, set the schedule; the caller commits."""
    _name_signer(session)
    write_letters(session, app)
    take_money(session)
    set_schedule(session)


def _name_signer(session: Session) -> None:
    signer = _officer(session, "executive")
    write_setting(session, "letter_code", LETTER_CODE)
    write_setting(session, "signer_name", signer.full_name)
    write_setting(session, "signer_position", f"{signer.position}\nปฏิบัติราชการแทนนายกเทศมนตรี")


def letters_due(session: Session) -> list[Proof]:
    """Return the cases of the assessed year whose complainants only a letter can tell, but the forgotten."""
    evidence = evidence_of(session, Actor.system("สาธิต"), assessed_year(now()))
    untold = evidence.of(Verdict.NOT_TOLD)
    tellable = [one for one in untold if one.recorded_at or one.status.kind is StatusKind.WAITING]
    return tellable[:-FORGOTTEN]


def delayed(letters: Sequence[Proof]) -> frozenset[int]:
    """Return the cases whose letters lie about too long."""
    return frozenset([one.id for one in letters if one.recorded_at][:DELAYED])


def _issued_at(session: Session, proof: Proof, *, is_delayed: bool) -> datetime:
    """Return when a letter is issued: soon after there was something to tell, or much later."""
    so_far = _came_so_far(session, proof) + SOON_AFTER
    if not is_delayed:
        return so_far
    day = calendar_of(session).nth_working_day(proof.received_day, DELAY_DAYS)
    return max(so_far, _at_ten(day))


def _came_so_far(session: Session, proof: Proof) -> datetime:
    """Return when there was something to tell: a result, or that the case waits."""
    came = select(func.max(ComplaintEvent.at, type_=ComplaintEvent.at.type)).where(
        ComplaintEvent.complaint_id == proof.id, ComplaintEvent.to_status == proof.status
    )
    return proof.recorded_at or session.scalar(came) or now()


def write_letters(session: Session, app: Flask) -> None:
    """Issue every letter as it was on its day; the caller commits.

    They are rendered within the transaction: nobody waits yet, and a start that breaks leaves nothing.
    """
    files, sandbox = app.extensions["files"], app.extensions["sandbox"]
    public_url, central = app.extensions["settings"].public_url, _actor(session, "central")
    letters = letters_due(session)
    slow = delayed(letters)
    for place, proof in enumerate(letters):
        with frozen(_issued_at(session, proof, is_delayed=proof.id in slow)):
            facts = first_facts(session, central, session.get_one(Complaint, proof.id), LETTER)
            facts["letter_number"] = f"{LETTER_CODE}/{FIRST_LETTER + place}"
            typed = {name: words for name, words in facts.items() if words}
            sheet = sheet_of(session, proof.id, public_url, kind=LETTER)
            stored = file_case_paper(sheet, files, sandbox, typed)
            issue_paper(session, central, proof.id, LETTER, stored)
            session.flush()


def take_money(session: Session) -> None:
    """Open the treasury's book: half its receipts are of the last working day, half of the last hour."""
    finance = _actor(session, "finance")
    treasury = session.scalars(select(Department).where(Department.code == "treasury")).one()
    latest = now() - timedelta(hours=1)
    new_year, _end = fiscal_year_bounds(fiscal_year_of(latest))  # A book is of one year.
    morning = max(_last_office_morning(session), new_year)
    with frozen(morning):
        book = open_book(
            session,
            finance,
            department_id=treasury.id,
            fiscal_year=fiscal_year_of(today()),
            book_number=BOOK,
            first_number=NUMBERS[0],
            last_number=NUMBERS[1],
        )
    half = len(PAYMENTS) // 2
    for place in range(len(PAYMENTS)):
        begun, later = (morning, place) if place < half else (latest, place - half)
        with frozen(begun + BETWEEN_PAYERS * (later + 1)):
            receipt = issue_receipt(session, finance, _receipt(book, place))
            if place == CANCELLED:
                cancel_receipt(session, finance, receipt.public_id, WHY_CANCELLED)


def _receipt(book: ReceiptBook, place: int) -> ReceiptEntry:
    payer, items, way = PAYMENTS[place]
    person = PEOPLE[payer]
    return ReceiptEntry(
        form_token=f"demo-receipt-{place:08}",
        book_id=book.id,
        paid_on=today(),
        payer_name=f"{person.title}{person.first_name} {person.last_name}",
        payer_address=f"{person.house_no} {person.road}",
        items=items,
        paid_by=way,
        note="เช็คธนาคาร เลขที่ 0000142" if way is PaymentWay.CHEQUE else None,
    )


def _last_office_morning(session: Session) -> datetime:
    calendar, day = calendar_of(session), bangkok_date(now()) - timedelta(days=1)
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return _at_ten(day)


def _at_ten(day: date) -> datetime:
    return datetime.combine(day, time(10, 20), tzinfo=BANGKOK)


def set_schedule(session: Session) -> None:
    """Let the centre's summary come on the first of each month, for itself and the executive."""
    report = REPORTS["summary"]
    entry = ScheduleEntry(
        name="รายงานสรุปประจำเดือน",
        report=report.key,
        permission=report.permission,
        arguments={},
        file_type="xlsx",
        every=ScheduleEvery.MONTH,
        on_day=1,
        at_hour=8,
        recipient_ids=[_officer(session, name).id for name in ("central", "executive")],
    )
    save_schedule(session, _actor(session, "central"), load_lookups(session), entry)


def _officer(session: Session, username: str) -> StaffUser:
    return session.scalars(select(StaffUser).where(StaffUser.username == username)).one()


def _actor(session: Session, username: str) -> Actor:
    return actor_of_staff(session, _officer(session, username).id, via="web", lookups=load_lookups(session))
