"""Rich menus: made, given a picture, set for everybody or linked to one, named by aliases (line.md §3)."""

from __future__ import annotations

import re

from flask import Response, request

from line_sim.answers import Call, Route, bad_body, error, is_id, json_body, ok
from line_sim.checks import check_model
from line_sim.menu_checks import check_menu, refusal_of_picture
from line_sim.menus import MAX_MENUS
from line_sim.records import JsonDict, SimRichMenu

MAX_ALIASES = 1000
NEEDS_PICTURE = "must upload richmenu image before applying it to user"
_ALIAS = re.compile(r"[a-z0-9_-]{1,32}")
_WRONG_USER = "The value for the 'userId' parameter is invalid"


def create(call: Call) -> Response:
    """Make a menu, still without its picture."""
    body = _menu_body()
    if isinstance(body, Response):
        return body
    if len(call.state.menus_of(call.channel.key)) >= MAX_MENUS:
        return error(400, f"The number of rich menus must not exceed {MAX_MENUS}")
    return ok({"richMenuId": call.state.add_menu(call.channel.key, body).id})


def validate(call: Call) -> Response:
    """Say whether a menu could be made."""
    body = _menu_body()
    return body if isinstance(body, Response) else ok()


def list_all(call: Call) -> Response:
    """Tell every menu that was made by API."""
    return ok({"richmenus": [_told(menu) for menu in call.state.menus_of(call.channel.key)]})


def get(call: Call, menu_id: str) -> Response:
    """Tell one menu."""
    menu = call.state.menu(call.channel.key, menu_id)
    return ok(_told(menu)) if menu else error(404, "richmenu not found", details=[])


def delete(call: Call, menu_id: str) -> Response:
    """Delete a menu, wherever it is shown."""
    if call.state.menu(call.channel.key, menu_id) is None:
        return error(404, "richmenu not found", details=[])
    call.state.drop_menu(menu_id)
    return ok()


def upload(call: Call, menu_id: str) -> Response:
    """Take the picture of a menu, once."""
    menu = call.state.menu(call.channel.key, menu_id)
    if menu is None:
        return error(404, "Not found")
    picture = request.get_data()
    refusal = refusal_of_picture(picture, request.mimetype, menu.body["size"])
    if refusal is not None:
        return error(*refusal)
    with call.state.lock:
        if menu.picture is not None:
            return error(400, "An image has already been uploaded to the richmenu")
        call.state.give_picture(menu_id, picture, request.mimetype)
    return ok()


def download(call: Call, menu_id: str) -> Response:
    """Give the picture of a menu."""
    menu = call.state.menu(call.channel.key, menu_id)
    if menu is None or menu.picture is None:
        return error(404, "Not found")
    return Response(menu.picture, 200, content_type=menu.content_type)


# For everybody


def set_default(call: Call, menu_id: str) -> Response:
    """Show a menu to everybody who has none of their own."""
    refusal = _refusal_of_use(call, menu_id)
    if refusal is not None:
        return refusal
    call.state.set_default_menu(call.channel.key, menu_id)
    return ok()


def get_default(call: Call) -> Response:
    """Tell which menu everybody sees."""
    menu_id = call.state.default_menu(call.channel.key)
    return ok({"richMenuId": menu_id}) if menu_id else error(404, "no default richmenu", details=[])


def cancel_default(call: Call) -> Response:
    """Show no menu to everybody any more."""
    call.state.set_default_menu(call.channel.key, None)
    return ok()


# For one


def link(call: Call, user_id: str, menu_id: str) -> Response:
    """Give a person a menu; of whoever is no friend LINE takes no notice, and answers 200."""
    if not is_id(user_id):
        return error(400, _WRONG_USER)
    refusal = _refusal_of_use(call, menu_id)
    if refusal is not None:
        return refusal
    call.state.link_menu(call.channel.key, user_id, menu_id)
    return ok()


def get_linked(call: Call, user_id: str) -> Response:
    """Tell which menu a person was given."""
    if not is_id(user_id):
        return error(400, _WRONG_USER)
    menu_id = call.state.linked_menu(call.channel.key, user_id)
    return ok({"richMenuId": menu_id}) if menu_id else error(404, "the user has no richmenu", details=[])


def unlink(call: Call, user_id: str) -> Response:
    """Take a person's own menu away."""
    if not is_id(user_id):
        return error(400, _WRONG_USER)
    call.state.link_menu(call.channel.key, user_id, None)
    return ok()


def link_many(call: Call) -> Response:
    """Give up to 500 people a menu, some time later."""
    body = _bulk("RichMenuBulkLinkRequest")
    if isinstance(body, Response):
        return body
    refusal = _refusal_of_use(call, body["richMenuId"])
    if refusal is not None:
        return refusal
    for user_id in body["userIds"]:
        call.state.link_menu(call.channel.key, user_id, body["richMenuId"])
    return ok(status=202)


def unlink_many(call: Call) -> Response:
    """Take their own menus from up to 500 people, some time later."""
    body = _bulk("RichMenuBulkUnlinkRequest")
    if isinstance(body, Response):
        return body
    for user_id in body["userIds"]:
        call.state.link_menu(call.channel.key, user_id, None)
    return ok(status=202)


