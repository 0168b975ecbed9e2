"""Everything the environment decides, read once in ``create_app`` and passed down."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

MODES = ("demo", "test", "production")
KEY_BYTES = 32
SHORTEST_TOKEN = 20
DEMO_PASSWORD = "uphee-demo-2569"  # noqa: S105 - of the accounts that only the demo mode plants and shows
SECRET_KEY_FILE = "secret.key"  # noqa: S105 - names of files
PERSONAL_KEY_FILE = "personal-data.key"
POSTGRESQL = "postgresql+psycopg"
GONE = (
    "ไม่พบ {personal} ทั้งที่โฟลเดอร์นี้เคยใช้งานแล้ว กรุณานำสำเนากลับมาวางไว้ ถ้าหายไปถาวร ให้ลบ {cookies} ด้วย "
    "แต่เลขบัตรประชาชนและรหัสผ่านติดตามที่เก็บไว้จะอ่านไม่ได้อีกเลย"
)


class ConfigError(Exception):
    """The environment is not fit to start with; ``problems`` lists everything that is wrong, in Thai."""

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
        line_pages_url: Where a browser finds the stand-in's sign-in pages, when not there; the demo's only.
        line_citizen_token: Channel access token; None switches this channel off.
        line_citizen_secrets: Channel secrets, newest first; two during rotation.
        line_staff_token: The same for the officers' channel.
        line_staff_secrets: The same for the officers' channel.
        embedded_worker: Run the worker as a thread of the server (EMBEDDED_WORKER).
        metrics_token: Opens /metrics to who sends it; None keeps it closed (METRICS_TOKEN).
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
    line_pages_url: str | None = None
    line_citizen_token: str | None = field(default=None, repr=False)
    line_citizen_secrets: tuple[str, ...] = field(default=(), repr=False)
    line_staff_token: str | None = field(default=None, repr=False)
    line_staff_secrets: tuple[str, ...] = field(default=(), repr=False)
    embedded_worker: bool = True
    metrics_token: str | None = field(default=None, repr=False)
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

        An empty variable counts as one that is not there.

        Raises:
            ConfigError: with every problem found, not only the first.
        """
        given = os.environ if environ is None else environ
        env = {name: value.strip() for name, value in given.items() if value.strip()}
        problems: list[str] = []
        mode = env.get("APP_MODE", "production")
        if mode not in MODES:
            problems.append(f"APP_MODE ต้องเป็น {' หรือ '.join(MODES)} ไม่ใช่ {mode!r}")
        if mode == "production" and "LINE_API_URL" in env:
            problems.append("LINE_API_URL คือที่อยู่ของ LINE จำลอง ใช้ได้ในโหมด demo และ test เท่านั้น")
        data_dir = Path(env.get("APP_DATA", "data")).expanduser().resolve()
        port = _port(env, problems)
        settings = cls(
            mode=mode,
            data_dir=data_dir,
            port=port,
            database_url=_database_url(env, data_dir, problems),
            public_url=_address(env, "PUBLIC_URL", problems) or f"http://localhost:{port}",
            trusted_hosts=_words(env.get("TRUSTED_HOSTS", "")),
            behind_proxy=_is_on(env, "BEHIND_PROXY", default=False, problems=problems),
            line_api_url=_address(env, "LINE_API_URL", problems),
            line_citizen_token=env.get("LINE_CITIZEN_TOKEN"),
            line_citizen_secrets=_words(env.get("LINE_CITIZEN_SECRETS", "")),
            line_staff_token=env.get("LINE_STAFF_TOKEN"),
            line_staff_secrets=_words(env.get("LINE_STAFF_SECRETS", "")),
            embedded_worker=_is_on(env, "EMBEDDED_WORKER", default=True, problems=problems),
            metrics_token=_metrics_token(env, problems),
        )
        _check_channel("citizen", settings.line_citizen_token, settings.line_citizen_secrets, problems)
        _check_channel("staff", settings.line_staff_token, settings.line_staff_secrets, problems)
        if problems:
            raise ConfigError(problems)
        secret_key, personal_data_key = _keys(data_dir)
        return replace(settings, secret_key=secret_key.hex(), personal_data_key=personal_data_key)


