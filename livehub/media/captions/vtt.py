"""Captions as WebVTT (w3.org/TR/webvtt1) and as subtitle renditions of HLS (RFC 8216 section 3.5). Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from livehub.media.captions.model import Line

#: time 0 of a run lies so long before its start (livehub.media.hls.room), in ticks of 90 kHz
EPOCH_TICKS: Final = 30 * 90_000
#: a cue is shown at least so long, for a word that was said quickly
_LEAST_MS: Final = 700
#: characters of one row; longer lines are broken where a space is
_ROW_CHARS: Final = 42


def document(cues: Iterable[tuple[float, float, str]], *, header: str = "") -> str:
    """Cues of (start, end, text), in seconds and in their order."""
    blocks = [
        f"{clock(start_s)} --> {clock(max(end_s, start_s + _LEAST_MS / 1000))}\n{cue_text(text)}\n"
        for start_s, end_s, text in cues
        if text.strip()
    ]
    return "\n".join(["WEBVTT" + (f"\n{header}" if header else "") + "\n", *blocks])


def segment(lines: Sequence[Line], locale: str, *, started_ms: int, start_ms: int, end_ms: int) -> str:
    """What was said during one segment of a run that began at ``started_ms``.

    A line that reaches over several segments is in each of them, with the same times (RFC 8216 section 3.5).
    """
    within = [
        line for line in lines if line.start_ms < end_ms and _end(line) > start_ms and line.start_ms >= started_ms
    ]
    cues = [
        ((line.start_ms - started_ms) / 1000, (line.end_ms - started_ms) / 1000, line.text_in(locale))
        for line in within
    ]
    return document(cues, header=f"X-TIMESTAMP-MAP=MPEGTS:{EPOCH_TICKS},LOCAL:00:00:00.000")


def passage(
    cues: Iterable[tuple[float, float, str]], *, start_s: float, end_s: float, zero_s: float, clock_s: float
) -> str:
    """What was said from ``start_s`` to ``end_s`` of a replay.

    ``zero_s``: where in the replay the passage's stretch begins, and ``clock_s`` what the stretch's own clock says
    there; players put the two together (RFC 8216 section 3.5). MPEG's clock has 33 bits.
    """
    within = [cue for cue in cues if cue[0] < end_s and max(cue[1], cue[0] + _LEAST_MS / 1000) > start_s]
    ticks = round(clock_s * 90_000) % (1 << 33)
    return document(
        [(max(0.0, start - zero_s), end - zero_s, text) for start, end, text in within],
        header=f"X-TIMESTAMP-MAP=MPEGTS:{ticks},LOCAL:00:00:00.000",
    )


def _end(line: Line) -> int:
    return max(line.end_ms, line.start_ms + _LEAST_MS)


def clock(seconds: float) -> str:
    millis = max(0, round(seconds * 1000))
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}.{millis % 1000:03}"


def cue_text(text: str) -> str:
    """Rows of what was said, with nothing in them that WebVTT would read as its own."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    rows: list[str] = []
    for word in plain.split(" "):
        if rows and len(rows[-1]) + 1 + len(word) <= _ROW_CHARS:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return "\n".join(rows)
