"""The contract of a speaker: what :class:`Speaker` promises and what a plug-in's ``create`` takes."""

from typing import Protocol, runtime_checkable

from livehub.clock import Clock


@runtime_checkable
class Speaker(Protocol):
    """One engine. Used from one event loop; :meth:`speak` may run several times at once.

    ``name`` is short and stable: it appears in statistics and logs. ``is_remote``: text leaves this machine, which
    people are told.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_remote(self) -> bool: ...

    def supports(self, locale: str) -> bool:
        """Whether it has a voice for ``locale`` (one of the eleven tags). Quick, no I/O."""

    async def speak(self, text: str, locale: str) -> bytes:
        """``text``, of at most 500 characters on one line, as a file of sound: MP3, WAV, Ogg, FLAC, MP4, WebM or AAC.

        What kind it is is told by its first bytes. Never blocks the loop, can be cancelled at any await, and leaves
        deadlines to the caller.

        Raises:
            SpeechFailed: there is none (see :mod:`livehub.translation.speech.errors`).
        """

    async def close(self) -> None:
        """Let go of connections and processes; called after the last :meth:`speak`. A second call does nothing."""


class SpeakerFactory(Protocol):
    """What an entry point of the group ``livehub.speakers`` names.

    ``setting`` is what the operator wrote after the speaker's name and a colon (``""`` if nothing), ``deadline_s`` how
    long a text may take in all. Called without a running event loop: open connections in ``speak``, not here. A factory
    that needs neither clock nor deadline ends its signature with ``**_: object``.

    Raises:
        ValueError: a setting that cannot be used; the message says what would do.
    """

    def __call__(self, setting: str, *, clock: Clock, deadline_s: float) -> Speaker: ...
