"""Filling a template: what is escaped, what is missing, and what never comes to an end."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from helpers.papers import raw_text, text_of

from documents import template_child
from documents.paper_page import Paper, render_paper, sample_paper, sheet_of_paper
from documents.paper_templates import PAPER_KINDS, Template, default_template
from documents.template_child import BODY, MISSING, fill
from models import DocumentKind, Numerals
from sandbox import Refused, Sandbox

KIND = DocumentKind.COMPLAINT_FORM
NESTED = "{% for a in range(500) %}{% for b in range(500) %}{{ x }}{% endfor %}{% endfor %}"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=1) as made:
        yield made


def template(body: str, numerals: Numerals = Numerals.ARABIC) -> Template:
    own = default_template(KIND)
    return Template(
        kind=KIND,
        version=1,
        title=own.title,
        body=body,
        numerals=numerals,
        emblem=own.emblem,
        signatures=own.signatures,
    )


def test_texts_are_escaped_and_parts_are_not() -> None:
    filled = fill("<p>{{ ก }}</p>{{ ข }}", {"ก": "<b>&{{ 7*7 }}"}, {"ข": "<i>x</i>"})
    assert filled == "<p>&lt;b&gt;&amp;{{ 7*7 }}</p><i>x</i>"


def test_what_is_missing_is_a_dotted_gap_and_what_is_empty_is_nothing() -> None:
    assert fill("{{ ก }}|{{ ข }}|{{ ก.ข }}", {"ข": ""}, {}) == f"{MISSING}||{MISSING}"
    assert fill("{% if ก %}x{% else %}y{% endif %}", {}, {}) == "y"


def test_a_line_of_a_command_leaves_no_empty_line_on_paper() -> None:
    assert fill("<p>\n{% if ก %}\nหนึ่ง\n{% endif %}\nสอง\n</p>", {"ก": "1"}, {}) == "<p>หนึ่ง<br>สอง</p>"


def test_spaces_beside_tags_and_signs_stay(sandbox: Sandbox) -> None:
    assert fill('<p class="right"> </p>', {}, {}) == '<p class="right"></p>'
    body = "<p>หนึ่ง\n<b>เรียน</b> {{ ชื่อผู้ร้อง }}&nbsp; ค</p>"
    paper = Paper(template=template(body), texts={"ชื่อผู้ร้อง": "ก & ข"})
    said = render_paper(paper, sandbox)
    assert "หนึ่ง เรียน ก & ข ค" in " ".join(raw_text(said).replace("\xa0", " ").split())


def test_rows_are_gone_through() -> None:
    rows = [{"ชื่อ": "<1>"}, {"ชื่อ": "2"}]
    assert fill(
        "{% for r in ก %}{{ loop.index }}.{{ r.ชื่อ }} {% endfor %}", {"ก": rows}, {}
    ) == "1.&lt;1&gt; 2. ".replace("2. ", "2.2 ")


def test_split_sara_am_names_the_same_gap() -> None:
    assert fill("{{ ชํา }}&nbsp;", {"ชำ": "ok"}, {}) == "ok\xa0"


@pytest.mark.parametrize(
    "source", ["<script>", "{{ x.__class__ }}", "{% include 'a' %}", "{{ 9**9**9 }}", "{{ x|safe }}", "{{ x"]
)
def test_a_template_that_is_not_allowed_is_never_filled(source: str) -> None:
    with pytest.raises(Refused):
        fill(source, {"x": "1"}, {})


def test_the_inner_wall_holds_where_the_check_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_child, "markup_faults", lambda _source: ())
    for source in ("{{ 'a' * 10 }}", "{{ ''.__class__ }}x", "{{ x.upper() }}", "{{ lipsum() }}"):
        with pytest.raises(Refused) as refused:
            fill(f"{source}{{{{ ''.__class__.__mro__() }}}}", {"x": "1"}, {})
        assert refused.value.code == "paper_template_fails"


def test_a_template_that_writes_too_much_is_stopped() -> None:
    with pytest.raises(Refused) as refused:
        fill(NESTED, {"x": "ก" * 100}, {})
    assert refused.value.code == "paper_template_too_much"


def test_a_template_without_an_end_dies_with_clear_words(sandbox: Sandbox) -> None:
    begun = time.monotonic()
    endless = NESTED.replace("{{ x }}", "{% if x == 'y' %}z{% endif %}" * 1100)
    with pytest.raises(Refused) as refused:
        render_paper(Paper(template=template(endless), texts={"x": "1"}), sandbox)
    assert refused.value.code == "paper_template_too_slow"
    assert time.monotonic() - begun < 20  # three seconds of its own; the rest is a busy machine


@pytest.mark.parametrize("kind", PAPER_KINDS)
def test_every_paper_has_a_preview(kind: DocumentKind, sandbox: Sandbox) -> None:
    own = default_template(kind)
    said = text_of(render_paper(sample_paper(own), sandbox))
    assert own.title.replace(" ", "") in said or kind is DocumentKind.RESULT_LETTER
    assert MISSING[30:34] not in said or own.signatures


def test_digits_of_our_own_facts_follow_the_template(sandbox: Sandbox) -> None:
    texts: dict[str, str | list[dict[str, str]]] = {
        "เลขที่คำร้อง": "ช. 56/2569",
        "รหัสติดตาม": "2026-000123",
        "สถานที่": "ซอย 3",
    }
    body = "<p>{{ เลขที่คำร้อง }} {{ รหัสติดตาม }} {{ สถานที่ }}</p>"
    said = text_of(render_paper(Paper(template=template(body, Numerals.THAI), texts=texts), sandbox))
    assert "ช.๕๖/๒๕๖๙2026-000123ซอย3" in said
    assert "หน้า๑/๑" in said
    said = text_of(render_paper(Paper(template=template(body), texts=texts), sandbox))
    assert "ช.56/2569" in said
    assert "หน้า1/1" in said


def test_the_page_holds_one_place_for_the_body() -> None:
    for kind in PAPER_KINDS:
        assert sheet_of_paper(sample_paper(default_template(kind))).count(BODY) == 1
