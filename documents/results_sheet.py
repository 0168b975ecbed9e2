"""ผลการดำเนินงาน on one page of A4: the figures with their definitions, bars and tables, as plain values.

What it says comes from ``reports.results_paper``; this file only lays it out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from documents.pdf import render
from sandbox import Sandbox

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
TONES: Final = {
    "": (15, 94, 115),
    "new": (11, 87, 164),
    "progress": (15, 94, 115),
    "done": (30, 107, 58),
    "muted": (81, 99, 109),
}
"""Colours of bars on paper, by tone (look.md)."""


def page_of(facts: Mapping[str, Any]) -> str:
    """Write the page as HTML; every text passes through autoescape."""
    return _templates().get_template("print/results_sheet.html").render(facts)


def pdf_of(facts: Mapping[str, Any], sandbox: Sandbox) -> bytes:
    """Render the page.

    Raises:
        SandboxFailed: the child did not finish.
    """
    pictures = {f"bar-{tone}": dot_png(colour) for tone, colour in TONES.items()}
    return render(page_of(facts), pictures, (), sandbox)


def dot_png(colour: tuple[int, int, int]) -> bytes:
    """Return a picture of one point, which the page stretches to the length of a bar."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes((0, *colour)))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
