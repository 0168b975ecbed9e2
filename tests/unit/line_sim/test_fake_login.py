"""Signing in with the fake LINE, and linking an account: every token once, in time, and for its owner."""

import re
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from line_sim.login import LoginProblem, challenge_of
from line_sim.records import LOGIN_CHANNEL_ID, LOGIN_SECRET

AUTHORIZE = "/oauth2/v2.1/authorize"
LINK = "/dialog/bot/accountLink"
BACK = "https://town.example/line/back"
VERIFIER = "v" * 43
ASKED = {
    "response_type": "code",
    "client_id": LOGIN_CHANNEL_ID,
    "redirect_uri": BACK,
    "state": "s-1",
    "scope": "openid profile",
    "nonce": "n-1",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
NONCE = "nonce-of-24-characters-x"


@pytest.fixture
def web(fake):
    return fake.wsgi_app.test_client()


@pytest.fixture
def line(web, malee):
    """Sign in and exchange codes as the app does; each step may be spoilt."""

    def code(**changes):
        asked = urlencode({**ASKED, "sim_user": malee, **changes})
        answer = web.get(f"{AUTHORIZE}?{asked}")
        assert answer.status_code == 302
        return parse_qs(urlsplit(answer.location).query)["code"][0]

    def token(given, **changes):
        form = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": BACK,
            "client_id": LOGIN_CHANNEL_ID,
            "client_secret": LOGIN_SECRET,
            "code_verifier": VERIFIER,
        }
        return web.post("/oauth2/v2.1/token", data={**form, **changes})

    def verify(id_token, client_id=LOGIN_CHANNEL_ID, **more):
        form = {"id_token": id_token, "client_id": client_id, **more}
        return web.post("/oauth2/v2.1/verify", data=form)

    return SimpleNamespace(code=code, token=token, verify=verify)


def test_somebody_who_signs_in_is_known_by_a_verified_token(line, malee, now):
    tokens = line.token(line.code()).json
    claims = line.verify(tokens["id_token"], nonce="n-1", user_id=malee).json
    assert claims == {
        "iss": "https://access.line.me",
        "sub": malee,
        "aud": LOGIN_CHANNEL_ID,
        "exp": now[0] + 3600,
        "iat": now[0],
        "nonce": "n-1",
        "amr": ["linesso"],
        "name": "มาลี",
    }


def test_without_the_profile_scope_no_name_is_told_and_without_openid_no_token(line):
    tokens = line.token(line.code(scope="openid")).json
    assert "name" not in line.verify(tokens["id_token"]).json
    assert "id_token" not in line.token(line.code(scope="profile")).json


def test_the_page_lists_the_people_plainly_marked(web, malee):
    page = web.get(f"{AUTHORIZE}?{urlencode(ASKED)}").text
    assert "จำลอง" in page
    address = re.search(r"href='([^']+)'>มาลี", page)[1].replace("&amp;", "&")
    answer = web.get(AUTHORIZE + address)
    assert answer.location.startswith(f"{BACK}?code=")
    assert parse_qs(urlsplit(answer.location).query)["state"] == ["s-1"]


def test_a_phone_that_is_signed_in_is_not_asked(web, malee):
    web.set_cookie("line_sim_user", malee)
    assert web.get(f"{AUTHORIZE}?{urlencode(ASKED)}").status_code == 302


