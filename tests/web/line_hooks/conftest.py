"""The app on each database, a LINE of our own it talks to, and a case with two phones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers.line import Town, town_with_line
from helpers.line_case import Case


@pytest.fixture
def town(app: Flask) -> Iterator[Town]:
    with town_with_line(app) as made:
        yield made


@pytest.fixture
def case(town: Town) -> Case:
    return Case(town)
