"""Every bound of recording, in one place, with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    #: with less than this free on the disk nothing is recorded: the database lies there too, and must go on
    min_free_bytes: int = 1 << 30
    #: how often the disk is looked at while something is recorded
    disk_check_s: float = 5.0
    #: pieces that may wait for the disk: half a minute of fifty rooms at eight parts a second
    max_waiting: int = 12_000
    #: chapters of one recording; pins come from people, not from programs
    max_marks: int = 1_000
    #: a chapter's title, cut to this
    max_title_chars: int = 160
    #: how long the end of a room waits for the last segment
    finish_timeout_s: float = 3.0
    #: days that recordings are kept; 0 keeps them until somebody deletes them
    retention_days: int = 0
    #: files for taking away that are made at a time; each reads and writes as fast as the disk does
    max_movies: int = 1
