"""The process that runs the models: ``python -m livehub.translation.local.worker``, asked by lines of JSON.

First ``{"models": [[path, kind, adds_end], …], "threads": 2, "beam": 1}``, then any number of ``{"id": 1, "model": 0,
"source": "es", "target": "en", "texts": […], "until_s": …}`` (on CLOCK_MONOTONIC, which all processes share). Each is
answered by ``{"id": 1, "texts": […]}`` or ``{"id": 1, "error": "…"}``, in order. Ends when its input does, so it never
outlives the server. A model is loaded when the first line needs it.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import ctranslate2
import sentencepiece

from livehub.translation.local.layout import FLORES, TARGET_TOKENS

END: Final = "</s>"
#: pieces of a line that are looked at, and that an answer may have
MAX_INPUT_PIECES: Final = 512
MAX_OUTPUT_PIECES: Final = 512
#: what an answer may have for each piece of its line, and besides: a model that repeats itself is stopped
_PIECES_PER_PIECE: Final = 4
_PIECES: Final = 16


class LoadedModel:
    """One model in memory. Blocks: only this process calls it."""

    def __init__(self, path: Path, kind: str, adds_end: bool, threads: int, beam: int) -> None:
        self._is_nllb = kind == "nllb"
        self._adds_end = adds_end
        self._beam = beam
        names = ("sentencepiece.bpe.model",) * 2 if self._is_nllb else ("source.spm", "target.spm")
        self._source, self._target = (sentencepiece.SentencePieceProcessor(model_file=str(path / n)) for n in names)
        self._engine = ctranslate2.Translator(
            str(path), device="cpu", compute_type="default", inter_threads=1, intra_threads=threads
        )
        self._vocabulary = frozenset(_vocabulary(path))

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        before, prefix = self._around(source, target)
        pieces = [self._source.encode(text, out_type=str)[:MAX_INPUT_PIECES] for text in texts]
        ends = [] if self._adds_end else [END]
        found = self._engine.translate_batch(
            [[*before, *line, *ends] for line in pieces],
            target_prefix=[prefix] * len(texts) if prefix else None,
            beam_size=self._beam,
            max_input_length=0,
            max_decoding_length=min(_PIECES + _PIECES_PER_PIECE * max(map(len, pieces), default=0), MAX_OUTPUT_PIECES),
        )
        return [self._text(result.hypotheses[0], prefix) for result in found]

    def _around(self, source: str, target: str) -> tuple[list[str], list[str]]:
        """What goes before a line, and what its translation begins with."""
        if self._is_nllb:
            return [FLORES[source]], [FLORES[target]]
        return [token for token in TARGET_TOKENS[target] if token in self._vocabulary][:1], []

    def _text(self, pieces: Sequence[str], prefix: Sequence[str]) -> str:
        kept = [piece for piece in pieces if piece not in {*prefix, END, "<s>", "<pad>", "<unk>"}]
        return str(self._target.decode(kept))


def _vocabulary(path: Path) -> list[str]:
    """Pieces that the source side knows. Newer models have JSON, older ones lines."""
    for name in ("shared_vocabulary", "source_vocabulary"):
        if (path / f"{name}.json").is_file():
            return [str(piece) for piece in json.loads((path / f"{name}.json").read_text(encoding="utf-8"))]
        if (path / f"{name}.txt").is_file():
            return (path / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return []


class Worker:
    def __init__(self, begin: Any) -> None:
        self._specs = begin["models"]
        self._threads = int(begin["threads"])
        self._beam = int(begin["beam"])
        self._loaded: dict[int, LoadedModel] = {}

    def answer(self, asked: Any) -> dict[str, Any]:
        number = asked["id"]
        if time.monotonic() >= asked["until_s"]:
            return {"id": number, "error": "came too late: the lines before it took the time"}
        try:
            model = self._model(asked["model"])
            return {"id": number, "texts": model.translate(asked["texts"], asked["source"], asked["target"])}
        except Exception as error:  # whatever a model or a library does with a line, the next one may be well
            return {"id": number, "error": f"{type(error).__name__}: {error}"[:300]}

    def _model(self, index: int) -> LoadedModel:
        if index not in self._loaded:
            path, kind, adds_end = self._specs[index]
            self._loaded[index] = LoadedModel(Path(path), kind, adds_end, self._threads, self._beam)
        return self._loaded[index]


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    worker: Worker | None = None
    for line in asked:
        message = json.loads(line)
        if worker is None:
            worker = Worker(message)
            continue
        told.write(json.dumps(worker.answer(message)).encode() + b"\n")
        told.flush()


if __name__ == "__main__":
    os.nice(5)  # sound and picture go before words
    # What a library prints must not get between the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, out)
