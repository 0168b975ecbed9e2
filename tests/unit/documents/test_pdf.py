"""A page in, a PDF out: Thai as it should be, nothing fetched, nothing broken by a stranger's text."""

import csv
import functools
import html
import io
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import fontpkg_sarabun
import pypdf
import pytest
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from documents.pdf import render
from documents.thai_text import clean, line_starts
from sandbox import Sandbox, SandboxFailed

HARD_WORDS = "ที่ น้ำ ซื้อ ปั้น ฝุ่น ญี่ปุ่น ฐานที่ตั้ง กตัญญู ฎีกา ฏุ ฟ้า ป้าย เก๊ก ป๋า ชั้นที่ ๑๐ · A วันที่ · QR ที่นี่"
STORY = (
    "เสาไฟฟ้าหน้าหมู่บ้านดับมาหลายคืนทำให้มืดมากชาวบ้านที่เดินไปซื้อของที่ตลาดรู้สึกไม่ปลอดภัยโดยเฉพาะเด็กและผู้สูงอายุ"
    "ฝุ่นจากการก่อสร้างก็มีมากน้ำท่วมขังเป็นแอ่งรถจักรยานยนต์ล้มไปแล้วสองคันขอให้ส่งเจ้าหน้าที่มาตรวจสอบด้วย"
)
STYLE = "<style>@page { size: A4; margin: 2cm } body { font-size: 16pt }</style>"
COLUMN = 595.28 - 2 * 56.69  # points between the margins of STYLE


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(children=1) as pool:
        yield pool


@pytest.fixture
def pdf_of(sandbox):
    def make(body, images=None, words=(), style=STYLE):
        page = f"<html lang='th'><head>{style}</head><body>{body}</body></html>"
        return pypdf.PdfReader(io.BytesIO(render(page, images or {}, words, sandbox)))

    return make


@pytest.fixture(scope="module")
def measured():
    """The width of a line of 16 pt Sarabun, in points."""
    path = Path(fontpkg_sarabun.ROOT) / "files" / "Sarabun-Regular.ttf"
    pdfmetrics.registerFont(TTFont("Measure", str(path)))
    return lambda line: pdfmetrics.stringWidth(line, "Measure", 16)


def lines_of(reader):
    return [
        line.strip() for page in reader.pages for line in page.extract_text().splitlines() if line.strip()
    ]


def text_of(reader):
    return " ".join(lines_of(reader))


def without_spaces(text):
    return re.sub(r"\s+", "", text)


def torn_words(lines, text):
    """The lines of a text without spaces that do not begin where a word begins."""
    starts = {0, *line_starts(text)}
    begins = [sum(map(len, lines[:number])) for number in range(len(lines))]
    return [line for line, begin in zip(lines, begins, strict=True) if begin not in starts]


def fonts_with_text(reader):
    """The base names of the fonts in which anything is written."""
    used = set()

    def visit(text, _matrix, _text_matrix, font, _size):
        if text.strip():
            used.add(font["/BaseFont"])

    for page in reader.pages:
        page.extract_text(visitor_text=visit)
    return used


def photo(colour, size=(800, 600), kind="JPEG"):
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, kind)
    return target.getvalue()


def complaint_page():
    fields = {
        "เลขที่รับ": "อส. 56/2569",
        "วันที่รับเรื่อง": "21 พฤศจิกายน 2569 เวลา 09.41 น.",
        "ผู้ร้อง": "นางสาวกตัญญู ญี่ปุ่นดี",
        "เรื่อง": "ไฟฟ้าสาธารณะ / ไฟดับ",
        "สถานที่": "ชุมชนหนองแวงตราชู 2 เขต 4 หน้าร้านน้ำแข็งป๋าเก๊ก",
        "หน่วยงาน": "สำนักช่าง ฝ่ายไฟฟ้า",
        "ผู้รับผิดชอบ": "นายฐานที่ตั้ง ฟ้าป้ายปั้น",
        "กำหนดเสร็จ": "28 พฤศจิกายน 2569",
    }
    rows = "".join(f"<tr><th width='28%'>{name}</th><td>{value}</td></tr>" for name, value in fields.items())
    pictures = "".join(f"<td><img src='photo:{number}' width='230'/></td>" for number in range(2))
    body = (
        f"<h1>ใบรับเรื่องร้องเรียน</h1><table border='1'>{rows}</table><h2>รายละเอียด</h2><p>{STORY}</p>"
        f"<table><tr>{pictures}</tr></table><p>{HARD_WORDS}</p>"
        "<div id='foot'>หน้า <pdf:pagenumber/> จาก <pdf:pagecount/></div>"
    )
    return body, [*fields, *fields.values(), STORY, HARD_WORDS, "หน้า 1 จาก 1"]


