"""What every page shares: headers, language, template tools and error pages."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, has_request_context, request
from flask_admin.form import BaseForm
from flask_babel import Babel
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from form_words import FormWords
from web_errors import register_errors
from web_tools import modules_version, register_template_tools

__all__ = ["register_errors", "register_headers", "register_language", "register_template_tools"]

LANGUAGES = ("th", "en")
LANGUAGE_COOKIE = "lang"
A_YEAR = 365 * 24 * 3600
A_DAY = 24 * 3600

FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def register_headers(app: Flask) -> None:
    """Give every answer its security headers, and every request a nonce for its few inline blocks."""
    https = app.extensions["settings"].serves_https

    # Flask-Admin reads g.csp_nonce itself, so it is made before anything can refuse the request.
    app.before_request_funcs.setdefault(None, []).insert(0, _make_nonce)

    @app.get(f"{app.static_url_path}/v-<version>/<path:filename>", endpoint="versioned")
    def _versioned(version: str, filename: str) -> Response:
        """Send a static file under an address that changes with our modules; see ``web_tools.import_map``."""
        return app.send_static_file(filename)

    @app.before_request
    def _refuse_reserved_arguments() -> None:
        # url_for(**request.args) reads _scheme and _external as its own: a link could leave the site.
        if any(name.startswith("_") for name in request.args):
            abort(400)

    @app.after_request
    def _add_headers(response: Response) -> Response:
        for name, value in FIXED_HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", content_policy())
        if https:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}")
        _set_caching(response)
        return response


def _make_nonce() -> None:
    g.csp_nonce = secrets.token_urlsafe(16)


def content_policy() -> str:
    """Return the Content-Security-Policy of this request; it opens nothing but the map's tile server."""
    nonce = g.get("csp_nonce", "")
    images = " ".join(filter(None, ["'self'", "data:", "blob:", tile_origin()]))
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            f"img-src {images}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def tile_origin() -> str:
    """Return the origin of the map tiles the municipality chose; empty when it chose none.

    Read from the snapshot in memory: a header must not need the database.
    """
    snapshot = current_app.extensions.get("lookups")
    url = snapshot.setting("map_tile_url", "") if snapshot else ""
    parts = urlsplit(url.replace("{s}", "*"))
    safe = parts.scheme in {"http", "https"} and not set(parts.netloc) & set(" ;,'\"@")
    return f"{parts.scheme}://{parts.netloc}" if safe and parts.netloc else ""


def _set_caching(response: Response) -> None:
    """Let browsers keep files whose address carries their content's hash; keep nothing else."""
    if request.endpoint in {"static", "versioned"} and response.status_code in {200, 206, 304}:
        for_ever = "v" in request.args or (request.view_args or {}).get("version") == modules_version()
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = A_YEAR if for_ever else A_DAY
        response.cache_control.immutable = for_ever
    else:
        response.headers.setdefault("Cache-Control", "no-store")


def register_language(app: Flask, babel: Babel) -> None:
    """Choose each request's language, and let forms speak it."""
    babel.init_app(app, locale_selector=choose_language)
    words = FormWords()
    BaseForm.Meta._translations = words  # Flask-Admin's forms.

    @app.before_request
    def _give_words_to_forms() -> None:
        request.wtforms_translations = words  # type: ignore[attr-defined]  # Flask-WTF's forms.

    @app.after_request
    def _remember_language(response: Response) -> Response:
        wanted = request.args.get("lang", "")
        if wanted in LANGUAGES and wanted != request.cookies.get(LANGUAGE_COOKIE):
            secure = app.extensions["settings"].serves_https
            response.set_cookie(
                LANGUAGE_COOKIE, wanted, max_age=A_YEAR, httponly=True, samesite="Lax", secure=secure
            )
        return response


def choose_language() -> str:
    """Return the officer's language, else what the address or the cookie asks for, else Thai."""
    if not has_request_context():
        return LANGUAGES[0]
    wanted = _officers_language() or request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def _officers_language() -> str | None:
    if g.get("without_database"):
        return None
    try:
        return current_user.actor.language if current_user.is_authenticated else None
    except SQLAlchemyError:
        g.without_database = True  # The page itself will tell; choosing words must not be what fails.
        return None
