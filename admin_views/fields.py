"""Form fields that read with the rules of the domain, and the converter that picks one for each column.

A text that a rule refuses stays in its box as it was typed, with the rule's own sentence below it.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from flask_admin.contrib.sqla.fields import QuerySelectField, QuerySelectMultipleField
from flask_admin.contrib.sqla.form import AdminModelConverter
from flask_admin.model.form import converts
from markupsafe import Markup
from sqlalchemy import JSON, select
from sqlalchemy.orm import defer
from wtforms import Field, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import Select as SelectWidget
from wtforms.widgets import TextInput

from admin_views.guard import language
from domain.clock import BANGKOK, to_bangkok
from domain.errors import DomainError, InvalidField, MissingField
from domain.labels import choices
from domain.phones import format_phone, normalise_phone
from domain.thai_calendar import thai_month
from domain.thai_dates import parse_thai_date, thai_date
from domain.thai_text import clean_text, to_arabic_digits
from extensions import db

LARGEST_INTEGER = 2**31 - 1  # PostgreSQL's integer; SQLite would take more.
LINES_FROM = 300  # Texts that may be as long as this get several lines.
NO_CHOICE = "__None"  # Flask-Admin's code for the blank line of a drop-down.

_TIME_OF_DAY = re.compile(r"(\d{1,2})[:.](\d{2})(?: ?น\.?)?$", re.ASCII)


class RuleField(Field):
    """A text box whose text a rule of the domain reads."""

    widget = TextInput()

    def __init__(self, *args: Any, required: bool = False, empty: Any = None, **kwargs: Any) -> None:
        """Make the field.

        Args:
            *args: As of WTForms.
            required: Refuse a box that is empty or blank.
            empty: What an empty box means.
            **kwargs: As of WTForms.
        """
        self.needed = required
        self.empty = empty
        self.typed: str | None = None
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> Any:
        """Return the value of a text that is not blank.

        Raises:
            DomainError: The text cannot be taken.
        """
        raise NotImplementedError

    def show(self, value: Any) -> str:
        """Return the text of a value, as it stands in the box."""
        return str(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; a refusal becomes the field's error and the text stays."""
        if not valuelist:
            return
        self.typed = valuelist[0]
        self.data = self.empty
        try:
            if self.typed.strip():
                self.data = self.read(self.typed)
            elif self.needed:
                raise MissingField(field=self.name)
        except DomainError as error:
            raise ValueError(error.message_in(language())) from error

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else self.show(self.data)


class CleanTextField(RuleField):
    """One line of text, cleaned before it is stored."""

    multiline = False

    def __init__(self, *args: Any, max_length: int = 10_000, **kwargs: Any) -> None:
        self.max_length = max_length
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> str:
        """Return the cleaned text; None or the column's default when nothing visible is left."""
        cleaned = clean_text(
            text, max_length=self.max_length, field=self.name, multiline=self.multiline, required=self.needed
        )
        return cleaned or self.empty


class CleanTextArea(CleanTextField):
    """Several lines of text, cleaned before they are stored."""

    multiline = True
    widget = TextAreaField.widget


class WholeNumberField(RuleField):
    """A whole number in Thai or Arabic digits, between two bounds."""

    def __init__(self, *args: Any, low: int = 0, high: int = LARGEST_INTEGER, **kwargs: Any) -> None:
        self.low, self.high = low, high
        kwargs.setdefault("render_kw", {"inputmode": "numeric"})
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> int:
        """Return the number."""
        plain = to_arabic_digits(text).strip().replace(",", "")
        if not re.fullmatch(r"-?[0-9]{1,18}", plain):
            raise InvalidField("number_unreadable", field=self.name)
        number = int(plain)
        if not self.low <= number <= self.high:
            raise InvalidField("number_out_of_range", field=self.name, min=self.low, max=self.high)
        return number


