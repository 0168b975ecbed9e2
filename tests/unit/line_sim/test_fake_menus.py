"""Rich menus of the fake: who sees which, what LINE refuses, and how many it lets us make."""

import pytest

from line_sim.menu_checks import check_menu, size_of_picture

MENU = "/v2/bot/richmenu"
ALL = "/v2/bot/user/all/richmenu"
STAFF = {"Authorization": "Bearer sim-staff-token"}
ACTION = {"type": "message", "label": "x", "text": "x"}
BOUNDS = {"x": 0, "y": 0, "width": 600, "height": 405}


def linked(user_id, menu_id=""):
    return f"/v2/bot/user/{user_id}/richmenu" + (f"/{menu_id}" if menu_id else "")


def test_a_menu_of_ones_own_goes_before_the_default(api, state, add_menu, malee):
    everybody, own = add_menu(), add_menu(name="staff")
    api("POST", f"{ALL}/{everybody}")
    assert state.menu_of("citizen", malee).id == everybody
    api("POST", linked(malee, own))
    assert state.menu_of("citizen", malee).id == own
    api("DELETE", linked(malee))
    assert state.menu_of("citizen", malee).id == everybody


def test_an_open_chat_shows_a_new_default_after_a_minute_or_when_opened_again(
    api, state, add_menu, malee, now
):
    old, new = add_menu(), add_menu(name="new")
    api("POST", f"{ALL}/{old}")
    state.open_chat("citizen", malee)
    api("POST", f"{ALL}/{new}")
    assert state.menu_of("citizen", malee).id == old
    now[0] += 61
    assert state.menu_of("citizen", malee).id == new
    api("POST", f"{ALL}/{old}")
    state.open_chat("citizen", malee)
    assert state.menu_of("citizen", malee).id == old


def test_a_menu_without_its_picture_is_neither_shown_nor_set(api, state, add_menu, malee):
    bare = add_menu(picture=False)
    for path in (f"{ALL}/{bare}", linked(malee, bare)):
        answer = api("POST", path)
        assert answer.status_code == 400
        assert answer.json["message"] == "must upload richmenu image before applying it to user"
    state.set_default_menu("citizen", bare)
    assert state.menu_of("citizen", malee) is None


def test_a_picture_is_taken_once_and_must_fit(api, add_menu, drawing):
    path = f"{MENU}/{add_menu(picture=False)}/content"
    assert api("GET", path).status_code == 404
    for picture, kind, status in [
        (drawing.png(1200, 406), "image/png", 400),
        (drawing.png(rest=b"\0" * 1024 * 1024), "image/png", 400),
        (drawing.png(), "image/jpeg", 400),
        (b"GIF89a", "image/png", 400),
        (b"GIF89a", "image/gif", 415),
        (drawing.png(), "image/png", 200),
        (drawing.png(), "image/png", 400),
    ]:
        assert api("POST", path, data=picture, content_type=kind).status_code == status
    assert api("GET", path).data == drawing.png()


def test_the_header_of_a_jpeg_is_read_past_its_first_parts():
    head = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x0b\x08\x01\x95\x04\xb0\x03" + b"\0" * 6
    assert size_of_picture(head) == ("image/jpeg", 1200, 405)
    for torn in (head[:9], b"\xff\xd8", b"", b"\xff\xd8\xff\xe0\x00\x00" * 3):
        assert size_of_picture(torn) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": {"width": 799, "height": 405}},
        {"size": {"width": 2501, "height": 843}},
        {"size": {"width": 1200, "height": 249}},
        {"size": {"width": 1200, "height": 830}},
        {"size": {}},
        {"size": None},
        {"chatBarText": "เ" * 15},
        {"chatBarText": ""},
        {"name": "n" * 301},
        {"selected": None},
        {"areas": [{"bounds": BOUNDS, "action": ACTION}] * 21},
        {"areas": [{"bounds": {**BOUNDS, "x": 601}, "action": ACTION}]},
        {"areas": [{"bounds": BOUNDS}]},
        {"areas": [{"bounds": BOUNDS, "action": {"type": "camera", "label": "x"}}]},
        {"areas": [{"bounds": BOUNDS, "action": {**ACTION, "label": "x" * 21}}]},
        {"areas": [{"bounds": BOUNDS, "action": {"type": "uri", "uri": "ftp://town.example"}}]},
        {"areas": [{"bounds": BOUNDS, "action": {"type": "richmenuswitch", "data": "x"}}]},
        {"areas": "none"},
    ],
)
def test_a_menu_line_would_refuse_is_refused(api, drawing, wrong):
    body = drawing.menu_body(**wrong)
    for path in (MENU, f"{MENU}/validate"):
        answer = api("POST", path, json=body)
        assert answer.status_code == 400
        assert answer.json["details"]