# Aliases


def create_alias(call: Call) -> Response:
    """Name a menu, so that a tab of another can turn to it."""
    body = _alias_body("CreateRichMenuAliasRequest")
    if isinstance(body, Response):
        return body
    alias, state, channel = body["richMenuAliasId"], call.state, call.channel.key
    if not _ALIAS.fullmatch(alias):
        return bad_body([("richMenuAliasId", "invalid property")])
    if (channel, alias) in state.aliases:
        return error(400, "conflict richmenu alias id", details=[])
    if sum(key == channel for key, _ in state.aliases) >= MAX_ALIASES:
        return error(400, f"The number of rich menu aliases must not exceed {MAX_ALIASES}")
    refusal = _refusal_of_use(call, body["richMenuId"], 400)
    if refusal is not None:
        return refusal
    state.set_alias(channel, alias, body["richMenuId"])
    return ok()


def change_alias(call: Call, alias: str) -> Response:
    """Let a name mean another menu."""
    body = _alias_body("UpdateRichMenuAliasRequest")
    if isinstance(body, Response):
        return body
    if (call.channel.key, alias) not in call.state.aliases:
        return _no_alias()
    refusal = _refusal_of_use(call, body["richMenuId"], 400)
    if refusal is not None:
        return refusal
    call.state.set_alias(call.channel.key, alias, body["richMenuId"])
    return ok()


def get_alias(call: Call, alias: str) -> Response:
    """Tell which menu a name means."""
    menu_id = call.state.aliases.get((call.channel.key, alias))
    return ok({"richMenuAliasId": alias, "richMenuId": menu_id}) if menu_id else _no_alias()


def list_aliases(call: Call) -> Response:
    """Tell every name."""
    with call.state.lock:
        mine = [(alias, menu) for (key, alias), menu in call.state.aliases.items() if key == call.channel.key]
    return ok({"aliases": [{"richMenuAliasId": alias, "richMenuId": menu} for alias, menu in mine]})


def delete_alias(call: Call, alias: str) -> Response:
    """Forget a name."""
    if (call.channel.key, alias) not in call.state.aliases:
        return _no_alias()
    call.state.set_alias(call.channel.key, alias, None)
    return ok()


# Shared


def _menu_body() -> JsonDict | Response:
    body = json_body()
    if isinstance(body, Response):
        return body
    findings = check_menu(body)
    return bad_body(findings) if findings else body


def _bulk(model: str) -> JsonDict | Response:
    body = _alias_body(model)
    if isinstance(body, Response):
        return body
    wrong = [one for one in body["userIds"] if not is_id(one)]
    return bad_body([("userIds", "invalid property")]) if wrong else body


def _alias_body(model: str) -> JsonDict | Response:
    body = json_body()
    if isinstance(body, Response):
        return body
    findings = check_model(model, body)
    return bad_body(findings) if findings else body


def _refusal_of_use(call: Call, menu_id: str, unknown_status: int = 404) -> Response | None:
    menu = call.state.menu(call.channel.key, menu_id)
    if menu is None:
        return error(unknown_status, "Not found" if unknown_status == 404 else "richmenu not found")
    return error(400, NEEDS_PICTURE, details=[]) if menu.picture is None else None


def _no_alias() -> Response:
    return error(404, "richmenu alias not found", details=[])


def _told(menu: SimRichMenu) -> JsonDict:
    return {"richMenuId": menu.id, **menu.body}


_MENU = "/v2/bot/richmenu"
_ONE = f"{_MENU}/<menu_id>"
_ALL = "/v2/bot/user/all/richmenu"
_USER = "/v2/bot/user/<user_id>/richmenu"
_NAMED = f"{_MENU}/alias/<alias>"
ROUTES = [
    Route("POST", _MENU, create, "richmenu_create"),
    Route("POST", f"{_MENU}/validate", validate),
    Route("GET", f"{_MENU}/list", list_all, "richmenu_list"),
    Route("GET", _ONE, get),
    Route("DELETE", _ONE, delete, "richmenu_delete"),
    Route("POST", f"{_ONE}/content", upload),
    Route("GET", f"{_ONE}/content", download),
    Route("POST", f"{_ALL}/<menu_id>", set_default),
    Route("GET", _ALL, get_default),
    Route("DELETE", _ALL, cancel_default),
    Route("POST", f"{_USER}/<menu_id>", link),
    Route("GET", _USER, get_linked),
    Route("DELETE", _USER, unlink),
    Route("POST", f"{_MENU}/bulk/link", link_many),
    Route("POST", f"{_MENU}/bulk/unlink", unlink_many),
    Route("POST", f"{_MENU}/alias", create_alias),
    Route("GET", f"{_MENU}/alias/list", list_aliases),
    Route("GET", _NAMED, get_alias),
    Route("POST", _NAMED, change_alias),
    Route("DELETE", _NAMED, delete_alias, "alias_delete"),
]
