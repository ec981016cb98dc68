"""``livehub bench captions``: how late what is said on stage stands in a viewer's socket.

Sentences spoken by eSpeak NG go as Opus by WHIP, in real time, to a ``livehub serve``; a real transcriber writes them;
a viewer's socket hears ``caption:lines``, and another's gets them in Spanish, by an engine that answers at once. The
sender knows when each word was over, and the same machine when it came.
Another transcriber than PocketSphinx is measured where LIVEHUB_TRANSCRIBER names one.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from livehub.bench.captions_lateness import Heard, Lateness, Spoken, lateness, translated_ms
from livehub.bench.captions_speech import FRAME, GRAMMAR, PAUSE_S, RATE, SENTENCES, Programme, make_programme
from livehub.bench.instant_engine import InstantEngine
from livehub.bench.light import LightClient, OfferOptions
from livehub.bench.machine import cpu_s, describe
from livehub.bench.recording_server import RunningServer
from livehub.bench.soak_clients import Caller
from livehub.media.transport import Certificate

#: consent to be sent to, well within its 30 s (RFC 7675)
CHECK_EVERY_S = 2.0
#: until the last line has come
AFTER_S = 6.0
#: sentences in the beginning that are not counted: the stream begins, the transcriber's pages are read
WARM_UP = 2
#: the language of the viewer who does not understand what is spoken
TRANSLATED = "es"
_PROCESS = b"livehub.media.captions.process"


async def run(*, times: int = 2) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    programme = await make_programme(SENTENCES, times)
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as name:
        folder = Path(name)
        grammar = folder / "shop.gram"
        grammar.write_text(GRAMMAR)
        setting = os.environ.get("LIVEHUB_TRANSCRIBER") or f"pocketsphinx:jsgf={grammar}"
        async with AsyncExitStack() as stack:
            translator = await stack.enter_async_context(InstantEngine())
            settings = {"LIVEHUB_TRANSCRIBER": setting, "LIVEHUB_TRANSLATOR": translator.setting}
            server = RunningServer(folder / "data", hls="auto", settings=settings)
            stack.push_async_callback(server.close)
            await server.start()
            room, token = await server.open_room()
            microphone = await _microphone(server, room, token, stack)
            heard = await _viewer(server, room, "en", stack)
            read = await _viewer(server, room, TRANSLATED, stack)
            engine = (await server.call("POST", f"/rooms/{room}/captions", {"action": "start"}))["engine"]
            process = transcriber_pid(server.pid)
            began, used = time.monotonic(), cpu_s(process)
            sent_ms = await _speak(microphone, programme)
            cores = (cpu_s(process) - used) / (time.monotonic() - began)
            await asyncio.sleep(AFTER_S)
    spoken = _spoken(programme, sent_ms)[WARM_UP:]
    found, late_ms = lateness(spoken, heard), translated_ms(spoken, read)
    words = sum(len(sentence.words) for sentence in programme.sentences[WARM_UP:])
    return {
        "bench": "captions",
        "machine": describe(),
        "conditions": {
            "speech": "eSpeak NG, 130 words/min, Opus by WHIP",
            "sentences": len(programme.sentences) - WARM_UP,
            "words": words,
            "pause_s": PAUSE_S,
            "transcriber": engine,
            "translated_into": TRANSLATED,
            "seconds": round(len(programme.packets) * FRAME / RATE),
        },
        "figures": {
            **figures(found, words),
            **translated_figures(late_ms, len(found.finals)),
            "transcriber_cores": round(cores, 3),
        },
    }


def figures(found: Lateness, words: int) -> Mapping[str, float]:
    """Raises: RuntimeError when nothing was written."""
    if len(found.finals) < 2 or len(found.words) < 2:
        raise RuntimeError("no captions came")
    return {
        **_percentiles(found.words, "caption_word_ms"),
        **_percentiles(found.partials, "caption_partial_ms"),
        **_percentiles(found.finals, "caption_final_ms"),
        "caption_words_right": round(1 - found.missed / words, 3),
    }


def translated_figures(late_ms: Sequence[float], sentences: int) -> Mapping[str, float]:
    """Of so many that were written. Raises: RuntimeError when nothing was translated."""
    if len(late_ms) < 2:
        raise RuntimeError("no translated captions came")
    share = round(len(late_ms) / sentences, 3)
    return {**_percentiles(late_ms, "caption_translated_ms"), "caption_sentences_translated": share}


def _percentiles(values: Sequence[float], name: str) -> Mapping[str, float]:
    if len(values) < 2:  # a service that is not asked for unfinished lines
        return {}
    ordered = sorted(values)
    return {
        f"{name}_p50": round(statistics.median(ordered)),
        f"{name}_p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]),
    }


async def _microphone(server: RunningServer, room: str, token: str, stack: AsyncExitStack) -> LightClient:
    """On air, and silent."""
    certificate = await asyncio.to_thread(Certificate.generateCertificate)
    client = LightClient(certificate, OfferOptions("sendonly", video=0, level=True))
    stack.callback(client.close)

    async def exchange(offer: str) -> str:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        async with ClientSession() as http:
            address = f"{server.url}/api/v1/rooms/{room}/whip"
            async with http.post(address, data=offer, headers=headers) as answer:
                if answer.status != 201:
                    raise RuntimeError(f"WHIP: {answer.status} {await answer.text()}")
                return await answer.text()

    await client.connect(exchange)
    return client


async def _viewer(server: RunningServer, room: str, locale: str, stack: AsyncExitStack) -> Sequence[Heard]:
    """The lines in their language that a viewer's socket hears from now on; grows."""
    heard: list[Heard] = []

    def on_event(name: str, payload: dict[str, Any]) -> None:
        if name == "caption:lines":
            at_ms = time.time() * 1000
            heard.extend(Heard(at_ms, line) for line in payload["items"] if line["locale"] == locale)

    person = {"identity": f"viewer-{locale}", "display_name": "Viewer", "role": "viewer", "locale": locale}
    token = str((await server.call("POST", f"/rooms/{room}/tokens", person))["token"])
    viewer = await Caller.connect(int(server.url.rpartition(":")[2]), token, on_event)
    stack.callback(viewer.cut)
    answer = await viewer.call("room:join", {"room": room, "locale": locale})
    if not answer["ok"]:
        raise RuntimeError(f"room:join: {answer['error']['code']}")
    return heard


