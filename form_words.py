"""The sentences WTForms says by itself, in Thai: it ships 34 languages and no Thai."""

from __future__ import annotations

from pathlib import Path

from flask_babel import Domain

TRANSLATIONS = Path(__file__).parent / "translations"

_domain = Domain([str(TRANSLATIONS)], domain="wtforms")


class FormWords:
    """Translations as WTForms and Flask-WTF ask for them; the language is looked up at each sentence.

    English needs no catalogue: it is what WTForms says without one.
    """

    def gettext(self, text: str) -> str:
        """Return a message in the reader's language."""
        return str(_domain.get_translations().ugettext(text))

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return a message with a number in the reader's language."""
        return str(_domain.get_translations().ungettext(one, many, number))

    ugettext = gettext
    ungettext = ngettext
