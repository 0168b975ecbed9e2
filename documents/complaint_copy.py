"""The PDF copy as a file: rendered, checked, put into the store. The row that names it is the caller's."""

from __future__ import annotations

import hashlib
import re

from documents.complaint_sheet import Sheet, pdf_of
from domain.attachments import StoredFile
from sandbox import Sandbox
from storage import FileStore

PDF_TYPE = "application/pdf"
_THAI_FONT = re.compile(rb"/FontName\s*/[A-Z]{6}\+Sarabun")
_START = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*\Z")


class BrokenCopy(Exception):
    """The finished file cannot be opened, or would show empty boxes instead of Thai."""


def file_copy(sheet: Sheet, files: FileStore, sandbox: Sandbox) -> StoredFile:
    """Render a sheet into the store; call it outside any transaction.

    Raises:
        SandboxFailed: the child did not finish.
        BrokenCopy: what came back is not fit to be archived.
        StorageFailed: there is no room for it.
    """
    pdf = checked_pdf(sheet, files, sandbox)
    return StoredFile(
        storage_key=files.put(pdf, ".pdf"),
        preview_key=None,
        media_type=PDF_TYPE,
        byte_size=len(pdf),
        sha256=hashlib.sha256(pdf).hexdigest(),
    )


def checked_pdf(sheet: Sheet, files: FileStore, sandbox: Sandbox) -> bytes:
    """Render a sheet and make sure the file is whole and carries its Thai letters.

    Raises:
        SandboxFailed, BrokenCopy: as in ``file_copy``.
    """
    pdf = pdf_of(sheet, files, sandbox)
    check_pdf(pdf)
    return pdf


def check_pdf(pdf: bytes) -> None:
    """Look for what a reader needs first: the header, the table of objects, the embedded Thai font.

    xhtml2pdf falls back to Helvetica, which has no Thai, without any error (thai-documents.md).

    Raises:
        BrokenCopy: one of them is missing.
    """
    start = _START.search(pdf)
    if not pdf.startswith(b"%PDF-") or start is None:
        raise BrokenCopy("not a whole PDF")
    if pdf[int(start[1]) : int(start[1]) + 4] != b"xref":
        raise BrokenCopy("no table of objects")
    if not _THAI_FONT.search(pdf) or b"/FontFile2" not in pdf:
        raise BrokenCopy("no Thai font inside")
