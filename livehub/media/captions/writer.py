"""In the transcriber's process: sound of several rooms in, lines out, one utterance at a time."""

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.hearing import Ear
from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.transcriber import Transcriber
from livehub.media.captions.utterances import Utterance, Utterances
from livehub.media.captions.wire import Behind, Forget, FromProcess, Listen, Part, Pause, Said, ToProcess
from livehub.text import answered

log = logging.getLogger(__name__)


class _Room:
    def __init__(self, locale: str, life: str, limits: CaptionLimits) -> None:
        self.locale, self.life = locale, life
        self.run = ""
        self.ear = Ear()
        self.utterances = Utterances(limits)
        self.base = 0
        self.last = -1
        self.due: deque[Utterance] = deque()
        self.shown: set[int] = set()

    def owe(self, utterances: list[Utterance]) -> None:
        """A partial line that waits is replaced by what is newer of the same utterance."""
        for utterance in utterances:
            if self.due and self.due[-1].number == utterance.number and not self.due[-1].final:
                self.due.pop()
            self.due.append(utterance)


class Writer:
    """``tell`` gets what is to be said to the server. Nothing here raises for what a room's sound holds."""

    def __init__(self, transcriber: Transcriber, limits: CaptionLimits, tell: Callable[[FromProcess], None]) -> None:
        self._transcriber = transcriber
        self._limits = limits
        self._tell = tell
        self._rooms: dict[str, _Room] = {}
        self._inits: dict[str, bytes] = {}

    def take(self, message: ToProcess) -> None:
        match message:
            case Listen(room, locale, life):
                known = self._rooms.get(room)
                if known is None:
                    self._rooms[room] = _Room(locale, life, self._limits)
                else:
                    known.owe(known.utterances.end())
                    known.locale, known.life = locale, life
            case Part():
                self._hear(message)
            case Pause(room) if room in self._rooms:
                self._rooms[room].owe(self._rooms[room].utterances.end())
            case Forget(room):
                self._rooms.pop(room, None)

    def _hear(self, part: Part) -> None:
        room = self._rooms.get(part.room)
        if room is None:
            return
        if room.run != part.run:
            room.owe(room.utterances.end())
            room.run, room.ear = part.run, Ear()
        try:
            data = Path(part.path).read_bytes()
            init = self._init(part.init)
        except OSError as error:  # it was behind the window before its turn came
            log.warning("a part of %s cannot be read: %s", part.room, error.strerror)
            return
        pcm = room.ear.hear(init, data)
        if len(pcm):
            room.owe(room.utterances.add(part.at_ms, pcm))
            self._give_up_old(part.room, room)

    def _init(self, path: str) -> bytes:
        found = self._inits.get(path)
        if found is None:
            if len(self._inits) >= 4 * self._limits.max_rooms:
                self._inits.pop(next(iter(self._inits)))
            found = self._inits[path] = Path(path).read_bytes()
        return found

    def _give_up_old(self, name: str, room: _Room) -> None:
        """Late captions mislead more than missing ones."""
        lost = 0
        while len(room.due) > 1 and room.utterances.end_ms - room.due[0].end_ms > self._limits.max_behind_s * 1000:
            gone = room.due.popleft()
            lost += gone.final
            if gone.final and gone.number in room.shown:
                self._say(name, room, gone, "")
        if lost:
            self._tell(Behind(name, lost, "too slow"))

    def work(self) -> bool:
        """Write the utterance that has waited longest; False: there is none."""
        waiting = [(room.due[0].end_ms, name) for name, room in self._rooms.items() if room.due]
        if not waiting:
            return False
        name = min(waiting)[1]
        room = self._rooms[name]
        utterance = room.due.popleft()
        try:
            spoken = self._transcriber.transcribe(utterance.pcm, room.locale, final=utterance.final)
            text = " ".join(word for part in spoken for word in answered(part.text).split())
        except TranscriptionFailed as error:
            self._failed(name, room, utterance, str(error))
            return True
        except Exception as error:
            log.exception("the transcriber failed")
            self._failed(name, room, utterance, type(error).__name__)
            return True
        if text or utterance.number in room.shown:
            self._say(name, room, utterance, text[: self._limits.max_chars])
        return True

    def _failed(self, name: str, room: _Room, utterance: Utterance, reason: str) -> None:
        if utterance.final:
            if utterance.number in room.shown:
                self._say(name, room, utterance, "")
            self._tell(Behind(name, 1, reason))

    def _say(self, name: str, room: _Room, utterance: Utterance, text: str) -> None:
        if text:
            room.shown.add(utterance.number)
        if utterance.final or not text:
            room.shown.discard(utterance.number)
        start_ms, end_ms = utterance.start_ms, utterance.end_ms
        self._tell(Said(name, utterance.number, start_ms, end_ms, text, utterance.final, room.life))