def test_who_says_no_comes_back_without_a_code(web):
    location = web.get(f"{AUTHORIZE}?{urlencode({**ASKED, 'sim_deny': '1'})}").location
    answer = parse_qs(urlsplit(location).query)
    assert answer["error"] == ["access_denied"]
    assert answer["state"] == ["s-1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_type": "token"},
        {"client_id": "1"},
        {"redirect_uri": "javascript:alert(1)"},
        {"state": ""},
        {"scope": ""},
        {"code_challenge_method": "plain"},
    ],
)
def test_a_request_that_is_not_in_order_ends_on_a_page(web, malee, wrong):
    answer = web.get(f"{AUTHORIZE}?{urlencode({**ASKED, 'sim_user': malee, **wrong})}")
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"client_id": "1"}, "invalid_client"),
        ({"redirect_uri": BACK + "/"}, "invalid_grant"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_exchanged_only_by_who_asked_for_it(line, wrong, problem):
    answer = line.token(line.code(), **wrong)
    assert (answer.status_code, answer.json["error"]) == (400, problem)


def test_a_code_is_good_once_and_for_ten_minutes(line, now):
    used = line.code()
    assert line.token(used).status_code == 200
    assert line.token(used).status_code == 400
    late = line.code()
    now[0] += 601
    assert line.token(late).status_code == 400


def spoilt(token):
    head, body, signature = token.split(".")
    return f"{head}.{body}.{signature[::-1]}"


@pytest.mark.parametrize("alg", ["ES256", "HS256"])
@pytest.mark.parametrize(
    ("made", "asked", "words"),
    [
        ({"ttl": 0}, {}, "IdToken expired."),
        ({"audience": "1650000009"}, {}, None),
        ({}, {"client_id": "1650000009"}, "Invalid IdToken Audience."),
        ({}, {"nonce": "other"}, "Invalid IdToken Nonce."),
        ({}, {"user_id": "U" + "0" * 32}, "Invalid IdToken Subject Identifier."),
    ],
)
def test_a_token_that_does_not_fit_is_refused_in_lines_words(line, state, malee, alg, made, asked, words):
    token = state.issue_id_token(malee, alg=alg, nonce="n", **made)
    answer = line.verify(token, **asked)
    # A token signed with the secret of an unknown channel is not even genuine.
    expected = words or ("Invalid IdToken." if alg == "HS256" else "Invalid IdToken Audience.")
    assert answer.status_code == 400
    assert answer.json == {"error": "invalid_request", "error_description": expected}


@pytest.mark.parametrize("alg", ["ES256", "HS256"])
def test_a_token_with_another_signature_is_refused(line, state, malee, alg):
    token = state.issue_id_token(malee, alg=alg)
    assert line.verify(token).status_code == 200
    for wrong in (spoilt(token), token.rsplit(".", 1)[0] + ".", "a.b.c", "x", token + ".x"):
        assert line.verify(wrong).json["error_description"] == "Invalid IdToken."


def test_the_token_cannot_choose_to_be_unsigned(state):
    with pytest.raises(LoginProblem, match="Invalid IdToken"):
        state.verify_id_token("eyJhbGciOiJub25lIn0.eyJhdWQiOiIxIn0.", "1")


def test_the_public_key_of_liff_tokens_can_be_fetched(web):
    key = web.get("/oauth2/v2.1/certs").json["keys"][0]
    assert (key["kty"], key["crv"], key["alg"]) == ("EC", "P-256", "ES256")


def test_an_access_token_tells_its_channel_and_owner(web, line, malee):
    access = line.token(line.code()).json["access_token"]
    told = web.get(f"/oauth2/v2.1/verify?access_token={access}").json
    assert told["client_id"] == LOGIN_CHANNEL_ID
    owner = web.get("/v2/profile", headers={"Authorization": f"Bearer {access}"})
    assert owner.json["userId"] == malee
    assert web.get("/oauth2/v2.1/verify?access_token=x").status_code == 400
    assert web.get("/v2/profile").status_code == 401


def test_a_sign_in_can_be_told_to_fail(state, line):
    code = line.code()
    state.fail("500", path="/token")
    assert line.token(code).status_code == 500
    assert line.token(code).status_code == 200


# Account link


def link(web, token, who, nonce=NONCE):
    return web.get(f"{LINK}?{urlencode({'linkToken': token, 'nonce': nonce, 'sim_user': who})}")


def test_linking_tells_the_app_who_it_was_once(web, api, posted, malee):
    token = api("POST", f"/v2/bot/user/{malee}/linkToken").json["linkToken"]
    assert link(web, token, malee).status_code == 200
    assert b'"result": "ok"' in posted.bodies[0]
    assert malee.encode() in posted.bodies[0]
    assert NONCE.encode() in posted.bodies[0]
    assert link(web, token, malee).status_code == 400
    assert len(posted.bodies) == 1


def test_a_link_of_somebody_else_fails_without_a_name(web, api, state, posted, malee):
    somsak = state.add_user("somsak", "สมศักดิ์", ["citizen"]).user_id
    token = api("POST", f"/v2/bot/user/{malee}/linkToken").json["linkToken"]
    assert link(web, token, somsak).status_code == 400
    assert b'"result": "failed"' in posted.bodies[0]
    assert b"userId" not in posted.bodies[0]
    assert b"replyToken" not in posted.bodies[0]


def test_an_old_link_shows_a_page_and_tells_the_app_nothing(web, api, posted, malee, now):
    token = api("POST", f"/v2/bot/user/{malee}/linkToken").json["linkToken"]
    now[0] += 601
    assert "หมดอายุ" in link(web, token, malee).text
    assert link(web, "invented", malee).status_code == 400
    assert posted.bodies == []


def test_a_short_nonce_is_refused_before_the_token_is_used(web, api, posted, malee):
    token = api("POST", f"/v2/bot/user/{malee}/linkToken").json["linkToken"]
    assert link(web, token, malee, "short").status_code == 400
    assert link(web, token, malee).status_code == 200


def test_no_link_token_for_who_is_no_friend(api, state, malee):
    state.block("citizen", malee)
    assert api("POST", f"/v2/bot/user/{malee}/linkToken").status_code == 404
    assert api("POST", "/v2/bot/user/me/linkToken").status_code == 400
