"""Time WeasyPrint on a page of ours, in an interpreter that has it; never a dependency of the product.

Reads the page as HTML from the standard input and prints the median of its renderings in milliseconds.
"""

import statistics
import sys
import time

from weasyprint import HTML  # type: ignore[import-not-found] - only in that interpreter

SECONDS = 1.5


def main() -> None:
    """Render the page again and again for a while."""
    html = sys.stdin.read()
    spent: list[float] = []
    HTML(string=html).write_pdf()
    end = time.perf_counter() + SECONDS
    while len(spent) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        HTML(string=html).write_pdf()
        spent.append((time.perf_counter() - start) * 1000)
    print(statistics.median(spent))


if __name__ == "__main__":
    main()
