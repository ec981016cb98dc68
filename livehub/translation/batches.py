"""Lines in parts that an engine takes at once, and calls that are under way at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


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


async def at_once(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What they give, in order. The first that raises ends the others, and what it raised is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except BaseExceptionGroup as failed:
        raise _first(failed) from None
    return [task.result() for task in tasks]


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
