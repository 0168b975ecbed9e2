"""The look of a Flex component as CSS classes: the content policy of our pages allows no style of its own.

Keywords have LINE's own measures (``static/src/flex.css``); a measure in pixels becomes the nearest class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from line_hooks import flex

JsonDict = dict[str, Any]

COLOURS = {
    flex.INK: "ink",
    flex.SURFACE: "white",
    **{colour: name for name, colour in flex.TONES.items()},
}
_SPACES = {"none": 0, "xs": 2, "sm": 4, "md": 8, "lg": 12, "xl": 16, "xxl": 20}
_SPACE_STEPS = (0, 2, 4, 8, 12, 16, 20, 24, 32)
_HEIGHT_STEPS = (2, 4, 6, 8, 12, 24, 32, 40, 44, 48, 60, 80, 100, 120, 160, 200)
_WIDTH_STEPS = tuple(range(0, 101, 5))
_RATIOS = {"20-13": 20 / 13, "1-1": 1.0, "4-3": 4 / 3, "3-4": 3 / 4, "16-9": 16 / 9, "2-1": 2.0, "3-1": 3.0}
_RATIOS |= {"7-8": 7 / 8, "2-3": 2 / 3, "3-5": 3 / 5, "1-2": 1 / 2}
_TEXT_SIZES = {"xxs", "xs", "sm", "md", "lg", "xl", "xxl", "3xl", "4xl", "5xl"}
_BUBBLE_SIZES = {"nano", "micro", "deca", "hecto", "kilo", "mega", "giga"}
_PADDINGS = {
    "paddingAll": "p",
    "paddingTop": "pt",
    "paddingBottom": "pb",
    "paddingStart": "ps",
    "paddingEnd": "pe",
}


def bubble_classes(card: JsonDict) -> str:
    """Return the classes of a whole card; its width follows LINE's size words."""
    size = card.get("size", "mega")
    return f"fx-card fx-size-{size if size in _BUBBLE_SIZES else 'mega'}"


def classes_of(part: JsonDict) -> str:
    """Return the classes of one component."""
    kind = part["type"]
    own = {"box": _box, "text": _text, "span": _words, "button": _button, "image": _image, "video": _image}
    made = own[kind](part) if kind in own else iter(())
    return " ".join([f"fx-{kind}", *_place(part), *made])


def fill_of(part: JsonDict) -> str:
    """Return the background as ``#RRGGBB`` where it is none of our tones; the template paints it."""
    colour = _hex(part.get("backgroundColor", ""))
    return "" if colour in COLOURS else colour


def _place(part: JsonDict) -> Iterator[str]:
    """Yield how a component stands in its box."""
    if "flex" in part:
        yield f"fx-flex-{min(max(int(part['flex']), 0), 5)}"
    if part.get("margin", "none") != "none":
        yield f"fx-m-{_space(part['margin'])}"
    if part.get("gravity") in {"center", "bottom"}:
        yield f"fx-gravity-{part['gravity']}"


def _box(part: JsonDict) -> Iterator[str]:
    yield f"fx-{part['layout']}"
    yield f"fx-gap-{_space(part.get('spacing', 'none'))}"
    for name, short in _PADDINGS.items():
        if name in part:
            yield f"fx-{short}-{_space(part[name])}"
    background = COLOURS.get(_hex(part.get("backgroundColor", "")), "")
    if background:
        yield f"fx-bg-{background}"
    if part.get("borderWidth", "none") != "none":
        yield "fx-outlined"
    if "cornerRadius" in part:
        yield f"fx-r-{_space(part['cornerRadius'])}"
    yield from _box_measures(part)


def _box_measures(part: JsonDict) -> Iterator[str]:
    if str(part.get("height", "")).endswith("px"):
        yield f"fx-h-{_nearest(_number(part['height']), _HEIGHT_STEPS)}"
    if str(part.get("width", "")).endswith("%"):
        yield f"fx-w-{_nearest(_number(part['width']), _WIDTH_STEPS)}"
    for name, short in (("justifyContent", "justify"), ("alignItems", "items")):
        if name in part:
            yield f"fx-{short}-{part[name].replace('flex-', '')}"


def _text(part: JsonDict) -> Iterator[str]:
    yield from _words({"size": "md", "color": flex.INK, **part})
    if part.get("align") in {"center", "end"}:
        yield f"fx-{part['align']}"
    if not part.get("wrap"):
        yield "fx-nowrap"
    elif part.get("maxLines"):
        yield f"fx-lines-{min(int(part['maxLines']), 6)}"


def _words(part: JsonDict) -> Iterator[str]:
    if part.get("size") in _TEXT_SIZES:
        yield f"fx-t-{part['size']}"
    elif "size" in part:
        yield "fx-t-md"
    if "color" in part:
        yield f"fx-c-{nearest_colour(part['color'])}"
    if part.get("weight") == "bold":
        yield "fx-bold"
    if part.get("decoration", "none") != "none":
        yield f"fx-{part['decoration']}"


def _button(part: JsonDict) -> Iterator[str]:
    style = part.get("style", "link")
    yield f"fx-{style}"
    yield f"fx-button-{part.get('height', 'md')}"
    if "color" in part:
        yield f"fx-b-{nearest_colour(part['color'])}"


def _image(part: JsonDict) -> Iterator[str]:
    yield f"fx-i-{part.get('size', 'md')}"
    yield f"fx-ratio-{_ratio(part.get('aspectRatio', '1:1'))}"
    yield f"fx-{part.get('aspectMode', 'fit')}"


def nearest_colour(colour: str) -> str:
    """Return the name of our colour that lies nearest to ``#RRGGBB``; ink for what is no colour."""
    wanted = _parts(_hex(colour))
    if wanted is None:
        return "ink"

    def distance(known: str) -> int:
        return sum((a - b) ** 2 for a, b in zip(_parts(known) or (), wanted, strict=True))

    return COLOURS[min(COLOURS, key=distance)]


def _hex(colour: object) -> str:
    text = str(colour).upper()[:7]
    return text if _parts(text) else ""


def _parts(colour: str) -> tuple[int, int, int] | None:
    try:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    except ValueError:
        return None
    return red, green, blue


def _space(value: object) -> int:
    word = str(value)
    return _nearest(_SPACES[word] if word in _SPACES else _number(word), _SPACE_STEPS)


def _number(value: object) -> float:
    try:
        return float(str(value).removesuffix("px").removesuffix("%"))
    except ValueError:
        return 0.0


def _nearest(value: float, steps: Sequence[int]) -> int:
    return min(steps, key=lambda step: abs(step - value))


def _ratio(value: str) -> str:
    wide, _, high = value.partition(":")
    asked = _number(wide) / (_number(high) or 1.0)
    return min(_RATIOS, key=lambda name: abs(_RATIOS[name] - asked))
