"""Fill a template, make its PDF and draw the first page. Imported by sandbox children only."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

import pypdfium2 as pdfium

from documents.template_child import Rows, fill_and_render

LONGER_SIDE: Final = 1240  # A4 at 106 dpi: small print can be read, and a page weighs about 100 kB


def fill_and_draw(
    source: str,
    texts: Mapping[str, str | Rows],
    parts: Mapping[str, str],
    page: str,
    images: Mapping[str, bytes],
) -> tuple[bytes, int]:
    """Return the first page as PNG and the number of pages; see ``template_child.fill_and_render``."""
    return first_page(fill_and_render(source, texts, parts, page, images))


def first_page(pdf: bytes) -> tuple[bytes, int]:
    """Draw page one of a PDF of ours."""
    with pdfium.PdfDocument(pdf) as document:
        count = len(document)
        page = document[0]
        scale = LONGER_SIDE / max(page.get_size())
        image = page.render(scale=scale, grayscale=False).to_pil()
        page.close()
    target = io.BytesIO()
    image.quantize(64).save(target, "PNG", optimize=True)
    return target.getvalue(), count
