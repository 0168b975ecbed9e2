"""The small map of a complaint and the QR code."""

import io

import pytest
from PIL import Image

from documents.drawings import draw_map, qr_png
from documents.map_drawing import Colours, frame_around, map_jpeg
from sandbox import Sandbox, SandboxFailed

SQUARE = ((102.80, 16.40), (102.86, 16.40), (102.86, 16.46), (102.80, 16.46))
NEIGHBOUR = ((102.86, 16.40), (102.90, 16.40), (102.90, 16.46), (102.86, 16.46))
MIDDLE = (16.43, 102.83)
RED_PIN = Colours(ground="#000000", zone="#00ff00", outline="#0000ff", pin="#ff0000")


def opened(picture):
    return Image.open(io.BytesIO(picture)).convert("RGB")


def red_spot(picture):
    """The left, upper, right and lower edge of what is pure red."""
    red, green, blue = opened(picture).split()
    only_red = Image.merge("RGB", (red, green, blue)).point(lambda level: 255 * (level > 127)).split()
    mask = Image.new("L", only_red[0].size)
    mask.paste(255, mask=only_red[0])
    mask.paste(0, mask=only_red[1])
    mask.paste(0, mask=only_red[2])
    return mask.getbbox()


def test_the_map_has_the_size_asked_for():
    assert opened(map_jpeg((SQUARE,), MIDDLE, (480, 300))).size == (480, 300)


def test_the_tip_of_the_pin_is_at_the_place():
    left, _upper, right, lower = red_spot(map_jpeg((SQUARE,), MIDDLE, (480, 300), RED_PIN))

    assert abs((left + right) / 2 - 240) <= 2
    assert abs(lower - 150) <= 5


def test_north_is_up_and_east_is_right():
    south_west = red_spot(map_jpeg((SQUARE,), (16.41, 102.81), (480, 300), RED_PIN))
    north_east = red_spot(map_jpeg((SQUARE,), (16.45, 102.85), (480, 300), RED_PIN))

    assert south_west[0] < north_east[0]
    assert south_west[3] > north_east[3]


def test_zones_are_filled_and_outlined_on_the_ground():
    picture = opened(map_jpeg((SQUARE,), MIDDLE, (300, 300), RED_PIN))

    assert picture.getpixel((3, 3)) == (0, 0, 0)
    assert picture.getpixel((100, 200))[1] > 200
    across = [picture.getpixel((x, 200)) for x in range(300)]
    assert any(blue > 150 and green < 120 for _red, green, blue in across)


def test_the_scale_is_the_same_in_both_directions():
    frame = frame_around((SQUARE, NEIGHBOUR), (MIDDLE[1], MIDDLE[0]), (480, 300))

    assert frame.across / frame.down == pytest.approx(0.959, abs=0.001)  # cosine of 16.43 degrees north


def test_everything_fits_a_pin_outside_the_zones_too():
    outside = (16.60, 103.10)
    frame = frame_around((SQUARE,), (outside[1], outside[0]), (480, 300))

    for longitude, latitude in [*SQUARE, (outside[1], outside[0])]:
        x, y = frame.pixel(longitude, latitude)
        assert 0 <= x <= 480
        assert 0 <= y <= 300


def test_a_pin_alone_still_gives_a_map():
    assert red_spot(map_jpeg((), MIDDLE, (200, 100), RED_PIN)) is not None


def test_one_complaint_leaves_no_pin_on_the_map_of_the_next():
    before = map_jpeg((SQUARE,), MIDDLE, (480, 300), RED_PIN)
    map_jpeg((SQUARE,), (16.41, 102.81), (480, 300), RED_PIN)

    assert map_jpeg((SQUARE,), MIDDLE, (480, 300), RED_PIN) == before


def test_the_server_has_the_map_drawn_by_a_child():
    with Sandbox(children=1) as sandbox:
        outlines = [[list(place) for place in SQUARE]]  # as GeoJSON has it

        assert draw_map(outlines, MIDDLE, sandbox) == map_jpeg((SQUARE,), MIDDLE)
        with pytest.raises(SandboxFailed):
            draw_map(outlines, (float("nan"), 0.0), sandbox)


def test_a_qr_code_is_black_on_white_with_a_rim():
    picture = opened(qr_png("https://example.go.th/track?code=2026-000123", module_pixels=4))

    assert picture.width == picture.height
    assert {picture.getpixel((x, y)) for x in range(16) for y in range(16)} == {(255, 255, 255)}
    assert picture.getpixel((16, 16)) == (0, 0, 0)
    assert {colour for _count, colour in picture.getcolors()} == {(0, 0, 0), (255, 255, 255)}


def test_another_text_gives_another_code():
    assert qr_png("2026-000123") != qr_png("2026-000124")
