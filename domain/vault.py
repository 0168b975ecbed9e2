"""Secrets of personal data: encryption, keyed look-up hashes, tracking passwords. Keys come from outside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata

from cryptography.fernet import Fernet

from domain.thai_text import to_arabic_digits

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that a password read aloud or copied by hand survives."""
_LOOKALIKES = str.maketrans("OIL", "011")
TRACKING_LENGTH = 10


class Vault:
    """Holds the keys that must not live in the database."""

    def __init__(self, personal_data_key: bytes) -> None:
        """Derive one key per purpose from the given 32 bytes."""
        self._fernet = Fernet(base64.urlsafe_b64encode(_derive(personal_data_key, b"encrypt")))
        self._lookup_key = _derive(personal_data_key, b"lookup")
        self._tracking_key = _derive(personal_data_key, b"tracking")
        self._button_key = _derive(personal_data_key, b"button")

    @property
    def button_key(self) -> bytes:
        """Return the key that signs buttons of LINE cards."""
        return self._button_key

    def encrypt(self, text: str) -> str:
        """Return the text encrypted, as ASCII."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return the text of an encrypted value.

        Raises:
            cryptography.fernet.InvalidToken: the value was not made with this key.
        """
        return self._fernet.decrypt(token.encode()).decode()

    def lookup_hash(self, text: str) -> str:
        """Return the keyed hash by which an encrypted value is found again."""
        return hmac.new(self._lookup_key, _bytes(text), hashlib.sha256).hexdigest()

    def tracking_password(self, public_code: str, generation: int) -> str:
        """Return the 10-letter tracking password of a complaint; a new generation gives a new one.

        It is derived, so a slip can be printed again although the database holds only its hash.
        """
        digest = hmac.new(self._tracking_key, f"{public_code}:{generation}".encode(), hashlib.sha256).digest()
        number = int.from_bytes(digest[:8], "big")
        letters = []
        for _ in range(TRACKING_LENGTH):
            number, index = divmod(number, 32)
            letters.append(ALPHABET[index])
        return "".join(letters)

    def tracking_hash(self, password: str) -> str:
        """Return the keyed hash under which a tracking password is stored."""
        return hmac.new(
            self._tracking_key, b"hash:" + _bytes(fold_code(password)), hashlib.sha256
        ).hexdigest()

    def matches_tracking(self, password: str, stored: str | None) -> bool:
        """Compare in constant time; False for a complaint without a password."""
        return hmac.compare_digest(self.tracking_hash(password), stored or "-" * 64)


def fold_code(text: str) -> str:
    """Read a hand-copied code as it was meant: letters and digits only, upper case, O as 0, I and L as 1.

    Thai digits and letters of full width are read; spaces, dashes and what nobody sees are left out.
    """
    plain = to_arabic_digits(unicodedata.normalize("NFKC", text)).upper()
    return "".join(filter(str.isalnum, plain)).translate(_LOOKALIKES)


def new_token() -> str:
    """Return a fresh URL-safe secret of 192 bits."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """Return the hash under which a random token is stored; it has enough bits to need no key."""
    return hashlib.sha256(token.encode()).hexdigest()


def _bytes(text: str) -> bytes:
    """Return the text as bytes; half a letter that a broken client sent is no error."""
    return text.encode("utf-8", "backslashreplace")


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, b"u-phee/" + purpose, hashlib.sha256).digest()
