"""Runs benchmarks by name, prints their result, and keeps the tables of docs/performance.md."""

import asyncio
import importlib
import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from livehub.bench.loss_meaning import LOSS_MEANING
from livehub.bench.machine import Unavailable

#: each is a module of this package with ``async def run() -> result``
BENCHES: Final = (
    "fanout",
    "peers",
    "join",
    "crowd",
    "first_frame",
    "switch",
    "loss",
    "stage",
    "workers",
    "hls",
    "recording",
    "orders",
    "rush",
    "chat",
    "processes",
    "captions",
    "language",
    "translation",
    "soak",
)  # fmt: skip

#: key → (what stands in the table, the limit it is held to, or None)
MEANING: Final = {
    **LOSS_MEANING,
    "cost_us_per_packet_viewer": ("CPU for one packet of a camera's stream to one viewer, µs", None),
    "sendmmsg_us_per_packet": ("plain `sendmmsg` of the same, µs", None),
    "cost_ratio_to_sendmmsg": ("ratio of the two", "≤ 1.35"),
    "cost_us_evenly_spaced": ("CPU for one packet of those that come one by one, µs", None),
    "sendmmsg_us_evenly_spaced": ("plain `sendmmsg` of the same, µs", None),
    "cost_ratio_evenly_spaced": ("ratio of the two", "≤ 1.35"),
    "aiortc_us_per_packet_viewer": ("aiortc's own pass-through, µs", None),
    "lost_packets": ("packets lost", "0"),
    "viewers": ("viewers", None),
    "slot_switch_ms_p50": ("from choosing another camera to its picture, ms, median", None),
    "slot_switch_ms_p95": ("the slowest of twenty, ms", "≤ 150"),
    "layer_switch_ms_p95": ("from another size of the tile to the layer for it, ms, the slowest of twenty", "≤ 150"),
    "janus_us_camera": ("CPU for one packet to one viewer in Janus, camera's stream, µs", None),
    "livehub_beside_janus_us_camera": ("livehub in the windows between, µs", None),
    "ratio_janus_camera": ("Janus's cost to livehub's", "≥ 2"),
    "janus_us_evenly_spaced": ("the same, evenly spaced: Janus, µs", None),
    "livehub_beside_janus_us_evenly_spaced": ("livehub, µs", None),
    "ratio_janus_evenly_spaced": ("Janus's cost to livehub's", "≥ 2"),
    "lost_packets_janus": ("packets that Janus's viewers lost", None),
    "lost_packets_beside_janus": ("packets that livehub's viewers lost meanwhile", "0"),
    "pion_us_camera": ("CPU for one packet to one viewer in the relay on Pion, camera's stream, µs", None),
    "livehub_beside_pion_us_camera": ("livehub in the windows between, µs", None),
    "ratio_pion_camera": ("the relay's cost to livehub's", "≥ 1.5"),
    "pion_us_evenly_spaced": ("the same, evenly spaced: the relay on Pion, µs", None),
    "livehub_beside_pion_us_evenly_spaced": ("livehub, µs", None),
    "ratio_pion_evenly_spaced": ("the relay's cost to livehub's", "≥ 1.5"),
    "lost_packets_pion": ("packets that the relay's viewers lost", None),
    "lost_packets_beside_pion": ("packets that livehub's viewers lost meanwhile", "0"),
    "cpu_ms_per_join": ("CPU for a viewer to join, ms", "≤ 2"),
    "kib_per_viewer": ("memory for a viewer, KiB", "≤ 130"),
    "joins_per_s": ("joins a second", "≥ 400"),
    "lost_by_watching": ("packets that 200 viewers lost while 1,000 others came in 10 s", "0"),
    "arrived_and_see": ("of those who came, how many got video", "1000"),
    "crowd_joins_per_s": ("how many came a second", None),
    "crowd_cpu_cores": ("cores that the server used meanwhile", None),
    "memory_mib": ("server's memory after 24 times 200 viewers came, watched and went, MiB", None),
    "memory_growth_kib_per_cycle": ("growth of it each time, KiB", "≤ 100"),
    "first_frame_ms_p50": ("click to first frame in Chromium, p50, ms", "≤ 100"),
    "first_frame_ms_p95": ("click to first frame, p95, ms", "≤ 200"),
    "first_frame_ms_max": ("click to first frame, slowest, ms", None),
    "far_first_frame_ms_p50": ("the same with 50 ms more each way, p50, ms", None),
    "far_first_frame_ms_p95": ("the same with 50 ms more each way, p95, ms (5 round trips and 100 ms)", "≤ 600"),
    "far_first_frame_ms_max": ("the same with 50 ms more each way, slowest, ms", None),
    "recordings": ("rooms recorded at once", None),
    "cpu_ms_per_s_recording": ("CPU to record a second of a room that nobody watches by HLS, ms", None),
    "cpu_ms_per_s_keeping": ("what recording adds where HLS is made anyway, ms a second", None),
    "mib_per_hour_recording": ("disk for an hour, MiB", None),
    "cpu_ms_per_s_file": ("CPU to make a second of it a part of one MP4, ms", None),
    "firefox_first_frame_ms_p50": ("click to first frame in Firefox, p50, ms", None),
    "firefox_first_frame_ms_p95": ("the same, p95, ms", "≤ 300"),
    "firefox_first_frame_ms_max": ("the same, slowest, ms", None),
    "failed_joins": ("joins that showed nothing", "0"),
    "latency_ms_p50": ("from the camera to the picture in hls.js, p50, ms", "≤ 2,500"),
    "latency_ms_p95": ("the same, p95, ms", None),
    "hls_first_frame_ms": ("from the start of the player to its first picture, ms", None),
    "waits": ("times the picture stopped to wait", "0"),
    "origin_requests_per_s": ("requests for HLS that reach livehub a second, with all players watching", None),
    "player_requests_per_s": ("requests of the players a second, which nginx answers", None),
    "player_failures": ("requests of the players that failed", "0"),
    "part_age_ms_p50": ("age of a part's last picture when a player has fetched it, p50, ms", None),
    "part_age_ms_p99": ("the same, p99, ms", None),
    "participants": ("people in one room, each sending sound and getting 9 pictures and 3 voices", "302"),
    "forward_delay_p50_ms": ("from sender to receiver, p50, ms", None),
    "forward_delay_p99_ms": ("from sender to receiver, p99, ms", "≤ 100"),
    "cpu_cores": ("cores used", None),
    "cpu_cores_dtx": ("cores used when silent people send next to nothing (DTX)", None),
    "lost_packets_dtx": ("packets lost then", "0"),
    "forward_delay_p50_ms_dtx": ("from sender to receiver then, p50, ms", None),
    "forward_delay_p99_ms_dtx": ("from sender to receiver then, p99, ms", "≤ 100"),
    "packets_per_s_out": ("packets sent a second", None),
    "cpu_us_per_packet_out": ("CPU for each of them, receiving included, µs", None),
    "streams_of_a_viewer": ("streams that came to each participant, at least", None),
    "video_packets_per_s_limit": (
        "packets a second of each of nine pictures, to everybody, without loss or delay",
        None,
    ),
    "packets_per_s_limit": ("packets sent a second then", None),
    "video_packets_per_s_limit_dtx": ("the same limit with DTX", None),
    "packets_per_s_limit_dtx": ("packets sent a second then", None),
    "packets_per_s_one_worker": ("packets to viewers a second, one media worker busy", None),
    "packets_per_s_two_workers": ("the same, two of them with a room each", None),
    "packets_per_s_spanning_room": ("the same, one room over both", None),
    "ratio_two_workers": ("two workers to one", "≥ 1.8 where two cores are free"),
    "ratio_spanning_room": ("a room over both to one worker", None),
    "cost_us_one_worker": ("CPU for a packet to a viewer, one worker busy, µs", None),
    "cost_us_two_workers": ("the same, two of them, µs", None),
    "cost_us_spanning_room": ("the same, one room over both, µs", None),
    "ratio_two_workers_by_cpu": ("two workers to one, by what a packet costs each", "≥ 1.8"),
    "ratio_spanning_room_by_cpu": ("a room over both to one worker, by what a packet costs", None),
    "free_cores_before": ("cores that were idle before", None),
    "load_generator_cores": ("cores that the load generator used, of the same machine", None),
    "orders_per_s_sqlite": ("orders accepted over HTTP a second, SQLite", None),
    "orders_per_s_postgresql": ("orders accepted over HTTP a second, PostgreSQL", None),
    "no_storage_per_s": ("the same, of a server that makes orders and keeps nothing", None),
    "share_of_no_storage_sqlite": ("share of the same server without storage, SQLite", "≥ 0.75"),
    "share_of_no_storage_postgresql": ("share of the same server without storage, PostgreSQL", "≥ 0.75"),
    "p50_ms_at_half_sqlite": ("from when an order was due to its answer at half of that rate, SQLite, p50, ms", None),
    "p99_ms_at_half_sqlite": ("the same, p99, ms", "≤ 50"),
    "p50_ms_at_half_postgresql": ("the same, PostgreSQL, p50, ms", None),
    "p99_ms_at_half_postgresql": ("the same, p99, ms", "≤ 50"),
    "p99_ms_at_half": ("the slower of the two, p99, ms", "≤ 50"),
    "oversold": ("units sold twice", "0"),
    "rush_sold_sqlite": ("of 2,000 buyers at once, how many got one of the 1,000 units, SQLite", "1000"),
    "rush_sold_postgresql": ("the same, PostgreSQL", "1000"),
    "rush_told_ms_sqlite": ("until every one of them had an answer, SQLite, ms", "≤ 1,000"),
    "rush_told_ms_postgresql": ("the same, PostgreSQL, ms", "≤ 1,000"),
    "rush_told_ms": ("the slower of the two, ms", "≤ 1,000"),
    "sold_one_by_one_sqlite": ("units sold one by one, each to somebody new", "400000"),
    "sold_per_s_first_tenth_sqlite": ("orders a second, the first tenth", None),
    "sold_per_s_last_tenth_sqlite": ("orders a second, the last tenth", None),
    "last_to_first_tenth_sqlite": ("the last tenth to the first", "≥ 0.9"),
    "cpu_us_per_order_first_tenth_sqlite": ("CPU for an order, the first tenth, µs", None),
    "cpu_us_per_order_last_tenth_sqlite": ("the same, the last tenth, µs", None),
    "payments_last_to_first_sqlite": ("payments taken a second, after the last tenth to after the first", "≥ 0.9"),
    "wal_mib_sqlite": ("the write-ahead log at the end, MiB", "≤ 64"),
    "memory_growth_mib_sqlite": ("memory at the end over that after the first tenth, MiB", "≤ 64"),
    "us_per_delivery_2000": ("CPU for one line to one of 2,000 readers, µs", "≤ 2.5"),
    "us_per_delivery_8000": ("CPU for one line to one of 8,000 readers, µs", "≤ 1.5"),
    "deliveries_per_s_2000": ("deliveries a second, 2,000 readers", None),
    "deliveries_per_s_8000": ("deliveries a second, 8,000 readers", None),
    "delivery_p99_ms": ("p99 from sending to reading, ms", None),
    "delivery_p99_ms_half": ("p99 from sending to reading at half of the most, largest audience, ms", "≤ 150"),
    "kib_per_connection": ("memory for a connection, KiB", "≤ 40"),
    "chat_joins_per_s": ("people who came in a second, one core", "≥ 1500"),
    "us_ungathered": ("CPU for one line to one reader, each line written by itself, µs", None),
    "node_us_per_delivery": ("the same by node's socket.io, µs", None),
    "missing": ("lines lost", "0"),
    "us_per_delivery_shared": ("CPU for one line to one reader, several processes with one room, µs", None),
    "server_us_per_line_alone": ("CPU for a line in a process whose readers are few, µs", None),
    "valkey_us_per_line": ("CPU of Valkey for a line to all processes, µs", None),
    "cores_for_60000": ("cores for 60,000 viewers at 20 lines a second, by these figures", None),
    "caption_word_ms_p50": ("from the end of a spoken word until it stands in a viewer's socket, p50, ms", None),
    "caption_word_ms_p95": ("the same, p95, ms", "≤ 3,000"),
    "caption_partial_ms_p50": ("from the end of what an unfinished line is of until it is there, p50, ms", None),
    "caption_partial_ms_p95": ("the same, p95, ms", "≤ 3,000"),
    "caption_final_ms_p50": ("from the end of a sentence until its final line is there, p50, ms", None),
    "caption_final_ms_p95": ("the same, p95, ms", "≤ 3,000"),
    "caption_translated_ms_p50": (
        "from the end of a sentence until its line in another language is there, p50, ms",
        None,
    ),
    "caption_translated_ms_p95": ("the same, p95, ms", "≤ 3,000"),
    "caption_sentences_translated": ("final lines that came in the other language too, share", "1"),
    "caption_words_right": ("words that the final lines have rightly, share", None),
    "transcriber_cores": ("cores that the transcriber's process uses", None),
    "start_ms": ("time to make the detector, ms", None),
    "right_own": ("languages told rightly, senders of that language, share", "≥ 0.985"),
    "right_other": ("the same, senders of each other language", "≥ 0.975"),
    "right_own_unseen": ("the same of lines that were written later, senders of that language", "≥ 0.98"),
    "right_other_unseen": ("the same, senders of each other language", "≥ 0.96"),
    "detector_mib": ("memory of it, MiB", None),
    "us_per_line": ("CPU for a line, µs", None),
    "cores_at_1000_per_s": ("cores that 1,000 lines a second use in the whole pipeline, engine instant", "≤ 0.3"),
    "lines_put_per_s": ("lines a second that went through", None),
    "lines_in_a_call": ("lines in a call to the engine", None),
    "translations_missing": ("translations that did not come", "0"),
    "original_p99_ms": ("from sending a line to reading it, p99, nothing translated, ms", None),
    "original_p99_ms_slow_engine": ("the same, an engine that takes 2 s translates each line twice, ms", None),
    "original_p99_ratio": ("ratio of the two", "≤ 1.05"),
    "original_p99_ratio_low": ("the ratio lies between this, 19 times of 20,", None),
    "original_p99_ratio_high": ("and this", None),
    "original_p99_ratio_by_chance": ("the same of turns of one kind, every other one against the rest", None),
    "provider_calls_per_text": ("times the engine got a text for one pair, 600 readers", "1"),
    "texts_and_pairs": ("distinct texts and pairs", None),
    "original_lines_lost": ("lines that a reader did not get", "0"),
    "soak_lines": ("lines acknowledged", None),
    "soak_cuts": ("listeners cut and come back", None),
    "soak_joins": ("people who came and went", None),
    "soak_refused": ("calls of floods that were refused", None),
    "soak_bans": ("people put out", None),
    "soak_snapshots": ("of them who could not go on where they were", "0"),
    "soak_lost": ("lines that a listener did not get", "0"),
    "soak_doubled": ("lines that a listener got twice, or out of order", "0"),
    "soak_tasks_left": ("tasks more than before anybody came", "0"),
    "soak_memory_growth_mib": ("memory at the end over that after the first third, MiB", "≤ 8"),
    "soak_memory_mib": ("memory at the end, MiB", None),
    "deliveries_ratio_to_node": ("deliveries for the CPU that node's socket.io needs for one", "≥ 1.5"),
}


