"""What a town may write into a paper's template: a little HTML, gaps for facts, ``if`` and ``for``.

Nothing is mended silently: what is not on these lists is a fault with its line. Pure, for the server and for
the sandbox child alike: a template that never passed here is never filled (reliability.md §3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST: Final = 40_000
LONGEST_RANGE: Final = 500
DEEPEST_LOOP, DEEPEST_TAG = 2, 20
TAGS: Final = frozenset(
    {
        *("h1", "h2", "h3", "p", "b", "i", "u", "br", "hr", "div", "span", "small"),
        *("table", "tr", "th", "td", "ul", "ol", "li"),
    }
)
EMPTY_TAGS: Final = frozenset({"br", "hr"})
FILTERS: Final = frozenset({"default", "first", "join", "last", "length", "trim"})
TESTS: Final = frozenset({"defined", "undefined", "none", "even", "odd"})
LOOP_WORDS: Final = frozenset({"index", "index0", "first", "last", "length"})
ATTRIBUTES: Final = {
    "class": re.compile(r"[a-z][a-z0-9 -]{0,59}"),
    "align": re.compile("left|center|right|justify"),
    "width": re.compile(r"(?:100|[1-9]?\d)(?:\.\d)?%"),
    "colspan": re.compile(r"[1-9]|1[0-2]"),
    "rowspan": re.compile(r"[1-9]|[1-4]\d|50"),
}
KNOWN_NODES: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For),
    *(nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Call),
)
GAP: Final = "\ue000"  # stands for everything between braces while the HTML is read

_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)((?: +[A-Za-z-]+ *= *\"[^\"<>]*\")*) */?>")
_ATTRIBUTE: Final = re.compile(r"([A-Za-z-]+) *= *\"([^\"]*)\"")
_READER: Final = ImmutableSandboxedEnvironment(autoescape=True)


class Fault(NamedTuple):
    """Something a template may not hold. ``line`` is 0 where no line is to blame."""

    line: int
    code: str
    params: dict[str, str | int]


@dataclass(slots=True)
class Reading:
    """What a template names: words with the line of their first use, the loops' own words, fields of rows."""

    words: dict[str, int] = field(default_factory=dict)
    loops: dict[str, str] = field(default_factory=dict)
    fields: dict[tuple[str, str], int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@lru_cache(maxsize=64)
def markup_faults(source: str) -> tuple[Fault, ...]:
    """List what the template's language forbids, in the order of lines; () means it may be filled."""
    return tuple(read_template(source).faults)


def read_template(source: str) -> Reading:
    """Read a template as written; its faults stand in the order of lines."""
    reading = Reading()
    if len(source) > LONGEST:
        reading.faults = [Fault(0, "paper_template_too_long", {"most": LONGEST})]
        return reading
    try:
        tree = _READER.parse(source)
        masked = _masked(source)
    except TemplateSyntaxError as error:
        reading.faults = [Fault(error.lineno, "paper_template_syntax", {})]
        return reading
    except (RecursionError, ValueError, OverflowError):
        reading.faults = [Fault(1, "paper_template_syntax", {})]
        return reading
    _walk(tree, reading, 0)
    reading.faults.extend(_tag_faults(masked))
    reading.faults.sort(key=lambda fault: fault.line)
    return reading


# Braces -----------------------------------------------------------------------------------------------------


def _walk(node: nodes.Node, reading: Reading, depth: int) -> None:
    """Judge a node and what is in it; what is forbidden is not entered."""
    fault = _fault_of(node, depth)
    if fault is not None:
        reading.faults.append(Fault(node.lineno, *fault))
        return
    _note(node, reading)
    if isinstance(node, nodes.Call):
        return
    inner = depth + isinstance(node, nodes.For)
    for child in node.iter_child_nodes():
        _walk(child, reading, inner)


def _fault_of(node: nodes.Node, depth: int) -> tuple[str, dict[str, str | int]] | None:
    """Say what is wrong with one node, None for nothing."""
    if not isinstance(node, KNOWN_NODES):
        return "paper_template_forbidden_command", {"word": type(node).__name__.lower()}
    if isinstance(node, nodes.For):
        return _loop_fault(node, depth)
    if isinstance(node, nodes.Call):
        return _call_fault(node)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        return _field_fault(node)
    if isinstance(node, nodes.Filter | nodes.Test):
        known = FILTERS if isinstance(node, nodes.Filter) else TESTS
        plain = all(isinstance(each, nodes.Const) for each in node.args) and not node.kwargs
        return (
            None
            if node.name in known and plain
            else ("paper_template_forbidden_command", {"word": node.name})
        )
    return None


def _loop_fault(node: nodes.For, depth: int) -> tuple[str, dict[str, str | int]] | None:
    plain = isinstance(node.target, nodes.Name) and isinstance(node.iter, nodes.Name | nodes.Call)
    if node.recursive or not plain:
        return "paper_template_forbidden_command", {"word": "for"}
    if depth >= DEEPEST_LOOP:
        return "paper_template_too_deep", {"most": DEEPEST_LOOP}
    return None


def _call_fault(node: nodes.Call) -> tuple[str, dict[str, str | int]] | None:
    """Let only ``range`` of a written number be called."""
    name = node.node.name if isinstance(node.node, nodes.Name) else ""
    if name != "range" or node.kwargs or len(node.args) != 1:
        return "paper_template_forbidden_command", {"word": f"{name}()"}
    [count] = node.args
    if not isinstance(count, nodes.Const) or type(count.value) is not int or count.value > LONGEST_RANGE:
        return "paper_template_range_too_long", {"most": LONGEST_RANGE}
    return None


def _field_fault(node: nodes.Getattr | nodes.Getitem) -> tuple[str, dict[str, str | int]] | None:
    name = _field_name(node)
    if not isinstance(node.node, nodes.Name) or name is None or name.startswith("_"):
        return "paper_template_forbidden_command", {"word": f".{name or '[]'}"}
    return None


def _field_name(node: nodes.Getattr | nodes.Getitem) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) else None


