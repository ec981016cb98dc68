"""Any server with ``POST /moderations``, as OpenAI has it (developers.openai.com/api/reference, "Create moderation").

A line's text leaves this machine unless the server is on it; nothing goes with it that says whose it is.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from livehub.chat.screening.errors import ModerationMalformed
from livehub.chat.screening.http import VerdictClient, score_of
from livehub.chat.screening.plugin import Judgement, Line, Moderator
from livehub.chat.screening.rules import Outcome
from livehub.setting import Address

EXAMPLE: Final = "openai:https://api.openai.com/v1?hold=0.5&refuse=0.95&key_file=/etc/livehub/moderation.key"
MODEL: Final = "omni-moderation-latest"
_WORD: Final = re.compile(r"[\x21-\x7e]{1,100}")
#: what a category is called: it stands in the log that moderators read
_CATEGORY: Final = re.compile(r"[a-z][a-z0-9/_-]{0,39}")


class OpenAiModerator:
    """``hold`` and ``refuse``: scores from which on; None: held is what the server flags, refused is nothing."""

    name = "openai"

    def __init__(
        self, client: VerdictClient, *, model: str, hold: float | None, refuse: float | None, ignored: frozenset[str]
    ) -> None:
        self._client: Final = client
        self._model: Final = model
        self._hold: Final = hold
        self._refuse: Final = refuse
        self._ignored: Final = ignored

    async def judge(self, line: Line) -> Judgement:
        answer = await self._client.post("/moderations", {"model": self._model, "input": line.text})
        flags, scores = _read(answer)
        worst, score = max(
            ((name, score) for name, score in scores.items() if name not in self._ignored),
            key=lambda one: one[1], default=("", 0.0),
        )  # fmt: skip
        is_flagged = any(flag for name, flag in flags.items() if name not in self._ignored)
        if self._refuse is not None and score >= self._refuse:
            outcome = Outcome.REFUSE
        elif is_flagged if self._hold is None else score >= self._hold:
            outcome = Outcome.HOLD
        else:
            return Judgement(Outcome.ALLOW)
        return Judgement(outcome, f"{worst} {score:.2f}")

    async def close(self) -> None:
        await self._client.close()


def _read(answer: Any) -> tuple[Mapping[str, bool], Mapping[str, float]]:
    """What is flagged, and all scores, by category. Raises: ModerationMalformed."""
    try:
        (result,) = answer["results"]
        flags, scores = result["categories"], result["category_scores"]
        names = {*flags, *scores}
    except (TypeError, KeyError, ValueError):
        raise ModerationMalformed("the answer has not one result of categories and scores") from None
    if not isinstance(flags, dict) or not isinstance(scores, dict) or not scores or not set(flags) <= set(scores):
        raise ModerationMalformed("categories and scores do not fit each other")
    if not all(_CATEGORY.fullmatch(name) for name in names) or not all(
        isinstance(flag, bool) for flag in flags.values()
    ):
        raise ModerationMalformed("a category is none")
    return flags, {name: score_of(score, "a score") for name, score in scores.items()}


def create(setting: str, *, deadline_s: float, **_: object) -> Moderator:
    """Entry point ``openai``; ``setting``: the address up to ``/v1``, ``?model=``, the scores ``&hold=`` and
    ``&refuse=``, ``&ignore=violence|self-harm``, ``&key=`` or ``&key_file=``.

    Raises:
        ValueError: a setting that cannot be used, or by which a key would go over a network in the clear.
    """
    options = ("model", "hold", "refuse", "ignore", "key", "key_file")
    address = Address.parse(setting, example=EXAMPLE, options=options)
    told, key = address.options, address.key()
    if key and not address.is_local and not address.url.startswith("https:"):
        raise ValueError("a key goes over https:// only")
    model = told.get("model", MODEL)
    if not _WORD.fullmatch(model):
        raise ValueError(f"a model is one word, such as {MODEL}")
    hold, refuse = _score(told, "hold"), _score(told, "refuse")
    if hold is not None and refuse is not None and hold > refuse:
        raise ValueError("hold may not be more than refuse")
    ignored = frozenset(filter(None, told.get("ignore", "").split("|")))
    if not all(_CATEGORY.fullmatch(name) for name in ignored):
        raise ValueError("ignore lists categories, such as violence|self-harm")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = VerdictClient(address.url, timeout_s=deadline_s, secrets=(key,), headers=headers)
    return OpenAiModerator(client, model=model, hold=hold, refuse=refuse, ignored=ignored)


def _score(told: Mapping[str, str], option: str) -> float | None:
    if option not in told:
        return None
    try:
        score = float(told[option])
    except ValueError:
        score = 0.0
    if not 0 < score <= 1:
        raise ValueError(f"{option} is a score above 0 and up to 1")
    return score