class DecimalNumberField(RuleField):
    """A number with a point, such as degrees; the pair of degrees is judged by ``parse_coordinates``."""

    def __init__(self, *args: Any, places: int = 6, **kwargs: Any) -> None:
        self.step = Decimal(1).scaleb(-places)
        kwargs.setdefault("render_kw", {"inputmode": "decimal"})
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> Decimal:
        """Return the number, rounded to the places the column holds."""
        plain = to_arabic_digits(text).strip()
        try:
            if not re.fullmatch(r"[+-]?[0-9]{1,9}(\.[0-9]{0,20})?", plain):
                raise InvalidField("number_unreadable", field=self.name)
            return Decimal(plain).quantize(self.step)
        except InvalidOperation as error:
            raise InvalidField("number_unreadable", field=self.name) from error


class PhoneField(RuleField):
    """A Thai phone number; the value is E.164."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"inputmode": "tel", "autocomplete": "off"})
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> str:
        """Return the number as E.164."""
        return normalise_phone(text, field=self.name)

    def show(self, value: str) -> str:
        """Write the number as Thais do."""
        return format_phone(value)


class ThaiDateInput(TextInput):
    """A text box inside ``<th-date>``: plain without script, a Buddhist calendar with it."""

    def __call__(self, field: Field, **kwargs: Any) -> Markup:
        """Draw the box."""
        kwargs.setdefault("inputmode", "text")
        kwargs.setdefault("autocomplete", "off")
        kwargs.setdefault("placeholder", "วว/ดด/ปปปป")
        return Markup("<th-date>{}</th-date>").format(super().__call__(field, **kwargs))


class ThaiDateField(RuleField):
    """A Bangkok day, typed and shown in the Buddhist calendar."""

    widget = ThaiDateInput()

    def __init__(self, *args: Any, not_future: bool = False, **kwargs: Any) -> None:
        self.not_future = not_future
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> date:
        """Return the day."""
        return parse_thai_date(text, field=self.name, not_future=self.not_future)

    def show(self, value: date) -> str:
        """Write the day as ``03/03/2500``."""
        return thai_date(value, "digits")


class ThaiMomentField(RuleField):
    """A moment: a Buddhist date and a Bangkok time of day, such as ``21/11/2569 14:32``."""

    def read(self, text: str) -> datetime:
        """Return the UTC moment; without a time of day, the day's beginning."""
        plain = to_arabic_digits(text).strip()
        found = _TIME_OF_DAY.search(plain)
        day = parse_thai_date(plain[: found.start()] if found else plain, field=self.name)
        if found is None:
            return datetime.combine(day, time.min, tzinfo=BANGKOK)
        if int(found[1]) > 23 or int(found[2]) > 59:
            raise InvalidField("field_invalid", field=self.name)
        return datetime.combine(day, time(int(found[1]), int(found[2])), tzinfo=BANGKOK)

    def show(self, value: datetime) -> str:
        """Write the moment as it would be typed."""
        local = to_bangkok(value)
        return f"{thai_date(local.date(), 'digits')} {local:%H:%M}"


