"""Draw bars of figures for the chat. Imported by sandbox children only: see photos_child.py."""

from PIL import Image, ImageDraw, ImageFont

from figure_pictures import (
    BAR,
    EMPTY,
    FOOT,
    GAP,
    LABEL_LINE,
    MOST_BARS,
    STRIP,
    WIDTH,
    Bar,
    FigureDrawing,
    FigurePicture,
    height_of,
    ticks_for,
)
from menus_child import INK, MUTED, SURFACE, Colour, fitted, font, mixed, rgb, shortened, written

EDGE = 48
TITLE_SIZE, TOWN_SIZE, LABEL_SIZE, COUNT_SIZE, SMALL_SIZE = 68, 46, 50, 52, 44
LEAST_TITLE, LEAST_TOWN = 48, 40
COUNT_ROOM = 168
"""Right of the longest bar, for its number."""
RADIUS, RULE = 8, 6
GRID: Colour = (214, 222, 226)
ZERO: Colour = (124, 143, 153)
TONES: dict[str, Colour] = {
    "new": (11, 87, 164),
    "progress": (15, 94, 115),
    "waiting": (91, 74, 158),
    "done": (30, 107, 58),
    "soon": (138, 83, 0),
    "late": (179, 38, 30),
    "muted": MUTED,
}


def draw(drawing: FigureDrawing) -> FigurePicture:
    """Return the picture: what is counted at the top, then a bar for each row over one axis from zero."""
    bars = drawing.bars[:MOST_BARS]
    is_empty = not any(bar.count for bar in bars)
    height = height_of(drawing)
    canvas = Image.new("RGB", (WIDTH, height), SURFACE)
    draw_strip(canvas, drawing)
    if is_empty:
        face = fitted("Regular", drawing.empty, 56, SMALL_SIZE, WIDTH - 2 * EDGE)
        middle = (WIDTH // 2, STRIP + GAP + EMPTY // 2)
        write(canvas, middle, drawing.empty, face, MUTED, anchor="mm", room=WIDTH - 2 * EDGE)
    else:
        draw_bars(canvas, drawing, bars)
    note = (EDGE, height - FOOT // 2)
    small = fitted("Regular", drawing.note, SMALL_SIZE, 36, WIDTH - 2 * EDGE)
    write(canvas, note, drawing.note, small, MUTED, anchor="lm", room=WIDTH - 2 * EDGE)
    data = written(canvas.quantize(128, dither=Image.Dither.NONE), "PNG", optimize=True)
    return FigurePicture(data, WIDTH, height)


def draw_strip(canvas: Image.Image, drawing: FigureDrawing) -> None:
    """Put title, town and time at the top, a rule in the town's colour below them."""
    room = WIDTH - 2 * EDGE
    title = fitted("SemiBold", drawing.title, TITLE_SIZE, LEAST_TITLE, room)
    write(canvas, (EDGE, 68), drawing.title, title, INK, anchor="lm", room=room)
    for at, text in ((138, drawing.town), (196, drawing.period)):
        face = fitted("Regular", text, TOWN_SIZE, LEAST_TOWN, room)
        write(canvas, (EDGE, at), text, face, MUTED, anchor="lm", room=room)
    rule = (EDGE, STRIP - RULE, WIDTH - EDGE, STRIP - 1)
    ImageDraw.Draw(canvas).rectangle(rule, fill=readable(rgb(drawing.colour)))


def draw_bars(canvas: Image.Image, drawing: FigureDrawing, bars: tuple[Bar, ...]) -> None:
    """Draw the rows over their axis; every bar begins at zero, and its length is its number."""
    pen = ImageDraw.Draw(canvas)
    ticks = ticks_for(max(bar.count for bar in bars))
    first, room = EDGE, WIDTH - 2 * EDGE - COUNT_ROOM
    top = STRIP + GAP
    bottom = top + len(bars) * (LABEL_LINE + BAR + GAP)
    for tick in ticks:
        x = first + room * tick // ticks[-1]
        pen.line((x, top, x, bottom), fill=GRID if tick else ZERO, width=4 if tick == 0 else 2)
        face = font("Regular", SMALL_SIZE)
        pen.text((x, bottom + 10), f"{tick:,}", font=face, fill=MUTED, anchor="la" if tick == 0 else "ma")
    pen.line((first, bottom, first + room, bottom), fill=ZERO, width=4)
    for row, bar in enumerate(bars):
        draw_bar(canvas, bar, top + row * (LABEL_LINE + BAR + GAP), room * bar.count // ticks[-1], drawing)


def draw_bar(canvas: Image.Image, bar: Bar, top: int, length: int, drawing: FigureDrawing) -> None:
    """Draw one row: its words, its bar below them, its number at the bar's end."""
    pen = ImageDraw.Draw(canvas)
    room = WIDTH - 2 * EDGE
    place = (EDGE + 12, top + LABEL_LINE // 2)
    face = font("Regular", LABEL_SIZE)
    words = shortened(face, bar.label, room - 12)
    pen.rectangle(
        (place[0] - 6, top + 4, place[0] + face.getlength(words) + 6, top + LABEL_LINE - 4), SURFACE
    )
    pen.text(place, words, font=face, fill=INK, anchor="lm")
    begin, middle = top + LABEL_LINE, top + LABEL_LINE + BAR // 2
    colour = TONES.get(bar.tone) or readable(rgb(drawing.colour))
    if bar.count:
        end = EDGE + max(length, 6)
        pen.rounded_rectangle((EDGE, begin, end, begin + BAR), RADIUS, fill=colour)
        pen.rectangle((EDGE, begin, min(EDGE + RADIUS, end), begin + BAR), fill=colour)  # Flat at zero.
    number = font("SemiBold", COUNT_SIZE)
    said, at = f"{bar.count:,}", EDGE + (max(length, 6) if bar.count else 0) + 16
    pen.rectangle((at - 6, begin, at + number.getlength(said) + 6, begin + BAR), SURFACE)
    pen.text((at, middle), said, font=number, fill=INK, anchor="lm")


def write(
    canvas: Image.Image,
    place: tuple[int, int],
    text: str,
    face: ImageFont.FreeTypeFont,
    ink: Colour,
    *,
    anchor: str,
    room: int,
) -> None:
    """Write a line no wider than the room."""
    ImageDraw.Draw(canvas).text(place, shortened(face, text, room), font=face, fill=ink, anchor=anchor)


def readable(colour: Colour) -> Colour:
    """Return the town's colour as it is, or mixed with ink until a bar of it stands out from white."""
    share = 1.0
    while contrast_to_white(mixed(colour, INK, share)) < 3 and share > 0.1:
        share -= 0.1
    return mixed(colour, INK, share)


def contrast_to_white(colour: Colour) -> float:
    """Return the WCAG contrast of a colour and white."""
    channels = [part / 255 for part in colour]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
