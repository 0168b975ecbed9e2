"""An application with our face and nothing behind it: no database, no rooms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect

from config import Settings
from web import register_errors, register_headers, register_language, register_template_tools

ROOT = Path(__file__).resolve().parents[2]


def bare_app(*, strict: bool = False, **changes: Any) -> Flask:
    """Return an application that only has its face.

    Args:
        strict: Unknown names in templates are errors, and errors come through.
        changes: Of the settings.
    """
    app = Flask("bare", root_path=str(ROOT), static_folder="static", template_folder="templates")
    app.config.update(SECRET_KEY="bare", BABEL_DEFAULT_LOCALE="th", WTF_CSRF_TIME_LIMIT=None, TESTING=strict)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    app.extensions["settings"] = replace(Settings(mode="test"), **changes)
    LoginManager(app).user_loader(lambda _token: None)
    CSRFProtect(app)
    register_language(app, Babel())
    register_headers(app)
    register_template_tools(app)
    register_errors(app)
    return app
