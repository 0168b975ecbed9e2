"""What a subtype asks, edited in rows on the subtype's own screen; the rule is ``domain.questions``."""

from __future__ import annotations

from typing import Any

from flask_admin.model.fields import InlineFieldList, InlineModelFormField
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, Form, HiddenField

from admin_views.complaint_forms import row_id
from admin_views.fields import CleanTextArea, CleanTextField, EnumField
from domain.questions import MAX_CHOICE, MAX_QUESTION, MOST_CHOICES, QuestionEntry
from models import QuestionKind


class QuestionForm(Form):
    """One question."""

    id = HiddenField(filters=[row_id])
    question = CleanTextField(
        _l("คำถาม"), max_length=MAX_QUESTION, description=_l("ถามเท่าที่จำเป็น เช่น เลขที่เสาไฟ")
    )
    question_en = CleanTextField(_l("คำถามภาษาอังกฤษ"), max_length=MAX_QUESTION)
    kind = EnumField(_l("ชนิดคำตอบ"), members=QuestionKind, default=QuestionKind.TEXT)
    choices = CleanTextArea(
        _l("ตัวเลือก"),
        max_length=(MAX_CHOICE + 1) * MOST_CHOICES,
        description=_l("บรรทัดละหนึ่งตัวเลือก ใช้กับ “เลือกจากรายการ” เท่านั้น"),
        render_kw={"rows": 3},
    )
    is_required = BooleanField(_l("ต้องตอบ"))
    is_active = BooleanField(_l("ใช้งาน"), default=True)

    def entry(self) -> QuestionEntry:
        """Return the question as it was written."""
        return QuestionEntry(
            id=self.id.data,
            question=self.question.data or "",
            question_en=self.question_en.data,
            kind=self.kind.data,
            choices=(self.choices.data or "").split("\n"),
            is_required=self.is_required.data,
            is_active=self.is_active.data,
        )


class QuestionRow(InlineModelFormField):
    """One question among the others."""

    def __call__(self, **kwargs: Any) -> Markup:
        """Draw the row; the template it is drawn from escapes what was typed."""
        return Markup(super().__call__(**kwargs))  # noqa: S704 - its template escapes


class QuestionsField(InlineFieldList):
    """The questions of a subtype, in their order; they are written after the subtype, by the rule."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(QuestionRow(QuestionForm, "id"), *args, **kwargs)

    def __call__(self, **kwargs: Any) -> Markup:
        """Draw the rows; the template they are drawn from escapes what was typed."""
        return Markup(super().__call__(**kwargs))  # noqa: S704 - its template escapes

    def populate_obj(self, obj: Any, name: str) -> None:
        """Leave the row alone: the questions have a verb of their own."""

    def questions(self) -> list[QuestionEntry]:
        """Return the rows that stay."""
        return [row.form.entry() for row in self.entries if not self.should_delete(row)]


def shown(question: Any) -> dict[str, Any]:
    """Return a stored question as its row in the form."""
    names = ("id", "question", "question_en", "kind", "is_required", "is_active")
    return {**{name: getattr(question, name) for name in names}, "choices": "\n".join(question.choices)}
