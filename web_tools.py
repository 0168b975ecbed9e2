"""What templates can call: dates, numbers, icons, file addresses, the town, the shell, form helpers."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from flask_babel import get_translations
from jinja2 import StrictUndefined
from markupsafe import Markup, escape
from wtforms.validators import DataRequired, InputRequired

from admin_views.emblem import emblem_version
from admin_views.identity import current_actor, current_lookups
from admin_views.menu import shell
from domain.labels import citizen_word, word
from domain.phones import dialled_phone, readable_phone
from domain.settings import DEFAULTS
from domain.thai_calendar import DateStyle, thai_date, thai_datetime
from domain.town_colour import Palette, palette_of
from models import ComplaintStatus, Figure, StatusKind
from request_language import language

STATIC = Path(__file__).parent / "static"
HASH_LETTERS = 10
LOOKS = ("light", "dark")
KIND_LOOKS = {
    StatusKind.WAITING: "waiting",
    StatusKind.DONE: "done",
    StatusKind.REJECTED: "off",
    StatusKind.WITHDRAWN: "off",
    StatusKind.MERGED: "merged",
}


def register_template_tools(app: Flask) -> None:
    """Give the templates their filters and functions; in tests an unknown name is an error."""
    environment = app.jinja_env
    environment.install_gettext_callables(_one_text, _one_of_many, newstyle=True)  # type: ignore[attr-defined]
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    if app.testing:
        environment.undefined = StrictUndefined
    environment.filters.update(FILTERS)
    environment.globals.update(FUNCTIONS, is_demo=lambda: app.extensions["settings"].is_demo)


# Dates, numbers, words --------------------------------------------------------------------------------------


def _thai_date(value: date | datetime | None, style: DateStyle = "short") -> str:
    return "–" if value is None else thai_date(value, style, lang=language())


def _thai_datetime(value: datetime | None, style: DateStyle = "short") -> str:
    return "–" if value is None else thai_datetime(value, style, lang=language())


def _number(value: float | None, places: int = 0) -> str:
    return "–" if value is None else f"{value:,.{places}f}"


def _word(value: StrEnum) -> str:
    return word(value, language())


def _citizen_word(value: ComplaintStatus) -> str:
    return citizen_word(value, language())


def initials(name: str) -> str:
    """Return the first letters of given and family name; of a Thai word the first consonant."""
    parts = re.sub(r"^(นาย|นางสาว|นาง|เด็กชาย|เด็กหญิง)", "", name.strip()).split()
    return "".join(found[0] for part in parts[:2] if (found := re.findall(r"[ก-ฮA-Za-z0-9]", part)))


def css_string(text: Any) -> Markup:
    """Return a text as a CSS string that can stand inside ``<style>``."""
    plain = "".join(
        c if c.isalnum() or c in " .-/()" or "ก" <= c <= "๛" else f"\\{ord(c):x} " for c in str(text)
    )
    return Markup(f'"{plain}"')  # noqa: S704 - every other character was escaped above


def _one_text(text: str) -> str:
    return _translations().gettext(text)


def _one_of_many(one: str, many: str, count: int) -> str:
    return _translations().ngettext(one, many, count)


def _translations() -> NullTranslations:
    """Return this request's catalogue: a page asks for sixty texts, and looking it up costs more."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    found: NullTranslations = g.catalogue
    return found


# Files ------------------------------------------------------------------------------------------------------


def asset(name: str) -> str:
    """Return the address of a file below ``static`` with its content's hash; it may be kept for ever."""
    return f"{_static_root()}{name}?v={_hash(name, os.stat(STATIC / name).st_mtime_ns)}"


def _static_root() -> str:
    """Return what stands before a static file's name; url_for would cost more than the rest of an icon."""
    return f"{request.script_root}{current_app.static_url_path}/"


@lru_cache(maxsize=256)
def _hash(name: str, _changed_at: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:HASH_LETTERS]


def icon(name: str, css: str = "") -> Markup:
    """Return an icon of the sprite; it is silent for readers, words stand beside it."""
    if "sprite" not in g:
        g.sprite = asset("vendor/icons.svg")
    kind = escape(f"icon {css}".strip())
    use = f'<use href="{g.sprite}#{escape(name)}"></use>'
    return Markup(f'<svg class="{kind}" aria-hidden="true">{use}</svg>')  # noqa: S704 - both texts were escaped


def import_map() -> Markup:
    """Return the map from our modules' folder to its versioned address, so that imports are kept, too."""
    root = _static_root()
    made = _import_map(root, modules_version())
    return Markup('<script type="importmap" nonce="{}">{}</script>').format(csp_nonce(), made)


@lru_cache(maxsize=8)
def _import_map(root: str, version: str) -> Markup:
    imports = {f"{root}src/": f"{root}v-{version}/src/"}
    return Markup(json.dumps({"imports": imports}, separators=(",", ":")))  # noqa: S704 - our own names


def modules_version() -> str:
    """Return one hash over all our modules: what they import of one another changes with any of them."""
    with os.scandir(STATIC / "src") as entries:
        files = [(entry.name, entry.stat().st_mtime_ns) for entry in entries if entry.name.endswith(".js")]
    return _modules_version(tuple(sorted(files)))


@lru_cache(maxsize=8)
def _modules_version(files: tuple[tuple[str, int], ...]) -> str:
    hashes = "".join(_hash(f"src/{name}", changed_at) for name, changed_at in files)
    return hashlib.sha256(hashes.encode()).hexdigest()[:HASH_LETTERS]


