"""What the translation service did, as plain counters that a metrics page or a test can read."""

from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class ProviderStats:
    calls: int = 0
    #: lines handed over in those calls
    lines: int = 0
    translated: int = 0
    #: calls that ended in an error other than a refusal
    failures: int = 0
    timeouts: int = 0
    #: calls whose text or pair the engine would not take
    refusals: int = 0
    #: answers that lost, doubled or invented something that must stay, and were not used
    garbled: int = 0
    #: calls left out because the engine was resting after failures
    rested: int = 0
    #: time that calls took, all together
    seconds: float = 0.0
    #: how often it was left alone after failures, and how it stands: closed (it is asked), open, half_open (one call)
    opened: int = 0
    breaker: str = "closed"


@dataclass(slots=True)
class TranslationStats:
    """Counted per line and target locale unless it says otherwise."""

    requested: int = 0
    #: per line: only links, numbers, emoji …, so not sent
    wordless: int = 0
    #: per line: longer than the limit, so not sent
    too_long: int = 0
    cache_hits: int = 0
    #: joined a line already under way
    coalesced: int = 0
    #: came from the cache that several processes share
    shared_hits: int = 0
    #: sent to no engine that costs, because the room's characters of the day are used up
    over_budget: int = 0
    #: characters that engines which cost were given and answered
    chars: int = 0
    #: turned away because too many lines were waiting
    overloaded: int = 0
    translated: int = 0
    #: the engine gave the same text back, so nothing is shown
    unchanged: int = 0
    #: every engine answered, none had a translation
    missing: int = 0
    #: at least one engine failed and none had a translation
    failed: int = 0
    #: the deadline passed first
    timed_out: int = 0
    providers: dict[str, ProviderStats] = field(default_factory=dict)

    def snapshot(self) -> dict[str, object]:
        """A copy as JSON-serialisable values, ``providers`` by name."""
        return asdict(self)
