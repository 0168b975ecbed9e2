"""What holds for every template and every script of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined, nodes

from documents.paper_templates import PAPER_KINDS
from web_tools import FILTERS

from .test_imports import ROOT

FOLDER = ROOT / "templates"
SCRIPTS = ROOT / "static" / "src"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
PAPER = "print"  # What becomes a PDF has rules of its own; no browser sees it.
PAGES = [path for path in TEMPLATES if path.relative_to(FOLDER).parts[0] != PAPER]

# Flask-Admin asks for these by names of its own.
ASKED_BY_FLASK_ADMIN = {
    "admin/index.html",
    "admin/static.html",
    "admin/model/list.html",
    "admin/model/create.html",
    "admin/model/edit.html",
    "admin/model/details.html",
    "admin/model/inline_field_list.html",
    "admin/model/inline_form.html",
    "admin/model/modals/create.html",
    "admin/model/modals/edit.html",
    "admin/model/modals/details.html",
}
OFFERED = {"_widgets.html"}  # Macros other rooms may call.
OFFERED |= {f"papers/{kind.value}.html" for kind in PAPER_KINDS}  # Found by the kind of paper.
MAY_SAY_SAFE: set[str] = set()
TAKES_FRAGMENTS = {"line-sim.js"}  # Swaps in what our own server drew and escaped.


def environment() -> Environment:
    made = Environment(undefined=StrictUndefined, autoescape=True, extensions=["jinja2.ext.i18n"])
    made.filters.update(FILTERS)
    return made


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def text_of(path: Path) -> str:
    """The template without its comments."""
    return re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def html_of(path: Path) -> str:
    """The template's HTML alone: expressions become x, statements go."""
    plain = re.sub(r"\{\{.*?\}\}", "x", text_of(path), flags=re.DOTALL)
    return re.sub(r"\{%.*?%\}", "", plain, flags=re.DOTALL)


def every(pattern: str) -> list[str]:
    """Places in all pages for a browser that a pattern finds."""
    found = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return [f"{name_of(path)}: {match[0][:80]}" for path in PAGES for match in found.finditer(html_of(path))]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_can_be_compiled(path: Path) -> None:
    environment().compile(path.read_text(encoding="utf-8"), name=name_of(path))


def test_every_template_is_used_by_another_by_a_view_or_by_flask_admin() -> None:
    used = set(ASKED_BY_FLASK_ADMIN)
    for path in TEMPLATES:
        tree = environment().parse(path.read_text(encoding="utf-8"))
        for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
            used |= {const.value for const in node.find_all(nodes.Const) if isinstance(const.value, str)}
    for path in ROOT.rglob("*.py"):
        if not {"tests", ".venv", "build"} & set(path.relative_to(ROOT).parts):
            used |= set(re.findall(r'["\']([\w/-]+\.html)["\']', path.read_text(encoding="utf-8")))
    unused = sorted({name_of(path) for path in TEMPLATES} - used - OFFERED)
    assert not unused


def test_nothing_is_called_safe() -> None:
    said = {name_of(path) for path in TEMPLATES if re.search(r"\|\s*safe\b", text_of(path))}
    assert said <= MAY_SAY_SAFE


def test_no_template_switches_escaping_off() -> None:
    assert not [name_of(path) for path in TEMPLATES if re.search(r"\{%-?\s*autoescape\b", text_of(path))]


def test_no_inline_handlers_and_no_inline_styles() -> None:
    assert not every(r"<[a-z][^>]*\son[a-z]+\s*=")
    assert not every(r"<[a-z][^>]*\sstyle\s*=")
    assert not every(r"javascript:")


def test_inline_blocks_carry_the_nonce_of_the_request() -> None:
    scripts = every(r"<script(?![^>]*\bsrc=)(?![^>]*\bnonce=)[^>]*>")
    styles = every(r"<style(?![^>]*\bnonce=)[^>]*>")
    assert not scripts + styles


def test_every_button_says_what_kind_it_is() -> None:
    assert not every(r"<button(?![^>]*\btype=)[^>]*>")


def test_every_picture_has_a_text() -> None:
    assert not every(r"<img(?![^>]*\balt=)[^>]*>")


def test_every_form_that_posts_carries_the_token() -> None:
    forms = re.compile(r"<form[^>]*\bmethod=\"post\"[^>]*>.*?</form>", re.IGNORECASE | re.DOTALL)
    wrong = [
        f"{name_of(path)}: {form[:80]}"
        for path in TEMPLATES
        if not name_of(path).startswith(
            "line_sim/"
        )  # The stand-in for LINE lives outside the product's CSRF.
        for form in forms.findall(text_of(path))
        if "csrf" not in form and "hidden_tag" not in form
    ]
    assert not wrong


def test_icons_are_in_the_sprite() -> None:
    names = set(re.findall(r'"([a-z0-9-]+)"', (ROOT / "assets.toml").read_text().partition("names = [")[2]))
    asked = {
        (name_of(path), icon)
        for path in TEMPLATES
        for call in re.findall(r"\bicon\(([^)]*)", text_of(path))
        for icon in re.findall(r"'([a-z0-9]+(?:-[a-z0-9]+)*)'", call)
        if not icon.startswith("icon-") and icon not in {"success", "danger", "warning", "chevron"}
    }
    asked |= {
        (path.name, icon)
        for path in SCRIPTS.glob("*.js")
        for icon in re.findall(r'\b(?:symbol|arrow|tool)\("([a-z0-9-]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 20, "the pattern found nearly nothing: the test is blind"
    unknown = {pair for pair in asked if pair[1] not in names and pair[1] != "xlsx"}
    assert not unknown


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(SCRIPTS.glob("*.js")) if path.name not in TAKES_FRAGMENTS],
    ids=lambda path: path.name,
)
def test_scripts_make_no_markup_from_texts(path: Path) -> None:
    text = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    assert not re.findall(
        r"\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )
