"""``manage.py configuration export`` and ``import``: the same file from the machine itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from helpers.configuration import SECOND_TOWN, differences, first_town, part
from sqlalchemy.orm import Session

from commands.configuration import configuration_group
from domain.configuration.document import read_document, write_document
from domain.settings import read_setting

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def run(app: Flask, *words: Any, typed: str | None = None) -> Result:
    found: Result = app.test_cli_runner().invoke(
        configuration_group, [str(word) for word in words], input=typed
    )
    return found


def file_of(tmp_path: Path, **sections: Any) -> Path:
    path = tmp_path / "town.json"
    path.write_bytes(write_document(part(**sections)))
    return path


def test_the_file_of_the_command_is_the_file_of_the_page(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "town.json"

    result = run(app, "export", path)

    assert result.exit_code == 0, result.output
    assert differences(read_document(path.read_bytes()), first_town()) == []


def test_a_folder_that_is_not_there_is_said(app: Flask, tmp_path: Path) -> None:
    result = run(app, "export", tmp_path / "nowhere" / "town.json")

    assert result.exit_code == 1
    assert "เขียนไฟล์" in result.output


def test_the_preview_is_printed_and_nothing_happens_without_a_yes(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    path = file_of(tmp_path, settings={"warn_percent": 61})

    result = run(app, "import", path, typed="n\n")

    assert result.exit_code == 1
    assert "เตือนเมื่อใช้เวลาไปแล้ว (%): 80 → 61" in result.output
    session.rollback()
    assert read_setting(session, "warn_percent") == 80


def test_a_yes_takes_the_file_in(app: Flask, session: Session) -> None:
    result = run(app, "import", SECOND_TOWN, "--switch-off-missing", "--yes")

    assert result.exit_code == 0, result.output
    assert "ยังมีเจ้าหน้าที่อยู่" in result.output
    assert result.output.endswith("นำเข้าแล้ว\n")
    session.rollback()
    assert read_setting(session, "municipality_name") == "เทศบาลตำบลหนองน้ำใส"
    assert "ไม่มีอะไรเปลี่ยน" in run(app, "import", SECOND_TOWN, "--switch-off-missing", "--yes").output


def test_problems_are_printed_with_their_places(app: Flask, session: Session, tmp_path: Path) -> None:
    path = file_of(tmp_path, settings={"warn_percent": 61}, roads=[{"name": 5}])

    result = run(app, "import", path, "--yes")

    assert result.exit_code == 1
    assert "ถนน/ซอย แถวที่ 1 (name: 5) ช่อง name" in result.output
    assert "พบปัญหา 1 จุด ยังไม่มีค่าใดเปลี่ยน" in result.output
    session.rollback()
    assert read_setting(session, "warn_percent") == 80


def test_a_file_of_a_newer_version_says_to_update(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "town.json"
    path.write_text('{"format": "uphee-configuration", "version": 2}')

    result = run(app, "import", path, "--yes")

    assert result.exit_code == 1
    assert "กรุณาอัปเดตระบบก่อน" in result.output