def _port(env: Mapping[str, str], problems: list[str]) -> int:
    text = env.get("PORT", "8543")
    if text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65_536:
        return int(text)
    problems.append(f"PORT ต้องเป็นจำนวนเต็ม 1 ถึง 65535 ไม่ใช่ {text[:20]!r}")
    return 0


def _database_url(env: Mapping[str, str], data_dir: Path, problems: list[str]) -> str:
    url = env.get("DATABASE_URL", f"sqlite:///{data_dir / 'app.db'}")
    scheme, colon, rest = url.partition("://")
    if colon and scheme in {"postgres", "postgresql"}:  # As hosting companies write it; the driver is ours.
        return f"{POSTGRESQL}://{rest}"
    if not colon or scheme not in {"sqlite", POSTGRESQL}:
        # Never the whole URL: it may hold a password.
        problems.append(f"DATABASE_URL ต้องขึ้นต้นด้วย postgresql:// หรือ sqlite:/// ไม่ใช่ {scheme[:20]!r}")
    return url


def _address(env: Mapping[str, str], name: str, problems: list[str]) -> str | None:
    text = env.get(name)
    if text is None:
        return None
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        problems.append(f"{name} ต้องเป็นที่อยู่แบบ https://complaints.example.go.th ไม่ใช่ {text!r}")
    return text.rstrip("/")


def _check_channel(name: str, token: str | None, secrets_: tuple[str, ...], problems: list[str]) -> None:
    """Refuse half a channel: without the secret no button pressed in LINE could be trusted."""
    if token and not secrets_:
        problems.append(f"ตั้ง LINE_{name.upper()}_TOKEN แล้ว ต้องตั้ง LINE_{name.upper()}_SECRETS ด้วย")
    if secrets_ and not token:
        problems.append(f"ตั้ง LINE_{name.upper()}_SECRETS แล้ว ต้องตั้ง LINE_{name.upper()}_TOKEN ด้วย")


def _metrics_token(env: Mapping[str, str], problems: list[str]) -> str | None:
    token = env.get("METRICS_TOKEN")
    if token is not None and len(token) < SHORTEST_TOKEN:  # Never the token itself: this goes to a log.
        problems.append(f"METRICS_TOKEN ต้องยาวอย่างน้อย {SHORTEST_TOKEN} ตัวอักษร")
    return token


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _is_on(env: Mapping[str, str], name: str, *, default: bool, problems: list[str]) -> bool:
    text = env.get(name, "1" if default else "0").lower()
    if text not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        problems.append(f"{name} ต้องเป็น 1 หรือ 0 ไม่ใช่ {text!r}")
    return text in {"1", "true", "yes", "on"}


def _keys(data_dir: Path) -> tuple[bytes, bytes]:
    """Return the key of the cookies and the key of personal data; make both at the first start.

    A key of personal data that vanished is not made anew: everything under the old one would be lost for
    good while the server looks well.
    """
    cookies, personal = data_dir / SECRET_KEY_FILE, data_dir / PERSONAL_KEY_FILE
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if cookies.exists() and not personal.exists():
            raise ConfigError([GONE.format(personal=personal, cookies=cookies.name)])
        personal_key = _stored_key(personal)  # First: the file of the cookies marks a folder in use.
        return _stored_key(cookies), personal_key
    except OSError as error:
        raise ConfigError([f"APP_DATA: ใช้โฟลเดอร์ {data_dir} ไม่ได้ ({error.strerror})"]) from error


def _stored_key(path: Path) -> bytes:
    """Return the key in the file; make it (mode 0600) where it is missing."""
    if not path.exists():
        _make_key(path)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise ConfigError([f"{path} เสียหาย กรุณานำสำเนากลับมาวางแทน"]) from error
    if len(key) < KEY_BYTES:
        raise ConfigError([f"{path} ไม่ครบ กรุณานำสำเนากลับมาวางแทน"])
    return key


def _make_key(path: Path) -> None:
    """Write a new key whole or not at all; when two servers start at once, the first one's stays."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES).hex())
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)  # Unlike a rename it never replaces what is there.
        except FileExistsError:
            return
        except OSError:  # A disk without hard links.
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
