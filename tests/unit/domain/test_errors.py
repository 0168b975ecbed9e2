"""Errors speak to people in two languages, and no code is left without words."""

import ast
import doctest
import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain import errors
from domain.errors import (
    MESSAGES,
    MESSAGES_EN,
    AlreadyDone,
    DomainError,
    FieldChecks,
    FieldErrors,
    IllegalTransition,
    InvalidField,
    MissingField,
    NotFound,
    NotPermitted,
    UploadRejected,
    Words,
    add_message,
    placeholders,
)

ROOT = Path(__file__).parents[3]
NOT_OURS = {".venv", "node_modules", "tests", "migrations", "static", "instance", "build"}
ERROR_CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, DomainError) and kind is not FieldErrors
}
LOOKUPS = {"DomainError", "error_text", "lazy_error"}  # a text is looked up, often by a code in a variable
REFUSALS = {"Refused"}  # what a sandbox child passes on as a code and its parameters


def source_files() -> Iterator[Path]:
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        if not any(part in NOT_OURS or part.startswith(".") for part in parts):
            yield path


def calls_in(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node


def literal_texts(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return literal_texts(node.body) + literal_texts(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return []


# Rooms that hand on a code they were given; their own tests look at each code.
PASSED_ON = {
    "admin_views/complaint_forms.py",
    "documents/photo_keeping.py",
    "documents/template_child.py",
    "documents/template_rules.py",
    "admin_views/sheets.py",
    "domain/chat_photos.py",
    "domain/choices.py",
    "domain/thai_text.py",
    "line_hooks/template_check.py",
}
HANDED_ON = {"required_text": 1}  # Where a call hands a code on, as its argument of this place.


def texts_added_by_rooms(paths: list[Path]) -> dict[str, str]:
    found = {}
    for path in paths:
        for name, call in calls_in(path):
            if name == "add_message":
                thai = next(keyword.value for keyword in call.keywords if keyword.arg == "thai")
                found[ast.literal_eval(call.args[0])] = ast.literal_eval(thai)
    return found


def error_classes_in(path: Path, known: set[str]) -> Iterator[ast.ClassDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and {getattr(base, "id", "") for base in node.bases} & known:
            yield node


def default_codes(paths: list[Path]) -> dict[str, str]:
    """Name every error class, the rooms' own too, with its default code."""
    found = {name: kind.default_code for name, kind in ERROR_CLASSES.items()}
    for path in paths:
        for node in error_classes_in(path, set(found)):
            codes = [
                ast.literal_eval(step.value)
                for step in node.body
                if isinstance(step, ast.Assign) and getattr(step.targets[0], "id", "") == "default_code"
            ]
            found[node.name] = codes[0] if codes else found[node.bases[0].id]
    return found


def with_arguments_of_their_own(paths: list[Path]) -> set[str]:
    """Name the error classes whose ``__init__`` takes something else than a code and its parameters."""
    return {
        node.name
        for path in paths
        for node in error_classes_in(path, set(ERROR_CLASSES))
        if any(isinstance(step, ast.FunctionDef) and step.name == "__init__" for step in node.body)
    }


def faults_of(name: str, call: ast.Call, known: dict[str, str], defaults: dict[str, str]) -> list[str]:
    codes = literal_texts(call.args[0]) if call.args else [defaults[name]]
    if not codes:
        is_clear = name in LOOKUPS or name in REFUSALS
        return [] if is_clear else ["give the code as a literal, so that this test can see it"]
    faults = [f"no text for {code}" for code in codes if code not in known]
    given = {keyword.arg for keyword in call.keywords}
    if None in given or name in LOOKUPS:  # **params: what they hold cannot be read here
        return faults
    wanted = {gap for code in codes if code in known for gap in placeholders(known[code])} - {"code"}
    return faults + [f"{codes} lacks {missing}" for missing in sorted(wanted - given)]


def test_every_code_raised_anywhere_has_a_text_and_its_parameters():
    paths = list(source_files())
    assert ROOT / "domain" / "phones.py" in paths
    known = {**MESSAGES, **texts_added_by_rooms(paths)}
    defaults = default_codes(paths)
    readable = {*defaults, *LOOKUPS, *REFUSALS} - with_arguments_of_their_own(paths)
    faults = [f"no text for {code} of {name}" for name, code in defaults.items() if code not in known]
    faults += [
        f"{path.relative_to(ROOT)}:{call.lineno} {fault}"
        for path in paths
        for name, call in calls_in(path)
        if name in readable and path.relative_to(ROOT).as_posix() not in PASSED_ON
        for fault in faults_of(name, call, known, defaults)
    ]
    faults += [
        f"{path.relative_to(ROOT)}:{call.lineno} no text for {code}"
        for path in paths
        for name, call in calls_in(path)
        if name in HANDED_ON
        for code in literal_texts(call.args[HANDED_ON[name]]) or ["a code this test cannot read"]
        if code not in known
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        pytest.param("InvalidField('no_such_code')", "no text for no_such_code", id="unknown code"),
        pytest.param("InvalidField('date_in_future', date=d)", "lacks today", id="missing parameter"),
        pytest.param("InvalidField(code)", "literal", id="code the test cannot read"),
        pytest.param("InvalidField('phone_short' if x else 'nope')", "no text for nope", id="either code"),
        pytest.param("errors.AlreadyDone(who=w, at=a)", "lacks action", id="default code"),
        pytest.param(
            "DomainError('no_such_code').message", "no text for no_such_code", id="a text looked up"
        ),
        pytest.param("Refused('photo_too_large')", "lacks megabytes", id="a refusal of the sandbox"),
        pytest.param("class Odd(NotFound): default_code = 'odd'\nOdd()", "no text for odd", id="a new class"),
        pytest.param(
            "class Odd(AlreadyDone): pass\nOdd(who=1, at=2)", "lacks action", id="its parent's code"
        ),
        pytest.param("lazy_error('no_such_code')", "no text for no_such_code", id="a text looked up later"),
    ],
)
def test_the_walk_over_the_source_sees_a_fault(tmp_path, source, fault):
    path = tmp_path / "room.py"
    path.write_text(source, encoding="utf-8")
    [(name, call)] = calls_in(path)
    assert fault in " ".join(faults_of(name, call, MESSAGES, default_codes([path])))


def test_both_languages_have_the_same_codes():
    assert set(MESSAGES) == set(MESSAGES_EN)


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_both_texts_of_a_code_have_the_same_placeholders(code):
    assert placeholders(MESSAGES[code]) == placeholders(MESSAGES_EN[code])


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_texts_are_in_their_language_and_short(code):
    assert any("ก" <= letter <= "๛" for letter in MESSAGES[code])
    assert not any("ก" <= letter <= "๛" for letter in MESSAGES_EN[code])
    assert len(MESSAGES[code]) <= 120
    assert MESSAGES[code] == MESSAGES[code].strip()


@pytest.mark.parametrize("name", sorted(ERROR_CLASSES))
def test_every_error_can_be_raised_without_a_code(name):
    assert ERROR_CLASSES[name].default_code in MESSAGES
    assert ERROR_CLASSES[name]().message


def test_a_message_is_filled_with_its_parameters():
    error = InvalidField("text_too_long", field="story", max=4000, length=12345)
    assert (error.code, error.field) == ("text_too_long", "story")
    assert error.params == {"max": 4000, "length": 12345}
    assert error.message == "ข้อความยาว 12,345 ตัวอักษร เกินที่รับได้ 4,000 ตัวอักษร กรุณาย่อลง"
    assert error.message_in("en").startswith("The text has 12,345 characters")


def test_dates_and_words_follow_the_readers_language():
    error = AlreadyDone(
        action=Words("รับเรื่อง", "accept"), who="สมชาย", at=datetime(2026, 2, 12, 7, 32, tzinfo=UTC)
    )
    assert error.message == "“รับเรื่อง” ทำไปแล้ว โดย สมชาย เมื่อ 12 ก.พ. 2569 14:32 น."
    assert error.message_in("en") == "“accept” was already done by สมชาย on 12 Feb 2026 14:32."
    late = InvalidField("date_in_future", date=date(2027, 1, 1), today=date(2026, 12, 31))
    assert "1 ม.ค. 2570" in late.message
    assert "1 Jan 2027" in late.message_in("en")


def test_an_error_about_an_error_never_happens():
    assert "room_of_tomorrow" in DomainError("room_of_tomorrow").message
    assert "เกินที่รับได้ – ตัวอักษร" in InvalidField("text_too_long").message
    assert "many ตัวอักษร" in InvalidField("text_too_long", max="many", length=None).message


def test_braces_typed_by_a_person_are_not_placeholders():
    assert "{code} {0.__class__}" in InvalidField("officer_inactive", name="{code} {0.__class__}").message


def test_the_log_shows_the_code_but_no_personal_data():
    error = InvalidField("officer_inactive", field="assignee", name="สมชาย ใจดี")
    assert str(error) == "officer_inactive (assignee)"
    assert "สมชาย" not in repr(error)
    assert str(FieldErrors([error])) == "fields_invalid: officer_inactive (assignee)"


def test_a_missing_field_is_an_invalid_field():
    assert issubclass(MissingField, InvalidField)


class Gone(NotFound):
    def __init__(self, seven: int) -> None:
        super().__init__("complaint_not_found", seven=seven)
        self.seven = seven


@pytest.mark.parametrize(
    "error",
    [
        UploadRejected("photo_too_large", field="photos", megabytes=15),
        FieldErrors([MissingField(field="story"), InvalidField("phone_short", field="phone")]),
        Gone(7),
    ],
    ids=["one error", "several fields", "arguments of its own"],
)
def test_an_error_travels_between_processes(error):
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(back) is type(error)
    assert (back.code, back.field, back.params) == (error.code, error.field, error.params)
    assert back.message == error.message
    assert repr(back) == repr(error)


def test_a_form_hears_about_all_its_fields_at_once():
    check = FieldChecks()
    with check:
        raise MissingField(field="story")
    with check:
        raise FieldErrors([InvalidField("phone_short", field="phone"), InvalidField(field="phone")])
    check.add(InvalidField("date_range_reversed", field="until"))
    with pytest.raises(FieldErrors) as caught:
        check.done()
    assert list(caught.value.by_field()) == ["story", "phone", "until"]
    assert len(caught.value.by_field()["phone"]) == 2
    assert caught.value.by_field("en")["story"] == ["Please fill in this field."]
    assert caught.value.message.splitlines()[:2] == ["กรุณาแก้ไข 4 จุด", "- กรุณากรอกช่องนี้"]


def test_the_example_in_the_documentation_is_true():
    result = doctest.testmod(errors)
    assert (result.failed, result.attempted >= 3) == (0, True)


def test_a_form_without_faults_goes_on():
    check = FieldChecks()
    with check:
        value = 1
    check.done()
    assert value == 1


def test_checks_swallow_only_bad_fields():
    with pytest.raises(NotPermitted), FieldChecks():
        raise NotPermitted


def test_one_bad_field_speaks_for_itself():
    assert FieldErrors([MissingField(field="story")]).message == "กรุณากรอกช่องนี้"


def test_field_errors_need_an_error():
    with pytest.raises(ValueError, match="without an error"):
        FieldErrors([])


@pytest.fixture
def _tables_restored(monkeypatch):
    monkeypatch.setattr(errors, "MESSAGES", dict(MESSAGES))
    monkeypatch.setattr(errors, "MESSAGES_EN", dict(MESSAGES_EN))


@pytest.mark.usefixtures("_tables_restored")
def test_a_room_adds_words_of_its_own():
    add_message("garden_closed", thai="สวน{name}ปิดแล้ว", english="The garden {name} is closed.")
    add_message("garden_closed", thai="สวน{name}ปิดแล้ว", english="The garden {name} is closed.")
    error = IllegalTransition("garden_closed", name="บึงแก่นนคร")
    assert error.message == "สวนบึงแก่นนครปิดแล้ว"
    assert error.message_in("en") == "The garden บึงแก่นนคร is closed."


@pytest.mark.usefixtures("_tables_restored")
@pytest.mark.parametrize(
    ("code", "thai", "english"),
    [
        pytest.param("busy", "อย่างอื่น", "Something else.", id="a code taken"),
        pytest.param("garden_shut", "สวน{name}", "The garden {title}", id="other placeholders"),
    ],
)
def test_a_room_cannot_add_words_that_do_not_fit(code, thai, english):
    with pytest.raises(ValueError, match=code):
        add_message(code, thai=thai, english=english)
    assert errors.MESSAGES.get(code) == MESSAGES.get(code)
