"""Lines in parts that an engine takes at once."""

from collections.abc import Callable, Iterator, Sequence


def batches(
    texts: Sequence[str], most: int, most_size: int, size: Callable[[str], int] = len
) -> Iterator[Sequence[str]]:
    """``texts`` in order: ``most`` of them at once, and ``most_size`` altogether; one that is larger goes alone."""
    start = total = 0
    for end, text in enumerate(texts):
        here = size(text)
        if end > start and (end - start >= most or total + here > most_size):
            yield texts[start:end]
            start, total = end, 0
        total += here
    if start < len(texts):
        yield texts[start:]
