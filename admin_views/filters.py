"""Filters of the lists, addressed by column and operation: ``flt_is_active__eq=1``.

The URL form, which links, saved views and other screens may rely on:

- ``flt_<column>__<operation>=<value>``, such as ``flt_name__has=ไฟ`` or ``flt_department__eq=3``.
- A condition given twice gets a number: ``flt2_<column>__<operation>``.
- Operations: ``eq`` equals (a choice), ``in`` one of several codes separated by commas, ``has`` contains,
  ``ge`` from, ``le`` up to, ``is`` empty (1) or filled (0).
- Days are typed as in forms (``21/11/2569``, ``2026-11-21``) and count as Bangkok days.
- An empty value is no condition. A key that is not known is answered with a visible notice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from flask_admin.contrib.sqla.filters import BaseSQLAFilter
from flask_babel import lazy_gettext as _l
from sqlalchemy import Boolean, Date, Enum, Integer, Numeric

from admin_views.fields import LARGEST_INTEGER, rows_in_use
from admin_views.guard import language
from domain.clock import bangkok_day_bounds
from domain.errors import DomainError
from domain.labels import choices
from domain.thai_dates import parse_thai_date
from domain.thai_text import search_form, to_arabic_digits
from models import UtcDateTime

LONGEST_VALUE = 100

Options = Callable[[], list[tuple[str, str]]]


class ColumnFilter(BaseSQLAFilter):
    """One operation on one column."""

    operation_code: ClassVar[str]
    words: ClassVar[Any]
    kind: ClassVar[str] = "text"

    def __init__(self, column: Any, name: Any, key: str, options: Options | None = None) -> None:
        """Make the filter.

        Args:
            column: The mapped attribute.
            name: What the reader sees.
            key: The column's or relation's name, for the URL.
            options: Returns (value, word) pairs, asked at each request.
        """
        super().__init__(column, name, options=options, data_type="select" if options else self.kind)
        self.argument = f"{key}__{self.operation_code}"

    def operation(self) -> Any:
        """Return the operation in words."""
        return self.words

    def clean(self, value: str) -> Any:
        """Return the value to compare with.

        Raises:
            ValueError: The value cannot be read.
        """
        if len(value) > LONGEST_VALUE:
            raise ValueError("too long")
        return self.read(value)

    def read(self, value: str) -> Any:
        """Return the value of a text that is not too long."""
        return value

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Narrow a query."""
        return query.filter(self.condition(self.get_column(alias), value))

    def condition(self, column: Any, value: Any) -> Any:
        """Return the SQL condition."""
        raise NotImplementedError


class Equals(ColumnFilter):
    """The column has one value."""

    operation_code, words = "eq", _l("เป็น")

    def condition(self, column: Any, value: Any) -> Any:
        """Return the SQL condition."""
        return column == value


class IsTrue(Equals):
    """A yes-or-no column."""

    def __init__(self, column: Any, name: Any, key: str) -> None:
        super().__init__(column, name, key, lambda: [("1", str(_l("ใช่"))), ("0", str(_l("ไม่ใช่")))])

    def read(self, value: str) -> bool:
        """Read 1 or 0."""
        if value not in {"0", "1"}:
            raise ValueError(value)
        return value == "1"


class WholeNumber(Equals):
    """A number, or the id behind a relation."""

    def read(self, value: str) -> int:
        """Read a number that the database can hold."""
        number = int(to_arabic_digits(value))
        if abs(number) > LARGEST_INTEGER:
            raise ValueError(value)
        return number


class From(WholeNumber):
    """At least this number."""

    operation_code, words = "ge", _l("ตั้งแต่")

    def condition(self, column: Any, value: Any) -> Any:
        """Return the SQL condition."""
        return column >= value


class UpTo(WholeNumber):
    """At most this number."""

    operation_code, words = "le", _l("ถึง")

    def condition(self, column: Any, value: Any) -> Any:
        """Return the SQL condition."""
        return column <= value


class EnumIs(Equals):
    """One member of an enum."""

    def __init__(self, column: Any, name: Any, key: str) -> None:
        self.members = column.type.enum_class
        super().__init__(column, name, key, lambda: choices(self.members, language()))

    def read(self, value: str) -> Any:
        """Read a member's code."""
        return self.members(value)


class EnumIn(EnumIs):
    """One of several members of an enum."""

    operation_code, words = "in", _l("เป็นหนึ่งใน")

    def read(self, value: str) -> list[Any]:
        """Read codes separated by commas."""
        return [self.members(code.strip()) for code in value.split(",") if code.strip()]

    def condition(self, column: Any, value: Any) -> Any:
        """Return the SQL condition."""
        return column.in_(value)


class Contains(ColumnFilter):
    """The text stands somewhere in the column; inside Thai words too."""

    operation_code, words = "has", _l("มีคำว่า")

    def read(self, value: str) -> str:
        """Return the text in the form in which spellings meet."""
        return search_form(value)

    def condition(self, column: Any, value: str) -> Any:
        """Return the SQL condition."""
        return column.icontains(value, autoescape=True)


class IsEmpty(ColumnFilter):
    """The column holds nothing."""

    operation_code, words = "is", _l("ว่างหรือไม่")

    def __init__(self, column: Any, name: Any, key: str) -> None:
        super().__init__(column, name, key, lambda: [("1", str(_l("ว่าง"))), ("0", str(_l("มีค่า")))])

    def read(self, value: str) -> bool:
        """Read 1 or 0."""
        if value not in {"0", "1"}:
            raise ValueError(value)
        return value == "1"

    def condition(self, column: Any, value: bool) -> Any:
        """Return the SQL condition."""
        return column.is_(None) if value else column.is_not(None)


class DayFrom(ColumnFilter):
    """From a day on, for days and for moments."""

    operation_code, words, kind = "ge", _l("ตั้งแต่วันที่"), "date"

    def read(self, value: str) -> date:
        """Read a day as it is typed in forms."""
        try:
            return parse_thai_date(value, field=self.argument)
        except DomainError as error:
            raise ValueError(value) from error

    def condition(self, column: Any, value: date) -> Any:
        """Return the SQL condition."""
        return column >= (bangkok_day_bounds(value)[0] if isinstance(column.type, UtcDateTime) else value)


class DayUpTo(DayFrom):
    """Up to a day, that day included."""

    operation_code, words = "le", _l("ถึงวันที่")

    def condition(self, column: Any, value: date) -> Any:
        """Return the SQL condition."""
        if isinstance(column.type, UtcDateTime):
            return column < bangkok_day_bounds(value)[1]
        return column <= value


FILTERS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (Boolean, (IsTrue,)),
    (Enum, (EnumIs, EnumIn)),
    (UtcDateTime, (DayFrom, DayUpTo)),
    (Date, (DayFrom, DayUpTo)),
    (Integer, (WholeNumber, From, UpTo)),
    (Numeric, (IsEmpty,)),
)


def filters_for(model: Any, name: str, label: Any) -> list[ColumnFilter]:
    """Return the filters of a column or a many-to-one relation of a model."""
    mapper = model.__mapper__
    if name in mapper.relationships:
        relation = mapper.relationships[name]
        column = getattr(model, mapper.get_property_by_column(next(iter(relation.local_columns))).key)
        remote = relation.mapper.class_
        words = lambda: [(str(row.id), str(row)) for row in rows_in_use(remote)]  # noqa: E731 - one use
        return [WholeNumber(column, label, name, words)]
    column = getattr(model, name)
    for kind, classes in FILTERS:
        if isinstance(column.type, kind):
            return [filter_class(column, label, name) for filter_class in classes]
    return [Contains(column, label, name)]
