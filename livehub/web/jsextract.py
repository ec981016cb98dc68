"""Finds the sentences to translate in the web client's modules: an extraction method for Babel.

Babel's own JavaScript lexer ends a template literal at the first backtick inside it. The client's markup is templates
within templates (``html`…${rows.map((row) => html`<li>${t('Buy')}</li>`)}…```), so this scanner keeps count of them.
It knows just enough of ECMAScript to tell strings, comments, templates, regular expressions and names apart.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

_SPACE: Final = re.compile(r"\s+")
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING: Final = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_NUMBER: Final = re.compile(r"\d[\w.]*")
_REGEX: Final = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_TEMPLATE_TEXT: Final = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
#: after these words a slash begins a regular expression; after any other name it divides
_BEFORE_REGEX: Final = frozenset(
    {"return", "typeof", "case", "in", "of", "delete", "void", "do", "else", "await", "yield"}
)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: name, string or template (``text`` is the value; a template without substitutions), value (anything
    else that stands for a value: a number, a regular expression, a template's end) or other (one character)."""

    kind: str
    text: str
    line: int


class Scanner:
    """The tokens of one module; comments, spaces and regular expressions are passed over."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._line = 1
        #: for each open ``${``, how many braces are open inside it
        self._substitutions: list[int] = []
        self._value_before = False

        #: a substitution was just closed: its template goes on
        self._resumes = False

    def tokens(self) -> Iterator[Token]:
        while self._at < len(self._source):
            token = self._next()
            if token is not None:
                self._value_before = _is_value(token)
                yield token

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._source, self._at)
        text = match[0] if match else ""
        self._at += len(text)
        self._line += text.count("\n")
        return text

    def _next(self) -> Token | None:
        if self._resumes:
            self._resumes = False
            return self._template(whole=False)
        if self._take(_SPACE) or self._take(_COMMENT):
            return None
        line = self._line
        literal = self._take(_STRING)
        if literal:
            return Token("string", unescape(literal[1:-1]), line)
        name = self._take(_NAME)
        if name:
            return Token("name", name, line)
        if self._take(_NUMBER) or (not self._value_before and self._take(_REGEX)):
            return Token("value", "", line)
        return self._punctuation()

    def _punctuation(self) -> Token:
        char = self._source[self._at]
        self._at += 1
        if char == "`":
            return self._template(whole=True)
        if self._substitutions:
            if char == "}" and self._substitutions[-1] == 0:
                self._substitutions.pop()
                self._resumes = True
            elif char in "{}":
                self._substitutions[-1] += 1 if char == "{" else -1
        return Token("other", char, self._line)

    def _template(self, *, whole: bool) -> Token:
        """From after a backtick (``whole``), or after a closed substitution, to the next of either."""
        line = self._line
        text = self._take(_TEMPLATE_TEXT)
        if self._source.startswith("${", self._at):
            self._at += 2
            self._substitutions.append(0)
            return Token("other", "{", line)
        self._at += 1
        return Token("template", unescape(text), line) if whole else Token("value", "", line)


def _is_value(token: Token) -> bool:
    """Whether a slash after ``token`` divides."""
    if token.kind == "name":
        return token.text not in _BEFORE_REGEX
    return token.kind != "other" or token.text in ")]}"


def unescape(text: str) -> str:
    """The value of what stands between the quotes of a JavaScript string."""

    def value(match: re.Match[str]) -> str:
        escape = match[1]
        if escape[0] in "ux" and len(escape) > 1:
            return chr(int(escape[1:].strip("{}"), 16))
        return _ESCAPES.get(escape, escape)

    return _ESCAPE.sub(value, text)


def extract(
    fileobj: BinaryIO, keywords: Mapping[str, Any], comment_tags: Sequence[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, tuple[str | None, ...], list[str]]]:
    """Babel's extraction interface: ``(line, function, arguments, comments)``; None for what is no literal."""
    tokens = list(Scanner(fileobj.read().decode()).tokens())
    for index, token in enumerate(tokens):
        if token.kind != "name" or token.text not in keywords:
            continue
        before = tokens[index - 1].text if index else ""
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if after == "(" and before not in {".", "function"}:
            yield token.line, token.text, _arguments(tokens, index + 2), []


def _arguments(tokens: Sequence[Token], start: int) -> tuple[str | None, ...]:
    """The arguments from ``start`` (after the parenthesis) on; literals joined by + count as one."""
    found: list[str | None] = []
    current: list[Token] = []
    depth = 0
    for token in tokens[start:]:
        closes = token.kind == "other" and token.text in ")]}"
        if depth == 0 and token.kind == "other" and token.text in "),":
            if current:
                found.append(_literal(current))
            current = []
            if token.text == ")":
                break
            continue
        depth += (token.kind == "other" and token.text in "([{") - closes
        current.append(token)
    return tuple(found)


def _literal(tokens: Sequence[Token]) -> str | None:
    parts, joints = tokens[::2], tokens[1::2]
    literal = all(part.kind in {"string", "template"} for part in parts)
    joined = all(joint.kind == "other" and joint.text == "+" for joint in joints)
    return "".join(part.text for part in parts) if len(tokens) % 2 and literal and joined else None
