"""Pictures for the demo: simple drawings of a street before and after, plainly marked as invented.

A seed is a street: its light, houses, bend and planting are the same before and after, whatever the trouble.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

SIZE = (1120, 840)
FONT_NAME = "Sarabun-SemiBold.ttf"
BAR = 66  # The strip that says what it is.
DAYLIGHT = ((196, 220, 234), (214, 226, 232), (186, 206, 214), (236, 214, 186), (170, 184, 192))
WALLS = ((222, 208, 186), (205, 214, 208), (214, 196, 190), (230, 226, 214), (196, 204, 218), (226, 214, 160))
ROOFS = ((150, 84, 70), (96, 112, 122), (120, 130, 96), (168, 120, 84))
SOILS = ((150, 168, 128), (170, 164, 124), (136, 158, 118))
ASPHALT = ((108, 112, 116), (126, 124, 120), (160, 156, 148), (148, 126, 104))  # The last one is a dirt road.
Pen = ImageDraw.ImageDraw
Drawer = Callable[[Pen, random.Random, int], None]


def draw_scene(scene: str, stage: str, seed: int, font_path: str) -> bytes:
    """Return a JPEG of a street scene.

    Args:
        scene: A key of ``_SCENES``.
        stage: ``before`` shows the trouble, ``after`` shows it gone.
        seed: Of the street.
        font_path: Of a font with Thai letters, for the mark "ภาพจำลอง".
    """
    chance = random.Random(seed)  # noqa: S311 - decoration, not a secret
    sky = chance.choice(DAYLIGHT)
    image = Image.new("RGB", SIZE, sky)
    pen = ImageDraw.Draw(image)
    horizon = chance.randint(320, 400)
    _street(pen, chance, horizon)
    trouble, mended = _SCENES[scene]
    draw = trouble if stage == "before" else mended
    if draw is not None:
        draw(pen, random.Random(seed + 1), horizon)  # noqa: S311 - decoration, not a secret
    _mark(pen, stage, font_path)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=84)
    return buffer.getvalue()


def _mark(pen: Pen, stage: str, font_path: str) -> None:
    font = ImageFont.truetype(font_path, 38)
    pen.rectangle((0, SIZE[1] - BAR, *SIZE), fill=(23, 36, 43))
    words = "ภาพจำลอง · ก่อนดำเนินการ" if stage == "before" else "ภาพจำลอง · หลังดำเนินการ"
    pen.text((24, SIZE[1] - BAR + 6), words, font=font, fill=(255, 255, 255))


def _street(pen: Pen, chance: random.Random, horizon: int) -> None:
    left = -30
    while left < SIZE[0]:
        width = chance.randint(110, 230)
        _house(pen, chance, left, width, horizon)
        left += width + chance.randint(0, 70)
    pen.rectangle((0, horizon, *SIZE), fill=chance.choice(SOILS))
    far, near = chance.randint(380, 560), chance.randint(-40, 180)
    breadth = chance.randint(190, 280)
    road = chance.choice(ASPHALT)
    pen.polygon(
        [(far, horizon), (far + breadth, horizon), (near + 1000, SIZE[1]), (near, SIZE[1])], fill=road
    )
    pen.polygon(
        [(far - 26, horizon), (far, horizon), (near, SIZE[1]), (near - 110, SIZE[1])], fill=(190, 188, 182)
    )
    if road is not ASPHALT[-1]:
        _dashes(pen, far + breadth // 2, near + 500, horizon)
    if chance.random() < 1 / 2:
        _tree(pen, chance.randint(900, 1040), horizon)
    for _ in range(chance.randint(0, 3)):
        _pole(pen, chance.randint(40, SIZE[0] - 60), horizon, chance.randint(150, 210))


def _house(pen: Pen, chance: random.Random, left: int, width: int, horizon: int) -> None:
    top = horizon - chance.randint(80, 230)
    pen.rectangle((left, top, left + width, horizon + 16), fill=chance.choice(WALLS))
    if chance.random() < 1 / 2:
        ridge = (left + width // 2, top - chance.randint(26, 60))
        pen.polygon([(left - 10, top), (left + width + 10, top), ridge], fill=chance.choice(ROOFS))
    for window in range(left + 18, left + width - 34, 48):
        pen.rectangle((window, top + 26, window + 26, top + 62), fill=(120, 140, 150))
    if chance.random() < 1 / 3:
        shade = chance.choice(ROOFS)
        pen.rectangle((left, horizon - 52, left + width, horizon - 38), fill=shade)


def _dashes(pen: Pen, far: int, near: int, horizon: int) -> None:
    depth = SIZE[1] - horizon
    for step in range(6):
        start, end = step / 6, step / 6 + 0.08
        x, y = far + (near - far) * start, horizon + depth * start
        x2, y2 = far + (near - far) * end, horizon + depth * end
        half = 3 + 9 * start
        pen.polygon([(x - half, y), (x + half, y), (x2 + half, y2), (x2 - half, y2)], fill=(238, 234, 214))


def _pole(pen: Pen, x: int, horizon: int, height: int) -> None:
    pen.rectangle((x, horizon - height, x + 9, horizon + 40), fill=(120, 118, 112))
    pen.line((x - 34, horizon - height + 14, x + 44, horizon - height + 14), fill=(90, 88, 84), width=6)


def _tree(pen: Pen, x: int, horizon: int) -> None:
    pen.rectangle((x, horizon - 130, x + 40, horizon + 110), fill=(104, 82, 62))
    pen.ellipse((x - 120, horizon - 300, x + 165, horizon - 70), fill=(84, 128, 78))
    pen.ellipse((x - 60, horizon - 340, x + 110, horizon - 180), fill=(94, 140, 86))


def _person(pen: Pen, x: int, y: int, shirt: tuple[int, int, int]) -> None:
    pen.ellipse((x, y, x + 22, y + 22), fill=(196, 156, 128))
    pen.rectangle((x - 8, y + 22, x + 30, y + 78), fill=shirt)
    pen.rectangle((x - 2, y + 78, x + 24, y + 120), fill=(54, 60, 72))


def _worker(pen: Pen, chance: random.Random, horizon: int) -> None:
    _person(pen, chance.randint(200, 860), horizon + chance.randint(60, 140), (232, 132, 44))


def _hole(pen: Pen, chance: random.Random, horizon: int) -> None:
    for _ in range(chance.randint(1, 4)):
        x, y = chance.randint(340, 700), chance.randint(horizon + 130, SIZE[1] - 160)
        width = chance.randint(80, 180)
        pen.ellipse((x, y, x + width, y + width // 3), fill=(70, 66, 62))
        pen.ellipse((x + 14, y + 8, x + width - 20, y + width // 3 - 8), fill=(92, 104, 118))


def _patch(pen: Pen, chance: random.Random, horizon: int) -> None:
    for _ in range(chance.randint(1, 4)):
        x, y = chance.randint(340, 700), chance.randint(horizon + 130, SIZE[1] - 160)
        width = chance.randint(80, 180)
        pen.rectangle((x, y, x + width, y + width // 3), fill=(72, 74, 78))


def _broken_tiles(pen: Pen, chance: random.Random, horizon: int) -> None:
    _tiles(pen, horizon, (206, 190, 170))
    for _ in range(7):
        x, y = chance.randint(40, 300), chance.randint(horizon + 160, SIZE[1] - 130)
        corners = [(x, y), (x + 50, y - 14), (x + 62, y + 18), (x + 12, y + 30)]
        pen.polygon(corners, fill=(120, 96, 76), outline=(70, 60, 52))


def _tiles(pen: Pen, horizon: int, colour: tuple[int, int, int]) -> None:
    pen.polygon([(210, horizon + 60), (420, horizon + 60), (300, SIZE[1]), (-60, SIZE[1])], fill=colour)
    for step in range(1, 7):
        y = horizon + 60 + step * 62
        pen.line((0, y, 400, y), fill=(168, 150, 132), width=3)


def _new_tiles(pen: Pen, _chance: random.Random, horizon: int) -> None:
    _tiles(pen, horizon, (214, 206, 196))


def _dark_lamp(pen: Pen, chance: random.Random, horizon: int) -> None:
    _lamp(pen, chance.randint(180, 420), horizon, lit=False)


def _bright_lamp(pen: Pen, chance: random.Random, horizon: int) -> None:
    _lamp(pen, chance.randint(180, 420), horizon, lit=True)


def _lamp(pen: Pen, x: int, horizon: int, *, lit: bool) -> None:
    if lit:
        cone = [
            (x + 90, horizon - 230),
            (x + 120, horizon - 230),
            (x + 240, horizon + 150),
            (x - 30, horizon + 150),
        ]
        pen.polygon(cone, fill=(246, 236, 188))
    pen.rectangle((x, horizon - 250, x + 13, horizon + 170), fill=(84, 92, 98))
    pen.rectangle((x, horizon - 250, x + 110, horizon - 239), fill=(84, 92, 98))
    head = (252, 240, 170) if lit else (60, 64, 68)
    pen.ellipse((x + 76, horizon - 248, x + 134, horizon - 224), fill=head)


def _rubbish(pen: Pen, chance: random.Random, horizon: int) -> None:
    _bin(pen, horizon)
    for _ in range(chance.randint(9, 16)):
        x, y = chance.randint(60, 400), chance.randint(horizon + 130, horizon + 300)
        colour = chance.choice([(34, 34, 38), (58, 96, 70), (196, 186, 170), (150, 60, 52)])
        pen.ellipse((x, y, x + chance.randint(46, 100), y + chance.randint(36, 80)), fill=colour)


def _bin(pen: Pen, horizon: int) -> None:
    pen.rectangle((90, horizon + 60, 170, horizon + 180), fill=(62, 110, 72))
    pen.rectangle((82, horizon + 50, 178, horizon + 66), fill=(48, 88, 58))


def _empty_bin(pen: Pen, _chance: random.Random, horizon: int) -> None:
    _bin(pen, horizon)


def _blocked(pen: Pen, chance: random.Random, horizon: int) -> None:
    _grate(pen, horizon)
    x, y = 190, horizon + 250
    pen.ellipse((x - 90, y - 20, x + 250, y + 110), fill=(86, 82, 66))
    for _ in range(12):
        left, top = chance.randint(x - 60, x + 180), chance.randint(y - 10, y + 70)
        leaf = chance.choice([(96, 120, 60), (140, 110, 60), (230, 230, 226)])
        pen.ellipse((left, top, left + 36, top + 20), fill=leaf)


def _grate(pen: Pen, horizon: int) -> None:
    top = horizon + 240
    pen.rectangle((150, top, 370, top + 90), fill=(70, 72, 76))
    for bar in range(160, 365, 26):
        pen.rectangle((bar, top + 8, bar + 10, top + 82), fill=(28, 30, 32))


def _clean_grate(pen: Pen, _chance: random.Random, horizon: int) -> None:
    _grate(pen, horizon)


def _water(pen: Pen, chance: random.Random, horizon: int) -> None:
    level = horizon + chance.randint(20, 110)
    pen.rectangle((0, level, *SIZE), fill=(132, 126, 104))
    for _ in range(30):
        x, y = chance.randint(0, SIZE[0] - 100), chance.randint(level + 8, SIZE[1] - 90)
        pen.line((x, y, x + chance.randint(40, 130), y), fill=(168, 164, 146), width=4)
    _person(pen, chance.randint(300, 800), level - 20, (70, 110, 160))
    pen.rectangle((0, level + 90, SIZE[0], level + 104), fill=(140, 134, 112))


def _branch(pen: Pen, chance: random.Random, horizon: int) -> None:
    _tree(pen, 860, horizon)
    for _ in range(12):
        x, y = chance.randint(540, 820), chance.randint(horizon - 120, horizon + 150)
        pen.ellipse((x, y, x + 130, y + 74), fill=(68, 104, 62))
    pen.line((380, horizon - 40, 1120, horizon - 70), fill=(30, 30, 30), width=5)


def _trimmed(pen: Pen, _chance: random.Random, horizon: int) -> None:
    pen.rectangle((860, horizon - 130, 900, horizon + 110), fill=(104, 82, 62))
    pen.ellipse((800, horizon - 250, 965, horizon - 100), fill=(94, 140, 86))
    pen.line((380, horizon - 40, 1120, horizon - 70), fill=(30, 30, 30), width=5)


def _leaning_wall(pen: Pen, chance: random.Random, horizon: int) -> None:
    tilt = chance.randint(30, 70)
    pen.polygon(
        [(60 + tilt, horizon - 60), (430 + tilt, horizon - 60), (430, horizon + 130), (60, horizon + 130)],
        fill=(188, 176, 160),
    )
    x, y = 200 + tilt, horizon - 60
    for _ in range(6):
        x2, y2 = x + chance.randint(-30, 30), y + 32
        pen.line((x, y, x2, y2), fill=(60, 54, 48), width=5)
        x, y = x2, y2


def _straight_wall(pen: Pen, _chance: random.Random, horizon: int) -> None:
    pen.rectangle((60, horizon - 60, 430, horizon + 130), fill=(206, 200, 190))


def _smoke(pen: Pen, chance: random.Random, horizon: int) -> None:
    pen.ellipse((240, horizon + 150, 470, horizon + 210), fill=(60, 52, 46))
    for flame in range(270, 430, 40):
        tip = horizon + chance.randint(70, 110)
        pen.polygon(
            [(flame, horizon + 180), (flame + 34, horizon + 180), (flame + 16, tip)], fill=(236, 124, 40)
        )
    for puff in range(16):
        x = 300 + puff * 24 + chance.randint(-30, 30)
        y = horizon + 60 - puff * 26 + chance.randint(-14, 14)
        grey = 150 + puff * 4
        pen.ellipse((x, y, x + 90 + puff * 6, y + 70 + puff * 3), fill=(grey, grey, grey))


def _ashes(pen: Pen, _chance: random.Random, horizon: int) -> None:
    pen.ellipse((240, horizon + 150, 470, horizon + 210), fill=(96, 90, 84))


def _dogs(pen: Pen, chance: random.Random, horizon: int) -> None:
    for _ in range(chance.randint(2, 4)):
        x, y = chance.randint(120, 840), chance.randint(horizon + 120, SIZE[1] - 200)
        coat = chance.choice([(150, 108, 70), (60, 56, 54), (214, 196, 160)])
        pen.ellipse((x, y, x + 110, y + 48), fill=coat)
        pen.ellipse((x + 92, y - 26, x + 138, y + 18), fill=coat)
        for leg in (12, 30, 74, 92):
            pen.rectangle((x + leg, y + 36, x + leg + 10, y + 84), fill=coat)
        pen.line((x + 4, y + 14, x - 30, y - 20), fill=coat, width=9)


def _building_site(pen: Pen, chance: random.Random, horizon: int) -> None:
    for column in range(60, 420, 90):
        pen.rectangle((column, horizon - 240, column + 18, horizon + 20), fill=(150, 148, 144))
    for floor in range(horizon - 240, horizon, 80):
        pen.rectangle((50, floor, 430, floor + 14), fill=(160, 158, 152))
    for _ in range(14):
        x, y = chance.randint(40, 560), chance.randint(horizon + 20, horizon + 170)
        pen.ellipse((x, y, x + chance.randint(24, 80), y + chance.randint(14, 34)), fill=(176, 164, 140))


def _screened_site(pen: Pen, _chance: random.Random, horizon: int) -> None:
    pen.rectangle((50, horizon - 250, 440, horizon + 20), fill=(74, 124, 104))
    for seam in range(50, 440, 78):
        pen.line((seam, horizon - 250, seam, horizon + 20), fill=(56, 98, 82), width=4)


_SCENES: dict[str, tuple[Drawer, Drawer | None]] = {
    "road": (_hole, _patch),
    "footpath": (_broken_tiles, _new_tiles),
    "drain": (_blocked, _clean_grate),
    "flood": (_water, _worker),
    "lamp": (_dark_lamp, _bright_lamp),
    "tree": (_branch, _trimmed),
    "rubbish": (_rubbish, _empty_bin),
    "wall": (_leaning_wall, _straight_wall),
    "smoke": (_smoke, _ashes),
    "dog": (_dogs, None),
    "site": (_building_site, _screened_site),
}
