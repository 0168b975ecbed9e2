"""Photos and papers from strangers: what the product keeps of one. The decoding runs in a sandbox child."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sandbox import Refused, Sandbox, SandboxFailed

MAX_PHOTO_BYTES = 15 * 1024 * 1024
MAX_PHOTO_PIXELS = 50_000_000
MAX_PAPER_PAGES = 30
WALL_SECONDS = 20.0

Turn = Literal["left", "right"]


@dataclass(frozen=True)
class Picture:
    """One JPEG without any metadata. Width and height in pixels, as seen (rotation applied)."""

    jpeg: bytes
    width: int
    height: int
    sha256: str


@dataclass(frozen=True)
class ProcessedPhoto:
    """A photo made new from its pixels, once for each use.

    `full` is for the screen (a larger original becomes 2000 to 2048 px on its longer side), `small` fits
    800 x 600 (lists, phones), `printed` fits 720 x 540 (240 dpi where the PDF copy shows it). `photo_hash` is
    what domain/photo_hashes.py compares; None for a picture that shows nothing. `position` (latitude,
    longitude) and `taken_at` (UTC) are what the camera had written; they are in none of the pictures.
    """

    full: Picture
    small: Picture
    printed: Picture
    photo_hash: str | None
    position: tuple[float, float] | None
    taken_at: datetime | None


@dataclass(frozen=True)
class ProcessedPaper:
    """A scanned PDF made new: every page a picture, nothing else. `small` and `printed` show page one."""

    pdf: bytes
    sha256: str
    page_count: int
    small: Picture
    printed: Picture


def process_file(data: bytes, sandbox: Sandbox) -> ProcessedPhoto | ProcessedPaper:
    """Decode a photo or a scanned PDF in a child and return it made new; its name plays no part.

    Raises Refused with a code of `photo_…` or `paper_…`, or SandboxFailed when the child was killed or broke.
    """
    return process_paper(data, sandbox) if data.startswith(b"%PDF-") else reencode(data, sandbox)


def reencode(data: bytes, sandbox: Sandbox) -> ProcessedPhoto:
    """Decode `data` in a child and return it as a clean photo.

    Raises Refused with photo_empty, photo_too_large, photo_not_image, photo_truncated or
    photo_too_many_pixels, or SandboxFailed when the child was killed or broke.
    """
    check_size(data)
    return _photo_from(sandbox, "photos_child:process_photo", data)


def turn_photo(data: bytes, turn: Turn, sandbox: Sandbox) -> ProcessedPhoto:
    """Turn a stored photo a quarter; of the camera's tags it has none any more. Raises as `reencode`."""
    return _photo_from(sandbox, "photos_child:turn_photo", data, turn)


def reencode_emblem(data: bytes, sandbox: Sandbox) -> bytes:
    """Decode a town's emblem in a child and return it as a clean PNG. Raises as `reencode`."""
    check_size(data)
    made = _made(sandbox, "photos_child:process_emblem", data)
    if not isinstance(made, bytes):
        raise SandboxFailed("crash", "no emblem came back")
    return made


def process_paper(data: bytes, sandbox: Sandbox) -> ProcessedPaper:
    """Draw the pages of a PDF in a child and return them as a new PDF.

    Raises Refused with photo_empty, photo_too_large, paper_broken, paper_locked, paper_without_pages,
    paper_too_many_pages or paper_too_heavy, or SandboxFailed when the child was killed or broke.
    """
    check_size(data)
    try:
        paper = sandbox.run("papers_child:process_paper", data, wall_seconds=WALL_SECONDS)
    except SandboxFailed as failure:
        if failure.kind in {"memory", "timeout"}:
            raise Refused("paper_too_heavy") from failure
        raise
    if not isinstance(paper, ProcessedPaper):
        raise SandboxFailed("crash", "no paper came back")
    return paper


def check_size(data: bytes) -> None:
    """Refuse a file by its size alone."""
    if not data:
        raise Refused("photo_empty")
    if len(data) > MAX_PHOTO_BYTES:
        raise Refused("photo_too_large", megabytes=MAX_PHOTO_BYTES // (1024 * 1024))


def too_many_pixels(limit: int = MAX_PHOTO_PIXELS) -> Refused:
    """Build the refusal for a picture that would not fit in memory."""
    return Refused("photo_too_many_pixels", megapixels=limit // 1_000_000)


def _photo_from(sandbox: Sandbox, function: str, *args: object) -> ProcessedPhoto:
    photo = _made(sandbox, function, *args)
    if not isinstance(photo, ProcessedPhoto):
        raise SandboxFailed("crash", "no photo came back")
    return photo


def _made(sandbox: Sandbox, function: str, *args: object) -> object:
    try:
        return sandbox.run(function, *args, wall_seconds=WALL_SECONDS)
    except SandboxFailed as failure:
        if failure.kind == "memory":
            raise too_many_pixels() from failure
        raise
