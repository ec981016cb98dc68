"""What must stay as it is, in the form that an engine of markup keeps: ``{1}`` becomes an element and comes back.

Lines reach an engine with marks such as ``{1}`` in place of links, names and prices. Those that take XML or HTML have
elements which they leave alone; text around them is escaped, and unescaped when it comes back.
"""

import html
import re
from typing import Final

_MARK: Final = re.compile(r"\{(\d{1,3})\}")


def has_marks(text: str) -> bool:
    return _MARK.search(text) is not None


class Markup:
    """``element`` has a ``%s`` for the number, such as ``<x id="%s"/>``; ``pattern`` finds it in an answer.

    An engine may write an element in another way: ``pattern`` has one group, the number.
    """

    def __init__(self, element: str, pattern: str) -> None:
        self._element: Final = element
        self._pattern: Final = re.compile(pattern, re.IGNORECASE)

    def wrap(self, text: str) -> str:
        return _MARK.sub(lambda mark: self._element % mark[1], html.escape(text, quote=False))

    def unwrap(self, text: str) -> str:
        """Elements other than these stay as they are: what an engine makes up is for the caller to judge."""
        return html.unescape(self._pattern.sub(r"{\1}", text))
