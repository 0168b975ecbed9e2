"""A worker's world: the app on each database, and a LINE of our own it can talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers.line import Town, town_with_line


@pytest.fixture
def town(app: Flask) -> Iterator[Town]:
    with town_with_line(app) as made:
        yield made
