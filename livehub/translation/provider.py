"""The contract of a translation engine: what :class:`Translator` promises and what a plug-in's ``create`` takes."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from livehub.clock import Clock


@runtime_checkable
class Translator(Protocol):
    """One engine. Used from one event loop; :meth:`translate` may run many times at once.

    ``name`` is short and stable: it appears in statistics, in logs and with each translation.

    Lines come with marks such as ``{1}`` in place of links, names, numbers, prices, codes and glossary terms; each mark
    must be in the answer once. An engine that has an attribute ``reads_plain = True`` gets lines as they were written,
    and is taken to cost nothing.
    """

    @property
    def name(self) -> str: ...

    def supports(self, source: str, target: str) -> bool:
        """Whether lines of ``source`` can be put into ``target`` (both one of the eleven tags). Quick, no I/O.

        An engine that has yet to find out says True; it then answers None, or raises ``TranslationRefused``.
        """

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """One entry per text, in the same order; None where this engine has no translation of that line.

        Never blocks the loop, can be cancelled at any await, and leaves deadlines to the caller.

        Raises:
            TranslationFailed: the call as a whole gave nothing (see :mod:`livehub.translation.errors`).
        """

    async def close(self) -> None:
        """Let go of connections; called after the last :meth:`translate` has ended. A second call does nothing."""


class TranslatorFactory(Protocol):
    """What an entry point of the group ``livehub.translators`` names.

    ``setting`` is what the operator wrote after the engine's name and a colon (``""`` if nothing), ``deadline_s`` how
    long a line may take in all. Called without a running event loop: open connections in ``translate``, not here.
    A factory that needs neither clock nor deadline ends its signature with ``**_: object``.

    Raises:
        ValueError: a setting that cannot be used; the message says what would do.
    """

    def __call__(self, setting: str, *, clock: Clock, deadline_s: float) -> Translator: ...
