"""Models on this machine, run by CTranslate2 in a process of their own: OPUS-MT (a model a pair) and NLLB.

Needs ``pip install 'livehub[local-translation]'`` and a directory of models; :mod:`livehub.translation.local.layout`
says how it looks. No line leaves the machine.
"""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from livehub.translation.batches import batches
from livehub.translation.errors import AnswerMalformed, TranslationRefused
from livehub.translation.local.layout import Model, find_models
from livehub.translation.local.process import ModelProcess
from livehub.translation.provider import Translator

EXAMPLE: Final = "ctranslate2:/srv/models?threads=2"
MAX_TEXTS: Final = 32
MAX_CHARS: Final = 20_000


class CTranslate2Translator:
    """Between the pairs that the models are for; a model of one pair goes before one of many languages."""

    name = "ctranslate2"

    def __init__(self, models: Sequence[Model], *, threads: int, beam: int, timeout_s: float) -> None:
        self._models: Final = tuple(models)
        self._timeout_s: Final = timeout_s
        self._threads: Final = threads
        self._beam: Final = beam
        self._process: ModelProcess | None = None
        self._closed = False

    @property
    def pid(self) -> int:
        """Of the process with the models; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    def supports(self, source: str, target: str) -> bool:
        return self._model(source, target) is not None

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        model = self._model(source, target)
        if model is None:
            raise TranslationRefused(f"there is no model from {source} to {target}")
        if self._process is None:
            self._process = ModelProcess(self._models, threads=self._threads, beam=self._beam)
            if self._closed:
                await self._process.close()
        answers: list[str | None] = []
        for batch in batches(texts, MAX_TEXTS, MAX_CHARS):
            found = await self._process.ask(model, source, target, batch, self._timeout_s)
            if len(found) != len(batch):
                raise AnswerMalformed(f"the model gave {len(found)} lines for {len(batch)}")
            answers += [line.strip() or None for line in found]
        return answers

    async def close(self) -> None:
        self._closed = True
        if self._process is not None:
            await self._process.close()

    def _model(self, source: str, target: str) -> int | None:
        able = [index for index, model in enumerate(self._models) if model.translates(source, target)]
        return min(able, key=lambda index: self._models[index].pair is None, default=None)


def create(setting: str, *, deadline_s: float, **_others: object) -> Translator:
    """Entry point ``ctranslate2``; ``setting``: the models' directory, with ``?threads=`` (1–64) and ``&beam=`` (1–5).

    Raises:
        ValueError: the packages or the directory are missing, or hold nothing that can be used.
    """
    missing = [name for name in ("ctranslate2", "sentencepiece") if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"{missing[0]} is not installed: pip install 'livehub[local-translation]'")
    directory, _sign, query = setting.partition("?")
    options = parse_qs(query, keep_blank_values=True)
    if not directory or set(options) - {"threads", "beam"}:
        raise ValueError(f"write the models' directory, with threads and beam as options: {EXAMPLE}")
    return CTranslate2Translator(
        find_models(Path(directory)),
        threads=_number(options, "threads", 64, default=max(1, (os.cpu_count() or 2) // 2)),
        beam=_number(options, "beam", 5, default=1),
        timeout_s=deadline_s,
    )


def _number(options: dict[str, list[str]], name: str, most: int, *, default: int) -> int:
    text = options.get(name, [str(default)])[0]
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= most:
        raise ValueError(f"{name} is a number from 1 to {most}")
    return int(text)
