"""How the rows of a file lie in the database: packed small and encrypted, for they hold people's data."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import date, datetime
from typing import Any

from domain.vault import Vault


def pack(vault: Vault, content: Any) -> list[str]:
    """Return JSON content as the one sealed text a column holds."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return [vault.encrypt(base64.b64encode(zlib.compress(plain, 1)).decode())]


def unpack(vault: Vault, stored: list[Any]) -> Any:
    """Return the content of a column that ``pack`` filled.

    Raises:
        cryptography.fernet.InvalidToken: it was made with another key.
    """
    return json.loads(zlib.decompress(base64.b64decode(vault.decrypt(stored[0]))))


def packable(cell: Any) -> Any:
    """Return a cell of a file as JSON holds it."""
    return {"day": cell.isoformat()} if isinstance(cell, date) else cell


def unpacked(cell: Any) -> Any:
    """Return a cell as it was in the file."""
    if not isinstance(cell, dict):
        return cell
    text = cell["day"]
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
