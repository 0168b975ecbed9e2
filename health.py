"""Is it alive, is it ready: two addresses for whatever watches the server."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from extensions import db
from revision import is_behind

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """Answer while the process serves; asks nothing of the database."""
    return jsonify(status="ok")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """Answer 200 when the database answers and is of this version, else 503 with what is missing."""
    try:
        db.session.execute(text("SELECT 1"))
        behind = is_behind(db.session())
    except SQLAlchemyError:
        return jsonify(status="unavailable", database="no answer"), 503
    if behind:
        return jsonify(status="unavailable", database="other version"), 503
    return jsonify(status="ok"), 200