def run(name: str, *, as_json: bool, seconds: int | None = None) -> int:
    """The exit status. ``all`` runs each and rewrites the tables of docs/performance.md where that is there."""
    names: Sequence[str] = BENCHES if name == "all" else (name,)
    for each in names:
        if not as_json:
            print(f"== {each}", flush=True)
        try:
            result = measure(each, seconds if each == "soak" else None)
        except Unavailable as reason:
            print(reason, file=sys.stderr)
            if name == "all":  # the others can be measured all the same
                continue
            return 1
        print(json.dumps(result, ensure_ascii=False) if as_json else table(result), flush=True)
        if name == "all":
            keep(result, Path("docs/performance.md"))
    return 0


def measure(name: str, seconds: int | None = None) -> dict[str, Any]:
    module = importlib.import_module(f"livehub.bench.{name}")
    chosen = {} if seconds is None else {"seconds": seconds}
    result: dict[str, Any] = asyncio.run(module.run(**chosen))
    return result


def table(result: dict[str, Any]) -> str:
    rows = ["| | measured | to reach |", "|---|---|---|"]
    for key, value in result["figures"].items():
        meaning, limit = MEANING.get(key, (key, None))
        rows.append(f"| {meaning} (`{key}`) | {value:,} | {limit or ''} |")
    return "\n".join(rows)


def keep(result: dict[str, Any], page: Path) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- /name -->``; a page without the marks stays as it is."""
    if not page.exists():
        print(f"{page} is not here; nothing was kept", file=sys.stderr)
        return
    name, machine = result["bench"], result["machine"]
    conditions = ", ".join(f"{key} {value}" for key, value in result["conditions"].items())
    day = datetime.now(UTC).date().isoformat()
    where = f"{day}, {machine['cpu']}, {machine['cores']} cores, Python {machine['python']}"
    block = f"{table(result)}\n\n{where}; {conditions}."
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    page.write_text(marked.sub(lambda found: f"{found[1]}{block}\n{found[2]}", page.read_text()))
