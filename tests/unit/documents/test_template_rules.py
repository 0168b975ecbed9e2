"""What a town may write into a template, and how it is told what it may not."""

from __future__ import annotations

import pytest

from documents.paper_templates import PAPER_KINDS, default_template
from documents.template_markup import GAP, LONGEST, markup_faults
from documents.template_rules import check_template, refused_template
from models import DocumentKind
from sandbox import Refused

KIND = DocumentKind.COMPLAINT_FORM
GOOD = "<p>{{ เลขที่คำร้อง }}</p>{{ รายละเอียด }}"


def codes(source: str, kind: DocumentKind = KIND) -> list[tuple[int, str]]:
    return [(problem.line, problem.code) for problem in check_template(kind, source)]


@pytest.mark.parametrize("kind", PAPER_KINDS)
def test_the_products_own_templates_are_in_order(kind: DocumentKind) -> None:
    assert check_template(kind, default_template(kind).body) == []


@pytest.mark.parametrize("kind", PAPER_KINDS)
def test_every_gap_a_paper_needs_is_one_it_has(kind: DocumentKind) -> None:
    paper = PAPER_KINDS[kind]
    names = [placeholder.name for placeholder in paper.placeholders]
    assert set(paper.required) <= set(names)
    assert len(names) == len(set(names))
    assert all(placeholder.thai and placeholder.english for placeholder in paper.placeholders)


@pytest.mark.parametrize(
    "addition",
    [
        "{% if อาชีพ %}<b>อาชีพ</b> {{ อาชีพ }}{% else %}–{% endif %}",
        "{% for i in range(3) %}<br>{% endfor %}",
        '<table class="grid" width="100%"><tr><td colspan="12" rowspan="50">ก</td></tr></table>',
        '{{ อาชีพ|default("ไม่ระบุ") }} &lt; &nbsp; {# จดไว้ #}',
        "<ul><li>ก</li></ul><hr><br/><small>ข</small>",
        "2 &gt; 1 และ 1 > 0",
    ],
)
def test_what_a_letter_needs_is_allowed(addition: str) -> None:
    assert codes(GOOD + addition) == []


@pytest.mark.parametrize(
    ("addition", "code"),
    [
        ("{{ เลขทีคำร้อง }}", "paper_template_word_misspelt"),
        ("{{ xyz }}", "paper_template_unknown_word"),
        ("{% if อาชีพ %}", "paper_template_syntax"),
        ("{{ อาชีพ", "paper_template_syntax"),
        ("{% include 'x' %}", "paper_template_forbidden_command"),
        ("{% set ก = 1 %}", "paper_template_forbidden_command"),
        ("{% macro ก() %}{% endmacro %}", "paper_template_forbidden_command"),
        ("{% filter upper %}ก{% endfilter %}", "paper_template_forbidden_command"),
        ("{{ รายละเอียด|safe }}", "paper_template_forbidden_command"),
        ("{{ อาชีพ|center(10) }}", "paper_template_forbidden_command"),
        ("{{ อาชีพ.__class__ }}", "paper_template_forbidden_command"),
        ("{{ อาชีพ['__class__'] }}", "paper_template_forbidden_command"),
        ("{{ อาชีพ.upper() }}", "paper_template_forbidden_command"),
        ("{{ 9 ** 9 }}", "paper_template_forbidden_command"),
        ("{{ 'ก' * 99999 }}", "paper_template_forbidden_command"),
        ("{{ cycler('a') }}", "paper_template_forbidden_command"),
        ("{% for i in range(501) %}{% endfor %}", "paper_template_range_too_long"),
        ("{% for i in 'abc' %}{% endfor %}", "paper_template_forbidden_command"),
        ("<img src='x'>", "paper_template_bad_tag"),
        ('<img src="x">', "paper_template_forbidden_tag"),
        ("<script>x</script>", "paper_template_forbidden_tag"),
        ("<style>p</style>", "paper_template_forbidden_tag"),
        ('<p style="color:red">ก</p>', "paper_template_forbidden_attribute"),
        ('<p onclick="x">ก</p>', "paper_template_forbidden_attribute"),
        ('<table><tr><td colspan="100000000">ก</td></tr></table>', "paper_template_attribute_value"),
        ('<table width="9cm"></table>', "paper_template_attribute_value"),
        ('<p class="{{ อาชีพ }}">ก</p>', "paper_template_word_in_tag"),
        ("<p{% if อาชีพ %}>ก</p>{% endif %}", "paper_template_word_in_tag"),
        ("<{{ อาชีพ }}>", "paper_template_bad_tag"),
        ("1 < 2", "paper_template_bad_tag"),
        ("<!-- จดไว้ -->", "paper_template_bad_tag"),
        ("<pdf:nextpage>", "paper_template_bad_tag"),
        ("<scr\u200bipt>x</script>", "paper_template_forbidden_tag"),
        ("<div>ก", "paper_template_unclosed_tag"),
        ("ก</div>", "paper_template_stray_end"),
        ("<b><i>ก</b></i>", "paper_template_stray_end"),
        ("<div>" * 20 + "</div>" * 20, "paper_template_too_deep"),
    ],
)
def test_anything_else_is_named_with_its_line(addition: str, code: str) -> None:
    assert (2, code) in codes(f"{GOOD}\n{addition}")


