"""Photos and papers as people send them, and the addresses that take them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from helpers.entry_page import Counter, Page, jpeg
from helpers.pages import csrf
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import Attachment

HOLD = "/admin/photo/hold"
# 320 x 240, to be turned by 90 degrees, with place and time, as an iPhone writes it.
HEIC = Path(__file__).parents[1] / "golden" / "photos" / "phone.heic"


def colours(count: int) -> list[tuple[bytes, str]]:
    return [(jpeg(f"#{index * 9:02x}4060"), f"ภาพ {index}.jpg") for index in range(count)]


def paper(pages: int = 1) -> bytes:
    """A scanned paper of some pages."""
    stream = io.BytesIO()
    canvas = Canvas(stream)
    for page in range(pages):
        canvas.drawString(50, 50, f"page {page}")
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def send_one(desk: Counter, content: bytes, name: str, form: str) -> Page:
    """Send a photo as the page's script does."""
    return Page(post(desk, f"{HOLD}?token={form}&stage=before", photo=(io.BytesIO(content), name)))


def post(desk: Counter, url: str, **fields: Any) -> TestResponse:
    """Post as a script: asks for JSON."""
    token = csrf(desk.client, "/admin/account")
    return desk.client.post(
        url,
        data={"csrf_token": token, **fields},
        headers={"Accept": "application/json"},
        content_type="multipart/form-data",
    )


def rows(session: Session) -> list[Attachment]:
    session.rollback()
    return list(session.scalars(select(Attachment).order_by(Attachment.id)))
