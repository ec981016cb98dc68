"""What people do with each other's lines beyond saying them: answer, mention, pin, find, take away, watch again."""

from dataclasses import dataclass

from livehub.chat.corrections import Corrections
from livehub.chat.pins import Pins
from livehub.chat.replay import LineReplay
from livehub.chat.search import Search
from livehub.chat.store import ChatStore
from livehub.chat.transcript import Transcripts


@dataclass(frozen=True, slots=True)
class Conversation:
    lines: ChatStore
    pins: Pins
    corrections: Corrections
    search: Search
    transcripts: Transcripts
    replay: LineReplay
