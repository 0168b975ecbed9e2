"""Fields only the counter's form has: the card's number, and the subtype's own questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import Select

from admin_views.fields import CleanTextField, RuleField
from admin_views.guard import language
from domain.national_id import format_national_id, normalise_national_id
from domain.questions import MAX_ANSWER, NO, YES, answer_field
from models import QuestionKind, SubcategoryQuestion


class NationalIdField(RuleField):
    """A national ID, typed with or without dashes; one that can be true stands there as on the card."""

    def read(self, text: str) -> str:
        """Return the 13 digits."""
        return normalise_national_id(text, field=self.name)

    def _value(self) -> str:
        if self.data and not self.errors:
            return format_national_id(self.data)
        return super()._value()


def answer_fields(questions: Sequence[SubcategoryQuestion]) -> dict[str, Any]:
    """Return the fields for a subtype's questions by their names; what fits is the rule's question."""
    return {answer_field(question.id): _field(question) for question in questions}


def _field(question: SubcategoryQuestion) -> Field:
    english = language() == "en" and question.question_en
    words = question.question_en if english else question.question
    if question.kind is QuestionKind.YES_NO:
        both = [SelectChoice(YES, _l("ใช่")), SelectChoice(NO, _l("ไม่ใช่"))]
        return RadioField(words, choices=both, validate_choice=False)
    if question.kind is QuestionKind.CHOICE:
        offered = [
            SelectChoice("", _l("– เลือก –")),
            *(SelectChoice(choice, choice) for choice in question.choices),
        ]
        return SelectField(words, choices=offered, validate_choice=False, widget=Select())
    if question.kind is QuestionKind.NUMBER:
        return CleanTextField(
            words,
            max_length=MAX_ANSWER,
            render_kw={"inputmode": "decimal", "autocomplete": "off", "class": "short"},
        )
    return CleanTextField(words, max_length=MAX_ANSWER, render_kw={"autocomplete": "off"})
