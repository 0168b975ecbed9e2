"""A menu's picture: drawn in a child, crisp, within LINE's megabyte, and honest when it cannot be made."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

import menu_pictures
from domain.rich_menus import HEIGHT, PRESETS, STAFF_MENUS, STRIP, TILES, WIDTH, areas_of
from menu_pictures import (
    MOST_BYTES,
    DrawnTile,
    MenuDrawing,
    MenuPicture,
    MenuPictureFailed,
    draw_menu,
    fingerprint,
    icon_shapes,
)
from models import RichMenuKind
from sandbox import Sandbox, SandboxFailed

TOWN = "#0F5E73"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=1) as pool:
        yield pool


def drawing(kind: RichMenuKind = RichMenuKind.CITIZEN, **more: object) -> MenuDrawing:
    codes = PRESETS["standard"] if kind is RichMenuKind.CITIZEN else STAFF_MENUS[kind]
    tiles = tuple(
        DrawnTile(
            area.x,
            area.y,
            area.width,
            area.height,
            TILES[code].label.th,
            TILES[code].hint.th,
            icon_shapes(TILES[code].icon),
            TILES[code].tone,
        )
        for code, area in zip(codes, areas_of(kind), strict=True)
    )
    usual = MenuDrawing(WIDTH, HEIGHT, STRIP, "เทศบาลนครขอนแก่น", TOWN, tiles, b"")
    return replace(usual, **more)


def opened(picture: MenuPicture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data)).convert("RGB")


@pytest.mark.parametrize("kind", RichMenuKind)
def test_every_menu_is_drawn_in_lines_measures(sandbox, kind):
    made = draw_menu(drawing(kind), sandbox)

    assert len(made.data) <= MOST_BYTES
    assert made.content_type == "image/png"
    assert opened(made).size == (WIDTH, HEIGHT)


def test_the_strip_and_the_first_tile_wear_the_towns_colour(sandbox):
    image = opened(draw_menu(drawing(colour="#5B2A86"), sandbox))

    assert image.getpixel((WIDTH - 5, 5)) == (0x5B, 0x2A, 0x86)
    assert image.getpixel((120, STRIP + 120)) == (0x5B, 0x2A, 0x86)
    assert image.getpixel((900, STRIP + 120)) == (255, 255, 255)


def test_icons_stand_in_the_middle_of_their_discs(sandbox):
    image = opened(draw_menu(drawing(), sandbox))
    area = areas_of(RichMenuKind.CITIZEN)[4]
    card = image.crop((area.x + 60, area.y + 60, area.x + area.width - 60, area.y + 400))
    dark = card.point(lambda level: 255 if level < 60 else 0).convert("L").getbbox()

    assert dark is not None
    assert abs((dark[0] + dark[2]) / 2 - card.width / 2) < 25


def test_the_same_wish_gives_the_same_picture(sandbox):
    assert draw_menu(drawing(), sandbox).data == draw_menu(drawing(), sandbox).data


def test_a_very_long_name_stays_on_its_strip(sandbox):
    long = "องค์การบริหารส่วนตำบลที่มีชื่อยาวมากจนไม่มีที่ไหนเขียนได้หมดในบรรทัดเดียวไม่ว่าตัวอักษรจะเล็กเพียงใด" * 2

    image = opened(draw_menu(drawing(town=long), sandbox))

    assert image.getpixel((WIDTH - 8, STRIP // 2)) == (0x0F, 0x5E, 0x73)


def test_an_emblem_is_put_before_the_name(sandbox):
    emblem = io.BytesIO()
    Image.new("RGB", (400, 200), (200, 30, 30)).save(emblem, "PNG")

    with_it = opened(draw_menu(drawing(emblem=emblem.getvalue()), sandbox))

    assert (200, 30, 30) in {with_it.getpixel((x, STRIP // 2)) for x in range(40, 250)}


def test_a_spoilt_emblem_is_told_in_words(sandbox):
    with pytest.raises(MenuPictureFailed, match="วาดภาพเมนูไม่สำเร็จ"):
        draw_menu(drawing(emblem=b"\x89PNG nothing"), sandbox)


def test_a_picture_larger_than_line_takes_is_told_in_words():
    class Large:
        def run(self, *_args: object, **_more: object) -> MenuPicture:
            return MenuPicture(b"x" * (MOST_BYTES + 1), "image/jpeg")

    with pytest.raises(MenuPictureFailed, match="1 เมกะไบต์"):
        draw_menu(drawing(), Large())  # type: ignore[arg-type]


def test_a_child_that_is_killed_is_told_in_words():
    class Dead:
        def run(self, *_args: object, **_more: object) -> MenuPicture:
            raise SandboxFailed("timeout", "wall clock")

    with pytest.raises(MenuPictureFailed, match="timeout"):
        draw_menu(drawing(), Dead())  # type: ignore[arg-type]


def test_an_icon_we_do_not_serve_is_named():
    with pytest.raises(MenuPictureFailed, match="no-such-icon"):
        icon_shapes("no-such-icon")


def test_what_is_shown_and_how_it_is_drawn_tell_pictures_apart(monkeypatch):
    one = fingerprint(drawing())

    assert fingerprint(drawing()) == one
    assert fingerprint(drawing(town="เทศบาลอื่น")) != one
    assert fingerprint(drawing(colour="#111111")) != one
    monkeypatch.setattr(menu_pictures, "_way_of_drawing", lambda: b"drawn in another way")
    assert fingerprint(drawing()) != one
