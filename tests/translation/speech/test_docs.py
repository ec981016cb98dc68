"""The example of docs/speech.md keeps the contract, found by its entry point as pip would install it."""

from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from livehub.clock import ManualClock
from livehub.testing.speaker_contract import SpeakerContract, SpeakerDriver
from livehub.translation.speech.errors import PluginInvalid
from livehub.translation.speech.registry import GROUP, build, build_chain
from livehub.translation.speech.service import SpeechService
from tests.packages import install_listing
from tests.translation.speech.test_contracts import Local


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_listing("speech.md", "livehub_beeper", GROUP, tmp_path, monkeypatch)


def test_those_that_come_with_livehub_are_declared() -> None:
    declared = {entry.name: entry for entry in entry_points(group=GROUP)}
    assert set(declared) >= {"espeak_ng", "openai"}
    speakers = build_chain(["espeak_ng", "openai:https://api.example/v1?model=m"], clock=ManualClock(), deadline_s=1.0)
    assert [speaker.name for speaker in speakers] == ["espeak_ng", "openai"]


@pytest.mark.usefixtures("installed")
class TestBeeper(SpeakerContract):
    @pytest.fixture
    async def driver(self, installed: None) -> AsyncIterator[SpeakerDriver]:
        made = build("beeper:400", clock=ManualClock(), deadline_s=5.0)
        yield Local(made)
        await made.close()

    async def test_the_server_speaks_by_it(self) -> None:
        service = SpeechService(build_chain(["beeper:400"], clock=ManualClock(), deadline_s=5.0), ManualClock())
        sound = await service.speak("room_a", "hello", "en")
        assert (sound.content_type, sound.speaker) == ("audio/wav", "beeper")
        await service.close()

    def test_its_setting_is_checked(self) -> None:
        with pytest.raises(PluginInvalid, match="does not accept its setting: write its pitch"):
            build("beeper:loud", clock=ManualClock(), deadline_s=5.0)
        with pytest.raises(PluginInvalid, match="Two speakers"):
            build_chain(["beeper:400", "beeper:500"], clock=ManualClock(), deadline_s=5.0)
