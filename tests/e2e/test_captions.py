"""What is said on stage is written in the viewer's page: speech goes in by WHIP, a real recogniser hears it.

The speech is espeak-ng's, kept as clips (tests/media/captions/speech.py); PocketSphinx brings its model along. It
knows a grammar of what a shop may say, of which the clips are three sentences of hundreds.
"""

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from livehub.testing.troubled_server import in_a_thread
from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.words import Words
from tests.media.captions.speech import WORDS, film, programme, write_grammar
from tests.recording.sender import publishing
from tests.translation.libretranslate_server import LibreTranslateServer

pytestmark = [pytest.mark.e2e, pytest.mark.ffmpeg, pytest.mark.timeout(240)]
#: from speech to the page on a machine that does much else; the delay itself is asserted by times that both ends tell
SLOW_MS = 40_000
#: Counts sounds that were played to their end.
PLAYED = """
let played = 0;
window.Audio = class extends Audio {
  constructor(url) {
    super(url);
    this.addEventListener('ended', () => { document.documentElement.dataset.played = `${played += 1}`; });
  }
};
"""
#: the whole of hls.js: the pages' own is the light one, which has no subtitles
HLS_JS = Path(__file__).parents[2] / "static" / "node_modules" / "hls.js" / "dist" / "hls.min.mjs"
#: as any other page would play it, or stand at a moment of it; ``window.cues`` has the lines of one language, which is
#: chosen as a viewer does in the browser's own controls
SUBTITLES = """async ([url, language, atS]) => {
  const { default: Hls } = await import('/whole-hls.js');
  const hls = new Hls({ enableWorker: false, lowLatencyMode: false });
  const video = Object.assign(document.createElement('video'), { muted: true });
  document.body.append(video);
  window.cues = [];
  setInterval(() => {
    const track = [...video.textTracks].find((each) => each.language === language);
    if (track && track.mode !== 'showing') track.mode = 'showing';
    window.cues.push(...[...(track?.activeCues ?? [])].map(({ text }) => text.replaceAll('\\n', ' ')));
  }, 200);
  hls.loadSource(url);
  hls.attachMedia(video);
  if (atS === null) await video.play();
  else hls.on(Hls.Events.LEVEL_LOADED, () => (video.currentTime = atS));
}"""
#: the queries by which the page has asked the server for sound
ASKED = """performance.getEntriesByType('resource').map((one) => new URL(one.name))
  .filter((url) => url.pathname.endsWith('/speech')).map((url) => url.search)"""


@pytest.fixture(scope="module")
def engine() -> Iterator[LibreTranslateServer]:
    """On a loop of its own: this package's tests have none."""
    server = LibreTranslateServer()
    with in_a_thread(server):
        yield server


