"""Ask the geocoder the municipality chose for places by name: in a small room of its own, never for long.

The settings ``geocoder_url`` (an address with ``{query}``) and ``geocoder_label`` (its name for people) turn
it on; without them nobody is asked. It reads the answers of Nominatim and of whoever speaks GeoJSON (Photon,
Pelias). What is typed leaves the house, so it is sent only when an officer presses the button for it.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

log = logging.getLogger(__name__)

SECONDS: Final = 3.0
AT_ONCE: Final = 2  # So many requests wait for it at most; the others hear at once that it is busy.
MOST: Final = 8
MOST_BYTES: Final = 512 * 1024
KEPT: Final = 256
KEPT_SECONDS: Final = 3_600.0
FAILED_SECONDS: Final = 30.0  # A geocoder that is down is left alone for a while.


@dataclass(frozen=True, slots=True)
class Found:
    """A place the geocoder knows, in degrees."""

    name: str
    latitude: float
    longitude: float


class Geocoder:
    """The room: two workers and a memory of answers; one for each application."""

    def __init__(self) -> None:
        self._workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="geocoder")
        self._seats = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, tuple[float, list[Found] | None]] = OrderedDict()

    def ask(self, template: str, query: str) -> list[Found] | None:
        """Return what the geocoder knows by this name; None when it did not answer in time, or not well.

        Args:
            template: ``http(s)`` address with ``{query}``.
            query: The name; it travels percent-encoded.
        """
        url = template.replace("{query}", quote(query.strip(), safe=""))
        if "{query}" not in template or urlsplit(url).scheme not in {"http", "https"}:
            log.warning("geocoder_url is no http address with {query}")
            return None
        known = self._remembered(url)
        if known is not None:
            return known[1]
        if not self._seats.acquire(blocking=False):
            return None
        work = self._workers.submit(_fetch, url)
        work.add_done_callback(lambda _work: self._seats.release())
        return self._outcome(url, work)

    def _outcome(self, url: str, work: Future[list[Found]]) -> list[Found] | None:
        found: list[Found] | None = None
        try:
            found = work.result(timeout=SECONDS)
        except (OSError, HTTPException, ValueError, RecursionError, TimeoutError) as error:
            # Only the kind: an address holds what was typed.
            log.warning("the geocoder gave no answer: %s", type(error).__name__)
        with self._lock:
            self._answers[url] = (
                time.monotonic() + (FAILED_SECONDS if found is None else KEPT_SECONDS),
                found,
            )
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return found

    def _remembered(self, url: str) -> tuple[float, list[Found] | None] | None:
        with self._lock:
            known = self._answers.get(url)
            if known is None or known[0] < time.monotonic():
                return None
            self._answers.move_to_end(url)
            return known


def _fetch(url: str) -> list[Found]:
    """Fetch and read one answer.

    Raises:
        OSError: nobody answered, or with an error; ``HTTPException`` where it speaks no HTTP.
        ValueError: the answer is too long or no JSON.
    """
    wanted = Request(url, headers={"Accept": "application/json", "User-Agent": "U-PHEE"})  # noqa: S310 - checked
    try:
        with urlopen(wanted, timeout=SECONDS) as answer:  # noqa: S310 - the scheme was checked
            body = answer.read(MOST_BYTES + 1)
    except HTTPError as error:
        error.close()  # It holds the connection.
        raise
    if len(body) > MOST_BYTES:
        raise ValueError("the answer is too long")
    return list(_places(json.loads(body)))[:MOST]


def _places(content: Any) -> Iterator[Found]:
    rows = content.get("features") if isinstance(content, dict) else content
    for row in rows if isinstance(rows, list) else []:
        try:
            yield _of_feature(row) if "geometry" in row else _of_row(row)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            continue  # One odd row does not spoil the others.


def _of_row(row: dict[str, Any]) -> Found:
    return Found(_named([row.get("display_name") or row.get("name")]), float(row["lat"]), float(row["lon"]))


def _of_feature(row: dict[str, Any]) -> Found:
    facts = row.get("properties") or {}
    longitude, latitude = row["geometry"]["coordinates"][:2]
    parts = [facts.get(key) for key in ("name", "street", "district", "city")]
    name = facts.get("label") or facts.get("display_name")
    return Found(_named([name] if name else parts), float(latitude), float(longitude))


def _named(parts: Iterable[Any]) -> str:
    """Return the parts that say something, each once.

    Raises:
        ValueError: There is none.
    """
    said = list(dict.fromkeys(str(part) for part in parts if part))
    if not said:
        raise ValueError("a place without a name")
    return ", ".join(said)[:200]
