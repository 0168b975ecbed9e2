"""Every text has its Thai and its English: ours, Flask-Admin's and WTForms'."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import flask_admin
import pytest
import wtforms
from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_from_dir

from compile_catalogues import CatalogueError, compile_catalogues, merged

from .test_imports import ROOT

FOLDER = ROOT / "translations"
WORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
THEIR_WORDS = {**WORDS, "_gettext": None, "_ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)")
LEFT_OUT = {"tests", ".venv", "build", "bench", "demo", ".git"}
Message = str | tuple[str, ...]


def their_messages(package: Path, methods: list[tuple[str, str]]) -> set[Message]:
    return {found[2] for found in extract_from_dir(package, method_map=methods, keywords=THEIR_WORDS)}


FLASK_ADMIN = their_messages(
    Path(flask_admin.__file__).parent,
    [("tests/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")],
)
WTFORMS = their_messages(Path(wtforms.__file__).parent, [("**.py", "python")])


def our_messages() -> Iterator[tuple[str, Message]]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield from messages_in(path, "jinja2", WORDS)
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).parts
        if LEFT_OUT & set(parts):
            continue
        if parts[0] == "tables":  # A column's label is shown through gettext.
            yield from messages_in(path, "python", {"label": None})
        elif "flask_babel" in path.read_text(encoding="utf-8"):
            yield from messages_in(path, "python", WORDS)


def messages_in(path: Path, method: str, keywords: dict[str, object]) -> Iterator[tuple[str, Message]]:
    with path.open("rb") as stream:
        for _line, message, _comments, _context in extract(method, stream, keywords, (), {"silent": "false"}):
            first = message[0] if isinstance(message, tuple) and "label" in keywords else message
            if first:
                yield path.relative_to(ROOT).as_posix(), first


def texts(string: str | Iterable[str]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


def thai_of(name: str) -> Catalog:
    return merged([FOLDER / "th" / "LC_MESSAGES" / f"{name}.po"])


def english() -> Catalog:
    return merged(sorted((FOLDER / "en").glob("*.po")))


@pytest.mark.parametrize(("name", "messages"), [("admin", FLASK_ADMIN), ("wtforms", WTFORMS)])
def test_every_message_of_a_package_has_its_thai(name: str, messages: set[Message]) -> None:
    assert len(messages) > 30, "the extraction found nearly nothing: the test is blind"
    known = {texts(entry.id) for entry in thai_of(name) if entry.id and all(texts(entry.string))}
    assert not {message for message in messages if texts(message) not in known}


@pytest.mark.parametrize(("name", "messages"), [("admin", FLASK_ADMIN), ("wtforms", WTFORMS)])
def test_no_thai_is_kept_for_a_message_that_is_gone(name: str, messages: set[Message]) -> None:
    said = {texts(message) for message in messages}
    assert not {entry.id for entry in thai_of(name) if entry.id and texts(entry.id) not in said}


@pytest.mark.parametrize("name", ["admin", "wtforms"])
def test_thai_texts_keep_the_placeholders(name: str) -> None:
    for entry in thai_of(name):
        if entry.id:
            allowed = set(PLACEHOLDER.findall(" ".join(texts(entry.id))))
            assert set(PLACEHOLDER.findall(" ".join(texts(entry.string)))) <= allowed, entry.id


def test_thai_texts_are_thai() -> None:
    letters = re.compile(r"[ก-ฮ]")
    bare = [
        entry.id
        for name in ("admin", "wtforms")
        for entry in thai_of(name)
        if entry.id and entry.id != "%(placeholder)s" and not letters.search(" ".join(texts(entry.string)))
    ]
    assert not bare


def test_every_text_of_ours_has_its_english() -> None:
    known = {texts(entry.id) for entry in english() if entry.id and all(texts(entry.string))}
    missing = sorted(
        {(path, str(message)) for path, message in our_messages() if texts(message) not in known}
    )
    assert not missing, "\n".join(f"{path}: {message}" for path, message in missing)


def test_english_texts_keep_the_placeholders_and_hold_no_thai() -> None:
    for entry in english():
        if entry.id:
            wanted = set(PLACEHOLDER.findall(" ".join(texts(entry.id))))
            said = " ".join(texts(entry.string))
            assert set(PLACEHOLDER.findall(said)) == wanted, entry.id
            assert not re.search(r"[ก-ฮ]", said), entry.id


def test_two_rooms_cannot_translate_one_text_differently(tmp_path: Path) -> None:
    folder = tmp_path / "translations" / "en"
    folder.mkdir(parents=True)
    for room, word in (("one", "Save"), ("two", "Store")):
        (folder / f"{room}.po").write_text(f'msgid ""\nmsgstr ""\n\nmsgid "บันทึก"\nmsgstr "{word}"\n')
    with pytest.raises(CatalogueError, match="บันทึก"):
        compile_catalogues(tmp_path)


def test_catalogues_of_several_rooms_become_one(tmp_path: Path) -> None:
    folder = tmp_path / "translations" / "en"
    folder.mkdir(parents=True)
    (folder / "one.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "บันทึก"\nmsgstr "Save"\n')
    (folder / "two.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "ลบ"\nmsgstr "Delete"\n')
    assert compile_catalogues(tmp_path) == [folder / "LC_MESSAGES" / "messages.mo"]
    assert {entry.id for entry in merged(sorted(folder.glob("*.po"))) if entry.id} == {"บันทึก", "ลบ"}
