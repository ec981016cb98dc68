"""One contract for all transcribers, and what each does when its model, its service or its setting is no good."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiohttp import web

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.http import MAX_ANSWER_BYTES
from livehub.media.captions.providers import faster_whisper, openai_http, pocketsphinx
from livehub.media.captions.transcriber import RATE, Transcriber
from livehub.testing.transcriber_contract import TranscriberContract, TranscriberDriver
from livehub.testing.troubled_server import Trouble, TroubledServer, in_a_thread
from tests.media.captions.speech import WORDS, clip, write_grammar
from tests.media.captions.whisper_model import make_model


class Service(ThreadingHTTPServer):
    """Answers as the documentation of ``/v1/audio/transcriptions`` says, or as a test wants."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.answer = 200, b'{"text": "the price is ten"}'
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.hold = threading.Event()
        self.hold.set()
        self.open: list[Any] = []

    def end_connections(self) -> None:
        for connection in self.open:
            connection.shutdown(socket.SHUT_RDWR)
        self.open.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def do_POST(self) -> None:
        self.server.open = [self.connection]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), body))
        self.server.hold.wait(10)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    thread = threading.Thread(target=service.serve_forever, args=(0.01,))
    thread.start()
    yield service
    service.hold.set()
    service.shutdown()
    thread.join()
    service.server_close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


class Driver:
    """Of engines on this machine, which nothing happens to."""

    locale = "en"
    secrets: tuple[str, ...] = ()

    def __init__(self, transcriber: Transcriber, impatient: Transcriber | None = None) -> None:
        self.transcriber = transcriber
        self.impatient = impatient

    def trouble(self, kind: Trouble | None) -> bool:
        return False


class FarDriver(Driver):
    secrets = ("s3cr3t-key",)

    def __init__(self, server: TroubledServer) -> None:
        self._server = server
        url = server.url.replace("://", f"://{self.secrets[0]}@") + "/v1"
        super().__init__(openai_http.create(url, timeout_s=30.0), openai_http.create(url, timeout_s=0.2))

    def trouble(self, kind: Trouble | None) -> bool:
        self._server.trouble = kind
        return True


async def write(request: web.Request) -> web.Response:
    """As the documentation says."""
    form = await request.post()
    if request.headers.get("Authorization") != "Bearer s3cr3t-key" or form["language"] != "en":
        return web.json_response({"error": request.headers.get("Authorization")}, status=401)
    return web.json_response({"text": "the price is ten"})


@pytest.fixture(params=["pocketsphinx", "openai", "faster_whisper"])
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    with ExitStack() as stack:
        if request.param == "pocketsphinx":
            made = Driver(pocketsphinx.create(f"jsgf={write_grammar(tmp_path)}"))
        elif request.param == "openai":
            server = TroubledServer([web.post("/v1/audio/transcriptions", write)])
            made = FarDriver(stack.enter_context(in_a_thread(server)))
        else:
            setting = f"{request.getfixturevalue('model')},threads=1,compute=float32"
            made = Driver(faster_whisper.create(setting))
        yield made
        made.transcriber.close()
        if made.impatient is not None:
            made.impatient.close()


class TestContract(TranscriberContract):
    def test_what_is_really_spoken_becomes_text_within_the_sound(self, driver: TranscriberDriver) -> None:
        for name in WORDS:
            for final in (False, True):
                self.written(driver, clip(name), final=final)


# --- PocketSphinx


