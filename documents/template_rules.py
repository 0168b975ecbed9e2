"""Whether a template may hold: its language, the names of its gaps, and those it cannot do without.

Each fault is told in Thai and English with its line, so that an editor shows it beside the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from documents.paper_templates import PAPER_KINDS, PaperKind, Placeholder
from documents.template_markup import LOOP_WORDS, Reading, read_template
from documents.thai_text import clean
from domain.errors import InvalidField, add_message
from models import DocumentKind
from sandbox import Refused

FIELD: Final = "body"
UNREAD: Final = frozenset({"paper_template_syntax", "paper_template_too_long"})
"""Faults after which nothing can be said of the words of a template."""
OWN_WORDS: Final = frozenset({"loop", "range"})


class TemplateFault(InvalidField):
    """A fault of a template; ``line`` is 0 where no line is to blame."""

    @property
    def line(self) -> int:
        """Return the line to look at."""
        line = self.params.get("line", 0)
        return line if isinstance(line, int) else 0


def check_template(kind: DocumentKind, source: str) -> list[TemplateFault]:
    """List what keeps a template from being saved, by line; [] means it may be.

    Args:
        kind: The paper it is for.
        source: As it was typed.
    """
    paper = PAPER_KINDS[kind]
    reading = read_template(clean(source))
    found = [_problem(fault.code, fault.line, fault.params) for fault in reading.faults]
    if not any(problem.code in UNREAD for problem in found):
        found += [*_unknown_words(paper, reading), *_unknown_fields(paper, reading)]
        missing = [name for name in paper.required if name not in reading.words]
        found += [_problem("paper_template_missing_word", 0, {"word": name}) for name in missing]
    once = {problem.message: problem for problem in found}  # A tag is opened and closed on one line.
    return sorted(once.values(), key=lambda problem: problem.line)


def refused_template(refusal: Refused) -> TemplateFault:
    """Turn what a child refused into a fault with words."""
    line = refusal.params.get("line", 0)
    return _problem(refusal.code, line if isinstance(line, int) else 0, refusal.params)


def _problem(code: str, line: int, params: Mapping[str, object]) -> TemplateFault:
    return TemplateFault(code, field=FIELD, **{**params, "line": line})


def _unknown_words(paper: PaperKind, reading: Reading) -> Iterator[TemplateFault]:
    known = {placeholder.name for placeholder in paper.placeholders}
    for word, line in reading.words.items():
        if word in known or word in reading.loops or word in OWN_WORDS:
            continue
        near = get_close_matches(word, known, n=1, cutoff=0.5)
        if near:
            yield _problem("paper_template_word_misspelt", line, {"word": word, "near": near[0]})
        else:
            yield _problem("paper_template_unknown_word", line, {"word": word})


def _unknown_fields(paper: PaperKind, reading: Reading) -> Iterator[TemplateFault]:
    rows = {placeholder.name: placeholder for placeholder in paper.placeholders if placeholder.fields}
    for (word, name), line in reading.fields.items():
        known = LOOP_WORDS if word == "loop" else _fields_of(rows, reading.loops.get(word))
        if name not in known:
            yield _problem("paper_template_unknown_word", line, {"word": f"{word}.{name}"})


def _fields_of(rows: Mapping[str, Placeholder], name: str | None) -> tuple[str, ...]:
    found = rows.get(name or "")
    return found.fields if found else ()


add_message(
    "paper_template_syntax",
    thai="บรรทัดที่ {line}: คำสั่งเขียนไม่ครบหรือผิดรูป กรุณาดูวงเล็บปีกกาและคำว่า endif หรือ endfor",
    english="Line {line}: a command is incomplete or malformed; look at the braces and at endif or endfor",
)
add_message(
    "paper_template_word_misspelt",
    thai="บรรทัดที่ {line}: ไม่มีช่องข้อมูลชื่อ “{word}” น่าจะเป็น “{near}”",
    english='Line {line}: there is no gap named "{word}"; did you mean "{near}"?',
)
add_message(
    "paper_template_unknown_word",
    thai="บรรทัดที่ {line}: ไม่มีช่องข้อมูลชื่อ “{word}” กรุณาเลือกจากรายการ",
    english='Line {line}: there is no gap named "{word}"; choose one from the list',
)
add_message(
    "paper_template_missing_word",
    thai="เอกสารนี้ขาดช่อง “{word}” ไม่ได้ กรุณาใส่กลับเข้าไป",
    english='This paper cannot do without the gap "{word}"; please put it back',
)
add_message(
    "paper_template_forbidden_tag",
    thai="บรรทัดที่ {line}: ใช้แท็ก {tag} ไม่ได้",
    english="Line {line}: the tag {tag} is not allowed",
)
add_message(
    "paper_template_forbidden_attribute",
    thai="บรรทัดที่ {line}: แท็ก {tag} ใส่ {attribute} ไม่ได้ ใส่ได้เฉพาะ class, align, width, colspan, rowspan",
    english="Line {line}: {tag} takes no {attribute}; only class, align, width, colspan and rowspan",
)
add_message(
    "paper_template_attribute_value",
    thai="บรรทัดที่ {line}: {attribute} เป็น “{value}” ไม่ได้ (width เป็น %, colspan ไม่เกิน 12, rowspan ไม่เกิน 50)",
    english='Line {line}: "{value}" is no value for {attribute} (width in %, colspan to 12, rowspan to 50)',
)
add_message(
    "paper_template_word_in_tag",
    thai="บรรทัดที่ {line}: วางช่องข้อมูลหรือคำสั่งไว้ในแท็กไม่ได้ กรุณาวางไว้ระหว่างแท็ก",
    english="Line {line}: gaps and commands may stand between tags, not inside one",
)
add_message(
    "paper_template_bad_tag",
    thai="บรรทัดที่ {line}: แท็กเขียนไม่ครบ หากต้องการพิมพ์เครื่องหมายน้อยกว่า ให้พิมพ์ &lt;",
    english="Line {line}: this tag is not complete; to print a less-than sign type &lt;",
)
add_message(
    "paper_template_unclosed_tag",
    thai="บรรทัดที่ {line}: แท็ก {tag} เปิดแล้วไม่ได้ปิด",
    english="Line {line}: the tag {tag} is opened and never closed",
)
add_message(
    "paper_template_stray_end",
    thai="บรรทัดที่ {line}: ปิดแท็ก {tag} ผิดลำดับ หรือไม่ได้เปิดไว้",
    english="Line {line}: {tag} is closed out of order or was never opened",
)
add_message(
    "paper_template_too_deep",
    thai="บรรทัดที่ {line}: ซ้อนกันลึกเกินไป ได้ไม่เกิน {most} ชั้น",
    english="Line {line}: nested too deep; at most {most} levels",
)
add_message(
    "paper_template_forbidden_command",
    thai="บรรทัดที่ {line}: ใช้ “{word}” ไม่ได้ ใช้ได้เฉพาะช่องข้อมูล if และ for",
    english='Line {line}: "{word}" is not allowed; only gaps, if and for are',
)
add_message(
    "paper_template_range_too_long",
    thai="บรรทัดที่ {line}: วนซ้ำได้ไม่เกิน {most} ครั้ง",
    english="Line {line}: at most {most} rounds",
)
add_message(
    "paper_template_too_long",
    thai="แม่แบบยาวเกิน {most:,} ตัวอักษร กรุณาย่อลง",
    english="The template is longer than {most:,} letters; please shorten it",
)
add_message(
    "paper_template_too_slow",
    thai="แม่แบบนี้ทำงานไม่จบในเวลาที่กำหนด กรุณาดูคำสั่ง for",
    english="This template does not finish in time; look at its for commands",
)
add_message(
    "paper_template_too_much",
    thai="แม่แบบนี้ให้เอกสารยาวเกินไป กรุณาดูคำสั่ง for",
    english="This template writes far too much; look at its for commands",
)
add_message(
    "paper_template_fails",
    thai="แม่แบบนี้ใช้ไม่ได้ กรุณาดูคำสั่ง if และ for หรือกลับไปใช้แม่แบบของระบบ",
    english="This template does not work; look at its if and for, or go back to the product's own",
)