def csp_nonce() -> str:
    """Return the nonce of this request, for an inline style or script block."""
    nonce: str = g.get("csp_nonce", "")
    return nonce


def look() -> str | None:
    """Return the look the person chose; None follows the machine."""
    chosen = request.cookies.get("look", "")
    return chosen if chosen in LOOKS else None


# The town ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Town:
    """The municipality as its settings describe it; its number as people read it and as a link dials it."""

    name: str
    phone: str
    dialled: str
    logo_url: str | None
    palette: Palette | None


def town() -> Town:
    """Return the municipality, in the reader's language; the settings are read once a request."""
    if "town" not in g:
        g.town = _read_town()
    found: Town = g.town
    return found


def _read_town() -> Town:
    lookups = current_lookups()

    def setting(key: str) -> Any:
        return lookups.setting(key, DEFAULTS.get(key, ""))

    name = setting("municipality_name")
    if language() == "en":
        name = setting("municipality_name_en") or name
    logo, phone = setting("logo_key"), str(setting("contact_phone"))
    return Town(
        name=str(name),
        phone=readable_phone(phone),
        dialled=dialled_phone(phone),
        logo_url=url_for("emblem", version=emblem_version(logo)) if logo else None,
        palette=palette_of(str(setting("colour_primary"))),
    )


def town_style() -> Markup:
    """Return the town's own colour as a style block; nothing where it chose none or a colour too faint."""
    palette = town().palette
    # The page that takes in a part has the block already, and its policy would refuse one with another nonce.
    if palette is None or "HX-Request" in request.headers:
        return Markup("")
    return Markup('<style nonce="{}">{}</style>').format(csp_nonce(), Markup(palette.css()))  # noqa: S704 - checked hex


@dataclass(frozen=True, slots=True)
class Tiles:
    """The tile server the municipality chose; without one the map shows our own lines only."""

    url: str
    attribution: str
    max_zoom: int


def map_tiles() -> Tiles:
    """Return the settings of the map's background."""
    setting = current_lookups().setting
    return Tiles(
        url=str(setting("map_tile_url", "")),
        attribution=str(setting("map_attribution", "")),
        max_zoom=int(setting("map_max_zoom", 19)),
    )


# Lists and forms --------------------------------------------------------------------------------------------


def address(endpoint: str, /, *drop: str, **changes: Any) -> str:
    """Return an address with this page's arguments, some left out, some changed.

    Args:
        endpoint: Where to; ``"."`` is this page.
        drop: Arguments to leave out.
        changes: Arguments to set; None leaves one out.
    """
    kept = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in drop and name not in changes and name[:1] != "_"
    ]
    wanted = {name: value for name, value in changes.items() if value is not None}
    here = endpoint == "."
    base = url_for(
        request.endpoint or "" if here else endpoint,
        **{**wanted, **(request.view_args or {} if here else {})},
    )
    if not kept:
        return base
    return f"{base}{'&' if '?' in base else '?'}{urlencode(kept)}"


def state_look(status: ComplaintStatus) -> str:
    """Return the look of a state: ``new progress waiting done off merged`` (look.md)."""
    if status.kind is StatusKind.OPEN:
        return "new" if status.figure is Figure.EXAMINATION else "progress"
    return KIND_LOOKS[status.kind]


def own_errors(field: Any) -> list[str]:
    """Return the errors of the field itself, not those of fields inside it."""
    return (
        [error for error in field.errors if isinstance(error, str)]
        if isinstance(field.errors, list | tuple)
        else []
    )


def form_errors(form: Any) -> list[tuple[str | None, str]]:
    """Return all errors of a form as (id of the control, text), in the order of the page."""
    found: list[tuple[str | None, str]] = [(None, str(error)) for error in getattr(form, "form_errors", ())]
    for field in form:
        found += _field_errors(field)
    return found


def _field_errors(field: Any) -> Iterator[tuple[str | None, str]]:
    for error in own_errors(field):
        yield (None if field.type == "HiddenField" else field.id), f"{field.label.text}: {error}"
    inner = getattr(field, "form", None) or (field if hasattr(field, "entries") else ())
    for child in inner:
        if hasattr(child, "errors"):
            yield from _field_errors(child)


def is_needed(field: Any) -> bool:
    """Tell whether the form refuses the field when it is empty."""
    return bool(getattr(field, "needed", False)) or any(
        isinstance(validator, DataRequired | InputRequired) for validator in field.validators
    )


def choice_count(field: Any) -> int:
    """Return how many choices a drop-down offers."""
    return sum(1 for _choice in field.iter_choices())


FILTERS = {
    "thai_date": _thai_date,
    "thai_datetime": _thai_datetime,
    "number": _number,
    "word": _word,
    "citizen_word": _citizen_word,
    "initials": initials,
    "css_string": css_string,
}
FUNCTIONS = {
    "asset": asset,
    "icon": icon,
    "csp_nonce": csp_nonce,
    "locale_code": language,
    "look": look,
    "town": town,
    "town_style": town_style,
    "import_map": import_map,
    "map_tiles": map_tiles,
    "current_actor": current_actor,
    "shell": shell,
    "address": address,
    "state_look": state_look,
    "own_errors": own_errors,
    "form_errors": form_errors,
    "is_needed": is_needed,
    "choice_count": choice_count,
    "dict": dict,
}
