"""Nobody walks into the back office: every address refuses a stranger, every method names its permission."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import BaseView
from helpers.pages import csrf
from helpers.people import officer_named
from werkzeug.routing import Rule

from admin_views.base import CRUD, SecureModelView
from admin_views.guard import NEEDS, Guard
from domain.permissions import Permission
from extensions import write_transaction

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

# Doors a stranger may knock at; whoever adds one here answers for it.
OPEN_TO_STRANGERS = {
    "auth.account_link",
    "auth.check_enrolment",
    "auth.check_second_factor",
    "auth.check_sign_in",
    "auth.second_factor",
    "auth.set_password",
    "auth.sign_in",
    "auth.sign_out",
}
# Every officer's own account: no permission, no id of another person in the address.
OPEN_TO_EVERY_OFFICER = {
    "auth.begin_enrolment",
    "auth.change_language",
    "auth.change_password",
    "auth.confirm_enrolment",
    "auth.end_other_sessions",
    "auth.end_session",
    "auth.profile",
    "auth.renew_recovery_codes",
}
REFUSALS = {302, 400, 401, 403}  # 400: a form without its CSRF token.


def back_office(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin")]


def address(rule: Rule) -> str:
    _domain, path = rule.build({name: _some(rule._converters[name]) for name in rule.arguments}) or ("", "")
    return path


def _some(converter: Any) -> Any:
    """A value the address takes: a number, the first of a few words, or any word."""
    kind = type(converter).__name__
    return 1 if kind == "IntegerConverter" else sorted(converter.items)[0] if kind == "AnyConverter" else "x"


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def screens(app: Flask) -> Iterator[BaseView]:
    for admin in app.extensions["admin"]:
        yield from admin._views


def exposed(view: Any) -> set[str]:
    return {name for name in dir(type(view)) if hasattr(getattr(type(view), name), "_urls")}


def test_there_is_a_back_office_to_walk_through(app: Flask) -> None:
    assert len(back_office(app)) > 40
    assert len(list(screens(app))) > 10


def test_every_address_refuses_a_stranger(app: Flask, client: FlaskClient) -> None:
    opened = [
        f"{method} {rule.rule} answered {answer.status_code}"
        for rule in back_office(app)
        if rule.endpoint not in OPEN_TO_STRANGERS
        for method in methods(rule)
        for answer in [client.open(address(rule), method=method)]
        if answer.status_code not in REFUSALS
        or (answer.status_code == 302 and not answer.location.startswith("/admin/sign-in"))
    ]

    assert not opened, "\n".join(opened)


def test_a_stranger_with_a_token_of_the_sign_in_page_is_refused_too(app: Flask, client: FlaskClient) -> None:
    token = csrf(client, "/admin/sign-in")
    opened = [
        f"{rule.rule} answered {answer.status_code}"
        for rule in back_office(app)
        if rule.endpoint not in OPEN_TO_STRANGERS and "POST" in methods(rule)
        for answer in [client.post(address(rule), data={"csrf_token": token})]
        if answer.status_code != 401
    ]

    assert not opened, "\n".join(opened)


def test_every_address_belongs_to_a_guarded_screen_or_is_named_here(app: Flask) -> None:
    guarded = {view.endpoint for view in screens(app) if isinstance(view, Guard)}
    loose = {
        rule.endpoint
        for rule in back_office(app)
        if rule.endpoint.rpartition(".")[0] not in guarded
        and rule.endpoint not in OPEN_TO_STRANGERS | OPEN_TO_EVERY_OFFICER
    }

    assert not loose


def test_the_lists_of_open_doors_hold_nothing_that_is_gone(app: Flask) -> None:
    assert set(app.view_functions) >= OPEN_TO_STRANGERS | OPEN_TO_EVERY_OFFICER


def test_every_screen_is_guarded(app: Flask) -> None:
    assert not [type(view).__name__ for view in screens(app) if not isinstance(view, Guard)]


def test_every_exposed_method_names_its_permission(app: Flask) -> None:
    nameless = [
        f"{type(view).__name__}.{name}"
        for view in screens(app)
        for name in exposed(view)
        if not hasattr(getattr(type(view), name), NEEDS)
        and not (isinstance(view, SecureModelView) and name in CRUD)
    ]

    assert not nameless


def test_every_permission_a_method_names_exists(app: Flask) -> None:
    known = {*Permission, "signed-in"}
    unknown = [
        f"{type(view).__name__}.{name}: {wanted}"
        for view in screens(app)
        for name in exposed(view)
        for wanted in [getattr(getattr(type(view), name), NEEDS, None)]
        if wanted is not None and wanted not in known
    ]

    assert not unknown


def test_an_officer_without_a_role_gets_into_no_screen(
    app: Flask, client: FlaskClient, login_as: Any
) -> None:
    with write_transaction() as session:
        officer_named(session, "executive").roles = []
    login_as(client, "executive")
    marked_open = {
        f"{view.endpoint}.{name}"
        for view in screens(app)
        for name in exposed(view)
        if getattr(getattr(type(view), name), NEEDS, None) == "signed-in"
    }
    opened = [
        f"{rule.rule} answered {answer.status_code}"
        for rule in back_office(app)
        if rule.endpoint not in OPEN_TO_STRANGERS | OPEN_TO_EVERY_OFFICER | marked_open
        and "GET" in methods(rule)
        for answer in [client.get(address(rule))]
        if answer.status_code != 403
    ]

    assert not opened, "\n".join(opened)