def test_a_menu_of_all_kinds_of_tiles_is_taken(drawing):
    actions = [
        {"type": "postback", "label": "ติดตาม", "data": "a=track", "inputOption": "openKeyboard"},
        {"type": "message", "label": "ประวัติ", "text": "ประวัติ"},
        {"type": "uri", "label": "199", "uri": "tel:199"},
        {"type": "richmenuswitch", "richMenuAliasId": "tab-b", "data": "tab=b"},
        {"type": "clipboard", "label": "คัดลอก", "clipboardText": "2569-1"},
        {"type": "datetimepicker", "label": "วันที่", "data": "d", "mode": "date", "min": "2026-01-01"},
    ]
    areas = [{"bounds": BOUNDS, "action": action} for action in actions]
    assert check_menu(drawing.menu_body(areas=areas)) == []


def test_linking_somebody_who_blocked_or_left_answers_200_and_does_nothing(api, state, add_menu, malee):
    menu_id = add_menu()
    state.block("citizen", malee)
    assert api("POST", linked(malee, menu_id)).status_code == 200
    assert api("GET", linked(malee)).json["message"] == "the user has no richmenu"
    state.befriend("citizen", malee)
    assert state.menu_of("citizen", malee) is None


def test_many_are_linked_at_once_or_nobody(api, state, add_menu, malee):
    menu_id = add_menu()
    body = {"richMenuId": menu_id, "userIds": [malee, "somebody"]}
    assert api("POST", f"{MENU}/bulk/link", json=body).status_code == 400
    assert state.linked_menu("citizen", malee) is None
    body["userIds"] = [malee]
    assert api("POST", f"{MENU}/bulk/link", json=body).status_code == 202
    assert state.linked_menu("citizen", malee) == menu_id
    assert api("POST", f"{MENU}/bulk/unlink", json={"userIds": [malee]}).status_code == 202
    assert state.linked_menu("citizen", malee) is None


def test_menus_of_one_account_are_strange_to_the_other(api, add_menu):
    menu_id = add_menu()
    for method, path in [("GET", f"{MENU}/{menu_id}"), ("DELETE", f"{MENU}/{menu_id}")]:
        assert api(method, path, STAFF).status_code == 404
    assert api("POST", f"{ALL}/{menu_id}", STAFF).status_code == 404
    assert api("GET", f"{MENU}/list", STAFF).json == {"richmenus": []}


def test_a_deleted_menu_is_gone_everywhere(api, state, add_menu, malee):
    menu_id = add_menu()
    api("POST", f"{ALL}/{menu_id}")
    api("POST", linked(malee, menu_id))
    api("POST", f"{MENU}/alias", json={"richMenuAliasId": "tab", "richMenuId": menu_id})
    state.open_chat("citizen", malee)
    assert api("DELETE", f"{MENU}/{menu_id}").status_code == 200
    assert state.menu_of("citizen", malee) is None
    assert api("GET", ALL).json["message"] == "no default richmenu"
    assert api("GET", f"{MENU}/alias/tab").status_code == 404


def test_an_alias_is_unique_and_can_be_turned_to_another_menu(api, add_menu):
    first, second, bare = add_menu(), add_menu(name="b"), add_menu(picture=False)
    body = {"richMenuAliasId": "tab-a", "richMenuId": first}
    assert api("POST", f"{MENU}/alias", json=body).status_code == 200
    assert api("POST", f"{MENU}/alias", json=body).json["message"] == "conflict richmenu alias id"
    for wrong in ({**body, "richMenuAliasId": "Tab A"}, {"richMenuAliasId": "b", "richMenuId": bare}):
        assert api("POST", f"{MENU}/alias", json=wrong).status_code == 400
    assert api("POST", f"{MENU}/alias/tab-a", json={"richMenuId": second}).status_code == 200
    assert api("GET", f"{MENU}/alias/tab-a").json["richMenuId"] == second
    assert api("POST", f"{MENU}/alias/none", json={"richMenuId": second}).status_code == 404


def test_a_press_on_a_tab_turns_the_menu_and_tells_so(fake, api, state, add_menu, malee):
    first, second = add_menu(), add_menu(name="b")
    api("POST", f"{ALL}/{first}")
    missing = fake.hooks.rich_menu_switch("citizen", malee, "tab-b", "tab=b")
    assert missing["postback"]["params"]["status"] == "RICHMENU_ALIAS_ID_NOTFOUND"
    api("POST", f"{MENU}/alias", json={"richMenuAliasId": "tab-b", "richMenuId": second})
    turned = fake.hooks.rich_menu_switch("citizen", malee, "tab-b", "tab=b")
    assert turned["postback"]["params"] == {"newRichMenuAliasId": "tab-b", "status": "SUCCESS"}
    assert state.menu_of("citizen", malee).id == second


def test_a_hundred_menus_an_hour_and_no_more(api, state, drawing):
    hours = [0.0]
    state.rate_clock = lambda: hours[0]
    statuses = [api("POST", MENU, json=drawing.menu_body()).status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]
    assert api("POST", MENU, STAFF, json=drawing.menu_body()).status_code == 200
    hours[0] += 40
    assert api("POST", MENU, json=drawing.menu_body()).status_code == 200


def test_a_thousand_menus_and_no_more(api, state, drawing):
    state.set_rate("richmenu_create", 10_000)
    for _ in range(1000):
        state.add_menu("citizen", drawing.menu_body())
    assert api("POST", MENU, json=drawing.menu_body()).status_code == 400
    assert api("POST", MENU, STAFF, json=drawing.menu_body()).status_code == 200
