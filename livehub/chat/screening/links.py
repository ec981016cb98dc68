"""Links in a line, also those written so that a program overlooks them: ``example[.]com``, ``example dot com``.
Pure, linear."""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

#: endings by which a name without https:// counts as a link; "hello.how" has none of them
_LISTED: Final = (
    "app art biz blog cc club co com dev edu eu fun gg gov icu info io link live me mobi net news online org "
    "page pro ru shop site store stream tech tk to top tv vip website wiki win work ws xxx xyz ar au br ca ch "
    "cl cn cz de dk es fi fr gr hk hu id ie il in ir it jp kr kz lk ly mx my nl no nz pe ph pk pl pt ro rs sa "
    "se sg sk su th tr tw ua uk us uz vn za "
)
_ENDINGS: Final = frozenset(_LISTED.split())
#: endings that are words of some language as well: they need a scheme, www or a path
_ALSO_WORDS: Final = "me to in it no id my is de es se art fun live news top win work pro link"
_WORDS: Final = frozenset(_ALSO_WORDS.split())
_SCHEME: Final = re.compile(r"\b(?:https?|ftp|wss?|tg|magnet|rtmp)\s?:\s?/{0,3}", re.ASCII)
_DOTS: Final = re.compile(
    r"\s?[\[({<]\s?(?:\.|dot|punto|punkt|точка|nokta|点)\s?[\])}>]\s?"
    r"|\s(?:dot|punto|точка|nokta)\s"
    r"|[。｡․]"
)
_NAME: Final = re.compile(r"[\w.-]{4,253}")


def hosts(text: str) -> list[str]:
    """The names that ``text`` links to, in lower case without ``www.``; ``?`` for a link whose name cannot be made
    out."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c) != "Cf")
    plain = _DOTS.sub(".", plain)
    found: list[str] = []
    for token in plain.split():
        found += _in_token(token)
    # "https : / / example": taken apart by spaces, and still meant as a link
    if not found and any(match.group().endswith("/") for match in _SCHEME.finditer(plain)):
        found.append("?")
    return found


def _in_token(token: str) -> list[str]:
    scheme = _SCHEME.search(token)
    if scheme is not None and (scheme.group().endswith("/") or scheme.end() < len(token)):
        name = _NAME.match(token, scheme.end())
        return [_bare(name.group()) if name is not None else "?"]
    return [_bare(match.group()) for match in _NAME.finditer(token) if _is_name(match.group(), token, match.end())]


def _is_name(name: str, token: str, end: int) -> bool:
    labels = name.strip(".-").split(".")
    if len(labels) < 2 or not all(labels) or labels[-1] not in _ENDINGS or labels[-2].isdigit():
        return False
    return (
        token[end : end + 1] in {"/", ":", "?"}
        or labels[0] == "www"
        or (labels[-1] not in _WORDS and len(labels[-2]) > 1)
    )


def _bare(name: str) -> str:
    return name.strip(".-_").removeprefix("www.")


def foreign(text: str, allowed: Collection[str]) -> str | None:
    """The first name linked to that is none of ``allowed`` and under none of them."""
    for host in hosts(text):
        if not any(host == own or host.endswith("." + own) for own in allowed):
            return host
    return None
