"""What can go wrong in the rules: each error has a code, its parameters and a text for the person.

An error is raised in the rules; the edge turns it into a page, a flash, a LINE reply or an Open311 answer.
The texts stand in ``messages_th`` and ``messages_en``; a room with words of its own adds them by
``add_message`` beside the rule that raises them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from string import Formatter
from types import TracebackType
from typing import Any, ClassVar, NamedTuple

from domain.messages_en import MESSAGES_EN
from domain.messages_th import MESSAGES
from domain.thai_calendar import thai_date, thai_datetime

__all__ = [
    "MESSAGES",
    "MESSAGES_EN",
    "AlreadyDone",
    "Busy",
    "DomainError",
    "DuplicateEntry",
    "FieldChecks",
    "FieldErrors",
    "IllegalTransition",
    "InvalidField",
    "MissingField",
    "NotFound",
    "NotPermitted",
    "NumberSeriesClosed",
    "StaleRow",
    "StorageFull",
    "UploadRejected",
    "Words",
    "add_message",
    "placeholders",
]


class Words(NamedTuple):
    """A parameter that reads differently in Thai and in English, such as the name of a state."""

    th: str
    en: str


class DomainError(Exception):
    """A rule was broken.

    Args:
        code: Key of the message; without one the class's own code is used.
        field: Name of the form field it belongs to, None when it belongs to none.
        params: Values of the message's placeholders. Dates and moments are written in the reader's calendar,
            ``Words`` in the reader's language.
    """

    default_code: ClassVar[str] = "unknown"

    def __init__(self, code: str = "", /, *, field: str | None = None, **params: object) -> None:
        self.code: str = code or self.default_code
        self.field = field
        self.params: dict[str, object] = params
        super().__init__(self.code)

    def __reduce__(self) -> tuple[Any, ...]:
        # A child may take other arguments than its parent, so it is not rebuilt through them.
        return _rebuild, (type(self), self.code), self.__dict__

    def __str__(self) -> str:
        # Parameters may hold names and numbers of people, which must not reach a log.
        return self.code if self.field is None else f"{self.code} ({self.field})"

    @property
    def message(self) -> str:
        """Return the Thai text for the person."""
        return self.message_in("th")

    def message_in(self, lang: str) -> str:
        """Return the text for the person; ``en`` is English, anything else Thai.

        It never fails: an unknown code gives a general text with the code, a missing parameter a dash.
        """
        table = MESSAGES_EN if lang == "en" else MESSAGES
        if self.code not in table:
            return _fill(table["unknown"], {"code": self.code}, lang)
        return _fill(table[self.code], {"code": self.code, **self.params}, lang)


class NotPermitted(DomainError):
    """The actor may not do this; the thing itself is no secret to him."""

    default_code = "not_permitted"


class NotFound(DomainError):
    """It does not exist, or lies outside the actor's scope: he cannot tell which."""

    default_code = "not_found"


class IllegalTransition(DomainError):
    """The action does not fit the complaint's state or assignment of now."""

    default_code = "illegal_transition"


class InvalidField(DomainError):
    """What was typed into one field cannot be taken."""

    default_code = "field_invalid"


class MissingField(InvalidField):
    """A field the rule needs is empty."""

    default_code = "field_required"


class NumberSeriesClosed(DomainError):
    """The number series of this category and year gives no numbers any more."""

    default_code = "number_series_closed"


class DuplicateEntry(DomainError):
    """Something that must be unique is there already."""

    default_code = "duplicate_entry"


class StaleRow(DomainError):
    """Somebody else changed the row after the actor read it."""

    default_code = "stale_row"


class AlreadyDone(DomainError):
    """The action was done before; nothing was changed this time."""

    default_code = "already_done"


class UploadRejected(DomainError):
    """A file cannot be taken."""

    default_code = "upload_rejected"


class Busy(DomainError):
    """The system is held up for a moment; the same act may be tried again."""

    default_code = "busy"


class StorageFull(DomainError):
    """There is no room left for data or files."""

    default_code = "storage_full"


class FieldErrors(DomainError):
    """Several fields cannot be taken; a form shows all of them at once."""

    default_code = "fields_invalid"

    def __init__(self, errors: Iterable[InvalidField]) -> None:
        self.errors: tuple[InvalidField, ...] = tuple(errors)
        if not self.errors:
            raise ValueError("FieldErrors without an error")
        super().__init__(count=len(self.errors))

    def __str__(self) -> str:
        return f"{self.code}: {', '.join(str(error) for error in self.errors)}"

    def message_in(self, lang: str) -> str:
        """Return one text with every field's text on a line of its own, for edges that have no form."""
        lines = list(dict.fromkeys(error.message_in(lang) for error in self.errors))
        if len(lines) == 1:
            return lines[0]
        return "\n".join([super().message_in(lang), *(f"- {line}" for line in lines)])

    def by_field(self, lang: str = "th") -> dict[str | None, list[str]]:
        """Return the texts grouped by field, in the order they were found."""
        grouped: dict[str | None, list[str]] = {}
        for error in self.errors:
            grouped.setdefault(error.field, []).append(error.message_in(lang))
        return grouped


class FieldChecks:
    """Gather the errors of several fields, then raise them together.

    Each ``with`` block stops at its first bad field; a name set in a block that failed stays unset, so read
    the names only after ``done``.

    Example:
        >>> check = FieldChecks()
        >>> with check:
        ...     raise MissingField(field="story")
        >>> with check:
        ...     raise InvalidField("date_in_future", field="done_on")
        >>> [error.field for error in check.errors]
        ['story', 'done_on']
    """

    def __init__(self) -> None:
        self.errors: list[InvalidField] = []

    def __enter__(self) -> FieldChecks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, FieldErrors):
            self.errors.extend(error.errors)
            return True
        if isinstance(error, InvalidField):
            self.errors.append(error)
            return True
        return False

    def add(self, error: InvalidField) -> None:
        """Note an error found without raising it."""
        self.errors.append(error)

    def done(self) -> None:
        """Raise everything that was gathered; do nothing when all fields were good.

        Raises:
            FieldErrors: At least one field cannot be taken.
        """
        if self.errors:
            raise FieldErrors(self.errors)


def add_message(code: str, *, thai: str, english: str) -> None:
    """Give an error code of another room its two texts; call it at import, beside the rule.

    Raises:
        ValueError: The code has other texts already, or the two texts do not share their placeholders.
    """
    if placeholders(thai) != placeholders(english):
        raise ValueError(f"the texts of {code} have different placeholders")
    if MESSAGES.setdefault(code, thai) != thai or MESSAGES_EN.setdefault(code, english) != english:
        raise ValueError(f"{code} already has other texts")


def placeholders(text: str) -> frozenset[str]:
    """Return the names of the placeholders in a message text."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


class _ForgivingFormatter(Formatter):
    """Fill in what is there: an error about an error helps nobody."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key, "–")

    def format_field(self, value: Any, format_spec: str) -> Any:
        return format(value, format_spec) if isinstance(value, int | float) else str(value)


def _fill(text: str, params: dict[str, object], lang: str) -> str:
    readable = {name: _readable(value, lang) for name, value in params.items()}
    return _ForgivingFormatter().vformat(text, (), readable)


def _readable(value: object, lang: str) -> object:
    if isinstance(value, Words):
        return value.en if lang == "en" else value.th
    if isinstance(value, datetime):
        return thai_datetime(value, lang=lang)
    if isinstance(value, date):
        return thai_date(value, lang=lang)
    return value


def _rebuild(kind: type[DomainError], code: str) -> DomainError:
    return kind.__new__(kind, code)
