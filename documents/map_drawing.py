"""The small map of a complaint: zone outlines and a pin, no tiles, no labels. For sandbox children only."""

import io
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians

from PIL import Image, ImageDraw

Outline = tuple[tuple[float, float], ...]  # (longitude, latitude)

FINER = 3  # drawn so many times larger, then reduced: smooth lines
MARGIN = 0.06  # of the picture, on each side
SMALLEST_SPAN = 0.004  # degrees, about 400 m: a lone pin still gets some ground
PIN_WIDTH, PIN_HEIGHT = 19, 27
PIN_RIM = "#ffffff"


@dataclass(frozen=True)
class Colours:
    """The colours of a map, as Pillow reads them."""

    ground: str = "#f7f5f0"
    zone: str = "#e4ecf4"
    outline: str = "#5b7a99"
    pin: str = "#c62828"


@dataclass(frozen=True)
class Frame:
    """What part of the world is drawn: degrees at the left and upper edge, pixels a degree."""

    west: float
    north: float
    across: float
    down: float

    def pixel(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where a place lies in the picture."""
        return (longitude - self.west) * self.across, (self.north - latitude) * self.down


def map_jpeg(
    polygons: tuple[Outline, ...],
    pin: tuple[float, float],
    size: tuple[int, int] = (480, 300),
    colours: Colours | None = None,
) -> bytes:
    """Draw outlines and a pin as JPEG, which a PDF takes over unchanged (a PNG costs seven times as much).

    `pin` is (latitude, longitude); its point marks the place. The picture shows all polygons and the pin, the
    scale equal in both directions. Outlines are drawn once and kept for the next complaint.
    """
    colours = colours or Colours()
    latitude, longitude = pin
    frame = frame_around(polygons, (longitude, latitude), size)
    picture = ground(polygons, frame, size, colours).copy()
    point_x, point_y = frame.pixel(longitude, latitude)
    marker = pin_picture(colours.pin)
    picture.paste(marker, (round(point_x) - marker.width // 2, round(point_y) - marker.height), marker)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=90, subsampling=0)
    return target.getvalue()


def frame_around(polygons: tuple[Outline, ...], pin: tuple[float, float], size: tuple[int, int]) -> Frame:
    """Fit everything into the picture, in the middle, east-west shortened as it is at this latitude."""
    places = [pin, *(place for polygon in polygons for place in polygon)]
    west, east = min(place[0] for place in places), max(place[0] for place in places)
    south, north = min(place[1] for place in places), max(place[1] for place in places)
    shortened = cos(radians((south + north) / 2)) or 1.0
    width, height = (pixels * (1 - 2 * MARGIN) for pixels in size)
    span_x = max(east - west, SMALLEST_SPAN)
    span_y = max(north - south, SMALLEST_SPAN)
    down = min(width / (span_x * shortened), height / span_y)
    across = down * shortened
    return Frame(
        west=(west + east) / 2 - size[0] / 2 / across,
        north=(south + north) / 2 + size[1] / 2 / down,
        across=across,
        down=down,
    )


@lru_cache(maxsize=16)
def ground(
    polygons: tuple[Outline, ...], frame: Frame, size: tuple[int, int], colours: Colours
) -> Image.Image:
    """Draw the outlines. The picture is shared: copy it before drawing on it."""
    large = Image.new("RGB", (size[0] * FINER, size[1] * FINER), colours.ground)
    pen = ImageDraw.Draw(large)
    for polygon in polygons:
        points = [tuple(value * FINER for value in frame.pixel(*place)) for place in polygon]
        if len(points) > 2:
            pen.polygon(points, fill=colours.zone)
            pen.line([*points, points[0]], fill=colours.outline, width=FINER * 3 // 2, joint="curve")
    return large.resize(size, Image.Resampling.BOX)


@lru_cache(maxsize=4)
def pin_picture(colour: str) -> Image.Image:
    """Draw a drop whose lower end is the place."""
    large = Image.new("RGBA", (PIN_WIDTH * FINER, PIN_HEIGHT * FINER), (0, 0, 0, 0))
    pen = ImageDraw.Draw(large)
    middle = PIN_WIDTH * FINER / 2
    draw_drop(pen, middle, radius=middle, tip=PIN_HEIGHT * FINER, colour=PIN_RIM)
    draw_drop(pen, middle, radius=middle - 1.5 * FINER, tip=(PIN_HEIGHT - 3) * FINER, colour=colour)
    draw_drop(pen, middle, radius=middle / 3, tip=middle, colour=PIN_RIM)
    return large.resize((PIN_WIDTH, PIN_HEIGHT), Image.Resampling.BOX)


def draw_drop(pen: ImageDraw.ImageDraw, middle: float, radius: float, tip: float, colour: str) -> None:
    """Draw a disc around (middle, middle) and the two sides that meet in its tip."""
    pen.ellipse((middle - radius, middle - radius, middle + radius, middle + radius), fill=colour)
    side, low = radius * 0.9, middle + radius * 0.42
    pen.polygon([(middle - side, low), (middle, tip), (middle + side, low)], fill=colour)