def test_a_complaint_fits_one_page_and_reads_back_word_for_word(pdf_of):
    body, texts = complaint_page()

    reader = pdf_of(
        body, {"photo:0": photo("green"), "photo:1": photo("blue")}, style=STYLE.replace("16", "13")
    )

    assert len(reader.pages) == 1
    read = without_spaces(text_of(reader))
    assert [text for text in texts if without_spaces(text) not in read] == []
    assert len(reader.pages[0].images) == 2


@pytest.mark.parametrize("tag", ["p", "b", "i", "h1", "li", "td"])
def test_the_hard_words_read_back_exactly_in_every_face(pdf_of, tag):
    inner = f"<{tag}>{HARD_WORDS}</{tag}>"
    body = {"td": f"<table><tr>{inner}</tr></table>", "li": f"<ul>{inner}</ul>"}.get(tag, inner)

    assert without_spaces(HARD_WORDS) in without_spaces(text_of(pdf_of(body)))


@pytest.mark.parametrize("word", HARD_WORDS.split())
def test_a_hard_word_reads_back_without_a_space_or_a_mark_too_many(pdf_of, word):
    assert text_of(pdf_of(f"<p>{word}</p>")) == word


def test_each_run_of_thai_carries_its_text_for_screen_readers(pdf_of):
    content = pdf_of("<p>QR น้ำ A ที่</p>").pages[0].get_contents().get_data()

    marked = [bytes.fromhex(code.decode()) for code in re.findall(rb"/ActualText <FEFF([0-9A-F]+)>", content)]
    assert [text.decode("utf-16-be") for text in marked] == ["น้ำ", "ที่"]


def test_tone_marks_are_moved_to_their_place(pdf_of):
    content = pdf_of("<p>ปั้น</p>").pages[0].get_contents().get_data()

    assert b"-0.512 Ts [163 (" in content  # beside a tall ป: 163/1000 left and 32/1000 of 16 pt down


def test_spaces_between_thai_words_stay_in_their_run(pdf_of):
    content = pdf_of("<p>น้ำ ที่ นี่ A ขัง</p>").pages[0].get_contents().get_data()

    marked = [bytes.fromhex(code.decode()) for code in re.findall(rb"/ActualText <FEFF([0-9A-F]+)>", content)]
    assert [text.decode("utf-16-be") for text in marked] == ["น้ำ ที่ นี่", "ขัง"]


@pytest.mark.parametrize("likely", ["", ' likely="1"', ' likely="2"', ' likely="9"'])
def test_the_number_of_pages_is_right_whatever_the_page_guessed(pdf_of, likely):
    foot = f"<p>หน้า <pdf:pagenumber/> จาก <pdf:pagecount{likely}/></p>"

    reader = pdf_of(f"{foot}<pdf:nextpage/>{foot}")

    assert lines_of(reader) == ["หน้า 1 จาก 2", "หน้า 2 จาก 2"]


def test_the_style_of_a_page_does_not_stay_for_the_next(pdf_of):
    assert text_of(pdf_of("<p>ซ่อน</p><b>เห็น</b>", style="<style>p { display: none }</style>")) == "เห็น"
    assert text_of(pdf_of("<p>เห็น</p>", style="<style>b { display: none }</style>")) == "เห็น"


def test_only_the_lines_that_are_too_long_are_broken(pdf_of, measured):
    text = f"<b>สถานที่</b> หน้าตลาด<br/>{STORY}<br/>ที่นี่ <b>น้ำ</b>ขัง"

    lines = lines_of(pdf_of(f"<p>{text}</p>"))

    assert (lines[0], lines[-1]) == ("สถานที่ หน้าตลาด", "ที่นี่ น้ำขัง")
    assert "".join(lines[1:-1]) == STORY
    assert [line for line in lines if measured(line) > COLUMN + 0.5] == []


def test_the_document_says_that_it_is_thai(pdf_of):
    assert pdf_of("<p>ที่</p>").trailer["/Root"]["/Lang"] == "th"


