"""Photos from strangers: what the product keeps of one. The decoding itself runs in a sandbox child."""

from dataclasses import dataclass
from datetime import datetime

from sandbox import Refused, Sandbox, SandboxFailed

MAX_PHOTO_BYTES = 15 * 1024 * 1024
MAX_PHOTO_PIXELS = 50_000_000
WALL_SECONDS = 20.0


@dataclass(frozen=True)
class Picture:
    """One JPEG without any metadata. Width and height in pixels, as seen (rotation applied)."""

    jpeg: bytes
    width: int
    height: int
    sha256: str


@dataclass(frozen=True)
class ProcessedPhoto:
    """A photo made new from its pixels.

    `full` is at most 2048 px a side, `small` fits 800 x 600 (lists, PDF). `position` (latitude, longitude)
    and `taken_at` (UTC) are what the camera had written; they are in neither picture.
    """

    full: Picture
    small: Picture
    position: tuple[float, float] | None
    taken_at: datetime | None


def reencode(data: bytes, sandbox: Sandbox) -> ProcessedPhoto:
    """Decode `data` in a child and return it as a clean photo.

    Raises Refused with photo_empty, photo_too_large, photo_not_image, photo_truncated or
    photo_too_many_pixels, or SandboxFailed when the child was killed or broke.
    """
    check_size(data)
    try:
        photo = sandbox.run("photos_child:process_photo", data, wall_seconds=WALL_SECONDS)
    except SandboxFailed as failure:
        if failure.kind == "memory":
            raise too_many_pixels() from failure
        raise
    if not isinstance(photo, ProcessedPhoto):
        raise SandboxFailed("crash", "no photo came back")
    return photo


def check_size(data: bytes) -> None:
    """Refuse a file by its size alone."""
    if not data:
        raise Refused("photo_empty")
    if len(data) > MAX_PHOTO_BYTES:
        raise Refused("photo_too_large", megabytes=MAX_PHOTO_BYTES // (1024 * 1024))


def too_many_pixels(limit: int = MAX_PHOTO_PIXELS) -> Refused:
    """Build the refusal for a picture that would not fit in memory."""
    return Refused("photo_too_many_pixels", megapixels=limit // 1_000_000)
