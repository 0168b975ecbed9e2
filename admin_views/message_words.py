"""The texts of a message template as labelled boxes, checked before they are kept."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import Field
from wtforms.utils import unset_value

from admin_views.guard import language
from domain.actor import Actor
from domain.errors import DomainError, FieldErrors
from domain.thai_text import clean_text
from line_hooks import template_check
from line_hooks.messages import LAYOUTS
from line_hooks.template_check import placeholder_names
from models import MessageTemplate

__all__ = ["WordsField", "check_template", "every_text", "label_of", "placeholder_names"]

MAX_TEXT = 2_000

LABELS: dict[str, Any] = {
    "title": _l("หัวเรื่อง"),
    "body": _l("เนื้อความ"),
    "alt": _l("ข้อความบนหน้าจอล็อก (ห้ามมีชื่อคนหรือสถานที่)"),
    "rating_question": _l("คำถามขอคะแนน"),
    "rating_score": _l("คำบนปุ่มคะแนน"),
    "rating_lowest": _l("คำอธิบายคะแนนต่ำสุด"),
    "rating_highest": _l("คำอธิบายคะแนนสูงสุด"),
    "button_view": _l("ปุ่มดูเรื่อง"),
    "button_add": _l("ปุ่มส่งข้อมูลเพิ่ม"),
    "button_call": _l("ปุ่มโทรสอบถาม"),
    "button_reopen": _l("ปุ่มขอเปิดเรื่องใหม่"),
    "button_open": _l("ปุ่มเปิดเรื่อง"),
    "button_map": _l("ปุ่มแผนที่"),
    "button_acknowledge": _l("ปุ่มรับทราบ"),
    "button_start": _l("ปุ่มเริ่มดำเนินการ"),
    "button_case": _l("ปุ่มดูเรื่องในแชต"),
    "button_give_time": _l("ปุ่มให้เวลาตามที่ขอ"),
    "button_refuse_time": _l("ปุ่มไม่ให้เวลา"),
    "button_result": _l("ปุ่มรายงานผล"),
    "label_story": _l("คำนำหน้าต้นเรื่อง"),
    "label_comment": _l("คำนำหน้าความเห็น"),
    "label_due": _l("คำนำหน้ากำหนดเสร็จ"),
    "label_reason": _l("คำนำหน้าเหตุผล"),
    "label_result": _l("คำนำหน้าผลดำเนินการ"),
    "label_done_date": _l("คำนำหน้าวันแล้วเสร็จ"),
    "label_department": _l("คำนำหน้าหน่วยงาน"),
    "button_list": _l("ปุ่มเปิดรายการ"),
    "label_cases": _l("คำนำหน้ารายการเรื่อง"),
    "label_officer": _l("คำนำหน้าผู้รับผิดชอบ"),
}

_LABEL = Markup(
    '<div class="field{bad}"><label class="form-label" for="{id}">{label}</label>{error}{box}</div>'
)
_ERROR = Markup('<p class="error" id="{id}-error">{text}</p>')
_COMMON = 'class="form-control" id="{id}" name="{id}" maxlength="{most}"{described}'
_LINE = Markup('<input type="text" ' + _COMMON + ' value="{text}">')  # noqa: S704 - our own constant
_AREA = Markup("<textarea " + _COMMON + ' rows="6">\n{text}</textarea>')  # noqa: S704 - likewise


class WordsWidget:
    """Draws one labelled box for each text: several lines for the body, one for the others."""

    def __call__(self, field: WordsField, **kwargs: Any) -> Markup:
        """Draw the boxes."""
        boxes = [_drawn(field, key, kwargs.get("aria-describedby", "")) for key in field.data or {}]
        return Markup('<div id="{}">{}</div>').format(field.id, Markup("").join(boxes))


def _drawn(field: WordsField, key: str, notes: str) -> Markup:
    """Draw one text: label, what is wrong with it, box."""
    text, box_id, problems = field.data[key], f"{field.name}-{key}", field.problems.get(key, ())
    error = _ERROR.format(id=box_id, text=" ".join(problems)) if problems else ""
    described = " ".join(filter(None, (notes, f"{box_id}-error" if problems else "")))
    marks = Markup(' aria-describedby="{}"').format(described) if described else Markup("")
    if problems:
        marks += Markup(' aria-invalid="true"')
    shape = _AREA if _has_lines(key, text) else _LINE
    box = shape.format(id=box_id, most=MAX_TEXT, described=marks, text=text)
    return _LABEL.format(
        id=box_id, label=label_of(key), error=error, box=box, bad=" field-bad" if problems else ""
    )


class WordsField(Field):
    """The texts of one template; a form can fill the texts it was made with, and add none."""

    widget = WordsWidget()
    needed = True

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read each text from a box of its own."""
        self.problems: dict[str, list[str]] = {}
        super().process(None, data, extra_filters)
        if not formdata:
            return
        texts, problems = dict(self.data or {}), []
        for key, before in texts.items():
            typed = formdata.get(f"{self.name}-{key}", before)
            texts[key] = typed
            try:
                lines = _has_lines(key, before)
                texts[key] = clean_text(typed, max_length=MAX_TEXT, field=key, multiline=lines)
            except DomainError as error:
                problems.append(f"{label_of(key)}: {error.message_in(language())}")
                self.problems.setdefault(key, []).append(error.message_in(language()))
        self.data, self.process_errors = texts, problems

    def place(self, error: DomainError) -> None:
        """Put what is wrong with a text beside its box too."""
        named = {label_of(key): key for key in self.data or {}}
        for part in error.errors if isinstance(error, FieldErrors) else (error,):
            key = "alt" if part.code == "template_private_in_alt" else named.get(str(part.params.get("word")))
            if key is not None:
                self.problems.setdefault(key, []).append(part.message_in(language()))


def _has_lines(key: str, text: str) -> bool:
    return key == "body" or "\n" in text


def every_text(template: MessageTemplate) -> dict[str, str]:
    """Return the texts of a template with an empty one for each more that its layout could show."""
    layout = LAYOUTS[template.layout]
    return {**dict.fromkeys((*layout.needs, *layout.may_use), ""), **template.words}


def label_of(key: str) -> str:
    """Return what a text of a template is for."""
    return str(LABELS.get(key) or _("ข้อความ %(key)s", key=key))


def check_template(session: Session, actor: Actor, template: MessageTemplate) -> None:
    """Check the words of a template, its texts named as on their screen.

    Raises:
        FieldErrors: Each text that cannot stay so.
    """
    template_check.check_template(session, actor, template, label_of=label_of)