def test_loops_go_two_deep_and_no_deeper() -> None:
    loop = "{% for a in range(9) %}{% for b in range(9) %}%s{% endfor %}{% endfor %}"
    assert codes(GOOD + loop.replace("%s", "")) == []
    deeper = loop.replace("%s", "{% for c in range(9) %}{% endfor %}")
    assert codes(GOOD + deeper) == [(1, "paper_template_too_deep")]


def test_the_words_are_plain_in_both_languages() -> None:
    [problem] = check_template(KIND, f"{GOOD}\n\n{{{{ เลขคำร้อง }}}}")
    assert problem.message == "บรรทัดที่ 3: ไม่มีช่องข้อมูลชื่อ “เลขคำร้อง” น่าจะเป็น “เลขที่คำร้อง”"
    assert problem.message_in("en").startswith("Line 3: there is no gap named")


def test_lines_are_counted_right_after_commands_and_notes() -> None:
    source = f"{GOOD}\n{{% if อาชีพ %}}\n{{#\nสองบรรทัด\n#}}\n<script>\n{{% endif %}}"
    assert (6, "paper_template_forbidden_tag") in codes(source)


def test_a_gap_the_paper_cannot_do_without_is_asked_for() -> None:
    assert codes("<p>{{ เลขที่คำร้อง }}</p>") == [(0, "paper_template_missing_word")]


def test_the_fields_of_rows_are_known() -> None:
    body = default_template(DocumentKind.RECEIPT).body
    assert (
        codes(body.replace("แถว.ลำดับ", "แถว.ลำดั"), DocumentKind.RECEIPT)[0][1]
        == "paper_template_unknown_word"
    )
    assert codes(body.replace("แถว.ลำดับ", "loop.index"), DocumentKind.RECEIPT) == []


def test_far_too_long_is_one_fault_and_quick() -> None:
    assert codes("<" * (LONGEST + 1))[0] == (0, "paper_template_too_long")


def test_the_sign_that_stands_for_braces_cannot_be_typed() -> None:
    assert codes(f"{GOOD}{GAP}<b>{GAP}</b>") == []


@pytest.mark.parametrize(
    "source", ["{{" * 3000, "{% if 1 %}" * 3000, "(" * 3000 + "{{ ((" + "(" * 900 + "1 }}"]
)
def test_nonsense_is_a_fault_and_no_crash(source: str) -> None:
    assert markup_faults(source)


def test_what_a_child_refused_has_words() -> None:
    assert "for" in refused_template(Refused("paper_template_too_slow")).message
    assert refused_template(Refused("paper_template_syntax", line=7)).line == 7
