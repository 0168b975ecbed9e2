"""The door of all commands: surroundings that are not fit are told in plain words, not as a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import group


@pytest.mark.parametrize("verb", ["run", "doctor", "upgrade"])
def test_a_command_that_cannot_start_says_what_to_mend_and_ends_with_1(tmp_path: Path, verb: str) -> None:
    wrong = {"APP_DATA": str(tmp_path / "data"), "PORT": "8o80", "PUBLIC_URL": "town.example"}

    ended = CliRunner().invoke(group, [verb], env=wrong)

    assert ended.exit_code == 1
    said = ended.stderr.splitlines()
    assert said[0].startswith("ยังเริ่มระบบไม่ได้")
    assert [line.split()[1] for line in said[1:]] == ["PORT", "PUBLIC_URL"]
    assert "Traceback" not in ended.output
    assert not (tmp_path / "data").exists()


def test_a_spoilt_key_is_told_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "personal-data.key").write_text("zz")

    ended = CliRunner().invoke(group, ["run"], env={"APP_DATA": str(tmp_path)})

    assert ended.exit_code == 1
    assert "personal-data.key เสียหาย กรุณานำสำเนากลับมาวางแทน" in ended.stderr
