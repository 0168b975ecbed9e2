"""What the town publishes on paper: the table of time per subtype (000-73) and the process (000-74), A4.

As the pages of ``/open/`` say it, in the reader's language. Rendering takes a moment and the pages are open
to everybody, so a sheet that says the same is made once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from documents.drawings import qr_png
from documents.pdf import render
from domain.clock import today
from domain.process_flow import FlowStep
from domain.thai_calendar import thai_date
from sandbox import Sandbox

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
QR_MODULE_PIXELS: Final = 3
KEPT_SHEETS: Final = 8


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the head of a published sheet.

    Attributes:
        town: The municipality's name in the language.
        address: Of the page the sheet was made from; it stands there as a QR code, too.
        language: ``th`` or ``en``.
    """

    town: str
    address: str
    language: str


def durations_pdf(
    head: Head, groups: Sequence[tuple[str, Sequence[Sequence[str]]]], year: int | None, sandbox: Sandbox
) -> bytes:
    """Return the table of time per subtype.

    Args:
        head: What stands above.
        groups: Name of each main type with its rows: subtype, promise, days measured, share kept.
        year: Which fiscal year was measured; None leaves the measured columns out.
        sandbox: Where it is rendered.

    Raises:
        SandboxFailed: the child did not finish.
    """
    return _rendered("print/open_durations.html", head, sandbox, groups=groups, year=year)


def process_pdf(head: Head, steps: Sequence[FlowStep], sandbox: Sandbox) -> bytes:
    """Return the process on one page.

    Raises:
        SandboxFailed: the child did not finish.
    """
    return _rendered("print/open_process.html", head, sandbox, steps=steps)


def _rendered(template: str, head: Head, sandbox: Sandbox, **values: Any) -> bytes:
    place = 1 if head.language == "en" else 0
    day = thai_date(today(), "long", lang=head.language)
    page = _templates().get_template(template)
    return _render(page.render(head=head, day=day, place=place, **values), head.address, sandbox)


@lru_cache(maxsize=KEPT_SHEETS)
def _render(html: str, address: str, sandbox: Sandbox) -> bytes:
    pictures: Mapping[str, bytes] = {"qr": qr_png(address, QR_MODULE_PIXELS)}
    return render(html, pictures, (), sandbox)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
