"""Pictures for the demo: simple drawings of a street before and after, plainly marked as invented."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFont

SIZE = (1280, 960)
FONT_NAME = "Sarabun-SemiBold.ttf"


def draw_scene(scene: str, stage: str, seed: int, font_path: str) -> bytes:
    """Return a JPEG of a street scene.

    Args:
        scene: A key of ``_TROUBLES``.
        stage: ``before`` shows the trouble, ``after`` shows it gone.
        seed: Varies light and place.
        font_path: Of a font with Thai letters, for the mark "ภาพจำลอง".
    """
    chance = random.Random(seed)  # noqa: S311 - decoration, not a secret
    image = Image.new("RGB", SIZE, _sky(chance))
    pen = ImageDraw.Draw(image)
    horizon = chance.randint(380, 460)
    _street(pen, chance, horizon)
    if stage == "before":
        _TROUBLES[scene](pen, chance, horizon)
    elif scene == "lamp":
        _lamp(pen, 300, horizon, lit=True)
    elif scene == "tree":
        _tree(pen, 960, horizon)
    font = ImageFont.truetype(font_path, 44)
    pen.rectangle((0, SIZE[1] - 74, SIZE[0], SIZE[1]), fill=(23, 36, 43))
    words = "ภาพจำลอง · ก่อนดำเนินการ" if stage == "before" else "ภาพจำลอง · หลังดำเนินการ"
    pen.text((28, SIZE[1] - 66), words, font=font, fill=(255, 255, 255))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=86)
    return buffer.getvalue()


def _sky(chance: random.Random) -> tuple[int, int, int]:
    light = chance.randint(-18, 12)
    return (190 + light, 216 + light, 230 + light)


def _street(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for left in range(-40, SIZE[0], 210):
        top = horizon - chance.randint(90, 250)
        wall = chance.choice([(222, 208, 186), (205, 214, 208), (214, 196, 190), (230, 226, 214)])
        pen.rectangle((left, top, left + 190, horizon + 20), fill=wall)
        for window in range(left + 26, left + 170, 54):
            pen.rectangle((window, top + 34, window + 30, top + 78), fill=(120, 140, 150))
    pen.rectangle((0, horizon, *SIZE), fill=(150, 168, 128))
    pen.polygon([(470, horizon), (760, horizon), (1220, SIZE[1]), (60, SIZE[1])], fill=(108, 112, 116))
    pen.polygon([(440, horizon), (470, horizon), (60, SIZE[1]), (-60, SIZE[1])], fill=(190, 188, 182))
    for step in range(6):
        y = horizon + 40 + step * 92
        pen.polygon([(610, y), (622, y), (626, y + 44), (606, y + 44)], fill=(238, 234, 214))


def _hole(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for _ in range(3):
        x, y = chance.randint(360, 800), chance.randint(horizon + 160, SIZE[1] - 190)
        width = chance.randint(90, 170)
        pen.ellipse((x, y, x + width, y + width // 3), fill=(70, 66, 62))
        pen.ellipse((x + 14, y + 8, x + width - 20, y + width // 3 - 8), fill=(92, 104, 118))


def _dark_lamp(pen: ImageDraw.ImageDraw, _chance: random.Random, horizon: int) -> None:
    _lamp(pen, 300, horizon, lit=False)


def _lamp(pen: ImageDraw.ImageDraw, x: int, horizon: int, *, lit: bool) -> None:
    pen.rectangle((x, horizon - 260, x + 14, horizon + 180), fill=(84, 92, 98))
    pen.rectangle((x, horizon - 260, x + 120, horizon - 248), fill=(84, 92, 98))
    if lit:
        pen.polygon(
            [
                (x + 60, horizon - 240),
                (x + 170, horizon - 240),
                (x + 280, horizon + 140),
                (x - 20, horizon + 140),
            ],
            fill=(246, 236, 188),
        )
    pen.ellipse(
        (x + 84, horizon - 256, x + 146, horizon - 232), fill=(252, 240, 170) if lit else (60, 64, 68)
    )


def _rubbish(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for _ in range(14):
        x, y = chance.randint(90, 420), chance.randint(horizon + 150, horizon + 330)
        colour = chance.choice([(34, 34, 38), (58, 96, 70), (196, 186, 170), (150, 60, 52)])
        pen.ellipse((x, y, x + chance.randint(50, 110), y + chance.randint(40, 90)), fill=colour)


def _water(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    level = horizon + chance.randint(150, 220)
    pen.polygon([(250, level), (930, level), (1130, SIZE[1] - 76), (120, SIZE[1] - 76)], fill=(132, 126, 104))
    for _ in range(16):
        x, y = chance.randint(260, 900), chance.randint(level + 10, SIZE[1] - 110)
        pen.line((x, y, x + chance.randint(40, 120), y), fill=(168, 164, 146), width=4)


def _branch(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    _tree(pen, 960, horizon)
    for _ in range(12):
        x, y = chance.randint(640, 900), chance.randint(horizon - 120, horizon + 160)
        pen.ellipse((x, y, x + 140, y + 80), fill=(68, 104, 62))
    pen.line((430, horizon - 40, 1180, horizon - 70), fill=(30, 30, 30), width=5)


def _tree(pen: ImageDraw.ImageDraw, x: int, horizon: int) -> None:
    pen.rectangle((x, horizon - 140, x + 44, horizon + 120), fill=(104, 82, 62))
    pen.ellipse((x - 130, horizon - 330, x + 180, horizon - 80), fill=(84, 128, 78))


def _scribble(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for _ in range(10):
        x, y = chance.randint(30, 900), chance.randint(horizon - 90, horizon - 20)
        pen.line((x, y, x + 90, y + chance.randint(-40, 40)), fill=(178, 38, 30), width=9)


_TROUBLES = {
    "road": _hole,
    "lamp": _dark_lamp,
    "rubbish": _rubbish,
    "drain": _water,
    "tree": _branch,
    "wall": _scribble,
}
