"""A room of real sockets: how long lines take to their readers without any translation, and with an engine that takes
two seconds, in turns.

People go on talking while the one kind of turn follows the other. The lines in between, as long as a translation may be
under way, count for neither: what is timed of the second kind is a room in which translations are asked for and come
back all the time. Turns are short, so that what the machine does at a time falls on both kinds alike.
"""

from typing import Final

from livehub.bench.turns import compare
from livehub.bench.worker import Worker

#: by language
READERS: Final = {"en": 400, "es": 100, "th": 100}
#: of each kind
TURNS: Final = 14
LINES_A_TURN: Final = 170
#: a translation has three seconds; it is told a tenth of one later at the latest
LINES_BETWEEN: Final = 80
LINES_PER_S: Final = 25
SLOW_S: Final = 2.0
_SIZE: Final = 120


async def compare_room(turns: int) -> dict[str, float]:
    server = await Worker.start("livehub.bench.translation_server", 0)
    readers = await Worker.start("livehub.bench.chat_clients", 1)
    delays: dict[bool, list[list[float]]] = {False: [], True: []}
    lost = 0
    try:
        started = await server.call("start")
        for locale, count in READERS.items():
            await readers.call("join", http=started["http"], room=started["room"], count=count, locale=locale)
        for turn in range(2 * turns):
            # a b b a: what drifts falls on both alike
            on = turn % 4 in {1, 2}
            await server.call("translate", on=on)
            for lines in (LINES_BETWEEN, LINES_A_TURN):
                heard = await readers.call("talk", lines=lines, per_s=LINES_PER_S, size=_SIZE)
                lost += heard["missing"]
            delays[on].append((await readers.call("delays"))["delays_ms"])
        await server.call("settle")
        counts = await server.call("counts")
        await readers.call("leave")
    finally:
        await readers.stop()
        await server.stop()
    p99 = compare(delays[False], delays[True], 0.99)
    return {
        "original_p99_ms": p99.first,
        "original_p99_ms_slow_engine": p99.second,
        "original_p99_ratio": p99.ratio,
        "original_p99_ratio_low": p99.low,
        "original_p99_ratio_high": p99.high,
        "original_p99_ratio_by_chance": p99.by_chance,
        "provider_calls_per_text": counts["sent"] / max(counts["distinct"], 1),
        "texts_and_pairs": counts["distinct"],
        "original_lines_lost": lost,
    }