def _note(node: nodes.Node, reading: Reading) -> None:
    """Keep the words of a node."""
    if isinstance(node, nodes.Name) and node.ctx == "load":
        reading.words.setdefault(node.name, node.lineno)
    elif isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        reading.loops[node.target.name] = node.iter.name if isinstance(node.iter, nodes.Name) else "range"
    elif isinstance(node, nodes.Getattr | nodes.Getitem) and isinstance(node.node, nodes.Name):
        reading.fields.setdefault((node.node.name, _field_name(node) or ""), node.lineno)


# HTML -------------------------------------------------------------------------------------------------------


def _masked(source: str) -> str:
    """Return the HTML with a sign for each pair of braces; every line stays on its line."""
    parts: list[str] = []
    line = 1
    for at, kind, text in _READER.lex(source):
        shown = text if kind == "data" else GAP if kind.endswith("_begin") else ""
        missed = "\n" * max(0, at - line)
        parts += [missed, shown]
        line = max(at, line) + shown.count("\n")
    return "".join(parts)


def _tag_faults(html: str) -> Iterator[Fault]:
    """Judge every ``<``: it begins an allowed tag, written out in full, opened and closed in pairs."""
    stack: list[tuple[str, int]] = []
    position = html.find("<")
    while position >= 0:
        line = html.count("\n", 0, position) + 1
        tag = _TAG.match(html, position)
        if tag is None:
            yield Fault(line, *_not_a_tag(html, position))
            position = html.find("<", position + 1)
            continue
        name = tag[2].lower()
        yield from _judged_tag(name, tag[3], line)
        yield from _nested(stack, name, line, closes=bool(tag[1]))
        position = html.find("<", tag.end())
    yield from (Fault(line, "paper_template_unclosed_tag", {"tag": name}) for name, line in stack)


def _not_a_tag(html: str, position: int) -> tuple[str, dict[str, str | int]]:
    end = html.find(">", position)
    inside = html[position : end if end >= 0 else position + 80]
    if GAP in inside and re.match("</?[A-Za-z]", inside):
        return "paper_template_word_in_tag", {}
    return "paper_template_bad_tag", {}


def _judged_tag(name: str, attributes: str, line: int) -> Iterator[Fault]:
    if name not in TAGS:
        yield Fault(line, "paper_template_forbidden_tag", {"tag": name})
    if GAP in attributes:
        yield Fault(line, "paper_template_word_in_tag", {})
        return
    for key, value in _ATTRIBUTE.findall(attributes):
        allowed = ATTRIBUTES.get(key.lower())
        if allowed is None:
            yield Fault(line, "paper_template_forbidden_attribute", {"attribute": key, "tag": name})
        elif not allowed.fullmatch(value):
            yield Fault(line, "paper_template_attribute_value", {"attribute": key, "value": value[:20]})


def _nested(stack: list[tuple[str, int]], name: str, line: int, *, closes: bool) -> Iterator[Fault]:
    """Keep account of open tags."""
    if name in EMPTY_TAGS or name not in TAGS:
        return
    if not closes:
        stack.append((name, line))
        if len(stack) == DEEPEST_TAG:
            yield Fault(line, "paper_template_too_deep", {"most": DEEPEST_TAG})
    elif stack and stack[-1][0] == name:
        stack.pop()
    else:
        yield Fault(line, "paper_template_stray_end", {"tag": name})
        if any(open_name == name for open_name, _line in stack):
            while stack.pop()[0] != name:
                continue
