"""Small pictures for documents: a QR code, and the map of a complaint drawn in a sandbox child."""

import io
from base64 import b64encode
from collections.abc import Sequence

import segno

from sandbox import Sandbox, SandboxFailed

Polygon = Sequence[tuple[float, float]]  # (longitude, latitude) as in GeoJSON


def qr_png(text: str, module_pixels: int = 4) -> bytes:
    """Draw a QR code that survives a smudge (15 %), with the white rim scanners need."""
    target = io.BytesIO()
    segno.make_qr(text, error="m").save(target, kind="png", scale=module_pixels, border=4)
    return target.getvalue()


def qr_data_uri(text: str, module_pixels: int = 5) -> str:
    """Draw a QR code as an address a page can show without asking for it."""
    return f"data:image/png;base64,{b64encode(qr_png(text, module_pixels)).decode()}"


def draw_map(
    polygons: Sequence[Polygon],
    pin: tuple[float, float],
    sandbox: Sandbox,
    size: tuple[int, int] = (480, 300),
) -> bytes:
    """Draw outlines and a pin (latitude, longitude) as JPEG in a child; see map_drawing.map_jpeg."""
    outlines = tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in polygons)
    picture = sandbox.run("documents.map_drawing:map_jpeg", outlines, pin, size)
    if not isinstance(picture, bytes):
        raise SandboxFailed("crash", "no picture came back")
    return picture
