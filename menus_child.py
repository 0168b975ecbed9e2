"""Draw the picture of a menu under the chat. Imported by sandbox children only: see photos_child.py."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import fontpkg_sarabun
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics import renderPDF
from reportlab.pdfgen.canvas import Canvas
from svglib.svglib import svg2rlg

from menu_pictures import MOST_BYTES, DrawnTile, MenuDrawing, MenuPicture

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]

PAGE = (245, 247, 248)
SURFACE = (255, 255, 255)
INK = (23, 36, 43)
MUTED = (81, 99, 109)
LATE = (179, 38, 30)
LATE_TINT = (252, 235, 234)
WHITE = (255, 255, 255)
EDGE = (214, 222, 226)

GAP = 26
"""Between tiles; on a phone four pixels."""
RADIUS = 44
LABEL_SIZE, LEAST_LABEL = 128, 64
HINT_SIZE, LEAST_HINT = 88, 64
TOWN_SIZE, LEAST_TOWN = 88, 56
DISC, LABEL_LINE, HINT_LINE = 290, 216, 124
"""Heights of a tile's three parts, one below the other."""
LEAST_ROOM = 600
"""A tile with twice this width for its words has everything half as large again."""
STROKE = "1.6"
QUALITIES = (92, 85, 75, 60)


@dataclass(frozen=True)
class Look:
    """What all tiles of a menu share: the town's colour and the sizes of their letters."""

    colour: Colour
    label_size: int
    hint_size: int


FONTS = Path(fontpkg_sarabun.ROOT) / "files"


def draw(drawing: MenuDrawing) -> MenuPicture:
    """Return the menu's picture, as PNG where that fits LINE's megabyte, else as a JPEG."""
    canvas = Image.new("RGB", (drawing.width, drawing.height), PAGE)
    look = look_of(drawing)
    draw_strip(canvas, drawing, look.colour)
    for tile in drawing.tiles:
        draw_tile(canvas, tile, drawing, look)
    return packed(canvas)


def draw_strip(canvas: Image.Image, drawing: MenuDrawing, colour: Colour) -> None:
    """Put the town's emblem and name on its colour across the top."""
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((0, 0, drawing.width, drawing.strip - 1), fill=colour)
    left, middle = 2 * GAP, drawing.strip // 2
    left += draw_emblem(canvas, drawing.emblem, left, drawing.strip)
    room = drawing.width - left - 2 * GAP
    name = fitted("SemiBold", drawing.town, TOWN_SIZE, LEAST_TOWN, room)
    pen.text((left, middle), shortened(name, drawing.town, room), font=name, fill=WHITE, anchor="lm")


