"""The menus under the chat: six tiles that cover the picture, words that fit, and who gets which."""

from __future__ import annotations

import json
import tomllib
from itertools import combinations
from pathlib import Path

import pytest

from domain.actor import Actor
from domain.rich_menus import (
    CHAT_BARS,
    HEIGHT,
    KINDS,
    PRESETS,
    STAFF_MENUS,
    STRIP,
    TILES,
    WIDTH,
    areas_of,
    code_of,
    menu_name,
    postback_of,
    staff_menu_kind,
)
from domain.setting_rules import RULES
from line_hooks.limits import graphemes
from models import LineChannel, RichMenuKind, Scope

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("kind", RichMenuKind)
def test_the_tiles_cover_the_picture_exactly_and_never_each_other(kind):
    areas = areas_of(kind)

    assert sum(area.width * area.height for area in areas) == WIDTH * HEIGHT
    assert all(area.x + area.width <= WIDTH and area.y + area.height <= HEIGHT for area in areas)
    for one, other in combinations(areas, 2):
        apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
        apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert apart_x or apart_y


def test_the_upper_and_the_lower_tiles_look_the_same_below_the_strip():
    upper, lower = areas_of(RichMenuKind.CITIZEN)[0], areas_of(RichMenuKind.CITIZEN)[3]

    assert upper.height - STRIP == lower.height


@pytest.mark.parametrize("codes", [*PRESETS.values(), *STAFF_MENUS.values()], ids=" ".join)
def test_every_menu_has_as_many_tiles_as_places_and_one_for_what_most_come_for(codes):
    assert len(codes) in {4, 6}
    assert len(set(codes)) == len(codes)
    assert [TILES[code].tone for code in codes].count("primary") == 1


def test_the_presets_are_those_the_setting_offers():
    [rule] = [rule for rule in RULES if rule.key == "line_menu_preset"]

    assert list(PRESETS) == [code for code, _words in rule.options]


def test_the_first_menu_of_a_channel_is_everybodys():
    assert KINDS[LineChannel.CITIZEN][0] is RichMenuKind.CITIZEN
    assert KINDS[LineChannel.STAFF][0] is RichMenuKind.GUEST


@pytest.mark.parametrize("tile", TILES.values(), ids=lambda tile: tile.code)
def test_a_tiles_words_fit_line_and_its_icon_is_served(tile):
    served = tomllib.loads((ROOT / "assets.toml").read_text("utf-8"))["icons"]["names"]

    assert all(0 < len(list(graphemes(label))) <= 20 for label in tile.label)
    assert all(tile.hint)
    assert tile.icon in served


def test_what_the_bar_says_is_at_most_fourteen_letters():
    assert all(len(word) <= 14 for words in CHAT_BARS.values() for word in words)


def test_every_setting_a_tile_names_is_an_address():
    kinds = {rule.key: rule.kind for rule in RULES}

    assert {kinds[tile.setting] for tile in TILES.values() if tile.setting} == {"url"}


@pytest.mark.parametrize("code", TILES)
def test_a_tiles_postback_leads_back_to_it(code):
    assert code_of(postback_of(code)) == code


@pytest.mark.parametrize(
    "data", ["", "menu=", "menu=nothing", "menu=report&x=1", "Menu=report", "menu=report\n", "richmenu=x"]
)
def test_what_is_no_tile_of_ours_has_no_code(data):
    assert code_of(data) is None


def test_the_same_content_has_the_same_name():
    assert menu_name(RichMenuKind.OFFICER, "a1b2c3d4e5f6a7b8") == "uphee:officer:a1b2c3d4e5f6"


def officer(grants: dict[str, Scope]) -> Actor:
    return Actor(kind="staff", name="x", staff_user_id=1, grants=grants)


def test_of_the_seeded_roles_only_the_executives_get_the_executives_menu():
    roles = json.loads((ROOT / "seed" / "roles.json").read_text("utf-8"))
    kinds = {
        role["code"]: staff_menu_kind(
            officer({grant["permission"]: Scope(grant["scope"]) for grant in role["grants"]})
        )
        for role in roles
    }

    assert [code for code, kind in kinds.items() if kind is RichMenuKind.EXECUTIVE] == ["executive"]


def test_who_sees_only_a_department_is_no_executive_whatever_his_role_is_called():
    seen = {"complaint:read": Scope.DEPARTMENT, "report:read": Scope.ALL}

    assert staff_menu_kind(officer(seen)) is RichMenuKind.OFFICER


def test_who_sees_all_and_also_works_is_an_officer():
    both = {"complaint:read": Scope.ALL, "report:read": Scope.ALL, "complaint:direct": Scope.ALL}

    assert staff_menu_kind(officer(both)) is RichMenuKind.OFFICER
