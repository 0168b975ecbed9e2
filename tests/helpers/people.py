"""Signing in and acting as the demo officers; citizens who bring complaints."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.staff_actor import actor_of_staff
from domain.vault import new_token, token_hash
from extensions import write_transaction
from models import StaffUser, UserSession


def officer_named(session: Session, username: str) -> StaffUser:
    return session.scalars(select(StaffUser).where(StaffUser.username == username)).one()


def actor_named(session: Session, username: str, via: str = "web") -> Actor:
    return actor_of_staff(session, officer_named(session, username).id, via=via)


def sign_in_client(app: Flask, client: FlaskClient, username: str) -> FlaskClient:
    token = _open_session(app, username)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client


def new_session_cookie(app: Flask, username: str) -> tuple[str, str]:
    """Name and value of the cookie of a signed-in officer, for a real browser."""
    client = sign_in_client(app, app.test_client(), username)
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    return name, cookie.value


def _open_session(app: Flask, username: str) -> str:
    token = new_token()
    with app.app_context(), write_transaction() as session:
        session.add(
            UserSession(
                token_hash=token_hash(token),
                staff_user_id=officer_named(session, username).id,
                created_at=now(),
                seen_at=now(),
            )
        )
    return token