@pytest.fixture(scope="module")
def hearing(engine: LibreTranslateServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("captions")
    grammar = write_grammar(folder)
    settings = {
        "LIVEHUB_TRANSCRIBER": f"pocketsphinx:jsgf={grammar}",
        "LIVEHUB_SPEAKER": "espeak_ng:?rate=300",
        "LIVEHUB_TRANSLATOR": f"libretranslate:{engine.url}",
    }
    server = Server(folder / "server", settings)
    server.start()
    yield server
    status = server.stop()
    assert status == 0, server.log()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sound = programme("welcome", "price", "thanks", pause_s=1.2, rate=48_000)
    return film(tmp_path_factory.mktemp("film") / "speech.mkv", sound)


@pytest.fixture(scope="module")
def merchant(hearing: Server) -> Api:
    return Api.account(hearing.url, "captions@example.org", "Mai")


def studio(person: Person, server: Server, room: str, viewport: dict[str, int] = DESKTOP) -> Page:
    context = person(viewport=viewport, url=server.url)
    answer = context.request.post("/api/v1/sessions", data={"email": "captions@example.org", "password": PASSWORD})
    assert answer.ok
    page = context.new_page()
    page.goto(f"/studio/{room}")
    return page


def text_of(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        text: str = answer.read().decode()
    return text


def reads_in_hls_js(person: Person, server: Server, playlist: str, words: str, at_s: float | None = None) -> None:
    """``words`` are on show at their moment where hls.js plays with English subtitles chosen, or stands at ``at_s``."""
    # A page of somebody else has rules of its own: the whole of hls.js makes its tracks of data: addresses.
    page = person(viewport=DESKTOP, url=server.url, bypass_csp=True).new_page()
    page.route("**/whole-hls.js", lambda route: route.fulfill(path=HLS_JS, content_type="text/javascript"))
    page.goto("/")
    page.evaluate(SUBTITLES, [playlist, "en", at_s])
    page.wait_for_function("(words) => window.cues.includes(words)", arg=words, timeout=SLOW_MS)
    page.close()


def test_the_right_words_stand_in_the_viewers_page(
    hearing: Server, merchant: Api, speech: Path, person: Person, pictures: Path
) -> None:
    room = merchant.live_show("Chairs")
    with publishing(speech, hearing, room, merchant.join_token(room, "encoder", "speaker")):
        listener = person(viewport=PHONE, url=hearing.url)
        listener.add_init_script(PLAYED)
        viewer = listener.new_page()
        viewer.goto(f"/r/{room}")
        expect(viewer.locator(".top-bar-badges")).to_be_visible()
        expect(viewer.locator(".badge-captions")).to_have_count(0)

        host = studio(person, hearing, room)
        host.get_by_role("button", name="Start captions").click()
        dialog = host.get_by_role("dialog")
        expect(dialog.get_by_label("What is spoken")).to_have_value("en")
        dialog.get_by_role("button", name="Start captions").click()
        expect(host.get_by_role("button", name="Stop captions")).to_be_visible(timeout=SLOW_MS)

        expect(viewer.locator(".badge-captions")).to_contain_text("What is said is written as captions")
        band = viewer.get_by_role("group", name="Captions")
        for words in WORDS.values():
            expect(band.get_by_text(words, exact=True)).to_be_visible(timeout=SLOW_MS)
        expect(band.get_by_text(WORDS["price"], exact=True)).to_be_visible(timeout=SLOW_MS)
        viewer.screenshot(path=pictures / "captions-phone.png")

        viewer.get_by_role("button", name="More").click()
        viewer.get_by_role("menuitemradio", name="Large captions").click()
        expect(viewer.locator(".captions-l")).to_be_visible(timeout=SLOW_MS)
        viewer.get_by_role("menuitemcheckbox", name="Captions").click()
        expect(viewer.locator(".captions")).to_have_count(0)
        viewer.keyboard.press("Escape")

        # Chromium has no voices here: the server reads, first that it does, then what is said.
        viewer.get_by_role("button", name="More").click()
        viewer.get_by_role("menuitem", name="Read aloud").click()
        aloud = viewer.get_by_role("dialog", name="Read aloud")
        expect(aloud.get_by_role("status")).to_contain_text("the server reads to you")
        aloud.get_by_role("switch", name="Read aloud what comes").check()
        expect(viewer.locator("html")).to_have_attribute(
            "data-played", re.compile(r"^([2-9]|\d{2,})$"), timeout=SLOW_MS
        )
        asked = viewer.evaluate(ASKED)
        assert "?of=greeting&locale=en" in asked
        assert any(query.startswith("?of=caption&id=") for query in asked)
        viewer.screenshot(path=pictures / "read-aloud-server-phone.png")
        aloud.get_by_role("button", name="Close").click()

        host.get_by_role("button", name="Stop captions").click()
        expect(viewer.locator(".badge-captions")).to_have_count(0, timeout=SLOW_MS)


def test_they_are_kept_with_the_recording_and_stand_in_hls(
    hearing: Server, merchant: Api, speech: Path, person: Person, pictures: Path
) -> None:
    room = merchant.live_show("Chairs again")
    hls = f"{hearing.url}/hls/{room}"
    with publishing(speech, hearing, room, merchant.join_token(room, "encoder", "speaker")):
        viewer = person(viewport=DESKTOP, url=hearing.url).new_page()
        viewer.goto(f"/r/{room}")
        expect(viewer.get_by_text("Recording", exact=True)).to_be_visible(timeout=SLOW_MS)
        merchant.call("POST", f"/rooms/{room}/captions", {"action": "start"})
        band = viewer.get_by_role("group", name="Captions")
        expect(band.get_by_text(WORDS["price"], exact=True)).to_be_visible(timeout=SLOW_MS)
        viewer.screenshot(path=pictures / "captions-desktop.png")
        # Somebody who reads Spanish has it in Spanish, on the page and as a rendition of its own.
        spaniard = person(viewport=PHONE, url=hearing.url, locale="es").new_page()
        spaniard.goto(f"/r/{room}")
        spoken = spaniard.get_by_role("group", name=Words("es")("Captions"))
        expect(spoken.get_by_text(f"es({WORDS['price']})", exact=True)).to_be_visible(timeout=SLOW_MS)
        spaniard.screenshot(path=pictures / "captions-es-phone.png")

        index = text_of(f"{hls}/index.m3u8")
        media = re.search(r'TYPE=SUBTITLES,[^\n]*LANGUAGE="en"[^\n]*URI="([^"]+)"', index)
        assert media, index
        assert 'SUBTITLES="captions"' in index
        address = f"{hls}/{media[1]}"
        found, deadline = "", time.monotonic() + SLOW_MS / 1000
        while WORDS["price"] not in found and time.monotonic() < deadline:
            time.sleep(0.2)  # a segment is listed some seconds after its end
            segments = re.findall(r"^(\d+\.vtt)$", text_of(address), re.MULTILINE)
            texts = [text_of(address.replace("index.m3u8", name)) for name in segments]
            assert all(text.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:2700000,LOCAL:00:00:00.000") for text in texts)
            found = "\n".join(texts)
        assert WORDS["price"] in found
        media = re.search(r'TYPE=SUBTITLES,[^\n]*LANGUAGE="es"[^\n]*URI="([^"]+)"', text_of(f"{hls}/index.m3u8"))
        assert media
        address = f"{hls}/{media[1]}"
        found, deadline = "", time.monotonic() + SLOW_MS / 1000
        while f"es({WORDS['price']})" not in found and time.monotonic() < deadline:
            time.sleep(0.2)
            segments = re.findall(r"^(\d+\.vtt)$", text_of(address), re.MULTILINE)
            found = "\n".join(text_of(address.replace("index.m3u8", name)) for name in segments).replace("\n", " ")
        assert f"es({WORDS['price']})" in found
        reads_in_hls_js(person, hearing, f"{hls}/index.m3u8", WORDS["price"])
        merchant.call("POST", f"/rooms/{room}/end")

    expect(viewer.get_by_label("Recording of Chairs again")).to_be_visible(timeout=SLOW_MS)
    said = viewer.get_by_role("region", name="What was said")
    expect(said.get_by_role("button").first).to_be_visible(timeout=SLOW_MS)
    search = said.get_by_label("Search in what was said")
    search.fill("CHAIR dollars")
    expect(said.get_by_role("button", name=re.compile(WORDS["price"])).first).to_be_visible()
    expect(said.get_by_role("button", name=re.compile(WORDS["welcome"]))).to_have_count(0)
    search.fill("zebra")
    expect(said.get_by_text("Nobody said that.")).to_be_visible()
    search.fill("chair")
    # Spoken again and again: the player has to stand where it was said the first time.
    said.get_by_role("button", name=re.compile(WORDS["price"])).first.click()
    expect(viewer.locator(".replay-captions").get_by_text(WORDS["price"], exact=True)).to_be_visible(timeout=SLOW_MS)
    viewer.screenshot(path=pictures / "captions-replay-desktop.png")
    lines = merchant.call("GET", f"/rooms/{room}/captions/lines?q=chair")["items"]
    line = next(each for each in lines if each["text"] == WORDS["price"])
    middle_s = (line["start_s"] + line["end_s"]) / 2
    reads_in_hls_js(person, hearing, f"{hls}/replay/index.m3u8", WORDS["price"], middle_s)
    text = text_of(f"{hls}/replay/captions-original.vtt")
    assert text.startswith("WEBVTT")
    assert WORDS["price"] in text.replace("\n", " ")
    subtitles = re.search(r'TYPE=SUBTITLES,[^\n]*LANGUAGE="en"[^\n]*URI="([^"]+)"', text_of(f"{hls}/replay/index.m3u8"))
    assert subtitles
    pieces = re.findall(r"^(\d+\.vtt)$", text_of(f"{hls}/replay/{subtitles[1]}"), re.MULTILINE)
    told = [text_of(f"{hls}/replay/captions-en/{name}") for name in pieces]
    assert all(piece.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:") for piece in told)
    assert WORDS["price"] in " ".join(told).replace("\n", " ")
    # In each language: kept from the show, or made when somebody wants it; found by the words of either.
    for tag in ("es", "th"):
        text = text_of(f"{hls}/replay/captions-{tag}.vtt").replace("\n", " ")
        assert f"{tag}({WORDS['price']})" in text
    lines = merchant.call("GET", f"/rooms/{room}/captions/lines?q=chair&locale=es")["items"]
    assert (f"es({WORDS['price']})", WORDS["price"]) in [(each["text"], each["source"]) for each in lines]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        text_of(f"{hls}/replay/captions-xx.vtt")
