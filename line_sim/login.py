"""LINE Login: codes, access tokens and ID tokens of people who signed in, as ``/oauth2/v2.1`` gives them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from line_sim.people import People
from line_sim.records import LOGIN_CHANNEL_ID, LOGIN_CODE_SECONDS, LOGIN_SECRET, JsonDict, LoginCode

ISSUER = "https://access.line.me"
ID_TOKEN_SECONDS = 3600
ACCESS_TOKEN_SECONDS = 30 * 24 * 3600
_KEY_ID = "sim-liff-key"


class LoginProblem(ValueError):
    """LINE's refusal: ``error`` and ``error_description`` of a 400."""

    def __init__(self, error: str, description: str) -> None:
        """Keep both words."""
        super().__init__(description)
        self.error = error


@dataclass
class Login(People):
    """Sign-ins.

    Attributes:
        login_channels: Secrets of the LINE Login channels by id.
    """

    login_channels: dict[str, str] = field(default_factory=lambda: {LOGIN_CHANNEL_ID: LOGIN_SECRET})
    _codes: dict[str, LoginCode] = field(default_factory=dict)
    _access: dict[str, tuple[str, str, str, float]] = field(default_factory=dict)
    _liff_key: ec.EllipticCurvePrivateKey | None = None

    def issue_login_code(
        self, user_id: str, client_id: str, redirect_uri: str, *, scope: str, nonce: str, challenge: str
    ) -> str:
        """Return the code somebody brings back from LINE's sign-in page; good once, for ten minutes."""
        code = secrets.token_urlsafe(15)
        known = LoginCode(user_id, client_id, redirect_uri, scope, nonce, challenge, self.clock())
        with self.lock:
            self._codes[code] = known
        return code

    def exchange_login_code(
        self, code: str, client_id: str, client_secret: str, redirect_uri: str, verifier: str
    ) -> JsonDict:
        """Return tokens for a code.

        Raises:
            LoginProblem: Wrong secret, or a code that is unknown, used, old or somebody else's.
        """
        with self.lock:
            if self.login_channels.get(client_id) != client_secret:
                raise LoginProblem("invalid_client", "invalid client_id or client_secret")
            known = self._codes.pop(code, None)
            if known is None or self.clock() - known.issued_at > LOGIN_CODE_SECONDS:
                raise LoginProblem("invalid_grant", "invalid authorization code")
            if (known.client_id, known.redirect_uri) != (client_id, redirect_uri):
                raise LoginProblem("invalid_grant", "redirect_uri does not match")
            if known.challenge and known.challenge != challenge_of(verifier):
                raise LoginProblem("invalid_grant", "invalid code_verifier")
            access = self.issue_access_token(known.user_id, client_id, known.scope)
        answer: JsonDict = {
            "access_token": access,
            "expires_in": ACCESS_TOKEN_SECONDS,
            "refresh_token": secrets.token_urlsafe(15),
            "scope": known.scope,
            "token_type": "Bearer",
        }
        if "openid" in known.scope.split():
            answer["id_token"] = self.issue_id_token(
                known.user_id, client_id, known.nonce, alg="HS256", scope=known.scope
            )
        return answer

    def issue_access_token(self, user_id: str, client_id: str, scope: str = "openid profile") -> str:
        """Return a user's access token, as ``liff.getAccessToken()`` or the code exchange gives it."""
        token = secrets.token_urlsafe(48)
        with self.lock:
            self._access[token] = user_id, client_id, scope, self.clock() + ACCESS_TOKEN_SECONDS
        return token

    def access_of(self, token: str) -> JsonDict | None:
        """Return ``user_id``, ``client_id``, ``scope`` and ``expires_in`` of a user's access token."""
        with self.lock:
            known = self._access.get(token)
            if known is None or known[3] <= self.clock():
                return None
            left = int(known[3] - self.clock())
            return {"user_id": known[0], "client_id": known[1], "scope": known[2], "expires_in": left}

    def issue_id_token(
        self,
        user_id: str,
        audience: str = LOGIN_CHANNEL_ID,
        nonce: str = "",
        ttl: float = ID_TOKEN_SECONDS,
        *,
        alg: str = "ES256",
        scope: str = "openid profile",
    ) -> str:
        """Return an ID token: ES256 as LIFF's are, or HS256 with the channel secret as a web sign-in's.

        Args:
            user_id: Whose.
            audience: Id of the login channel; the signature of an unknown one is never valid.
            nonce: As given at sign-in; left out when empty.
            ttl: Seconds it is good for; 0 or less is an expired one.
            alg: ``ES256`` or ``HS256``.
            scope: Name and picture are told with ``profile`` only.
        """
        now = int(self.clock())
        user = self.users.get(user_id)
        claims: JsonDict = {
            "iss": ISSUER,
            "sub": user_id,
            "aud": audience,
            "exp": now + int(ttl),
            "iat": now,
            **({"nonce": nonce} if nonce else {}),
            "amr": ["linesso"],
        }
        if user is not None and "profile" in scope.split():
            claims |= {
                "name": user.display_name,
                **({"picture": user.picture_url} if user.picture_url else {}),
            }
        key_id = {"kid": _KEY_ID} if alg == "ES256" else {}
        signed = f"{_packed({'typ': 'JWT', 'alg': alg, **key_id})}.{_packed(claims)}"
        return f"{signed}.{_b64(self._signature(alg, audience, signed.encode()))}"

    def verify_id_token(self, token: str, client_id: str, nonce: str = "", user_id: str = "") -> JsonDict:
        """Return the claims of an ID token, as LINE's verify API answers.

        Raises:
            LoginProblem: With LINE's words for what is wrong.
        """
        claims = self._claims(token)
        if claims["iss"] != ISSUER:
            raise LoginProblem("invalid_request", "Invalid IdToken Issuer.")
        if claims["exp"] <= self.clock():
            raise LoginProblem("invalid_request", "IdToken expired.")
        if claims["aud"] != client_id:
            raise LoginProblem("invalid_request", "Invalid IdToken Audience.")
        if nonce and claims.get("nonce") != nonce:
            raise LoginProblem("invalid_request", "Invalid IdToken Nonce.")
        if user_id and claims["sub"] != user_id:
            raise LoginProblem("invalid_request", "Invalid IdToken Subject Identifier.")
        return claims

    def certs(self) -> JsonDict:
        """Return the public key of LIFF's tokens as a JWK set."""
        numbers = self._key().public_key().public_numbers()
        key = {"x": _b64(numbers.x.to_bytes(32, "big")), "y": _b64(numbers.y.to_bytes(32, "big"))}
        return {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": _KEY_ID, **key}]}

    def _claims(self, token: str) -> JsonDict:
        try:
            head, body, signature = token.split(".")
            header, claims = _unpacked(head), _unpacked(body)
            genuine = self._is_genuine(
                header["alg"], claims["aud"], f"{head}.{body}".encode(), _unb64(signature)
            )
        except (ValueError, KeyError, TypeError):
            genuine, claims = False, {}
        if not genuine:
            raise LoginProblem("invalid_request", "Invalid IdToken.")
        return claims

    def _is_genuine(self, alg: str, audience: str, signed: bytes, signature: bytes) -> bool:
        if alg == "HS256":
            known = audience in self.login_channels
            return known and hmac.compare_digest(self._signature(alg, audience, signed), signature)
        if alg != "ES256" or len(signature) != 64:
            return False
        pair = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            self._key().public_key().verify(encode_dss_signature(*pair), signed, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True

    def _signature(self, alg: str, audience: str, signed: bytes) -> bytes:
        if alg == "HS256":
            secret = self.login_channels.get(audience) or secrets.token_hex()
            return hmac.new(secret.encode(), signed, hashlib.sha256).digest()
        r, s = decode_dss_signature(self._key().sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def _key(self) -> ec.EllipticCurvePrivateKey:
        with self.lock:
            if self._liff_key is None:
                self._liff_key = ec.generate_private_key(ec.SECP256R1())
            return self._liff_key


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier."""
    return _b64(hashlib.sha256(verifier.encode()).digest())


def _packed(value: JsonDict) -> str:
    return _b64(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _unpacked(text: str) -> dict[str, Any]:
    value = json.loads(_unb64(text))
    if not isinstance(value, dict):
        raise TypeError
    return value


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
