"""CSV files that Excel opens with a double click: byte-order mark, Thai intact, nothing that runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO

from reports.cells import Cell, csv_text


def write_csv(target: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write rows as UTF-8 CSV with a byte-order mark as they come; return their number."""
    stream = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(stream)
    writer.writerow([csv_text(heading) for heading in columns])
    count = 0
    for cells in rows:
        writer.writerow([csv_text(cell) for cell in cells])
        count += 1
    stream.detach()
    return count
