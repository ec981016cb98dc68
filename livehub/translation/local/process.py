"""The server's side of the models' process: started when the first line comes, and again after it died."""

import time
from collections.abc import Sequence
from typing import Final

from livehub.translation.errors import AnswerMalformed, TranslationFailed
from livehub.translation.local.asked import HANG_S, MAX_ASKED, AskedProcess
from livehub.translation.local.layout import Model

__all__ = ["HANG_S", "MAX_ASKED", "ModelProcess"]
_MODULE: Final = "livehub.translation.local.worker"


class ModelProcess(AskedProcess):
    """One process for all models of a directory."""

    def __init__(self, models: Sequence[Model], *, threads: int, beam: int, hang_s: float = HANG_S) -> None:
        begin = {
            "models": [[str(model.path), model.kind, model.adds_end] for model in models],
            "threads": threads,
            "beam": beam,
        }
        super().__init__(_MODULE, begin, what="process of the models", failure=TranslationFailed, hang_s=hang_s)

    async def ask(self, model: int, source: str, target: str, texts: Sequence[str], within_s: float) -> list[str]:
        """Raises: TranslationFailed."""
        until_s = time.monotonic() + within_s
        answer = await self.asked(
            {"model": model, "source": source, "target": target, "texts": list(texts), "until_s": until_s}
        )
        found = answer.get("texts")
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise AnswerMalformed("the model's process answered in another form")
        return found
