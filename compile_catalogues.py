"""Compile the language catalogues: ``python -m compile_catalogues``; only the sources are in git.

- ``translations/th/LC_MESSAGES/admin.po`` and ``wtforms.po``: Thai for Flask-Admin and WTForms.
- ``translations/en/<room>.po``: English for our own Thai texts. Each room of the product has a file of its
  own; together they become ``messages.mo``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

ROOT = Path(__file__).resolve().parent


class CatalogueError(Exception):
    """A catalogue cannot be compiled; the text says which and why."""


def compile_catalogues(root: Path = ROOT) -> list[Path]:
    """Write every ``.mo`` file and return their paths.

    Args:
        root: The project's folder.

    Raises:
        CatalogueError: A file cannot be read, or two rooms translate one text differently.
    """
    folder = root / "translations"
    jobs = {path.with_suffix(".mo"): [path] for path in sorted(folder.glob("*/LC_MESSAGES/*.po"))}
    for language in sorted({path.parent for path in folder.glob("*/*.po")}):
        jobs[language / "LC_MESSAGES" / "messages.mo"] = sorted(language.glob("*.po"))
    for target, sources in jobs.items():
        _write(target, merged(sources))
    return list(jobs)


def merged(sources: Iterable[Path]) -> Catalog:
    """Return one catalogue of several files."""
    whole: Catalog | None = None
    for source in sources:
        part = _read(source)
        if whole is None:
            whole = part
            continue
        for message in part:
            if not message.id:
                continue
            known = whole.get(message.id)
            if known is not None and known.string and known.string != message.string:
                raise CatalogueError(f"{source.name}: “{message.id}” has another translation in another room")
            whole.add(message.id, message.string, flags=message.flags)
    if whole is None:
        raise CatalogueError("there is no catalogue to compile")
    return whole


def _read(source: Path) -> Catalog:
    language = source.parent.parent.name if source.parent.name == "LC_MESSAGES" else source.parent.name
    with source.open("rb") as stream:
        try:
            return read_po(stream, locale=language, abort_invalid=True)
        except (PoFileError, UnicodeDecodeError) as error:
            raise CatalogueError(f"{source}: {error}") from error


def _write(target: Path, catalogue: Catalog) -> None:
    """Write the file in one step: another process may be reading the old one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    with fresh.open("wb") as stream:
        write_mo(stream, catalogue)
    fresh.replace(target)


if __name__ == "__main__":
    compile_catalogues()
