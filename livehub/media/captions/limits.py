"""Every bound of captions, in one place, with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaptionLimits:
    #: rooms that have captions at once: one process writes for all of them, one utterance after the other
    max_rooms: int = 4
    #: a line is cut after so much speech without a pause, at the quietest place of its last second and a half
    longest_s: float = 6.0
    #: silence that ends a line
    pause_s: float = 0.5
    #: shorter noises are no speech
    shortest_s: float = 0.24
    #: kept before the first loud moment: consonants are quiet
    lead_s: float = 0.3
    #: new speech before what is known so far is written anew
    partial_every_s: float = 1.0
    #: sound that may wait for the transcriber; the oldest utterances are given up beyond it, for late captions mislead
    max_behind_s: float = 12.0
    #: parts that may wait to be read
    max_waiting_parts: int = 400
    #: characters of one line; a transcriber that runs wild is cut off
    max_chars: int = 500
    #: how long one utterance may take
    timeout_s: float = 8.0
    #: a process that writes one utterance for so long hangs; it ends, and is started again
    hang_s: float = 60.0
    #: how long the process may take to load its model
    start_timeout_s: float = 120.0
    #: lines of a room that are at hand for players that came later
    max_recent: int = 400
    #: translations that are kept of one room's recent lines, in all locales
    max_kept_lines: int = 20_000
    #: how long lines may come after the sound that they belong to; segments of subtitles are listed this much later
    settle_s: float = 4.0
    #: a process that dies more often than this within ``restarts_window_s`` is given up
    max_restarts: int = 5
    restarts_window_s: float = 300.0
    #: messages between the two processes
    max_message_bytes: int = 65_536
