"""The calendar in the page reads days by the rules of the server; the server's parser is the truth."""

from __future__ import annotations

import base64
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from domain.errors import DomainError
from domain.thai_dates import parse_thai_date

SCRIPT = Path(__file__).resolve().parents[2] / "static" / "src" / "th-date.js"
CALL = """async ([script, texts]) => {
    const { read } = await import(script);
    return texts.map((text) => {
        const { date, problem } = read(text);
        return [date && !problem ? date.toISOString().slice(0, 10) : null, problem ?? null];
    });
}"""

DAYS = ["1", "01", "29", "30", "31", "32", "0", "๓๑"]
MONTHS = [
    "1",
    "02",
    "12",
    "13",
    "0",
    "ก.พ.",
    "กุมภาพันธ์",
    "ธ.ค.",
    "ธันวา",
    "Feb",
    "February",
    "กรกฏาคม",
    "มกรา",
    "xx",
]
YEARS = [
    "2565",
    "2563",
    "2500",
    "65",
    "03",
    "2020",
    "1965",
    "2399",
    "2400",
    "2699",
    "2700",
    "๒๕๖๕",
    "พ.ศ. 2565",
    "99999",
]
SEPARATORS = ["/", "-", " ", ".", " / "]
WHOLE = [
    "2020-02-29",
    "2021-02-29",
    "2563-02-25",
    "1856-12-31",
    "2020/02/29",
    "0999-01-01",
    "วันที่ 3 มีนาคม 2500",
    "๓ มีนาคม พ.ศ. ๒๕๐๐",
    "3มี.ค.2500",
    "3 มี.ค. 65",
    "12 ก.พ. 2569",
    "31/12/65",
    "13/13/65",
    "  3/3/2500  ",
    "3/3",
    "วันนี้",
    "2565",
    "3//3//2500",
    "3-3-25",
    "-3/3/2500",
    "3/3/2500x",
    "<b>3/3/2500</b>",
]
TEXTS = sorted({f"{d}{s}{m}{s}{y}" for d, m, y, s in product(DAYS, MONTHS, YEARS, SEPARATORS)} | set(WHOLE))


@pytest.fixture(scope="module")
def said_by_the_page(browser: Any) -> dict[str, tuple[str | None, str | None]]:
    """What the page's script makes of every text: a day or none, and what it complains about."""
    source = base64.b64encode(SCRIPT.read_bytes()).decode()
    page = browser.new_page()
    page.set_content('<html lang="th"><body></body></html>')
    answers = page.evaluate(CALL, [f"data:text/javascript;base64,{source}", TEXTS])
    page.close()
    return {text: (answer[0], answer[1]) for text, answer in zip(TEXTS, answers, strict=True)}


def said_by_the_server(text: str) -> tuple[str | None, str | None]:
    try:
        return parse_thai_date(text, field="day").isoformat(), None
    except DomainError as error:
        return None, error.code


@pytest.mark.browser
def test_the_page_and_the_server_read_the_same_day(said_by_the_page: Any) -> None:
    assert len(TEXTS) > 5000
    differing = {
        text: (page[0], said_by_the_server(text))
        for text, page in said_by_the_page.items()
        if page[0] != said_by_the_server(text)[0]
    }
    assert not differing, dict(list(differing.items())[:20])


@pytest.mark.browser
def test_the_page_complains_early_where_the_server_knows_what_is_wrong(said_by_the_page: Any) -> None:
    known = {"date_ambiguous", "date_impossible", "date_year_out_of_range"}
    silent = [
        text
        for text, (_day, problem) in said_by_the_page.items()
        if said_by_the_server(text)[1] in known and not problem
    ]
    assert not silent, silent[:20]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("text", "readings"),
    [("31 ธ.ค. 65", ("พ.ศ. 2565", "ค.ศ. 1965")), ("3/3/2020", ("พ.ศ. 2020", "ค.ศ. 2020"))],
)
def test_a_year_of_two_readings_shows_both(browser: Any, text: str, readings: tuple[str, str]) -> None:
    source = base64.b64encode(SCRIPT.read_bytes()).decode()
    page = browser.new_page()
    page.set_content('<html lang="th"><body></body></html>')
    [(day, problem)] = page.evaluate(CALL, [f"data:text/javascript;base64,{source}", [text]])
    page.close()
    assert day is None
    assert all(reading in problem for reading in readings)
