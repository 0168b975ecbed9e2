"""ใบเสร็จรับเงิน as a paper: the values of one receipt for the town's template."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from documents import paper_parts
from documents.complaint_sheet import Town, town_of
from documents.drawings import qr_png
from documents.paper_page import EMBLEM, QR_MODULE_PIXELS, Paper, emblem_of, emblem_part, sign_off
from documents.paper_parts import Signature
from documents.paper_templates import Template, template_of
from documents.template_child import Rows
from domain.labels import word
from domain.money import baht_words, format_amount
from domain.thai_calendar import thai_date, thai_datetime
from models import DocumentKind, Receipt
from storage import FileStore

CASHIER: Final = "ผู้รับเงิน"


def receipt_paper(session: Session, receipt: Receipt, files: FileStore, public_url: str) -> Paper:
    """Return a receipt as its paper says it now; a cancelled one says so across.

    Args:
        session: Only reads.
        receipt: The caller has checked the scope.
        files: Where the emblem lies.
        public_url: Address of the citizens' pages, without a slash at the end.
    """
    template, town = template_of(session, DocumentKind.RECEIPT), town_of(session)
    emblem = emblem_of(session, template, files)
    images = {EMBLEM: emblem} if emblem is not None else {}
    parts = {
        "ตรา": emblem_part(template, emblem),
        "ช่องลงนาม": _boxes(template, receipt),
        "คำว่ายกเลิก": paper_parts.cancelled(_why_cancelled(receipt)) if receipt.cancelled_at else "",
        "คิวอาร์": "",
    }
    if receipt.complaint is not None:
        address = f"{public_url}/track?code={receipt.complaint.public_code}"
        parts["คิวอาร์"] = paper_parts.picture("qr", "qr")
        images["qr"] = qr_png(address, QR_MODULE_PIXELS)
    return Paper(
        template=template,
        texts=_town_texts(town) | _receipt_texts(receipt),
        parts=parts,
        foot=f"{town.name} · ใบเสร็จรับเงินเล่มที่ {receipt}",
        images=images,
    )


def _receipt_texts(receipt: Receipt) -> dict[str, str | Rows]:
    rows = [
        {
            "ลำดับ": str(place),
            "รายการ": item["words"],
            "จำนวนเงิน": format_amount(Decimal(item["amount"])),
        }
        for place, item in enumerate(receipt.items, 1)
    ]
    return {
        "เล่มที่": f"{receipt.book.book_number}/{receipt.book.fiscal_year}",
        "เลขที่": str(receipt.number),
        "วันที่รับเงิน": thai_date(receipt.paid_on, "long"),
        "ได้รับเงินจาก": receipt.payer_name,
        "ที่อยู่ผู้จ่าย": receipt.payer_address,
        "รายการ": rows,
        "รวมเงิน": format_amount(receipt.total),
        "ตัวอักษร": baht_words(receipt.total),
        "ชำระโดย": word(receipt.paid_by),
        "หมายเหตุ": receipt.note,
        "หน่วยงาน": receipt.book.department.name,
        "ผู้รับเงิน": receipt.issued_by.full_name,
        "ตำแหน่งผู้รับเงิน": receipt.issued_by.position or "",
    }


def _town_texts(town: Town) -> dict[str, str | Rows]:
    return {
        "เทศบาล": town.name,
        "ที่อยู่เทศบาล": town.address,
        "โทรศัพท์เทศบาล": town.phone,
        "อีเมลเทศบาล": town.email,
        "เว็บไซต์เทศบาล": town.web,
    }


def _boxes(template: Template, receipt: Receipt) -> str:
    cashier = Signature(
        CASHIER,
        name=receipt.issued_by.full_name,
        position=receipt.issued_by.position or "",
        day=thai_date(receipt.paid_on),
    )
    return sign_off(template.signatures, {CASHIER: cashier})


def _why_cancelled(receipt: Receipt) -> str:
    at = thai_datetime(receipt.cancelled_at) if receipt.cancelled_at else ""
    by = f" โดย {receipt.cancelled_by.full_name}" if receipt.cancelled_by else ""
    return f"{receipt.cancel_reason or ''} ({at}{by})"
