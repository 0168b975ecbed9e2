"""A webhook is believed only when its signature was made with one of our secrets."""

import base64
import hashlib
import hmac
import json

from linebot.v3.webhook import SignatureValidator

from line_hooks.signature import is_genuine, sign

BODY = json.dumps({"destination": "U0", "events": [], "text": "น้ำท่วม 🌊"}, ensure_ascii=False).encode()


def test_a_body_signed_with_our_secret_is_genuine():
    assert is_genuine(["secret"], BODY, sign("secret", BODY))


def test_the_signature_is_the_one_lines_own_library_expects():
    assert SignatureValidator("secret").validate(BODY.decode(), sign("secret", BODY))
    assert sign("secret", BODY) == base64.b64encode(hmac.digest(b"secret", BODY, hashlib.sha256)).decode()


def test_both_secrets_hold_while_one_is_being_replaced():
    for secret in ("old", "new"):
        assert is_genuine(["new", "old"], BODY, sign(secret, BODY))


def test_a_changed_byte_breaks_the_signature():
    assert not is_genuine(["secret"], BODY + b" ", sign("secret", BODY))


def test_the_same_json_written_differently_is_not_genuine():
    written_again = json.dumps(json.loads(BODY)).encode()
    assert not is_genuine(["secret"], written_again, sign("secret", BODY))


def test_a_missing_empty_or_odd_header_is_refused_quietly():
    for header in (None, "", "ลายเซ็น", "\ud800", "a" * 10_000):
        assert not is_genuine(["secret"], BODY, header)


def test_an_empty_secret_never_proves_anything():
    assert not is_genuine([""], BODY, sign("", BODY))
    assert not is_genuine([], BODY, sign("secret", BODY))
