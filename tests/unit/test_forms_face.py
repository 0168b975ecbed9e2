"""How fields are drawn: label, help and error are tied to the control, and errors lead to it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from helpers.bare import bare_app
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from web_tools import css_string, initials

TAG = re.compile(r"<(input|select)\b[^>]*>")


class Form(FlaskForm):
    class Meta:
        csrf = False

    name = StringField("ชื่อ", [InputRequired(), Length(max=5)], description="ไม่ต้องใส่คำนำหน้า")
    note = StringField("หมายเหตุ")
    kind = RadioField(
        "ลักษณะ",
        choices=[SelectChoice("a", "ร้องเรียน"), SelectChoice("b", "เสนอแนะ")],
        validators=[InputRequired()],
    )
    zone = SelectField("เขต", choices=[SelectChoice(str(n), f"เขต {n}") for n in range(20)])
    few = SelectField("ความเร่งด่วน", choices=[SelectChoice("n", "ปกติ"), SelectChoice("u", "เร่งด่วน")])
    used = BooleanField("ใช้งาน")


@pytest.fixture
def draw() -> Any:
    """draw(expression, data) draws an expression about a submitted form."""
    app: Flask = bare_app(strict=True)

    def drawn(expression: str, data: dict[str, str] | None = None, *, lang: str = "th") -> str:
        with app.test_request_context(f"/?lang={lang}"):
            app.preprocess_request()
            form = Form(formdata=None if data is None else MultiDict(data))
            if data is not None:
                form.validate()
            source = '{% import "_forms.html" as forms %}' + expression
            return render_template_string(source, form=form)

    return drawn


def attributes(html: str) -> dict[str, str]:
    tag = TAG.search(html)
    assert tag is not None
    return dict(re.findall(r'([\w-]+)="([^"]*)"', tag[0]))


def test_the_label_belongs_to_the_control_and_the_help_describes_it(draw: Any) -> None:
    html = draw("{{ forms.field(form.name) }}")
    control = attributes(html)
    assert f'for="{control["id"]}"' in html
    assert f'id="{control["aria-describedby"]}">ไม่ต้องใส่คำนำหน้า' in html
    assert "aria-invalid" not in control


def test_an_error_stands_at_its_field_and_what_was_typed_stays(draw: Any) -> None:
    html = draw("{{ forms.field(form.name) }}", {"name": "สมชายใจดี"})
    control = attributes(html)
    assert control["aria-invalid"] == "true"
    assert control["value"] == "สมชายใจดี"
    assert {f"{control['id']}-hint", f"{control['id']}-error"} == set(control["aria-describedby"].split())
    assert "กรุณาพิมพ์ไม่เกิน 5 ตัวอักษร" in html


def test_an_id_given_to_the_control_moves_label_help_and_error_along(draw: Any) -> None:
    html = draw("{{ forms.field(form.name, {'id': 'second'}) }}", {"name": "สมชายใจดี"})
    assert attributes(html)["id"] == "second"
    assert 'for="second"' in html
    assert 'id="second-error"' in html


def test_what_may_stay_empty_says_so_and_what_may_not_says_nothing(draw: Any) -> None:
    assert "ไม่บังคับ" in draw("{{ forms.field(form.note) }}")
    assert "ไม่บังคับ" not in draw("{{ forms.field(form.name) }}")


def test_choices_of_one_question_are_a_group_with_a_name(draw: Any) -> None:
    html = draw("{{ forms.field(form.kind) }}")
    assert "<fieldset" in html
    assert "<legend>ลักษณะ" in html
    assert html.count('type="radio"') == 2


def test_only_a_long_list_gets_a_search_box(draw: Any) -> None:
    assert "data-choose" in draw("{{ forms.field(form.zone) }}")
    assert "data-choose" not in draw("{{ forms.field(form.few) }}")


def test_a_tick_box_stands_before_its_words(draw: Any) -> None:
    html = draw("{{ forms.field(form.used) }}")
    assert html.index('type="checkbox"') < html.index(">ใช้งาน<")


def test_the_summary_counts_the_errors_and_leads_to_each(draw: Any) -> None:
    html = draw("{{ forms.error_summary(form) }}", {"name": "", "zone": "1", "few": "n"})
    assert "กรุณาแก้ไข 2 จุด" in html
    assert '<a href="#name">ชื่อ: กรุณากรอกช่องนี้</a>' in html
    assert '<a href="#kind">' in html
    assert 'tabindex="-1"' in html


def test_a_form_without_errors_has_no_summary(draw: Any) -> None:
    assert draw("{{ forms.error_summary(form) }}").strip() == ""


def test_markup_that_was_typed_stays_text(draw: Any) -> None:
    html = draw("{{ forms.field(form.note) }}", {"note": '"><script>alert(1)</script>'})
    assert "<script>" not in html


def test_wtforms_speaks_the_language_of_the_reader(draw: Any) -> None:
    expression = "{{ form.name.errors|join }}"
    assert draw(expression, {"name": ""}) == "กรุณากรอกช่องนี้"
    assert draw(expression, {"name": ""}, lang="en") == "This field is required."


@pytest.mark.parametrize(
    ("name", "letters"),
    [("นางสาวศิริพร ใจงาม", "ศจ"), ("นายเกรียงไกร", "ก"), ("เอก ไพศาล", "อพ"), ("John Smith", "JS"), ("", "")],
)
def test_initials_are_the_first_consonants_without_the_title(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize("text", ['ก"}body{}', "</style><script>", "a\\b", "ก\nข"])
def test_a_text_inside_a_style_block_cannot_leave_its_quotes(text: str) -> None:
    inside = str(css_string(text))[1:-1]
    assert not set('"<>{}\n') & set(inside)
    assert not inside.endswith("\\")


def test_a_thai_label_stays_readable_in_a_style_block() -> None:
    assert css_string("วันที่รับเรื่อง (พ.ศ.)") == '"วันที่รับเรื่อง (พ.ศ.)"'
