"""The composition root: the only file that sees everything. It wires, it decides nothing."""

from __future__ import annotations

import os

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from admin_views import register_admin
from citizen.joining import line_joining
from citizen.line_identity import line_identity
from citizen.line_pictures import line_pictures
from citizen.open_figures import open_figures
from citizen.pages import citizen
from citizen.registering import registering
from config import Settings
from domain.vault import Vault
from extensions import babel, connect_options, csrf, init_database
from faults import install_from_env
from health import health
from line_hooks.webhook import line_webhook
from metrics import metrics
from sandbox import Sandbox
from storage import FileStore
from web import register_errors, register_headers, register_language, register_template_tools

MAX_REQUEST_BYTES = 64 * 1024 * 1024  # Twenty photos without script come as one request of up to 60 MB.


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application.

    Args:
        settings: By default read from the environment.

    Raises:
        ConfigError: the environment is not fit to start with.
    """
    settings = settings or Settings.from_env()
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=connect_options(settings.database_url),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-session" if settings.serves_https else "session",
        SESSION_COOKIE_SECURE=settings.serves_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_DEFAULT_LOCALE="th",
        BABEL_DEFAULT_TIMEZONE="Asia/Bangkok",
        BABEL_TRANSLATION_DIRECTORIES="translations",
        TESTING=settings.mode == "test",
    )
    app.extensions["settings"] = settings
    if settings.mode == "test":
        install_from_env(os.environ)
    app.extensions["vault"] = Vault(settings.personal_data_key)
    app.extensions["files"] = FileStore(settings.data_dir / "uploads")
    app.extensions["sandbox"] = Sandbox()
    if settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    init_database(app)
    csrf.init_app(app)
    register_language(app, babel)
    register_headers(app)
    register_template_tools(app)
    register_errors(app)
    app.register_blueprint(health)
    app.register_blueprint(metrics)
    app.register_blueprint(citizen)
    app.register_blueprint(line_identity)
    app.register_blueprint(line_joining)
    app.register_blueprint(registering)
    app.register_blueprint(line_pictures)
    app.register_blueprint(open_figures)
    app.register_blueprint(line_webhook)
    register_admin(app)
    if settings.is_demo:
        from demo.line import attach_demo_line  # The stand-ins are not even loaded elsewhere.
        from demo.mail import attach_demo_mail

        attach_demo_line(app)
        attach_demo_mail(app)
    return app
