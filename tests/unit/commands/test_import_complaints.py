"""``import-complaints`` on whole files: with every trouble, twice, and killed half-way."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commands.import_complaints import UnfitFile, import_command, import_file
from domain.importing import BATCH
from extensions import db
from faults import InjectedFault
from models import AuditEntry, Complaint, ComplaintEvent, NumberSeries

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / "shared" / "data" / "complaints_th.csv"
COLUMNS = ["ticket_id", "comment", "categories", "state", "timestamp", "lat", "lon", "subdistrict"]


def line(number: int, **changes: str) -> dict[str, str]:
    facts = {
        "ticket_id": f"T-{number:05d}",
        "comment": f"ไฟทางดับ จุดที่ {number}",
        "categories": "แสงสว่าง",
        "state": "เสร็จสิ้น",
        "timestamp": "2026-03-04 09:30:00+07",
        "lat": "16.452476",
        "lon": "102.841424",
        "subdistrict": "ในเมือง",
    }
    return {**facts, **changes}


def write(
    path: Path, rows: list[dict[str, str]], columns: list[str] = COLUMNS, encoding: str = "utf-8"
) -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def state_of(session: Session) -> tuple[object, ...]:
    """Everything an import leaves, without the moments at which it ran."""
    session.rollback()
    cases = session.execute(
        select(Complaint.external_id, Complaint.public_code, Complaint.story, Complaint.status).order_by(
            Complaint.id
        )
    ).all()
    events = session.scalar(select(func.count()).select_from(ComplaintEvent))
    series = session.execute(select(NumberSeries.code, NumberSeries.last_number)).all()
    return ([tuple(case) for case in cases], events, [tuple(entry) for entry in series])


def run(app: Flask, *arguments: object) -> Result:
    return app.test_cli_runner().invoke(import_command, [str(argument) for argument in arguments])


@pytest.fixture
def troubled(tmp_path: Path) -> Path:
    return write(
        tmp_path / "troubled.csv",
        [
            line(1),
            line(2, categories="ยานอวกาศ"),
            line(3, state="หลับอยู่"),
            line(4, timestamp="เมื่อวาน"),
            line(5, lat="102.841424", lon="16.452476"),
            line(6, lat="abc", lon="???"),
            line(1, comment="เลขซ้ำในไฟล์"),
            line(7, comment="ก" * 30_000),
            line(8, lat="13.756331", lon="100.501762"),
            line(9, timestamp=""),
            line(10, comment='มี "เครื่องหมาย", จุลภาค\nและขึ้นบรรทัดใหม่'),
        ],
    )


def test_every_row_is_taken_skipped_or_refused_with_its_reason(
    app: Flask, session: Session, troubled: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "out" / "rejects.csv"

    tally = import_file(troubled, rejects)

    assert (tally.taken, tally.skipped, tally.refused) == (4, 1, 6)
    assert (tally.outside, tally.undated) == (1, 1)
    assert [row["ticket_id"] for row in rejected(rejects)] == [f"T-{n:05d}" for n in (2, 3, 4, 5, 6, 7)]
    assert all(row["reason"] for row in rejected(rejects))
    stories = session.scalars(select(Complaint.story).where(Complaint.external_id == "T-00010")).all()
    assert stories == ['มี "เครื่องหมาย", จุลภาค\nและขึ้นบรรทัดใหม่']


def test_a_second_run_changes_nothing_but_the_log(
    app: Flask, session: Session, troubled: Path, tmp_path: Path
) -> None:
    import_file(troubled, tmp_path / "rejects.csv")
    before = state_of(session)

    tally = import_file(troubled, tmp_path / "rejects.csv")

    assert state_of(session) == before
    assert (tally.taken, tally.skipped, tally.refused) == (0, 5, 6)
    assert session.scalar(select(func.count()).where(AuditEntry.object_type == "import")) == 2


def test_without_refusals_no_file_of_rejects_stays(app: Flask, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("of an earlier run")

    import_file(write(tmp_path / "good.csv", [line(1)]), rejects)

    assert not rejects.exists()


def test_a_byte_order_mark_is_no_trouble(app: Flask, tmp_path: Path) -> None:
    file = write(tmp_path / "bom.csv", [line(1)], encoding="utf-8-sig")

    assert import_file(file, tmp_path / "rejects.csv").taken == 1


def test_windows_line_ends_short_rows_and_cells_beyond_the_heading_are_no_trouble(
    app: Flask, tmp_path: Path
) -> None:
    file = write(tmp_path / "crlf.csv", [line(1)])
    first, second = file.read_text(encoding="utf-8").splitlines()
    short = ",".join(second.replace("T-00001", "T-00002").split(",")[:-1])
    file.write_text(f"{first}\r\n{second},more,cells\r\n{short}\r\n", encoding="utf-8", newline="")

    assert import_file(file, tmp_path / "rejects.csv").taken == 2


def test_a_line_of_ten_megabytes_is_refused_and_the_rest_is_taken(app: Flask, tmp_path: Path) -> None:
    file = write(tmp_path / "huge.csv", [line(1), line(2, comment="ก" * 3_500_000), line(3)])
    assert file.stat().st_size > 10_000_000
    limit = csv.field_size_limit()

    tally = import_file(file, tmp_path / "rejects.csv")

    assert (tally.taken, tally.refused) == (2, 1)
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("missing", ["ticket_id", "state", "lat"])
def test_a_missing_column_is_named_and_nothing_is_taken(
    app: Flask, session: Session, tmp_path: Path, missing: str
) -> None:
    columns = [name for name in COLUMNS if name != missing]
    file = write(tmp_path / "narrow.csv", [line(1)], columns)

    with pytest.raises(UnfitFile, match=missing):
        import_file(file, tmp_path / "rejects.csv")

    assert session.scalar(select(func.count()).select_from(Complaint)) == 0
    assert not (tmp_path / "rejects.csv").exists()


@pytest.mark.parametrize("content", [b"", b"\n", b"PK\x03\x04 an Excel file", b"ticket_id"])
def test_what_is_no_such_file_is_refused(app: Flask, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.csv").write_bytes(content)

    with pytest.raises(UnfitFile):
        import_file(tmp_path / "other.csv", tmp_path / "rejects.csv")


@pytest.mark.parametrize("encoding", ["cp874", "utf-16"])
def test_another_encoding_is_refused_before_anything_is_taken(
    app: Flask, session: Session, tmp_path: Path, encoding: str
) -> None:
    rows = [line(number) for number in range(BATCH + 10)]
    file = write(tmp_path / "other.csv", rows, encoding=encoding)

    with pytest.raises(UnfitFile, match="UTF-8"):
        import_file(file, tmp_path / "rejects.csv")

    assert session.scalar(select(func.count()).select_from(Complaint)) == 0


def test_one_bad_byte_late_in_the_file_is_told_with_its_line(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    file = write(tmp_path / "bad.csv", [line(number) for number in range(BATCH * 2)])
    lines = file.read_bytes().split(b"\r\n")
    lines[900] = lines[900].replace("ไฟ".encode(), b"\xff\xfe")
    file.write_bytes(b"\r\n".join(lines))

    with pytest.raises(UnfitFile, match="901"):
        import_file(file, tmp_path / "rejects.csv")

    assert session.scalar(select(func.count()).select_from(Complaint)) == 0


def test_stopped_half_way_and_run_again_gives_the_same_as_one_run(
    app: Flask,
    session: Session,
    tmp_path: Path,
    fault_at: Callable[..., AbstractContextManager[None]],
) -> None:
    rows = [line(number, state="?" if number % 100 == 7 else "เสร็จสิ้น") for number in range(BATCH * 2 + 100)]
    file = write(tmp_path / "long.csv", rows)
    with fault_at("before_commit", 2), pytest.raises(InjectedFault):
        import_file(file, tmp_path / "rejects.csv")
    session.rollback()
    after_the_stop = session.scalar(select(func.count()).select_from(Complaint))

    tally = import_file(file, tmp_path / "rejects.csv")

    assert after_the_stop == BATCH - 5  # The first batch whole, of the second nothing.
    cases, events, series = state_of(session)
    taken = [f"T-{number:05d}" for number in range(len(rows)) if number % 100 != 7]
    assert [case[0] for case in cases] == taken  # type: ignore[attr-defined]
    codes = [int(case[1].split("-")[1]) for case in cases]  # type: ignore[attr-defined]
    assert codes == list(range(1, len(taken) + 1))
    assert events == len(taken)
    assert series == [("#public", len(taken))]
    assert tally.skipped == after_the_stop


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_half_way_it_has_taken_whole_batches(app: Flask, session: Session, tmp_path: Path) -> None:
    file = write(tmp_path / "long.csv", [line(number) for number in range(BATCH + 200)])
    db.session.remove()
    environment = {
        **os.environ,
        "APP_MODE": "test",
        "APP_DATA": str(tmp_path / "data"),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "FAULT": "before_commit:3:kill",  # The first commit is the planting, the second the first batch.
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-m", "cli", "import-complaints", str(file)]

    killed = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=120
    )

    assert killed.returncode == -9, killed.stderr
    assert db.session.scalar(select(func.count()).select_from(Complaint)) == BATCH
    again = import_file(file, tmp_path / "rejects.csv")
    assert (again.taken, again.skipped) == (200, BATCH)


def test_the_command_prints_what_became_of_the_rows(app: Flask, troubled: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"

    result = run(app, troubled, "--rejects", rejects)

    assert result.exit_code == 0, result.output
    assert "“ยานอวกาศ”" in result.output
    assert str(rejects) in result.output
    assert "Traceback" not in result.output


def test_rejects_lie_in_the_data_folder_when_the_source_cannot_be_written(
    app: Flask, tmp_path: Path, troubled: Path
) -> None:
    result = run(app, troubled)

    folder = app.extensions["settings"].data_dir / "imports"
    assert result.exit_code == 0, result.output
    assert (folder / "troubled.rejects.csv").exists()
    assert [path.name for path in troubled.parent.glob("*.rejects.csv")] == []


@pytest.mark.parametrize("arguments", [["--source", "elsewhere"], []], ids=["source", "file"])
def test_the_command_says_in_thai_what_is_wrong(app: Flask, tmp_path: Path, arguments: list[str]) -> None:
    columns = COLUMNS if arguments else COLUMNS[:3]
    file = write(tmp_path / "file.csv", [line(1)], columns)

    result = run(app, file, *arguments)

    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert any("\u0e00" <= letter <= "\u0e7f" for letter in result.output)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_real_complaints_are_taken_and_nothing_twice(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    """Counted on the file of the workspace, which has no licence and so never lies in the project."""
    if not REAL.exists():
        message = f"{REAL} is not there: the real complaints are not part of the project (decisions.md 18)"
        pytest.fail(message, pytrace=False) if os.environ.get("CI") == "true" else pytest.skip(message)
    with REAL.open(encoding="utf-8-sig", newline="") as stream:
        rows = sum(1 for _row in csv.DictReader(stream))

    first = import_file(REAL, tmp_path / "rejects.csv")
    second = import_file(REAL, tmp_path / "rejects.csv")

    assert (first.taken, first.outside, first.undated) == (15_183, 14_333, 9_076)
    assert first.taken + first.skipped + first.refused == rows
    assert (second.taken, second.skipped) == (0, first.taken + first.skipped)
    assert second.refused == first.refused
