"""Decode a photo and make it new. Imported by sandbox children only: the web process never loads Pillow."""

import hashlib
import io
import struct
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pi_heif
from PIL import ExifTags, Image, UnidentifiedImageError

from photos import MAX_PHOTO_PIXELS, Picture, ProcessedPhoto, Turn, check_size, too_many_pixels
from sandbox import Refused

FULL_SIZE = (2048, 2048)
# A photo of 4000 or 4032 px is decoded at half its size, four times lighter than whole (bench/photos.py).
LEAST_FULL = 2000
FULL_QUALITY = 85
SMALL_SIZE = (800, 600)
SMALL_QUALITY = 80
PRINTED_SIZE = (720, 540)
PRINTED_QUALITY = 82
EMBLEM_SIZE = (512, 512)
HASH_SIZE = (9, 8)
LEAST_CONTRAST = 8  # Levels of 256 between the darkest and the brightest of the points compared.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # The camera's orientation tag; 1 is upright.
STRIP_PIXELS = 4_000_000
MAX_WHOLE_PIXELS = 20_000_000  # WebP and progressive JPEG need several times their size to decode (measured)
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
TURNS = {"left": Image.Transpose.ROTATE_90, "right": Image.Transpose.ROTATE_270}
WHITE = (255, 255, 255)
BANGKOK = timezone(timedelta(hours=7))  # Thailand has no summer time
BAD_PIXELS = (OSError, ValueError, SyntaxError, IndexError, EOFError, OverflowError, struct.error)

Image.MAX_IMAGE_PIXELS = MAX_PHOTO_PIXELS
# One thread: each more would take address space, and the children are as many as the cores already.
pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def process_photo(data: bytes) -> ProcessedPhoto:
    """Turn an uploaded JPEG, PNG, WebP or HEIC into JPEGs built from its pixels alone.

    Of a moving picture the first frame is kept. Raises Refused; see photos.reencode.
    """
    check_size(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow grumbles about spoilt tags, which are dropped anyway
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = decoded(open_image(data))
        exif = read_exif(image)
        image = turned_up(shrink(image), exif.get(ExifTags.Base.Orientation))  # Lets go of the one before.
    return made_of(image, position_of(exif), taken_at_of(exif))


def turn_photo(data: bytes, turn: Turn) -> ProcessedPhoto:
    """Turn a stored photo a quarter to the left or right, as seen, and make its pictures anew."""
    return made_of(decoded(open_image(data)).transpose(TURNS[turn]), None, None)


def process_emblem(data: bytes) -> bytes:
    """Make a town's emblem anew: a PNG of at most 512 px from the pixels alone, see-through where it was."""
    check_size(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = decoded(open_image(data))
        image = turned_up(shrink(image), read_exif(image).get(ExifTags.Base.Orientation))
    coloured = image.convert("RGBA")
    coloured.thumbnail(EMBLEM_SIZE, Image.Resampling.LANCZOS)
    coloured.info = {}
    target = io.BytesIO()
    coloured.save(target, "PNG", optimize=True)
    return target.getvalue()


def made_of(
    upright: Image.Image, position: tuple[float, float] | None, taken_at: datetime | None
) -> ProcessedPhoto:
    """Make every picture that is kept of a photo."""
    upright.thumbnail(FULL_SIZE, Image.Resampling.BICUBIC)
    small = smaller(upright, SMALL_SIZE)
    printed = smaller(small, PRINTED_SIZE)
    return ProcessedPhoto(
        full=as_picture(upright, FULL_QUALITY),
        small=as_picture(small, SMALL_QUALITY),
        printed=as_picture(printed, PRINTED_QUALITY),
        photo_hash=picture_hash(small),
        position=position,
        taken_at=taken_at,
    )


def smaller(image: Image.Image, frame: tuple[int, int]) -> Image.Image:
    """Return the picture as it fits a frame; a smaller one is not enlarged."""
    scale = min(1, frame[0] / image.width, frame[1] / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def picture_hash(image: Image.Image) -> str | None:
    """Return 64 bits as 16 hex letters: is each point of the picture brighter than the one left of it?

    None for a picture all of one shade: every such picture would be like every other.
    """
    points = image.convert("L").resize(HASH_SIZE, Image.Resampling.BOX)
    darkest, brightest = points.getextrema()
    if brightest - darkest < LEAST_CONTRAST:
        return None
    levels = points.tobytes()
    bits = 0
    for row in range(HASH_SIZE[1]):
        for column in range(1, HASH_SIZE[0]):
            place = row * HASH_SIZE[0] + column
            bits = bits << 1 | (levels[place] > levels[place - 1])
    return f"{bits:016x}"


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
    whole_at_once = image.format in {"WEBP", "HEIF"} or "progression" in image.info
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
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return "HEIF"
    raise Refused("photo_not_image")


def decoded(image: Image.Image) -> Image.Image:
    """Decode the pixels; a picture cut short or spoilt is refused."""
    longer = max(image.size)
    wanted = (max(1, image.width * LEAST_FULL // longer), max(1, image.height * LEAST_FULL // longer))
    image.draft("RGB", wanted)  # JPEG only: decodes 1/2, 1/4 or 1/8 of a large picture
    try:
        image.load()
    except (*BAD_PIXELS, RuntimeError):
        raise Refused("photo_truncated") from None
    return image


def shrink(image: Image.Image) -> Image.Image:
    """Return the pixels as RGB on white, below twice the wanted size, one strip of full size at a time."""
    factor = max(1, max(image.size) // LEAST_FULL)
    if factor == 1 and image.mode == "RGB" and not image.has_transparency_data:
        return image
    width, height = image.size
    rows = max(factor, STRIP_PIXELS // width // factor * factor)
    result = Image.new("RGB", (-(-width // factor), -(-height // factor)), WHITE)
    for top in range(0, height, rows):
        strip = flatten(image.crop((0, top, width, min(top + rows, height))))
        result.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    return result


def turned_up(image: Image.Image, orientation: Any) -> Image.Image:
    """Turn or mirror a picture as the camera says it was held."""
    method = UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


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
    image.info = {}
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality)
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
