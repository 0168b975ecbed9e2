"""Make PDF from HTML. `render` is for the server, `render_pdf` for the sandbox child it runs in.

The only importer of xhtml2pdf. A page may name the fonts below and the pictures given with it, nothing else:
no file and no address is ever opened, whatever the HTML says.
"""

import io
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from documents import thai_text
from sandbox import Sandbox, SandboxFailed

WALL_SECONDS = 30.0
PAGE_COUNT = re.compile(r"""<pdf:pagecount(?:\s+likely="(\d{1,4})")?(\s+digits="thai")?\s*/?>""")
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
PAGE_OBJECT = re.compile(rb"/Type /Page\b(?!s)")
FAMILY = "sarabun"
FACES = {
    (0, 0): "Sarabun-Regular",
    (1, 0): "Sarabun-Bold",
    (0, 1): "Sarabun-Italic",
    (1, 1): "Sarabun-BoldItalic",
}
BASE_CSS = """
html { font-family: sarabun; font-size: 13pt; line-height: 150%; color: #000; white-space: normal;
  overflow-wrap: break-word; }
address, blockquote, body, center, div, dl, dt, dd, fieldset, form, h1, h2, h3, h4, h5, h6, hr, ol, p, pre,
table, th, tr, td, ul, li { display: block; }
b, strong, th, h1, h2, h3, h4, h5, h6 { font-weight: bold; }
i, em { font-style: italic; }
u { text-decoration: underline; }
s, del { text-decoration: line-through; }
h1 { font-size: 20pt; }
h2 { font-size: 16pt; }
h1, h2, h3, h4, h5, h6, p, pre, hr { margin: 6pt 0; }
th { text-align: center; }
tr, th, td { vertical-align: top; }
th, td { padding: 3pt 4pt; }
small { font-size: 80%; }
ul, ol { margin-left: 1.5em; }
ul { list-style-type: disc; }
ol { list-style-type: decimal; }
pre { white-space: pre-wrap; }
"""


def render(html: str, images: Mapping[str, bytes], words: Sequence[str], sandbox: Sandbox) -> bytes:
    """Render HTML to PDF in a child process. See render_pdf; raises SandboxFailed."""
    pdf = sandbox.run("documents.pdf:render_pdf", html, dict(images), tuple(words), wall_seconds=WALL_SECONDS)
    if not isinstance(pdf, bytes):
        raise SandboxFailed("crash", "no PDF came back")
    return pdf


def render_pdf(html: str, images: Mapping[str, bytes], words: Sequence[str] = ()) -> bytes:
    """Render HTML to PDF in this process, which should be a sandbox child.

    `images` are what `<img src="photo:0">` may name, by such keys; JPEGs are taken over as they are. `words`
    are names of places that no line break may split. A picture the page names but was not given is left out.
    `<pdf:pagecount>` becomes the number of pages; a right guess there, `likely="2"` (else 1), saves half.
    With `digits="thai"` there, page numbers are written in Thai digits.
    Raises ValueError when the page cannot be made.
    """
    thai_text.learn(words)
    page = thai_text.clean(html)
    # xhtml2pdf lays everything out twice to learn the count; a good guess of the page saves that.
    counted = PAGE_COUNT.search(page)
    guess = int(counted[1] or 1) if counted else 1
    _numbers.digits = THAI_DIGITS if counted and counted[2] else {}
    pdf = _render_once(PAGE_COUNT.sub(_numbers.written(guess), page), images)
    pages = len(PAGE_OBJECT.findall(pdf))
    if counted and pages != guess:
        pdf = _render_once(PAGE_COUNT.sub(_numbers.written(pages), page), images)
    return pdf


class _PageNumbers:
    """How the page that is being made writes its numbers: a child makes one at a time."""

    def __init__(self) -> None:
        self.digits: dict[int, int] = {}

    def written(self, number: int) -> str:
        return str(number).translate(self.digits)

    def install(self, document_class: Any) -> None:
        """Let every number xhtml2pdf writes on a page go through here."""
        label = document_class.pageLabel
        document_class.pageLabel = lambda document, page: self.written(label(document, page))


_numbers = _PageNumbers()


def _render_once(page: str, images: Mapping[str, bytes]) -> bytes:
    document, policy = _engine()
    target = io.BytesIO()
    context = document.pisaDocument(
        page,
        target,
        link_callback=lambda name, _relative: _data_uri(images.get(name)),
        default_css=BASE_CSS,
        resource_policy=policy,
        encoding="utf-8",
    )
    if context.err:
        raise ValueError(f"{context.err} errors in the page")
    return target.getvalue()


def _data_uri(image: bytes | None) -> str:
    """Hand a picture over inside its address: the one way that touches no file."""
    if image is None:
        return "data:,"
    return f"data:application/octet-stream;base64,{b64encode(image).decode('ascii')}"


@lru_cache(maxsize=1)
def _engine() -> tuple[Any, Any]:
    """Load the PDF libraries once, teach them Thai and shut every way to the outside."""
    import fontpkg_sarabun
    from reportlab import rl_config
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from xhtml2pdf import context as xhtml2pdf_context
    from xhtml2pdf import default, document, reportlab_paragraph, xhtml2pdf_reportlab
    from xhtml2pdf import parser as xhtml2pdf_parser
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    from documents import thai_lines, thai_shaping

    rl_config.useA85 = 0  # else the photos are written as text, in pure Python: 4 times the time
    folder = Path(fontpkg_sarabun.ROOT) / "files"
    for (bold, italic), face in FACES.items():
        pdfmetrics.registerFont(TTFont(face, str(folder / f"{face}.ttf"), asciiReadable=0))
        addMapping(FAMILY, bold, italic, face)
    _keep_base_style(xhtml2pdf_context.pisaContext, xhtml2pdf_parser.DEFAULT_CSS_SOURCE)
    known = default.DEFAULT_FONT
    known.update(
        dict.fromkeys([*known, FAMILY], FAMILY) | {"symbol": "Symbol", "zapfdingbats": "ZapfDingbats"}
    )
    _numbers.install(xhtml2pdf_reportlab.PmlBaseDoc)
    thai_shaping.install()
    thai_lines.LineBreaker(reportlab_paragraph).install()
    return document, ResourceAccessPolicy.server(None, allow_remote=False, max_render_seconds=WALL_SECONDS)


def _keep_base_style(context_class: Any, base_name: str) -> None:
    """Parse BASE_CSS once for the life of the process, which saves 1.5 ms a page.

    A page's own styles are parsed anew: the rules of several sheets are ranked by when they were parsed.
    """
    parse = context_class._parseCSSSource
    known: dict[str, Any] = {}

    def parse_once(context: Any, text: str, name: str) -> Any:
        if name != base_name:
            return parse(context, text, name)
        if text not in known:
            known[text] = parse(context, text, name)
        return known[text]

    context_class._parseCSSSource = parse_once
