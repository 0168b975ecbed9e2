"""Twenty photos of 12 megapixels through the children and stored, beside bare Pillow doing the same."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps

from bench.measuring import Report
from photos import reencode
from sandbox import MEBIBYTE, Sandbox
from storage import FileStore

PHOTOS = 20
CORES = 2
SIZE = (4032, 3024)
LEAST = (2000, 1500)
MOST_MEBIBYTES = 250
LEAST_SPEED = 0.7
ROUNDS = 3
PARTS = (((2048, 2048), 85), ((800, 600), 80), ((720, 540), 82))
WATCH_EVERY = 0.005
SIDEWAYS = 6  # As phones write most photos: the pixels lie on their side.


def run(report: Report) -> None:
    """Measure time and memory, floor and thing in turn."""
    report.heading(f"รูป {PHOTOS} รูป 12 ล้านพิกเซล บน {CORES} คอร์ · photos, made new in three sizes, stored")
    bare, ours, peaks = [], [], []
    with ProcessPoolExecutor(CORES) as pool, Sandbox(children=CORES) as sandbox, _folder() as folder:
        photos = list(pool.map(_photo, [folder] * PHOTOS, range(PHOTOS)))
        list(pool.map(_bare, photos[:CORES]))
        _process(photos[:CORES], sandbox)
        for _ in range(ROUNDS):
            bare.append(_seconds(lambda: list(pool.map(_bare, photos))))
            with _watched(sandbox) as peak:
                ours.append(_seconds(lambda: _process(photos, sandbox)))
            peaks.append(peak[0])
        megabytes = sum(path.stat().st_size for path in photos) / PHOTOS / 1_000_000
    speed = min(bare) / min(ours)
    report.line(
        "speed beside bare Pillow",
        f"{speed:5.2f}× floor  ({min(ours):.2f} / {min(bare):.2f} s, {PHOTOS / min(ours):.1f} a second)",
        f"≥ {LEAST_SPEED:g}×",
        met=speed >= LEAST_SPEED,
    )
    report.line(
        "memory of children and parent",
        f"peak {max(peaks) / MEBIBYTE:.0f} MiB  (photos of {megabytes:.1f} MB)",
        f"≤ {MOST_MEBIBYTES} MiB",
        met=max(peaks) <= MOST_MEBIBYTES * MEBIBYTE,
    )


def _process(photos: list[Path], sandbox: Sandbox) -> None:
    """Do what admin_views.photo_intake does of each: make it new in a child, store its three sizes."""
    files = FileStore(photos[0].parent / "store")

    def one(path: Path) -> None:
        photo = reencode(path.read_bytes(), sandbox)
        for picture in (photo.full, photo.small, photo.printed):
            files.put(picture.jpeg, ".jpg")

    with ThreadPoolExecutor(CORES) as threads:
        list(threads.map(one, photos))


def _bare(path: Path) -> None:
    """Make the same three pictures in the shortest way Pillow knows, decoding at half size as we do."""
    image = Image.open(path)
    image.draft("RGB", LEAST)
    image = ImageOps.exif_transpose(image)
    for size, quality in PARTS:
        image.thumbnail(size, Image.Resampling.BICUBIC)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".jpg") as target:
            image.save(target, "JPEG", quality=quality)
            target.flush()
            os.fsync(target.fileno())


def _photo(folder: str, seed: int) -> Path:
    """Write a picture as full of detail as a phone's, some 4 MB, and return where."""
    noise = Image.effect_noise((SIZE[0] // 2, SIZE[1] // 2), 30).resize(SIZE, Image.Resampling.BILINEAR)
    shade = Image.linear_gradient("L").resize(SIZE).rotate(seed * 9)
    image = Image.merge("RGB", (noise, Image.blend(noise, shade, 0.5), shade))
    exif = Image.Exif()
    exif[0x0112] = SIDEWAYS
    path = Path(folder) / f"{seed}.jpeg"
    image.save(path, "JPEG", quality=90, exif=exif)
    return path


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def _folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="u-phee-bench-", ignore_cleanup_errors=True) as folder:
        yield folder


@contextmanager
def _watched(sandbox: Sandbox) -> Iterator[list[int]]:
    """Yield a list whose only number is the highest sum of bytes in memory seen meanwhile."""
    peak, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.wait(WATCH_EVERY):
            pids = [os.getpid(), *(child.process.pid for child in list(sandbox._alive))]
            peak[0] = max(peak[0], sum(map(_resident, pids)))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def _resident(pid: int) -> int:
    """Return the bytes a process has in memory; 0 when it is gone, or where there is no /proc."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
