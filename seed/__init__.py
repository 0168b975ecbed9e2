"""The reference data shipped with the product, as files, and the only way to read them.

Files beside this module are a starting set any municipality can use; a folder below it is one town and
its files come first. Sources and licences: NOTICE. Nothing here knows the database.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def find(name: str, town: str | None = None) -> Path:
    """Return the path of a seed file, the town's own one if it has it; FileNotFoundError otherwise."""
    choices = [FOLDER / town / name] if town else []
    choices.append(FOLDER / name)
    for path in choices:
        if path.is_file():
            return path
    raise FileNotFoundError(f"no seed file {name!r} for {town or 'any town'} in {FOLDER}")


def rows(name: str, town: str | None = None) -> list[dict[str, str]]:
    """Read a CSV file with a heading into one dict of stripped texts a row; an empty cell is "".

    A byte-order mark, as spreadsheets write it, is accepted. ValueError names the first line whose number
    of cells differs from the heading: a row must not shift by one column in silence.
    """
    path = find(name, town)
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        heading = [cell.strip() for cell in next(reader, [])]
        found = []
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(heading):
                raise ValueError(
                    f"{path.name} line {reader.line_num}: {len(cells)} cells, not {len(heading)}"
                )
            found.append(dict(zip(heading, (cell.strip() for cell in cells), strict=True)))
    return found


def document(name: str, town: str | None = None) -> Any:
    """Read a JSON or GeoJSON file."""
    return json.loads(find(name, town).read_text(encoding="utf-8-sig"))
