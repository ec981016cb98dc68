"""What the figures of ``livehub bench loss`` mean, and what they are held to: the same six networks, up and down."""

from collections.abc import Iterator, Mapping
from typing import Final

_NETWORKS: Final = {
    "2": "2 % lost",
    "5": "5 % lost",
    "10": "10 % lost",
    "bursts": "5 % lost in bursts",
    "jitter": "30 ms jitter",
    "reordered": "30 ms jitter that reorders",
}
_WAYS: Final = {"up": "to the server", "down": "to the viewer"}
_SEEN: Final = {"5": "5 % lost", "reordered": "30 ms jitter that reorders", "bottleneck": "300 kbit/s"}


def _light(side: str, way: str) -> Iterator[tuple[str, str, str | None]]:
    for key, network in _NETWORKS.items():
        limit = "≥ 0.98" if key in {"2", "5"} else None
        yield f"arrived_share_{key}_{side}", f"share of video packets that came in the end, {network} {way}", limit
        limit = "≥ 0.98" if key == "10" else None
        yield f"sound_arrived_share_{key}_{side}", f"the same of sound, {network} {way}", limit
    yield (
        f"repair_ms_p50_{side}",
        f"from missing a packet to having it, 5 % lost {way}, 50 ms round trip, p50, ms",
        None,
    )
    yield f"repair_ms_p95_{side}", "the same, p95, ms", None
    yield f"needless_share_reordered_{side}", f"asked for though only late, {way}, for each packet sent", None


def _chromium(side: str, way: str) -> Iterator[tuple[str, str, str | None]]:
    for key, network in _SEEN.items():
        yield f"frames_per_s_{key}_{side}", f"Chromium, {network} {way}: pictures a second", None
        yield f"freezes_{key}_{side}", "freezes meanwhile", None
        yield f"frozen_share_{key}_{side}", "share of the time frozen", None
    yield f"made_up_sound_share_10_{side}", f"Chromium, 10 % lost {way}: share of the sound made up", None


def _changes(who: str) -> Iterator[tuple[str, str, str | None]]:
    yield f"network_change_ms_{who}", f"Chromium: without a picture when the {who}'s network changes, ms", "< 2,000"
    yield f"nat_rebinding_ms_{who}", "the same when its NAT forgets it, ms", None


def _rows() -> Iterator[tuple[str, str, str | None]]:
    for side, way in _WAYS.items():
        yield from _light(side, way)
        yield from _chromium(side, way)
    for who in ("viewer", "publisher"):
        yield from _changes(who)


#: key → (what stands in the table, the limit it is held to, or None)
LOSS_MEANING: Final[Mapping[str, tuple[str, str | None]]] = {key: (text, limit) for key, text, limit in _rows()}
