"""Decode a photo and make it new. Imported by sandbox children only: the web process never loads Pillow."""

import hashlib
import io
import struct
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from photos import MAX_PHOTO_PIXELS, Picture, ProcessedPhoto, check_size, too_many_pixels
from sandbox import Refused

FULL_SIZE = (2048, 2048)
FULL_QUALITY = 85
SMALL_SIZE = (800, 600)
SMALL_QUALITY = 80
ORIENTATIONS = range(1, 9)
STRIP_PIXELS = 4_000_000
MAX_WHOLE_PIXELS = 20_000_000  # WebP and progressive JPEG need several times their size to decode (measured)
WHITE = (255, 255, 255)
BANGKOK = timezone(timedelta(hours=7))  # Thailand has no summer time
BAD_PIXELS = (OSError, ValueError, SyntaxError, IndexError, EOFError, OverflowError, struct.error)

Image.MAX_IMAGE_PIXELS = MAX_PHOTO_PIXELS


def process_photo(data: bytes) -> ProcessedPhoto:
    """Turn an uploaded JPEG, PNG or WebP into two JPEGs built from its pixels alone.

    Raises Refused; see photos.reencode.
    """
    check_size(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow grumbles about spoilt tags, which are dropped anyway
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = decoded(open_image(data))
        exif = read_exif(image)
        upright = ImageOps.exif_transpose(shrink(image))
    upright.thumbnail(FULL_SIZE, Image.Resampling.BICUBIC)
    small = upright.copy()
    small.thumbnail(SMALL_SIZE, Image.Resampling.BICUBIC)
    return ProcessedPhoto(
        full=as_picture(upright, FULL_QUALITY),
        small=as_picture(small, SMALL_QUALITY),
        position=position_of(exif),
        taken_at=taken_at_of(exif),
    )


def open_image(data: bytes) -> Image.Image:
    """Open by content, never by name; refuse too many pixels before any of them is decoded."""
    try:
        image = Image.open(io.BytesIO(data), formats=[format_of(data)])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except UnidentifiedImageError:
        raise Refused("photo_not_image") from None
    except BAD_PIXELS:
        raise Refused("photo_truncated") from None
    whole_at_once = image.format == "WEBP" or "progression" in image.info
    limit = MAX_WHOLE_PIXELS if whole_at_once else MAX_PHOTO_PIXELS
    if image.width * image.height > limit:
        raise too_many_pixels(limit)
    return image


def format_of(data: bytes) -> str:
    """Name the format by the first bytes."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    raise Refused("photo_not_image")


def decoded(image: Image.Image) -> Image.Image:
    """Decode the pixels; a picture cut short or spoilt is refused."""
    image.draft("RGB", FULL_SIZE)  # JPEG only: decodes 1/2, 1/4 or 1/8 of a large picture
    try:
        image.load()
    except BAD_PIXELS:
        raise Refused("photo_truncated") from None
    return image


def shrink(image: Image.Image) -> Image.Image:
    """Copy to RGB on white, at less than twice the wanted size, one strip of full size at a time.

    The result carries the orientation tag and nothing else of the original.
    """
    factor = max(1, max(image.size) // max(FULL_SIZE))
    width, height = image.size
    rows = max(factor, STRIP_PIXELS // width // factor * factor)
    result = Image.new("RGB", (-(-width // factor), -(-height // factor)), WHITE)
    for top in range(0, height, rows):
        strip = flatten(image.crop((0, top, width, min(top + rows, height))))
        result.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    orientation = read_exif(image).get(ExifTags.Base.Orientation)
    if orientation in ORIENTATIONS:
        result.getexif()[ExifTags.Base.Orientation] = orientation
    return result


def flatten(image: Image.Image) -> Image.Image:
    """Convert any mode to RGB, transparent parts white."""
    if image.mode.startswith("I"):  # 16 bits of grey: convert("RGB") would clip them to white
        return image.convert("I").point(lambda level: level / 256).convert("RGB")
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        result = Image.new("RGB", image.size, WHITE)
        result.paste(coloured, mask=coloured.getchannel("A"))
        return result
    return image.convert("RGB")


def as_picture(image: Image.Image, quality: int) -> Picture:
    """Write a JPEG of the pixels only: what the file also held (EXIF, comments, profiles) stays out."""
    pixels = Image.new("RGB", image.size)
    pixels.paste(image)
    target = io.BytesIO()
    pixels.save(target, "JPEG", quality=quality)
    jpeg = target.getvalue()
    return Picture(jpeg, image.width, image.height, hashlib.sha256(jpeg).hexdigest())


def read_exif(image: Image.Image) -> Mapping[Any, Any]:
    """Read the camera's tags, GPS ones under "gps"; a spoilt block counts as none."""
    try:
        exif = image.getexif()
        return {**exif, **exif.get_ifd(ExifTags.IFD.Exif), "gps": exif.get_ifd(ExifTags.IFD.GPSInfo)}
    except (*BAD_PIXELS, KeyError, TypeError):
        return {}


def position_of(exif: Mapping[Any, Any]) -> tuple[float, float] | None:
    """Read latitude and longitude in degrees; None when absent, impossible or the zero a cold GPS writes."""
    gps = exif.get("gps") or {}
    try:
        latitude = degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
        longitude = degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or latitude == longitude == 0:
        return None
    return round(latitude, 7), round(longitude, 7)


def degrees(parts: Any, hemisphere: Any, negative: str) -> float:
    """Add up degrees, minutes and seconds."""
    whole, minutes, seconds = (Fraction(part.numerator, part.denominator) for part in parts)
    value = float(whole + minutes / 60 + seconds / 3600)
    return -value if hemisphere == negative else value


def taken_at_of(exif: Mapping[Any, Any]) -> datetime | None:
    """Read when the shutter opened, as UTC; a camera that names no time zone is taken to be in Thailand."""
    text = exif.get(ExifTags.Base.DateTimeOriginal)
    offset = exif.get(ExifTags.Base.OffsetTimeOriginal)
    try:
        moment = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=BANGKOK)
        if offset:
            zone = datetime.strptime(str(offset).strip("\0 "), "%z").tzinfo
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
