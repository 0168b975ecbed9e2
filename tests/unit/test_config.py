"""The environment is read once; whatever is wrong with it is told in one go, before anything starts."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from config import ConfigError, Settings


def settings_of(folder: Path, **env: str) -> Settings:
    return Settings.from_env({"APP_DATA": str(folder), **env})


def problems_of(folder: Path, **env: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        settings_of(folder, **env)
    return refused.value.problems


def test_an_empty_environment_is_a_production_server_on_sqlite(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)

    assert settings.mode == "production"
    assert settings.port == 8543
    assert settings.database_url == f"sqlite:///{tmp_path / 'app.db'}"
    assert settings.public_url == "http://localhost:8543"
    assert settings.embedded_worker
    assert not settings.behind_proxy
    assert settings.uses_sqlite
    assert not settings.serves_https
    assert not settings.is_demo


def test_an_empty_variable_counts_as_missing(tmp_path: Path) -> None:
    empty = dict.fromkeys(("APP_MODE", "PORT", "DATABASE_URL", "EMBEDDED_WORKER", "PUBLIC_URL"), " ")

    assert settings_of(tmp_path, **empty) == settings_of(tmp_path)


def test_what_is_given_is_taken(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        APP_MODE="demo",
        PORT="9000",
        PUBLIC_URL="https://rongtuk.example.go.th/",
        TRUSTED_HOSTS="rongtuk.example.go.th, localhost",
        BEHIND_PROXY="yes",
        EMBEDDED_WORKER="off",
        LINE_API_URL="http://127.0.0.1:9001/",
        LINE_STAFF_TOKEN="token",
        LINE_STAFF_SECRETS="new, old",
    )

    assert settings.is_demo
    assert settings.port == 9000
    assert settings.public_url == "https://rongtuk.example.go.th"
    assert settings.serves_https
    assert settings.trusted_hosts == ("rongtuk.example.go.th", "localhost")
    assert settings.behind_proxy
    assert not settings.embedded_worker
    assert settings.line_api_url == "http://127.0.0.1:9001"
    assert settings.line_staff_secrets == ("new", "old")


def test_the_address_shown_follows_the_port(tmp_path: Path) -> None:
    assert settings_of(tmp_path, PORT="8600").public_url == "http://localhost:8600"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@host/name", "postgresql+psycopg://u:p@host/name"),
        ("postgresql://host/name?sslmode=require", "postgresql+psycopg://host/name?sslmode=require"),
        ("postgresql+psycopg://host/name", "postgresql+psycopg://host/name"),
        ("sqlite:////srv/data/town.db", "sqlite:////srv/data/town.db"),
    ],
)
def test_database_addresses_are_taken_as_people_have_them(tmp_path: Path, given: str, used: str) -> None:
    assert settings_of(tmp_path, DATABASE_URL=given).database_url == used


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("APP_MODE", "prod", "APP_MODE"),
        ("PORT", "0", "PORT"),
        ("PORT", "65536", "PORT"),
        ("PORT", "-1", "PORT"),
        ("PORT", "8o80", "PORT"),
        ("PORT", "²", "PORT"),
        ("PORT", "๘๕๔๓", "PORT"),
        ("PORT", "9" * 5000, "PORT"),
        ("PUBLIC_URL", "complaints.example.go.th", "PUBLIC_URL"),
        ("PUBLIC_URL", "https://", "PUBLIC_URL"),
        ("PUBLIC_URL", "https://host/?a=1", "PUBLIC_URL"),
        ("DATABASE_URL", "mysql://host/name", "DATABASE_URL"),
        ("DATABASE_URL", "town.db", "DATABASE_URL"),
        ("BEHIND_PROXY", "perhaps", "BEHIND_PROXY"),
        ("EMBEDDED_WORKER", "2", "EMBEDDED_WORKER"),
        ("METRICS_TOKEN", "short", "METRICS_TOKEN"),
        ("LINE_STAFF_TOKEN", "token", "LINE_STAFF_SECRETS"),
        ("LINE_CITIZEN_SECRETS", "secret", "LINE_CITIZEN_TOKEN"),
        ("LINE_API_URL", "http://127.0.0.1:1", "LINE_API_URL"),
    ],
)
def test_a_wrong_value_stops_the_start_and_is_named(tmp_path: Path, name: str, value: str, told: str) -> None:
    assert any(told in problem for problem in problems_of(tmp_path, **{name: value}))


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, PORT="x", PUBLIC_URL="x", DATABASE_URL="x", LINE_STAFF_TOKEN="x")

    assert len(problems) == 4


def test_a_password_in_the_database_address_is_not_printed(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, DATABASE_URL="mysql://root:hush-hush@host/name")

    assert "hush-hush" not in "".join(problems)


def test_secrets_do_not_show_in_a_printed_settings_object(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LINE_STAFF_TOKEN="hush-hush", LINE_STAFF_SECRETS="hush-hush")

    shown = repr(settings)

    assert "hush-hush" not in shown
    assert settings.secret_key not in shown
    assert repr(settings.personal_data_key) not in shown


def test_a_refused_start_leaves_nothing_behind(tmp_path: Path) -> None:
    problems_of(tmp_path / "data", PORT="x")

    assert not (tmp_path / "data").exists()


def test_the_keys_are_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    first, second = settings_of(tmp_path / "data"), settings_of(tmp_path / "data")

    assert len(first.personal_data_key) == 32
    assert len(first.secret_key) == 64
    assert (first.secret_key, first.personal_data_key) == (second.secret_key, second.personal_data_key)
    assert first.personal_data_key.hex() != first.secret_key
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["personal-data.key", "secret.key"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such file modes")
def test_nobody_else_on_the_machine_reads_the_keys(tmp_path: Path) -> None:
    settings_of(tmp_path / "data")

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "data", *tmp_path.glob("data/*")]
    }

    assert modes == {"data": 0o700, "personal-data.key": 0o600, "secret.key": 0o600}


def test_servers_that_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    found: list[tuple[str, bytes]] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        settings = settings_of(tmp_path)
        found.append((settings.secret_key, settings.personal_data_key))

    threads = [threading.Thread(target=start) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_vanished_key_of_personal_data_is_not_made_anew(tmp_path: Path) -> None:
    settings_of(tmp_path)
    (tmp_path / "personal-data.key").unlink()

    told = problems_of(tmp_path)[0]

    assert "ไม่พบ" in told
    assert "personal-data.key" in told
    assert not (tmp_path / "personal-data.key").exists()


def test_a_vanished_key_of_the_cookies_only_signs_everybody_out(tmp_path: Path) -> None:
    before = settings_of(tmp_path)
    (tmp_path / "secret.key").unlink()

    after = settings_of(tmp_path)

    assert after.personal_data_key == before.personal_data_key
    assert after.secret_key != before.secret_key


@pytest.mark.parametrize(
    "content", ["", "zz" * 32, "ab" * 31, "กุญแจ"], ids=["empty", "no hex", "short", "Thai"]
)
def test_a_spoilt_key_stops_the_start(tmp_path: Path, content: str) -> None:
    settings_of(tmp_path)
    (tmp_path / "personal-data.key").write_text(content, encoding="utf-8")

    assert "personal-data.key" in problems_of(tmp_path)[0]


def test_a_data_folder_that_cannot_be_made_is_a_plain_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert problems_of(tmp_path / "file" / "data")[0].startswith("APP_DATA")
