"""``manage.py bench [name …]``: ratios to a floor in the same run; never part of a test."""

from __future__ import annotations

import subprocess
import sys

from bench import (
    cases,
    chat,
    dispatching,
    documents,
    duty,
    figures,
    importing,
    lists,
    nearness,
    photos,
    registering,
    reports,
    serving,
    sheets,
    starting,
    webhooks,
)
from bench.measuring import Report

BENCHES = {
    "starting": starting.run,
    "lists": lists.run,
    "nearness": nearness.run,
    "cases": cases.run,
    "registering": registering.run,
    "serving": serving.run,
    "dispatching": dispatching.run,
    "webhooks": webhooks.run,
    "chat": chat.run,
    "documents": documents.run,
    "importing": importing.run,
    "photos": photos.run,
    "duty": duty.run,
    "figures": figures.run,
    "sheets": sheets.run,
    "reports": reports.run,
}


def main(names: list[str]) -> int:
    """Run the named benches, all by default; 1 when a goal was missed."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.stderr.write(f"✗ ไม่มีการวัดชื่อ {', '.join(unknown)} · มี: {', '.join(BENCHES)}\n")
        return 2
    if len(names) != 1:
        return _each_alone(names or list(BENCHES))
    report = Report()
    BENCHES[names[0]](report)
    if report.missed:
        sys.stdout.write(f"\n✗ ไม่ถึงเป้า: {', '.join(report.missed)}\n")
        return 1
    sys.stdout.write("\n✓ ถึงเป้าทุกข้อ\n")
    return 0


def _each_alone(names: list[str]) -> int:
    """Run every bench in a process of its own: what one leaves in memory must not weigh on the next."""
    alone = [sys.executable, "-m", "bench"]
    return max(
        subprocess.run([*alone, name], check=False).returncode  # noqa: S603 - our own program, known names
        for name in names
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