class MonthField(SelectField):
    """A month by its name, or none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, coerce=_month_or_none, **kwargs)
        names = [SelectChoice(str(month), month_name(month)) for month in range(1, 13)]
        self.choices = [SelectChoice("", "–"), *names]


def month_name(month: int | None) -> str:
    """Return a month's name in the reader's language; empty for none."""
    return thai_month(month, lang=language()) if month else ""


def _month_or_none(value: Any) -> int | None:
    return int(value) if str(value).isdecimal() else None


class EnumField(SelectField):
    """A drop-down of an enum's members in the reader's words."""

    def __init__(self, *args: Any, members: type[StrEnum], allow_blank: bool = False, **kwargs: Any) -> None:
        self.members = members
        self.allow_blank = allow_blank
        kwargs.update(coerce=self._member, choices=self._words)
        super().__init__(*args, **kwargs)

    def _member(self, value: str | None) -> StrEnum | None:
        return None if value in (None, "", NO_CHOICE) and self.allow_blank else self.members(value)

    def _words(self) -> list[tuple[str, str]]:
        words = choices(self.members, language())
        return [("", "–"), *words] if self.allow_blank else words


class RelationField(QuerySelectField):
    """A drop-down of rows still in use; a row that was switched off stays while it is the chosen one."""

    widget = SelectWidget()

    def _get_object_list(self) -> list[tuple[str, Any]]:
        if self._object_list is None:
            rows = list(self.query_factory())
            kept = [row for row in _as_list(self.object_data) if row not in rows]
            self._object_list = [(str(row.id), row) for row in (*kept, *rows)]
        return self._object_list

    def pre_validate(self, form: Any) -> None:
        """Refuse a row that is not offered; Flask-Admin would take it for an empty choice."""
        chosen = self.data
        if self._formdata is not None and not chosen:
            raise ValidationError(InvalidField("choice_unknown").message_in(language()))
        super().pre_validate(form)


class RelationsField(QuerySelectMultipleField, RelationField):
    """Several of the rows still in use."""

    widget = SelectWidget(multiple=True)

    def pre_validate(self, form: Any) -> None:
        """Refuse rows that are not offered."""
        chosen = self.data  # Reading it finds out what is not offered.
        if self._invalid_formdata or (chosen and any(row not in self._rows() for row in chosen)):
            raise ValidationError(InvalidField("choice_unknown").message_in(language()))

    def _rows(self) -> list[Any]:
        return [row for _pk, row in self._get_object_list()]


class Converter(AdminModelConverter):
    """Pick our field for each type of column; a type it does not know stops the start."""

    @converts("String", "Text")
    def text(self, column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
        """Convert a text column; one without a length gets several lines."""
        length = getattr(column.type, "length", None)
        field_args.setdefault("max_length", length or 20_000)
        field_args.update(required=_is_needed(column), empty=None if column.nullable else "")
        field_args.pop("default", None) if _is_needed(column) else None
        return (CleanTextField if length and length < LINES_FROM else CleanTextArea)(**field_args)

    @converts("Integer")
    def whole_number(self, column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
        """Convert a whole number; an empty box means the column's default."""
        field_args.update(required=_is_needed(column), empty=field_args.get("default"))
        return WholeNumberField(**field_args)

    @converts("Numeric", "Float")
    def decimal_number(self, column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
        """Convert a decimal number; SQLAlchemy 2.1 no longer counts Float as Numeric."""
        field_args.setdefault("places", getattr(column.type, "scale", None) or 6)
        return DecimalNumberField(required=_is_needed(column), **field_args)

    @converts("Date")
    def day(self, column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
        """Convert a day."""
        return ThaiDateField(required=_is_needed(column), **field_args)

    @converts("UtcDateTime", "DateTime")
    def moment(self, column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
        """Convert a moment."""
        return ThaiMomentField(required=_is_needed(column), **field_args)

    @converts("sqlalchemy.sql.sqltypes.Enum")
    def enum(self, column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
        """Convert an enum."""
        return EnumField(members=column.type.enum_class, allow_blank=column.nullable, **field_args)

    def _model_select_field(self, prop: Any, multiple: Any, remote_model: Any, **kwargs: Any) -> Any:
        """Convert a relation to a plain drop-down."""
        kwargs.setdefault("query_factory", lambda: rows_in_use(remote_model))
        if multiple:
            return RelationsField(**kwargs)
        return RelationField(blank_text="–", **kwargs)


def with_fields(form: type[Any], **fields: Any) -> type[Any]:
    """Return a form class with further fields, or others in place of those it has; None takes one out."""
    for name, field in fields.items():
        if field is not None and hasattr(form, name):
            field.creation_counter = getattr(form, name).creation_counter
    return type(form.__name__, (form,), fields)


def rows_in_use(remote_model: Any) -> list[Any]:
    """Return the rows a drop-down offers: those in use, by their sort order, then by name."""
    columns = remote_model.__table__.columns
    heavy = [column.key for column in columns if isinstance(column.type, JSON)]
    statement = select(remote_model).options(*(defer(getattr(remote_model, key)) for key in heavy))
    if "is_active" in columns:
        statement = statement.where(remote_model.is_active)
    order = (name for name in ("sort_order", "name_key", "name", "first_name", "id") if name in columns)
    return list(db.session.scalars(statement.order_by(*(columns[name] for name in order))))


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _is_needed(column: Any) -> bool:
    return not column.nullable and column.default is None and column.server_default is None