def test_text_is_written_in_embedded_sarabun_only(pdf_of):
    reader = pdf_of(
        f"<p>{HARD_WORDS} plain <b>bold ตัวหนา</b> <i>italic ตัวเอน</i></p><pre>mono โมโน</pre>"
        "<p style='font-family: Helvetica, Arial, monospace'>Helvetica ฟอนต์อื่น</p>"
    )

    used = fonts_with_text(reader)
    embedded = {
        font["/BaseFont"]
        for page in reader.pages
        for font in map(pypdf.generic.IndirectObject.get_object, page["/Resources"]["/Font"].values())
        if "/FontFile2" in font.get("/FontDescriptor", {})
    }
    assert {name.partition("+")[2] for name in used} == {"Sarabun-Regular", "Sarabun-Bold", "Sarabun-Italic"}
    assert used <= embedded


def test_no_line_of_a_long_paragraph_runs_past_the_margin(pdf_of, measured):
    lines = lines_of(pdf_of(f"<p>{STORY * 8}</p>"))

    assert len(lines) > 10
    assert [line for line in lines if measured(line) > COLUMN + 0.5] == []
    assert min(measured(line) for line in lines[:-1]) > COLUMN * 0.75
    assert "".join(lines) == STORY * 8
    assert torn_words(lines, STORY * 8) == []


@pytest.mark.parametrize("align", ["right", "center", "justify"])
def test_aligned_paragraphs_stay_within_the_margins_too(pdf_of, measured, align):
    lines = lines_of(pdf_of(f"<p style='text-align: {align}'>{STORY * 3}</p>"))

    assert [line for line in lines if measured(line) > COLUMN + 0.5] == []
    assert "".join(lines) == STORY * 3
    assert torn_words(lines, STORY * 3) == []


@pytest.mark.parametrize(
    "word", ["ก" * 400, "ว้" + "า" * 300, "ที่" * 300, "ที่" + "x" * 400, "https://ก.th/" + "1" * 400, "x" * 400]
)
def test_a_word_wider_than_the_page_is_cut(pdf_of, measured, word):
    lines = lines_of(pdf_of(f"<p>{word}</p>"))

    assert [line for line in lines if measured(line) > COLUMN + 0.5] == []
    assert "".join(lines) == word
    assert [line for line in lines if line[0] in "ัิีึืุู็่้๊๋์"] == []


def test_a_name_of_a_place_is_torn_apart_only_while_it_is_unknown(pdf_of):
    name = "ชุมชนบึงหนองโคตรแก้วใต้"
    text = "".join("ดี" * number + name for number in range(20))

    unknown, known = lines_of(pdf_of(f"<p>{text}</p>")), lines_of(pdf_of(f"<p>{text}</p>", words=[name]))

    assert sum(line.count(name) for line in unknown) < 20
    assert sum(line.count(name) for line in known) == 20


def test_a_paragraph_that_goes_on_in_a_narrower_page_gets_no_false_spaces(pdf_of):
    text = f"{STORY}<b>ตัวหนา</b>" * 12
    style = "<style>@page { size: A5; margin: 1cm } @page narrow { size: A5; margin: 1cm 3cm }</style>"

    reader = pdf_of(f"<pdf:nexttemplate name='narrow'/><p>{text}</p>", style=style)

    assert len(reader.pages) > 1
    assert "".join(lines_of(reader)) == re.sub("<.*?>", "", text)


def test_line_breaks_kept_spaces_and_pictures_in_a_line_are_respected(pdf_of):
    assert lines_of(pdf_of("<p>บรรทัดหนึ่ง<br/>บรรทัดสอง</p>")) == ["บรรทัดหนึ่ง", "บรรทัดสอง"]
    assert lines_of(pdf_of("<pre>ก  ข\nค</pre>")) == ["ก  ข", "ค"]
    reader = pdf_of("<p>ก่อน <img src='icon' width='20'/> หลัง</p>", {"icon": photo("red", (20, 20), "PNG")})
    assert without_spaces(text_of(reader)) == "ก่อนหลัง"
    assert len(reader.pages[0].images) == 1


def test_a_jpeg_is_embedded_as_it_is(pdf_of):
    jpeg = photo("green")

    reader = pdf_of("<p>ก</p><img src='photo:0'/>", {"photo:0": jpeg})

    assert reader.pages[0].images[0].data == jpeg


def test_control_characters_and_lone_surrogates_are_cleaned(pdf_of):
    assert text_of(pdf_of("<p>ถ\x00น\x07น\x1b \ud800พ\udfff\u200bัง \ufffe</p>")) == "ถนน พัง"


