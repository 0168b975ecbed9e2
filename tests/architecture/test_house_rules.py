"""Rules of the house that a walk over the code can check."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from enum import StrEnum
from pathlib import Path

import pytest
from sqlalchemy.orm import Mapper

import models
from config import Settings
from domain.labels import WORDS
from domain.permissions import Permission
from tables import enums

from .test_imports import ROOT, room, sources

LINES_PER_FILE = 400
LINES_PER_TEST_FILE = 500
STATUS_OWNER = "domain/moves.py"
BEGINNINGS = {"domain/registration.py", "domain/importing.py", "bench/filling.py"}


def test_no_file_outgrows_its_budget() -> None:
    tests = list((ROOT / "tests").rglob("*.py"))
    grown = [
        f"{path.relative_to(ROOT)}: {count}"
        for limit, paths in ((LINES_PER_FILE, sources()), (LINES_PER_TEST_FILE, tests))
        for path in paths
        for count in [len(path.read_text(encoding="utf-8").splitlines())]
        if count > limit
    ]
    assert not grown, "\n".join(grown)


def test_only_one_function_assigns_a_complaints_status() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if path.relative_to(ROOT).as_posix() != STATUS_OWNER and room(path) not in {"line_hooks", "line_sim"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "status"
    ]
    assert not wrong, f"status is assigned outside {STATUS_OWNER}: {wrong}"


def test_complaints_are_made_in_few_places() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if path.relative_to(ROOT).as_posix() not in BEGINNINGS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Complaint"
    ]
    assert not wrong, f"a complaint begins only in {BEGINNINGS}: {wrong}"


def test_the_rules_never_commit() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sources()
        if room(path) in {"domain", "tables", "reports", "documents"}
        and re.search(r"\.(commit|rollback)\(\)", path.read_text(encoding="utf-8"))
    ]
    assert not wrong


def test_only_the_configuration_reads_the_environment() -> None:
    allowed = {"config.py", "app.py", "manage.py", "sandbox.py", "documents/thai_text.py"}
    wrong = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.relative_to(ROOT).as_posix() not in allowed
        and room(path) != "bench"  # Gives its child processes an environment.
        and re.search(r"os\.environ|os\.getenv", path.read_text(encoding="utf-8"))
    ]
    assert not wrong


def test_every_column_has_a_thai_label() -> None:
    unlabelled = [
        f"{mapper.class_.__name__}.{column.key}"
        for mapper in _mappers()
        for column in mapper.columns
        if column.key != "id" and "label" not in column.info and mapper.class_ is not models.LookupStamp
    ]
    assert not unlabelled, unlabelled


def test_every_relationship_has_a_thai_label() -> None:
    unlabelled = [
        f"{mapper.class_.__name__}.{relation.key}"
        for mapper in _mappers()
        for relation in mapper.relationships
        if "label" not in relation.info
    ]
    assert not unlabelled, unlabelled


def test_every_foreign_key_says_what_happens_at_deletion() -> None:
    silent = [
        f"{table.name}.{key.parent.name}"
        for table in models.Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.ondelete is None
    ]
    assert not silent, silent


@pytest.mark.parametrize(
    "enum_class",
    [value for value in vars(enums).values() if isinstance(value, type) and issubclass(value, StrEnum)],
    ids=lambda enum_class: enum_class.__name__,
)
def test_every_stored_word_is_readable_in_both_languages(enum_class: type[StrEnum]) -> None:
    if enum_class is StrEnum:
        return
    assert set(WORDS[enum_class]) == set(enum_class)
    assert all(thai and english for thai, english in WORDS[enum_class].values())


def test_permissions_stand_in_order_and_explain_themselves() -> None:
    names = [permission.name for permission in Permission]
    assert names == sorted(names)
    source = (ROOT / "domain" / "permissions.py").read_text(encoding="utf-8")
    undocumented = [
        permission.name
        for permission in Permission
        if not re.search(rf'{permission.name} = "[^"]+"\n    """', source)
    ]
    assert not undocumented


def test_every_setting_of_the_environment_is_documented() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    documented = set(re.findall(r"^([A-Z_]+)=", example, flags=re.MULTILINE))
    read = set(re.findall(r'"([A-Z][A-Z_]{3,})"', (ROOT / "config.py").read_text(encoding="utf-8")))
    assert read == documented
    assert {field.name for field in fields(Settings)} >= {"mode", "data_dir", "database_url"}


def test_models_py_shows_every_table() -> None:
    shown = {value for value in vars(models).values() if isinstance(value, type)}
    hidden = [mapper.class_.__name__ for mapper in _mappers() if mapper.class_ not in shown]
    assert not hidden


def _mappers() -> list[Mapper]:
    return list(models.Base.registry.mappers)


def test_no_module_is_named_after_a_vague_word() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "misc.py", "manager.py", "service.py"}
    assert not [str(path.relative_to(ROOT)) for path in sources() if Path(path).name in vague]
