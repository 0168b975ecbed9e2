"""Draw the pages of a PDF and make it new. Imported by sandbox children only: see photos_child.py."""

import contextlib
import ctypes
import hashlib
import io
import re

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2.raw import FPDF_ERR_PASSWORD

from photos import MAX_PAPER_PAGES, Picture, ProcessedPaper, check_size
from photos_child import PRINTED_QUALITY, PRINTED_SIZE, SMALL_QUALITY, SMALL_SIZE, as_picture, smaller
from sandbox import Refused

PAGE_PIXELS = 2000  # Longer side; A4 at 170 dpi, where small print can still be read.
PAGE_QUALITY = 75
POINTS_AN_INCH = 72
MOST_DPI = 200
A3_POINTS = 1191.0
LEAST_POINTS = 10.0
MAX_RESULT_BYTES = 20 * 1024 * 1024
HEAD_BYTES, TAIL_BYTES = 1024, 512
MADE_AT = re.compile(rb"(/CreationDate\(D:)(\d{14})")
FILE_ID = re.compile(rb"<([0-9A-F]{32})>")


def process_paper(data: bytes) -> ProcessedPaper:
    """Draw every page and put the pictures into a new PDF.

    Scripts, links, attached files and typed text stay behind. PDFium is built without a script engine, so
    nothing of the original runs meanwhile. Raises Refused; see photos.process_paper.
    """
    check_size(data)
    with opened(data) as source, pdfium.PdfDocument.new() as target:
        count = checked_count(source)
        source.init_forms()  # What was typed into a form's fields is drawn too.
        cover = draw_page(source, target, 0)
        for index in range(1, count):
            draw_page(source, target, index)
        pdf = saved(target)
    return ProcessedPaper(
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        page_count=count,
        small=cover_picture(cover, SMALL_SIZE, SMALL_QUALITY),
        printed=cover_picture(cover, PRINTED_SIZE, PRINTED_QUALITY),
    )


def opened(data: bytes) -> pdfium.PdfDocument:
    """Open a PDF; what asks for a password or cannot be read is refused."""
    forget_last_error()
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise Refused("paper_locked" if error.err_code == FPDF_ERR_PASSWORD else "paper_broken") from None


def forget_last_error() -> None:
    """Make PDFium's last error another than the one of the file before: not every failure sets it."""
    with contextlib.suppress(pdfium.PdfiumError):
        pdfium.PdfDocument(b"%PDF-")


def checked_count(source: pdfium.PdfDocument) -> int:
    """Return the number of pages, if there are some and not too many."""
    count = len(source)
    if count < 1:
        raise Refused("paper_without_pages")
    if count > MAX_PAPER_PAGES:
        raise Refused("paper_too_many_pages", pages=MAX_PAPER_PAGES)
    return count


def draw_page(source: pdfium.PdfDocument, target: pdfium.PdfDocument, index: int) -> Image.Image:
    """Draw one page as a picture, add it to the new file and return it."""
    try:
        page = source[index]
        width, height = page.get_size()
        longer = max(width, height)
        if not min(width, height) >= LEAST_POINTS:  # Also what is no number.
            raise Refused("paper_broken")
        scale = min(PAGE_PIXELS / longer, MOST_DPI / POINTS_AN_INCH)
        image = page.render(scale=scale, prefer_bgrx=False, rev_byteorder=True).to_pil().convert("RGB")
        page.close()
    except (pdfium.PdfiumError, ctypes.ArgumentError, ValueError, OverflowError):
        raise Refused("paper_broken") from None
    add_page(target, as_picture(image, PAGE_QUALITY), longer)
    return image


def add_page(target: pdfium.PdfDocument, picture: Picture, longer: float) -> None:
    """Add a page that is nothing but a picture; no page is larger than A3."""
    points = min(longer, A3_POINTS) / max(picture.width, picture.height)
    width, height = picture.width * points, picture.height * points
    page = target.new_page(width, height)
    image = pdfium.PdfImage.new(target)
    image.load_jpeg(io.BytesIO(picture.jpeg), inline=True)
    image.set_matrix(pdfium.PdfMatrix().scale(width, height))
    page.insert_obj(image)
    page.gen_content()
    page.close()


def saved(target: pdfium.PdfDocument) -> bytes:
    """Return the new file's bytes, the same for the same pages.

    PDFium writes the time and a number of chance; they are written over at their length, so that a paper
    sent twice is known by its hash.
    """
    stream = io.BytesIO()
    target.save(stream)
    pdf = stream.getvalue()
    if len(pdf) > MAX_RESULT_BYTES:
        raise Refused("paper_too_heavy")
    head, tail = pdf[:HEAD_BYTES], pdf[HEAD_BYTES:]
    head = MADE_AT.sub(lambda found: found[1] + b"0" * len(found[2]), head)
    ends = max(0, len(tail) - TAIL_BYTES)
    return head + tail[:ends] + FILE_ID.sub(lambda found: b"<" + b"0" * len(found[1]) + b">", tail[ends:])


def cover_picture(cover: Image.Image, size: tuple[int, int], quality: int) -> Picture:
    """Return page one as a small picture."""
    return as_picture(smaller(cover, size), quality)
