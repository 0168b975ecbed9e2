"""A paper as a file: rendered, checked, put into the store. The row that names it is the caller's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from documents.case_papers import case_paper
from documents.complaint_sheet import Sheet
from documents.paper_page import Paper, render_paper
from documents.pdf import PAGE_OBJECT
from domain.papers import StoredPaper
from sandbox import Sandbox
from storage import FileStore

PDF_TYPE: Final = "application/pdf"
_THAI_FONT: Final = re.compile(rb"/FontName\s*/[A-Z]{6}\+Sarabun")
_START: Final = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*\Z")


class BrokenCopy(Exception):
    """The finished file cannot be opened, or would show empty boxes instead of Thai."""


def file_case_paper(
    sheet: Sheet, files: FileStore, sandbox: Sandbox, typed: Mapping[str, str] | None = None
) -> StoredPaper:
    """Render a paper of a case into the store; call it outside any transaction.

    Raises:
        Refused: the town's template does not work.
        SandboxFailed: the child did not finish.
        BrokenCopy: what came back is not fit to be archived.
        StorageFailed: there is no room for it.
    """
    paper = case_paper(sheet, files, sandbox, typed)
    return file_paper(paper, files, sandbox, through_event_id=sheet.through_event_id, facts=typed or {})


def file_paper(
    paper: Paper,
    files: FileStore,
    sandbox: Sandbox,
    *,
    through_event_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> StoredPaper:
    """Render any paper into the store; call it outside any transaction.

    Raises:
        Refused, SandboxFailed, BrokenCopy, StorageFailed: as in ``file_case_paper``.
    """
    pdf = checked_pdf(paper, sandbox)
    return StoredPaper(
        storage_key=files.put(pdf, ".pdf"),
        byte_size=len(pdf),
        sha256=hashlib.sha256(pdf).hexdigest(),
        page_count=len(PAGE_OBJECT.findall(pdf)),
        template_version=paper.template.version,
        through_event_id=through_event_id,
        facts=facts or {},
    )


def checked_pdf(paper: Paper, sandbox: Sandbox) -> bytes:
    """Render a paper and make sure the file is whole and carries its Thai letters.

    Raises:
        Refused, SandboxFailed, BrokenCopy: as in ``file_case_paper``.
    """
    pdf = render_paper(paper, sandbox)
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