def draw_emblem(canvas: Image.Image, emblem: bytes, left: int, strip: int) -> int:
    """Put the emblem on a white disc; return how much room it took, nothing without one."""
    if not emblem:
        return 0
    side = strip - GAP
    top = (strip - side) // 2
    picture = Image.open(io.BytesIO(emblem), formats=["PNG", "JPEG"]).convert("RGBA")
    picture.thumbnail((side * 3 // 4, side * 3 // 4), Image.Resampling.LANCZOS)
    canvas.paste(WHITE, (left, top), disc(side))
    place = (left + (side - picture.width) // 2, top + (side - picture.height) // 2)
    canvas.paste(picture, place, picture)
    return side + GAP


def draw_tile(canvas: Image.Image, tile: DrawnTile, drawing: MenuDrawing, look: Look) -> None:
    """Draw one tile: a card with icon, name and hint; the one most come for is filled."""
    left, top, right, bottom = card_of(tile, drawing)
    filled = tile.tone == "primary"
    accent = LATE if tile.tone == "late" else look.colour
    tint = LATE_TINT if tile.tone == "late" else mixed(look.colour, WHITE, 0.11)
    paste_card(canvas, (left, top, right, bottom), look.colour if filled else SURFACE)
    room = right - left - 2 * GAP
    grown = 3 / 2 if room > 2 * LEAST_ROOM else 1
    side, label_line, hint_line = (round(part * grown) for part in (DISC, LABEL_LINE, HINT_LINE))
    begin = top + (bottom - top - side - label_line - hint_line) // 2
    middle = (left + right) // 2
    canvas.paste(WHITE if filled else tint, (middle - side // 2, begin), disc(side))
    draw_icon(canvas, tile.icon, (middle, begin + side // 2), side * 60 // 100, accent)
    label_ink = WHITE if filled else (LATE if tile.tone == "late" else INK)
    label = font("SemiBold", round(look.label_size * grown))
    hint = font("Regular", round(look.hint_size * grown))
    write(canvas, tile.label, (middle, begin + side + label_line * 56 // 100), room, label, label_ink)
    below = begin + side + label_line + hint_line // 2
    write(canvas, tile.hint, (middle, below), room, hint, WHITE if filled else MUTED)


def write(
    canvas: Image.Image,
    text: str,
    middle: tuple[int, int],
    room: int,
    face: ImageFont.FreeTypeFont,
    ink: Colour,
) -> None:
    """Write a line around its middle, no wider than the room."""
    pen = ImageDraw.Draw(canvas)
    pen.text(middle, shortened(face, text, room), font=face, fill=ink, anchor="mm")


def look_of(drawing: MenuDrawing) -> Look:
    """Choose one size of letters for all names, and one for all hints, so that the widest still fit."""
    rooms = [(tile, tile.width - 5 * GAP) for tile in drawing.tiles]
    labels = [fitted("SemiBold", tile.label, LABEL_SIZE, LEAST_LABEL, room).size for tile, room in rooms]
    hints = [fitted("Regular", tile.hint, HINT_SIZE, LEAST_HINT, room).size for tile, room in rooms]
    return Look(rgb(drawing.colour), round(min(labels)), round(min(hints)))


def card_of(tile: DrawnTile, drawing: MenuDrawing) -> Box:
    """Return the tile's card: its area less the strip and half a gap to its neighbours, a gap to the rim."""
    top_edge = max(tile.y, drawing.strip)
    right, bottom = tile.x + tile.width, tile.y + tile.height
    return (
        tile.x + (GAP if tile.x == 0 else GAP // 2),
        top_edge + (GAP if top_edge == drawing.strip else GAP // 2),
        right - (GAP if right == drawing.width else GAP // 2),
        bottom - (GAP if bottom == drawing.height else GAP // 2),
    )


def paste_card(canvas: Image.Image, box: Box, fill: Colour) -> None:
    """Draw a rounded card with a fine edge, smooth at its corners."""
    width, height = box[2] - box[0], box[3] - box[1]
    edge = rounded(width, height, RADIUS)
    canvas.paste(EDGE if fill == SURFACE else fill, box[:2], edge)
    canvas.paste(fill, (box[0] + 3, box[1] + 3), rounded(width - 6, height - 6, RADIUS - 3))


def rounded(width: int, height: int, radius: int) -> Image.Image:
    """Return the mask of a rounded rectangle, its corners drawn four times too large and shrunk."""
    mask = Image.new("L", (width, height), 255)
    corner = Image.new("L", (radius * 4, radius * 4), 0)
    ImageDraw.Draw(corner).pieslice((0, 0, radius * 8 - 1, radius * 8 - 1), 180, 270, fill=255)
    corner = corner.resize((radius, radius), Image.Resampling.LANCZOS)
    for turn, place in enumerate(
        ((0, 0), (0, height - radius), (width - radius, height - radius), (width - radius, 0))
    ):
        mask.paste(corner.rotate(90 * turn), place)
    return mask


def disc(side: int) -> Image.Image:
    """Return the mask of a smooth disc."""
    large = Image.new("L", (side * 4, side * 4), 0)
    ImageDraw.Draw(large).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    return large.resize((side, side), Image.Resampling.LANCZOS)


def draw_icon(canvas: Image.Image, shapes: str, centre: tuple[int, int], side: int, colour: Colour) -> None:
    """Draw an icon's lines in a colour, centred."""
    mask = icon_mask(shapes, side)
    canvas.paste(colour, (centre[0] - mask.width // 2, centre[1] - mask.height // 2), mask)


def icon_mask(shapes: str, side: int) -> Image.Image:
    """Return an icon's lines as a mask: the SVG becomes a page of PDF, the page pixels."""
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240" viewBox="0 0 24 24" fill="none"'
        f' stroke="#000000" stroke-width={quoteattr(STROKE)} stroke-linecap="round"'
        f' stroke-linejoin="round">{shapes}</svg>'
    )
    picture = svg2rlg(io.BytesIO(drawing.encode()))
    page = io.BytesIO()
    pdf = Canvas(page, pagesize=(picture.width, picture.height))  # In points: svglib has converted pixels.
    renderPDF.draw(picture, pdf, 0, 0)
    pdf.save()
    with pdfium.PdfDocument(page.getvalue()) as document:
        image = document[0].render(scale=side * 2 / picture.width, grayscale=True).to_pil().convert("L")
    return image.point(lambda level: 255 - level).resize((side, side), Image.Resampling.LANCZOS)


def fitted(face: str, text: str, size: int, least: int, room: int) -> ImageFont.FreeTypeFont:
    """Return the font, as much smaller as the text needs to fit, never under the least size."""
    while size > least and font(face, size).getlength(text) > room:
        size -= 4
    return font(face, size)


def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """Return Sarabun; raqm puts Thai vowels and tone marks where they belong."""
    return ImageFont.truetype(str(FONTS / f"Sarabun-{face}.ttf"), size, layout_engine=ImageFont.Layout.RAQM)


def shortened(face: ImageFont.FreeTypeFont, text: str, room: int) -> str:
    """Return the text, cut with an ellipsis where even the smallest letters are too wide."""
    if face.getlength(text) <= room:
        return text
    clusters = re.findall(r"[\s\S][\u0e31\u0e33-\u0e3a\u0e47-\u0e4e\u0300-\u036f]*", text)
    while clusters and face.getlength("".join(clusters).rstrip() + "…") > room:
        clusters.pop()
    return "".join(clusters).rstrip() + "…"


def rgb(colour: str) -> Colour:
    """Return the parts of #RRGGBB."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return a share of one colour in another."""
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def packed(canvas: Image.Image) -> MenuPicture:
    """Write the picture as small as it needs: full PNG, 256 colours, then JPEG of falling quality."""
    for image in (canvas, canvas.quantize(256, dither=Image.Dither.NONE)):
        data = written(image, "PNG", optimize=True)
        if len(data) <= MOST_BYTES:
            return MenuPicture(data, "image/png")
    for quality in QUALITIES:
        data = written(canvas, "JPEG", quality=quality)
        if len(data) <= MOST_BYTES:
            break
    return MenuPicture(data, "image/jpeg")


def written(image: Image.Image, kind: str, **how: object) -> bytes:
    """Return the bytes of a picture file."""
    target = io.BytesIO()
    image.save(target, kind, **how)
    return target.getvalue()