async def _speak(microphone: LightClient, programme: Programme) -> Sequence[float]:
    """Send the packets in real time; gives when each was sent."""
    loop = asyncio.get_running_loop()
    began, checked, sent_ms = loop.time(), loop.time(), list[float]()
    for index, packet in enumerate(programme.packets):
        await asyncio.sleep(max(0.0, began + (index + 1) * FRAME / RATE - loop.time()))
        microphone.send_audio(index * FRAME, packet, programme.levels[index])
        sent_ms.append(time.time() * 1000)
        if loop.time() - checked > CHECK_EVERY_S:
            microphone.check(nominate=False)
            checked = loop.time()
    return sent_ms


def _spoken(programme: Programme, sent_ms: Sequence[float]) -> Sequence[Spoken]:
    """A sample was said when its packet was sent: as a microphone does, at the end of its 20 ms."""

    def at(sample: int) -> float:
        return sent_ms[min(sample // FRAME, len(sent_ms) - 1)]

    return [
        Spoken(sentence.words, at(sentence.first), tuple(at(end) for end in sentence.ends))
        for sentence in programme.sentences
    ]


def transcriber_pid(parent: int) -> int:
    """Of the process that writes for a server. Raises: RuntimeError."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            about = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if _PROCESS in command and int(about[1]) == parent:
            return int(folder.name)
    raise RuntimeError("the server has no transcriber's process")