def test_pocketsphinx_hears_the_right_words(tmp_path: Path) -> None:
    made = pocketsphinx.create(f"jsgf={write_grammar(tmp_path)}")
    for name, words in WORDS.items():
        heard = made.transcribe(clip(name), "en", final=True)
        assert [line.text for line in heard] == [words]
        assert heard[0].end_s == pytest.approx(len(clip(name)) / RATE, abs=0.5)
    assert not made.supports("th")


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [("jsgf=/no/such/file", "there is no"), ("speed=2", "it knows dict, hmm, jsgf, lm, not speed")],
)
def test_pocketsphinx_says_what_is_wrong_with_its_setting(setting: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        pocketsphinx.create(setting)


def test_pocketsphinx_says_that_a_grammar_is_none(tmp_path: Path) -> None:
    (tmp_path / "bad.gram").write_text("this is no grammar {")
    with pytest.raises(ValueError, match="cannot read"):
        pocketsphinx.create(f"jsgf={tmp_path / 'bad.gram'}")


# --- faster-whisper


def test_whisper_loads_a_model_of_the_operators_and_runs_it(model: Path) -> None:
    made = faster_whisper.create(f"{model},threads=1,compute=float32")
    made.transcribe(clip("price"), "en", final=True)
    lines = made.transcribe(clip("price"), "en", final=False)
    assert all(line.text for line in lines)


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("", "say where the model is"),
        ("/no/such/model", "is no model of it: there is no model.bin"),
        ("/no/such/model,speed=2", "not speed"),
    ],
)
def test_whisper_says_what_is_wrong_with_its_setting(setting: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        faster_whisper.create(setting)


@pytest.mark.parametrize(("option", "complaint"), [("threads=x", "threads must"), ("compute=fast", "compute must")])
def test_whisper_says_what_is_wrong_with_its_options(model: Path, option: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        faster_whisper.create(f"{model},{option}")


def test_whisper_says_that_a_model_is_broken(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ValueError, match="cannot be loaded"):
        faster_whisper.create(str(tmp_path))


# --- OpenAI-compatible


Make = Callable[..., openai_http.OpenAiTranscriber]


@pytest.fixture
def make(service: Service) -> Iterator[Make]:
    made: list[openai_http.OpenAiTranscriber] = []

    def make(setting: str, *, timeout_s: float) -> openai_http.OpenAiTranscriber:
        made.append(openai_http.create(setting, timeout_s=timeout_s))
        return made[-1]

    yield make
    for each in made:
        each.close()


class TestOpenAi:
    BAD: ClassVar = [
        (500, b"{}", "answers 500"),
        (401, b'{"error": "bad key"}', "answers 401"),
        (429, b"slow down", "answers 429"),
        (200, b"<html>hello</html>", "no JSON"),
        (200, b'{"no": "text"}', "no text"),
        (200, b'["text"]', "no text"),
        (200, b'{"text": "' + b"x" * (MAX_ANSWER_BYTES + 10) + b'"}', "without end"),
    ]

    def test_asks_as_documented_and_keeps_the_connection(self, service: Service, make: Make) -> None:
        made = make(service.url.replace("http://", "http://KEY@") + "?model=whisper-1", timeout_s=5.0)
        assert made.name == "127.0.0.1"
        assert made.is_remote
        for _ in range(2):
            heard = made.transcribe(clip("price"), "th", final=True)
            assert [(line.text, line.start_s) for line in heard] == [("the price is ten", 0.0)]
        path, headers, body = service.asked[0]
        assert path == "/v1/audio/transcriptions"
        assert headers["Authorization"] == "Bearer KEY"
        assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
        assert b'name="model"\r\n\r\nwhisper-1\r\n' in body
        assert b'name="language"\r\n\r\nth\r\n' in body
        assert b"RIFF" in body
        assert body.count(b"KEY") == 0

    def test_early_guesses_are_not_paid_for_unless_wanted(self, service: Service, make: Make) -> None:
        assert make(service.url, timeout_s=5.0).transcribe(clip("price"), "en", final=False) == ()
        assert service.asked == []
        wanted = make(f"{service.url}?partials=1", timeout_s=5.0)
        assert wanted.transcribe(clip("price"), "en", final=False)

    @pytest.mark.parametrize(("status", "answer", "complaint"), BAD)
    def test_what_is_no_answer_loses_one_line(
        self, service: Service, make: Make, status: int, answer: bytes, complaint: str
    ) -> None:
        made = make(service.url, timeout_s=5.0)
        service.status, service.answer = status, answer
        with pytest.raises(TranscriptionFailed, match=complaint):
            made.transcribe(clip("price"), "en", final=True)
        service.status, service.answer = 200, json.dumps({"text": "again"}).encode()
        assert [line.text for line in made.transcribe(clip("price"), "en", final=True)] == ["again"]

    def test_one_that_hangs_is_given_up(self, service: Service, make: Make) -> None:
        made = make(service.url, timeout_s=0.2)
        service.hold.clear()
        with pytest.raises(TranscriptionFailed, match="does not answer"):
            made.transcribe(clip("price"), "en", final=True)
        service.hold.set()
        assert made.transcribe(clip("price"), "en", final=True)

    def test_a_connection_that_the_service_has_ended_meanwhile_costs_no_line(
        self, service: Service, make: Make
    ) -> None:
        made = make(service.url, timeout_s=30.0)
        for _ in range(2):
            assert made.transcribe(clip("price"), "en", final=True)
            service.end_connections()

    def test_one_that_is_not_there_is_said_to_be(self, make: Make) -> None:
        with pytest.raises(TranscriptionFailed, match="does not answer"):
            make("http://127.0.0.1:9/v1", timeout_s=1.0).transcribe(clip("price"), "en", final=True)

    @pytest.mark.parametrize(
        ("setting", "complaint"),
        [
            ("", "give the address"),
            ("ftp://host/v1", "give the address"),
            ("http://KEY@api.example/v1", "https:// only"),
            ("https://api.example/v1?speed=1", "not speed"),
            ("https://api.example:port/v1", "port"),
        ],
    )
    def test_settings_that_cannot_be_used(self, setting: str, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint) as refused:
            openai_http.create(setting, timeout_s=1.0)
        assert "KEY" not in str(refused.value)
