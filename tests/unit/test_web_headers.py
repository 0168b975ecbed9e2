"""Headers, caching and language of every answer."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template_string
from helpers.bare import bare_app

PAGE = '<style nonce="{{ csp_nonce() }}">a{}</style>{{ import_map() }}{{ _("บันทึก") }}'


@pytest.fixture
def app() -> Flask:
    app = bare_app(strict=True)
    app.add_url_rule("/page", "page", lambda: render_template_string(PAGE))
    return app


def policy(answer: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, _space, values in parts}


def test_scripts_and_styles_run_only_from_here_or_with_the_nonce_of_this_answer(app: Flask) -> None:
    answer = app.test_client().get("/page")
    nonces = set(re.findall(r'nonce="([^"]+)"', answer.get_data(as_text=True)))
    assert len(nonces) == 1
    allowed = f"'self' 'nonce-{nonces.pop()}'"
    assert policy(answer)["script-src"] == allowed
    assert policy(answer)["style-src"] == allowed
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_no_two_answers_share_a_nonce(app: Flask) -> None:
    client = app.test_client()
    assert policy(client.get("/page"))["script-src"] != policy(client.get("/page"))["script-src"]


def test_nobody_may_frame_us_and_forms_go_nowhere_else(app: Flask) -> None:
    found = policy(app.test_client().get("/page"))
    assert found["frame-ancestors"] == "'none'"
    assert found["form-action"] == "'self'"
    assert found["base-uri"] == "'none'"
    assert found["object-src"] == "'none'"


def test_an_error_page_is_guarded_like_any_other(app: Flask) -> None:
    answer = app.test_client().get("/nowhere")
    assert re.search(r"'nonce-[\w-]{20,}'", policy(answer)["script-src"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_form_without_its_token_is_refused_with_a_full_policy(app: Flask) -> None:
    app.add_url_rule("/save", "save", lambda: "saved", methods=["POST"])
    assert re.search(r"'nonce-[\w-]{20,}'", policy(app.test_client().post("/save"))["script-src"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ],
)
def test_every_page_says_it(app: Flask, name: str, value: str) -> None:
    assert app.test_client().get("/page").headers[name] == value


def test_position_and_camera_are_for_our_own_pages(app: Flask) -> None:
    said = app.test_client().get("/page").headers["Permissions-Policy"]
    assert "geolocation=(self)" in said
    assert "camera=(self)" in said
    assert "microphone=()" in said


@pytest.mark.parametrize(("url", "is_there"), [("https://town.example", True), ("http://localhost", False)])
def test_strict_transport_is_promised_only_where_there_is_https(url: str, is_there: bool) -> None:
    app = bare_app(public_url=url)
    assert ("Strict-Transport-Security" in app.test_client().get("/nowhere").headers) is is_there


def test_a_file_asked_for_by_its_hash_is_kept_for_ever(app: Flask) -> None:
    with app.test_request_context():
        url = app.jinja_env.globals["asset"]("src/tokens.css")  # type: ignore[operator]
    with app.test_client().get(url) as answer:
        kept = answer.cache_control
    assert kept.immutable
    assert kept.max_age == 365 * 24 * 3600
    assert not kept.no_store


def test_a_file_asked_for_plainly_is_asked_for_again_after_a_day(app: Flask) -> None:
    with app.test_client().get("/static/src/tokens.css") as answer:
        kept = answer.cache_control
    assert kept.max_age == 24 * 3600
    assert not kept.immutable


def test_a_file_that_is_not_there_is_not_remembered(app: Flask) -> None:
    assert app.test_client().get("/static/src/none.css?v=1").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("tiles", "images"),
    [
        ("", "'self' data: blob:"),
        ("https://tiles.town.example/{z}/{x}/{y}.png", "'self' data: blob: https://tiles.town.example"),
        ("https://{s}.tiles.town.example/{z}/{x}/{y}.png", "'self' data: blob: https://*.tiles.town.example"),
        ("https://x; script-src *", "'self' data: blob:"),
        ("javascript:alert(1)", "'self' data: blob:"),
    ],
)
def test_pictures_may_also_come_from_the_tile_server_the_town_chose(
    app: Flask, tiles: str, images: str
) -> None:
    app.extensions["lookups"] = SimpleNamespace(setting=lambda key, default=None: tiles or default)
    assert policy(app.test_client().get("/page"))["img-src"] == images


@pytest.mark.parametrize("query", ["_scheme=javascript&_external=1", "_anchor=x", "_method=POST"])
def test_arguments_that_steer_our_own_links_are_refused(app: Flask, query: str) -> None:
    assert app.test_client().get(f"/page?{query}").status_code == 400


def test_a_visitor_reads_thai_unless_he_asks_for_english(app: Flask) -> None:
    app.add_url_rule("/words", "words", lambda: app.jinja_env.globals["locale_code"]())  # type: ignore[operator]
    client = app.test_client()
    assert client.get("/words").text == "th"
    assert client.get("/words?lang=en").text == "en"
    assert client.get("/words").text == "en", "the choice is remembered"
    assert client.get("/words?lang=th").text == "th"
    assert client.get("/words").text == "th"


def test_a_language_we_do_not_have_is_thai(app: Flask) -> None:
    app.add_url_rule("/words", "words", lambda: app.jinja_env.globals["locale_code"]())  # type: ignore[operator]
    answer = app.test_client().get("/words?lang=xx")
    assert answer.text == "th"
    assert "lang=xx" not in answer.headers.get("Set-Cookie", "")


def test_what_modules_import_is_kept_under_an_address_that_changes_with_them(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/page").get_data(as_text=True)
    found = re.search(r'"/static/src/":"(/static/v-[0-9a-f]+/src/)"', page)
    assert found

    module = client.get(f"{found[1]}load.js", buffered=True)

    assert module.status_code == 200
    assert "immutable" in module.headers["Cache-Control"]
    assert module.data == client.get("/static/src/load.js", buffered=True).data


def test_a_version_of_yesterday_is_answered_but_not_kept_for_ever(app: Flask) -> None:
    answer = app.test_client().get("/static/v-0123456789/src/load.js", buffered=True)

    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["../app.py", "src/../../app.py", "%2e%2e/app.py", "src/none.js"])
def test_a_versioned_address_leads_to_static_files_only(app: Flask, path: str) -> None:
    assert app.test_client().get(f"/static/v-0123456789/{path}").status_code in {404, 308}
