"""Every moderator that livehub brings keeps the contract that plug-ins are held to; and what each has of its own."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.chat.screening.errors import ModerationFailed, ModerationMalformed
from livehub.chat.screening.judges import Judges
from livehub.chat.screening.plugin import Moderator
from livehub.chat.screening.providers.openai import _read
from livehub.chat.screening.registry import GROUP, ModeratorInvalid, build_moderators
from livehub.chat.screening.rules import Outcome
from livehub.clock import ManualClock
from livehub.testing.moderator_contract import ModeratorContract, ModeratorDriver, line
from livehub.testing.troubled_server import Trouble
from tests.chat.screening.vendor import KEY, ModerationVendor, result


def moderator(setting: str, deadline_s: float = 30.0) -> Moderator:
    """As the server builds it, from what an operator writes."""
    name = setting.partition(":")[0]
    entry = EntryPoint(name, f"livehub.chat.screening.providers.{name}:create", GROUP)
    (made,) = build_moderators([setting], clock=ManualClock(), deadline_s=deadline_s, found=[entry])
    return made


@dataclass
class HttpDriver:
    moderator: Moderator
    server: ModerationVendor
    fine: str = "what a nice cup"
    foul: str = "I will hurt you"
    secrets: tuple[str, ...] = (KEY,)

    async def trouble(self, kind: Trouble | None) -> bool:
        self.server.trouble = kind
        return True

    async def reached(self) -> None:
        await self.server.hanging.wait()


@pytest.fixture
async def server() -> AsyncIterator[ModerationVendor]:
    server = ModerationVendor()
    await server.start()
    yield server
    await server.close()


class TestOpenAi(ModeratorContract):
    @pytest.fixture
    async def driver(self, server: ModerationVendor) -> AsyncIterator[ModeratorDriver]:
        made = moderator(f"openai:{server.url}/v1?key={KEY}")
        yield HttpDriver(made, server)
        await made.close()

    async def test_the_text_leaves_and_nothing_of_who_wrote_it(self, driver: HttpDriver) -> None:
        await driver.moderator.judge(line("hello"))
        assert driver.server.bodies == [{"model": "omni-moderation-latest", "input": "hello"}]

    async def test_it_follows_nobody_elsewhere_and_stops_reading_a_flood(self, driver: HttpDriver) -> None:
        for kind in (Trouble.ELSEWHERE, Trouble.FLOODS):
            await driver.trouble(kind)
            with pytest.raises(ModerationFailed):
                await driver.moderator.judge(line("hello"))
        assert driver.server.followed == 0
        # What the kernel holds between the two comes on top of the bound.
        assert 0 < driver.server.flooded_bytes < 32 << 20

    @pytest.mark.parametrize(
        "results",
        [
            None,
            {},
            [result("a"), result("b")],
            [{**result("a"), "category_scores": {}}],
            [{**result("a"), "category_scores": {"harassment": 0.1}}],
            [{**result("a"), "category_scores": [0.1]}],
            [{**result("a"), "category_scores": {**result("a")["category_scores"], "violence": math.nan}}],
            [{**result("a"), "category_scores": {**result("a")["category_scores"], "violence": True}}],
            [{**result("a"), "categories": {"harassment": "no"}}],
            [{"categories": {}, "category_scores": {"<script>": 0.9}}],
        ],
    )
    async def test_what_is_no_answer_allows_nothing(self, driver: HttpDriver, results: Any) -> None:
        driver.server.results = results if results is not None else "no list"
        with pytest.raises(ModerationMalformed):
            await driver.moderator.judge(line("hello"))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.sampled_from(["violence", 0.9]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["results", "categories", "category_scores", "violence", "self-harm"])
            | st.text(max_size=4),
            inner,
        )
    ),
    max_leaves=12,
)
RESULT = st.fixed_dictionaries(
    {"results": st.lists(st.fixed_dictionaries({"categories": JSON, "category_scores": JSON}))}
)


@given(JSON | RESULT)
def test_any_answer_is_read_or_refused(answer: Any) -> None:
    try:
        flags, scores = _read(answer)
    except ModerationMalformed:
        return
    assert set(flags) <= set(scores)
    assert all(0 <= score <= 1 for score in scores.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", {"nice cup": None, "you fool": ("hold", "harassment 0.61"), "a knife": ("hold", "violence 0.55")}),
        ("&ignore=violence", {"a knife": None, "I hurt you": ("hold", "harassment/threatening 0.97")}),
        ("&ignore=violence&hold=0.5&refuse=0.5", {"a knife": None, "nice cup": None}),
        ("&hold=0.6", {"you fool": ("hold", "harassment 0.61"), "a knife": None}),
        ("&hold=0.6&refuse=0.9", {"you fool": ("hold", "harassment 0.61"),
                                  "I hurt you": ("refuse", "harassment/threatening 0.97")}),
        ("&refuse=0.9", {"you fool": ("hold", "harassment 0.61"),
                         "I hurt you": ("refuse", "harassment/threatening 0.97")}),
    ],
)  # fmt: skip
async def test_operators_say_what_is_held_and_what_refused(
    server: ModerationVendor, options: str, said: dict[str, tuple[str, str] | None]
) -> None:
    judges = Judges([moderator(f"openai:{server.url}/v1?key={KEY}{options}")])
    for text, expected in said.items():
        verdict = await judges.judge(line(text), Outcome.ALLOW)
        assert (verdict and (verdict.outcome, verdict.reason)) == expected, text
        assert verdict is None or verdict.by == "auto:openai"
    await judges.close()


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("http://api.example/v1?key=s3cr3t", "https"),
        ("https://api.example/v1?key=s3cr3t&hold=0", "hold is a score"),
        ("https://api.example/v1?key=s3cr3t&refuse=nan", "refuse is a score"),
        ("https://api.example/v1?key=s3cr3t&hold=0.9&refuse=0.5", "more than refuse"),
        ("https://api.example/v1?key=s3cr3t&ignore=Violence!", "ignore lists"),
        ("https://api.example/v1?key=s3cr3t&model=a%20b", "one word"),
        ("https://api.example/v1?key=s3cr3t&speed=1", "options are"),
        ("api.example", "address"),
    ],
)
def test_settings_that_cannot_be_used(setting: str, what: str) -> None:
    with pytest.raises(ModeratorInvalid, match=what) as caught:
        moderator(f"openai:{setting}")
    assert "s3cr3t" not in str(caught.value)
