"""Starting the application against importing the three packages it stands on."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from bench.measuring import Report

RUNS = 5
MOST = 2.5
FLOOR = "import flask, flask_sqlalchemy, flask_admin.contrib.sqla"
OURS = "from app import create_app; create_app()"


def run(report: Report) -> None:
    """Time fresh processes in turn, floor and ours, and compare the medians."""
    report.heading("เปิดโปรแกรม · create_app() in a fresh process")
    with tempfile.TemporaryDirectory(prefix="u-phee-bench-") as folder:
        environment = {**os.environ, "APP_MODE": "test", "APP_DATA": folder}
        floor, ours, bare = [], [], []
        for _ in range(RUNS):
            bare.append(_seconds("pass", environment))
            floor.append(_seconds(FLOOR, environment))
            ours.append(_seconds(OURS, environment))
    empty = statistics.median(bare)
    low, high = statistics.median(floor) - empty, statistics.median(ours) - empty
    figure = f"{high / low:.2f}×  ({high * 1000:.0f} / {low * 1000:.0f} ms)"
    report.line("create_app()", figure, f"≤ {MOST}×", met=high / low <= MOST)


def _seconds(code: str, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - start
