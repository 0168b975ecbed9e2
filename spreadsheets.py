"""Excel files from officers: what the product reads of one. The file is opened in a sandbox child."""

from domain.sheets.raw_table import SheetTable
from sandbox import MEBIBYTE, Refused, Sandbox, SandboxFailed

MAX_SHEET_BYTES = 10 * MEBIBYTE
MAX_UNZIPPED_BYTES = 200 * MEBIBYTE
MOST_ROWS = 20_000
MOST_COLUMNS = 60
WALL_SECONDS = 60.0
CPU_SECONDS = 45
MEMORY_BYTES = 1024 * MEBIBYTE


def new_reader() -> Sandbox:
    """Return a place to open files in: one at a time, in a child that is thrown away afterwards."""
    return Sandbox(
        max_tasks=1,
        max_cpu_seconds=CPU_SECONDS,
        memory_bytes=MEMORY_BYTES,
        wall_seconds=WALL_SECONDS,
        children=1,
    )


def read_sheet(data: bytes, known_headings: frozenset[str], sandbox: Sandbox) -> SheetTable:
    """Read the first visible sheet of an .xlsx that has one of the known headings (folded).

    Raises Refused with a code of `sheet_…`, or SandboxFailed when the child broke.
    """
    check_sheet_size(data)
    try:
        table = sandbox.run("sheets_child:read_sheet", data, known_headings)
    except SandboxFailed as failure:
        if failure.kind in {"memory", "timeout"} or failure.detail.startswith("exit status"):
            raise Refused("sheet_too_heavy") from failure
        raise
    if not isinstance(table, SheetTable):
        raise SandboxFailed("crash", "no table came back")
    return table


def check_sheet_size(data: bytes) -> None:
    """Refuse a file by its size alone."""
    if not data:
        raise Refused("sheet_empty_file")
    if len(data) > MAX_SHEET_BYTES:
        raise Refused("sheet_file_too_large", megabytes=MAX_SHEET_BYTES // MEBIBYTE)
