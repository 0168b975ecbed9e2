"""The town's own colour in place of ours, after a contrast check (WCAG 2.2: text 4.5 to 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

Rgb = tuple[int, int, int]

ENOUGH: Final = 4.5
WHITE: Final[Rgb] = (255, 255, 255)
BLACK: Final[Rgb] = (0, 0, 0)
DARK_PAGE: Final[Rgb] = (16, 24, 28)
DARK_SURFACE: Final[Rgb] = (24, 36, 42)
STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours made from one: for a light and for a dark screen, each readable on its ground."""

    primary: str
    hover: str
    tint: str
    dark_primary: str
    dark_hover: str
    dark_tint: str

    def css(self) -> str:
        """Return the rules that put these colours in the place of ours."""
        light = f"--primary:{self.primary};--primary-hover:{self.hover};--primary-tint:{self.tint}"
        dark = (
            f"--primary:{self.dark_primary};--primary-hover:{self.dark_hover};--primary-tint:{self.dark_tint}"
        )
        return (
            f":root{{{light}}}"
            f'@media (prefers-color-scheme:dark){{:root:not([data-look="light"]){{{dark}}}}}'
            f':root[data-look="dark"]{{{dark}}}'
        )


def palette_of(colour: str) -> Palette | None:
    """Return the palette of a colour such as ``#0F5E73``; None where it is none or too faint on white."""
    rgb = parse_colour(colour)
    if rgb is None or contrast(rgb, mix(rgb, WHITE, 0.1)) < ENOUGH:
        return None
    bright = lighten_until_readable(rgb)
    return Palette(
        primary=to_hex(rgb),
        hover=to_hex(mix(rgb, BLACK, 0.8)),
        tint=to_hex(mix(rgb, WHITE, 0.1)),
        dark_primary=to_hex(bright),
        dark_hover=to_hex(mix(bright, WHITE, 0.75)),
        dark_tint=to_hex(mix(bright, DARK_SURFACE, 0.14)),
    )


def parse_colour(colour: str) -> Rgb | None:
    """Return the three parts of ``#RRGGBB``; None for anything else."""
    found = re.fullmatch(r"#([0-9A-Fa-f]{6})", colour.strip())
    return None if found is None else tuple(bytes.fromhex(found[1]))  # type: ignore[return-value]


def lighten_until_readable(rgb: Rgb) -> Rgb:
    """Return the colour, mixed with as little white as makes it readable on the dark tint of itself."""
    for step in range(STEPS + 1):
        lighter = mix(WHITE, rgb, step / STEPS)
        if (
            contrast(lighter, mix(lighter, DARK_SURFACE, 0.14)) >= ENOUGH
            and contrast(lighter, DARK_PAGE) >= ENOUGH
        ):
            return lighter
    return WHITE


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2)."""
    bright, faint = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (faint + 0.05)


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """Return a share of one colour mixed into another."""
    return tuple(round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def to_hex(rgb: Rgb) -> str:
    """Return ``#RRGGBB``."""
    return "#" + "".join(f"{part:02X}" for part in rgb)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (
        (c / 12.92) if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (p / 255 for p in rgb)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
