"""The contract of a transcriber: what :class:`Transcriber` promises and what a plug-in's ``create`` takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

#: samples per second of all sound that transcribers get
RATE: Final = 16_000

#: one channel at :data:`RATE`, from -1 to 1
Pcm = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words that were said from ``start_s`` to ``end_s`` of the sound that was given."""

    text: str
    start_s: float
    end_s: float


@runtime_checkable
class Transcriber(Protocol):
    """One engine. Made and used in a process of its own, by one thread: it may block, and should use few cores.

    ``name`` is short and stable: it is shown to people, and appears in logs. ``is_remote``: sound leaves this machine;
    people in the room are told so.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_remote(self) -> bool: ...

    def supports(self, locale: str) -> bool:
        """Whether speech in this language (one of the eleven tags) can be written."""

    def transcribe(self, pcm: Pcm, locale: str, *, final: bool) -> Sequence[Spoken]:
        """What was said, in order; nothing where nobody spoke.

        ``pcm`` is one utterance: from a little before somebody begins to speak to a pause, or at most
        :attr:`~livehub.media.captions.limits.CaptionLimits.longest_s`. With ``final`` False it goes on: what is given
        then is shown at once and replaced by what comes later, so a quick guess is better than a good one.

        Raises:
            TranscriptionFailed: nothing came of this utterance; the next is tried all the same.
        """

    def close(self) -> None:
        """Let go of what it holds. A second call does nothing."""


class TranscriberFactory(Protocol):
    """What an entry point of the group ``livehub.transcribers`` names. Called in the transcriber's own process.

    ``setting`` is what the operator wrote after the engine's name and a colon (``""`` if nothing). ``timeout_s``: how
    long one utterance may take. A factory that does not need it ends its signature with ``**_: object``.

    Raises:
        ValueError: a setting that cannot be used; the message says what would do, without showing a key.
    """

    def __call__(self, setting: str, *, timeout_s: float) -> Transcriber: ...