def test_sara_am_typed_in_two_letters_prints_as_one(pdf_of):
    assert text_of(pdf_of("<p>น\u0e4d\u0e49\u0e32 ท\u0e4d\u0e32</p>")) == "น้ำ ทำ"


def test_letters_the_font_lacks_do_no_harm(pdf_of):
    read = text_of(pdf_of("<p>ขอบคุณ😡中ค่ะ</p>"))

    assert "ขอบคุณ" in read
    assert "ค่ะ" in read


def test_a_line_end_at_the_end_of_a_paragraph_begins_no_line(pdf_of):
    body = "<style>p { white-space: pre-line }</style><p>ที่ดิน\n</p>"
    assert without_spaces(text_of(pdf_of(body))) == "ที่ดิน"


def test_an_empty_page_is_still_a_document(pdf_of):
    assert len(pdf_of("").pages) == 1


def real_complaints():
    """Five hundred real complaints, used where they are kept and never copied."""
    path = Path(__file__).resolve().parents[4] / "shared" / "data" / "complaints_th.csv"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is missing")
        pytest.skip(f"{path} is not on this machine")
    with path.open(encoding="utf-8", newline="") as file:
        texts = [row["comment"] for row in csv.DictReader(file)]
    return [text for text in texts if 60 < len(text) < 900 and max(text) < "\u2100"][::16]


def test_real_complaints_read_back_exactly_and_stay_within_the_margins(pdf_of, measured):
    texts = real_complaints()

    reader = pdf_of("".join(f"<p>{html.escape(text)}</p>" for text in texts))

    assert len(texts) >= 500
    assert without_spaces(text_of(reader)) == without_spaces(clean("".join(texts)))
    assert [line for line in lines_of(reader) if measured(line) > COLUMN + 0.5] == []


HOSTILE = (
    "<img src=file:///etc/passwd> <img src='URL/a.png'> <img src='CANARY'> <img src='file://CANARY'>"
    "<link rel='stylesheet' href='URL/b.css'><style>@import url(URL/c.css); @font-face { font-family: x;"
    " src: url(URL/d.ttf) } p { background-image: url(URL/e.png) }</style><iframe src='URL/f'></iframe>"
    "<pdf:insertpdf src='URL/g.pdf'/><pdf:font src='URL/h.ttf' name='h'/>"
)


@pytest.fixture
def listener():
    """A server on this machine that counts who knocks."""
    knocks = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            knocks.append(self.path)
            self.send_error(404)

        def log_message(self, *_args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=functools.partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", knocks
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hostile(listener, tmp_path):
    canary = tmp_path / "canary.png"
    canary.write_bytes(photo("red", (10, 10), "PNG"))
    return (
        HOSTILE.replace("{url}", listener[0])
        .replace("{canary}", str(canary))
        .replace("{{", "{")
        .replace("}}", "}")
    )


def test_markup_in_a_strangers_text_is_printed_not_obeyed(pdf_of, hostile, listener):
    reader = pdf_of(f"<p>{html.escape('{{7*7}} ' + hostile)}</p>")

    read = text_of(reader)
    assert "{{7*7}}" in read
    assert "<img src=file:///etc/passwd>" in read
    assert listener[1] == []
    assert len(reader.pages[0].images) == 0


def test_even_unescaped_markup_opens_no_file_and_no_connection(pdf_of, hostile, listener):
    reader = pdf_of(f"<p>ก่อน</p>{hostile}<p>หลัง</p>")

    read = text_of(reader)
    assert "ก่อน" in read
    assert "หลัง" in read
    assert "root:" not in read
    assert listener[1] == []
    assert sum(len(page.images) for page in reader.pages) == 0


@pytest.mark.parametrize(
    "bomb",
    [
        "<table><tr><td colspan='100000000'>ก</td></tr></table>",
        "<table><tr><td rowspan='10000000'>ก</td></tr></table>",
        "<div>" * 1500 + "ก" + "</div>" * 1500,
    ],
    ids=["colspan", "rowspan", "depth"],
)
def test_a_bomb_ends_its_child_and_the_next_page_is_made(pdf_of, bomb):
    with pytest.raises(SandboxFailed):
        pdf_of(bomb)

    assert text_of(pdf_of("<p>หน้าถัดไป</p>")) == "หน้าถัดไป"
