"""Put PDFs one behind the other. For sandbox children only; the only merging there is."""

from collections.abc import Sequence

import pypdfium2 as pdfium


def merge_files(parts: Sequence[str], target: str) -> int:
    """Write the pages of some PDFs into a new one, in their order; return how many there are."""
    merged = pdfium.PdfDocument.new()
    for part in parts:
        with pdfium.PdfDocument(part) as paper:
            merged.import_pages(paper)
    pages = len(merged)
    merged.save(target)
    merged.close()
    return pages
