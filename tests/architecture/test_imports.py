"""Imports go down only; heavy libraries stay out until they are needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Height of each room: a room imports only rooms that lie lower, or itself.
LAYER = {
    "tables": 0,
    "models": 1,
    "domain": 2,
    "seed": 2,
    "reports": 3,
    "documents": 3,
    "line_hooks": 4,
    "worker": 5,
    "admin_views": 5,
    "citizen": 5,
    "commands": 6,
    "demo": 5,
    "bench": 9,
    "cli": 9,
    "app": 8,
}
GROUND = {"config", "extensions", "storage", "sandbox", "sandbox_child", "photos", "photos_child", "faults"}
GROUND |= {"papers_child", "spreadsheets", "sheets_child", "mailer", "mail_message"}
GROUND |= {"menu_pictures", "menus_child", "figure_pictures", "figures_child"}
WEB = (
    "flask",
    "flask_admin",
    "flask_login",
    "flask_sqlalchemy",
    "flask_wtf",
    "flask_babel",
    "extensions",
    "app",
)
WEBLESS = ("domain", "tables", "models", "reports", "documents")
HEAVY = (
    "pandas",
    "xhtml2pdf",
    "reportlab",
    "linebot",
    "openpyxl",
    "python_calamine",
    "pythainlp",
    "holidays",
)
ONLY_IMPORTER = {
    "xhtml2pdf": ("documents/pdf.py", "documents/thai_text.py"),
    "linebot": ("line_sim/",),
    "pandas": ("reports/",),
    "openpyxl": ("sheets_child.py",),
    "python_calamine": ("sheets_child.py",),
    "holidays": ("domain/holiday_years.py",),
}


def sources() -> list[Path]:
    skipped = {
        ".venv",
        ".venv-node",
        "build",
        "migrations",
        "tests",
        "static",
        "node_modules",
        "instance",
        "data",
    }
    return [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in skipped]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_every_room_imports_only_rooms_below_it() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources()
        for line, name in imports(path)
        for target in [name.split(".")[0]]
        if room(path) in LAYER
        and target in LAYER
        and target != room(path)
        and LAYER[target] >= LAYER[room(path)]
    ]
    assert not wrong, "\n".join(wrong)


def test_rules_and_output_know_no_web() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources()
        if room(path) in WEBLESS
        for line, name in imports(path)
        if name.split(".")[0] in WEB
    ]
    assert not wrong, "\n".join(wrong)


def test_tables_are_reached_through_the_face() -> None:
    allowed = {"tables", "models"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}: import it from models"
        for path in sources()
        if room(path) not in allowed
        for line, name in imports(path)
        if name.startswith("tables") and name != "tables.staff"
    ]
    assert not wrong, "\n".join(wrong)


def test_line_is_called_from_one_place_and_never_by_the_rules() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for line, name in imports(path)
        if name.split(".")[0] in {"urllib3", "requests"}
        and path.relative_to(ROOT).as_posix() not in {"line_hooks/client.py", "line_hooks/problems.py"}
        and room(path) != "line_sim"
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", sorted(ONLY_IMPORTER))
def test_a_heavy_library_has_one_home(library: str) -> None:
    homes = ONLY_IMPORTER[library]
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for line, name in imports(path)
        if name.split(".")[0] == library and not path.relative_to(ROOT).as_posix().startswith(homes)
    ]
    assert not wrong, "\n".join(wrong)


def test_heavy_libraries_are_absent_after_the_app_has_started(tmp_path: Path) -> None:
    script = (
        "import sys; from app import create_app; create_app(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    environment = {"APP_MODE": "test", "APP_DATA": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
