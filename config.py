"""Everything the environment decides, read once in ``create_app`` and passed down."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MODES = ("demo", "test", "production")
KEY_BYTES = 32


class ConfigError(Exception):
    """The environment is not fit to start with; ``problems`` lists everything that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment decides; what a municipality decides is a row of ``Setting``.

    Attributes:
        mode: ``demo``, ``test`` or ``production`` (APP_MODE).
        data_dir: Database, uploads, keys and exports live here (APP_DATA).
        port: Of the one-command server (PORT).
        database_url: SQLAlchemy URL; by default SQLite in the data folder (DATABASE_URL).
        public_url: Address citizens and officers use, without a slash at the end (PUBLIC_URL).
        trusted_hosts: Host names the server answers to; empty answers to any (TRUSTED_HOSTS).
        behind_proxy: A proxy in front sets X-Forwarded-For and -Proto (BEHIND_PROXY).
        line_api_url: A stand-in for LINE; None is LINE itself (LINE_API_URL).
        line_citizen_token: Channel access token; None switches this channel off.
        line_citizen_secrets: Channel secrets, newest first; two during rotation.
        line_staff_token: The same for the officers' channel.
        line_staff_secrets: The same for the officers' channel.
        embedded_worker: Run the worker as a thread of the server (EMBEDDED_WORKER).
        secret_key: Signs cookies.
        personal_data_key: Encrypts personal data; losing it loses them.
    """

    mode: str = "production"
    data_dir: Path = Path("data")
    port: int = 8543
    database_url: str = ""
    public_url: str = "http://localhost:8543"
    trusted_hosts: tuple[str, ...] = ()
    behind_proxy: bool = False
    line_api_url: str | None = None
    line_citizen_token: str | None = field(default=None, repr=False)
    line_citizen_secrets: tuple[str, ...] = field(default=(), repr=False)
    line_staff_token: str | None = field(default=None, repr=False)
    line_staff_secrets: tuple[str, ...] = field(default=(), repr=False)
    embedded_worker: bool = True
    secret_key: str = field(default="", repr=False)
    personal_data_key: bytes = field(default=b"", repr=False)

    @property
    def is_demo(self) -> bool:
        """Tell whether invented data and the LINE stand-in may be shown."""
        return self.mode == "demo"

    @property
    def uses_sqlite(self) -> bool:
        """Tell whether the database is a SQLite file."""
        return self.database_url.startswith("sqlite")

    @property
    def serves_https(self) -> bool:
        """Tell whether cookies may be marked Secure."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the environment; create the data folder and its keys where they are missing.

        Raises:
            ConfigError: with every problem found, not only the first.
        """
        env = os.environ if environ is None else environ
        problems: list[str] = []
        mode = env.get("APP_MODE", "production")
        if mode not in MODES:
            problems.append(f"APP_MODE must be one of {', '.join(MODES)}, not {mode!r}")
        port = _whole_number(env, "PORT", 8543, problems)
        data_dir = Path(env.get("APP_DATA", "data")).expanduser().resolve()
        public_url = env.get("PUBLIC_URL", f"http://localhost:{port}").rstrip("/")
        if not public_url.startswith(("http://", "https://")):
            problems.append("PUBLIC_URL must begin with http:// or https://")
        if mode == "production" and env.get("LINE_API_URL"):
            problems.append("LINE_API_URL points to a stand-in: it is for demo and test only")
        if problems:
            raise ConfigError(problems)
        data_dir.mkdir(parents=True, exist_ok=True)
        return cls(
            mode=mode,
            data_dir=data_dir,
            port=port,
            database_url=env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'app.db'}",
            public_url=public_url,
            trusted_hosts=_words(env.get("TRUSTED_HOSTS", "")),
            behind_proxy=_is_on(env.get("BEHIND_PROXY", "0")),
            line_api_url=env.get("LINE_API_URL") or None,
            line_citizen_token=env.get("LINE_CITIZEN_TOKEN") or None,
            line_citizen_secrets=_words(env.get("LINE_CITIZEN_SECRETS", "")),
            line_staff_token=env.get("LINE_STAFF_TOKEN") or None,
            line_staff_secrets=_words(env.get("LINE_STAFF_SECRETS", "")),
            embedded_worker=_is_on(env.get("EMBEDDED_WORKER", "1")),
            secret_key=_stored_key(data_dir / "secret.key").hex(),
            personal_data_key=_stored_key(data_dir / "personal-data.key"),
        )


def _whole_number(env: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    text = env.get(name, str(default))
    if not text.isdigit():
        problems.append(f"{name} must be a whole number, not {text!r}")
        return default
    return int(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _is_on(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


def _stored_key(path: Path) -> bytes:
    """Return the key in the file; make it (mode 0600) at the first start."""
    try:
        key = bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        key = secrets.token_bytes(KEY_BYTES)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(key.hex())
    except ValueError as error:
        raise ConfigError([f"{path.name} in the data folder is damaged"]) from error
    if len(key) < KEY_BYTES:
        raise ConfigError([f"{path.name} in the data folder is too short"])
    return key
