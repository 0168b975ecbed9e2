"""Papers as tests look at them: the page before it is printed, and the words a reader finds in the PDF."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from documents.case_papers import case_paper
from documents.complaint_sheet import Sheet
from documents.paper_page import Paper, filled_texts, sheet_of_paper
from documents.template_child import BODY, fill
from storage import FileStore


class NoSandbox:
    """Stands in where no picture is drawn."""

    def run(self, function: str, *_args: Any, **_options: Any) -> bytes:
        assert function == "documents.map_drawing:map_jpeg"
        return b"map"


def html_of(paper: Paper) -> str:
    """The whole page, as it goes to the PDF library."""
    body = fill(paper.template.body, filled_texts(paper), paper.parts)
    return sheet_of_paper(paper).replace(BODY, body)


def page_of(sheet: Sheet, folder: Path | None = None, typed: dict[str, str] | None = None) -> str:
    """A sheet's page; photos count as lost without a folder they lie in."""
    paper = case_paper(sheet, FileStore(folder or Path("/nowhere")), NoSandbox(), typed)  # type: ignore[arg-type]
    return html_of(paper)


def text_of(pdf: bytes) -> str:
    """What a reader's search finds, without white space."""
    return squeezed(raw_text(pdf))


def raw_text(pdf: bytes) -> str:
    """What a reader's search finds."""
    tool = shutil.which("pdftotext")
    if tool is not None:
        done = subprocess.run([tool, "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
        return done.stdout.decode()
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def page_texts(pdf: bytes) -> list[str]:
    """The same by pypdf, page by page."""
    return [squeezed(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    """A text without its white space."""
    return re.sub(r"\s+", "", text)
