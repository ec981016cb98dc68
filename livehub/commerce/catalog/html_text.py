"""What HTML says, without it: descriptions come as HTML in files of other shops. Pure.

One pass, each character looked at a bounded number of times: ``html.parser`` takes time by the square of what is not
closed, and a regular expression holds up the whole process while it looks (CVE-2025-6069 is one of its cases).
"""

import re
from html import unescape
from typing import Final

_BREAKS: Final = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"})
#: their text is no text
_SILENT: Final = frozenset({"script", "style", "template"})
#: of those nothing is looked at but their own end
_RAW_END: Final = {name: re.compile(f"</{name}(?![a-zA-Z0-9])", re.IGNORECASE) for name in ("script", "style")}
_MARKUP: Final = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z]")
_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9]{0,19}")
_QUOTE_OR_END: Final = re.compile(r"[\"'>]")
#: digits that no character has: they would be read as one long number
_NO_CHARACTER: Final = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")


def plain_text(html: str) -> str:
    """What HTML says, line by line; text without tag and entity stays as it is, and so does a tag without an end."""
    if not _MARKUP.search(html):
        return html
    lines = "".join(_pieces(html)).replace("\r", "").split("\n")
    return _EMPTY_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()


def _pieces(html: str) -> list[str]:
    found: list[str] = []
    silent, at = 0, 0
    while at < len(html):
        start = html.find("<", at)
        end = -1 if start < 0 else _end(html, start)
        if end < 0:  # no tag is left
            return found if silent else [*found, _text(html[at:])]
        if not silent:
            found.append(_text(html[at:start]))
        name, closes = _name(html, start)
        if not name:  # a comment is nothing, a mark that begins no tag is itself
            found.append("" if silent or end > start + 1 else "<")
        elif name in _RAW_END and not closes:
            over = _RAW_END[name].search(html, end)
            end = len(html) if over is None else over.start()
            silent += 1
        elif name in _SILENT:
            silent = max(0, silent - 1) if closes else silent + 1
        if name in _BREAKS and not (closes and name == "br"):
            found.append("\n")
        at = end
    return found


def _name(html: str, start: int) -> tuple[str, bool]:
    """Of the tag that begins at ``start``, and whether it is an end; ``""`` for what is no tag."""
    closes = html.startswith("/", start + 1)
    match = _NAME.match(html, start + 1 + closes)
    return (match[0].lower() if match else ""), closes


def _end(html: str, start: int) -> int:
    """Behind the tag or comment that begins at ``start``, behind the ``<`` when that is none, -1 when it has no end."""
    following = html[start + 1 : start + 2]
    if html.startswith("<!--", start):
        end = html.find("-->", start + 4)
        return -1 if end < 0 else end + 3
    if following in {"!", "?"}:
        return html.find(">", start) + 1 or -1
    if not _name(html, start)[0]:
        return start + 1
    at = start + 1
    while (mark := _QUOTE_OR_END.search(html, at)) is not None:
        if mark[0] == ">":
            return mark.end()
        # a quote without another is a mark like any; there is none of its kind after it, so it is looked for but once
        at = (html.find(mark[0], mark.end()) + 1) or mark.end()
    return -1


def _text(html: str) -> str:
    return unescape(_NO_CHARACTER.sub("\ufffd", html))
