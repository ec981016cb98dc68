"""A show is recorded, ends, and is watched again in Chromium; its host takes it away as a file and deletes it."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.viewer import say
from tests.recording.sender import make_film, publishing

pytestmark = [pytest.mark.e2e, pytest.mark.ffmpeg, pytest.mark.timeout(240)]
EMAIL = "recorder@example.org"
#: what waits for a commit of a machine that does much else
SLOW_MS = 20_000


@pytest.fixture(scope="module")
def merchant(server: Server) -> Api:
    return Api.account(server.url, EMAIL, "Mai")


@pytest.fixture(scope="module")
def replay(server: Server, browser: Browser, merchant: Api, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a show that was on air for some seconds, in which somebody spoke, and that has ended."""
    context = browser.new_context(base_url=server.url, locale="en-GB")
    page = context.new_page()

    def meanwhile(room: str) -> None:
        page.goto(f"/r/{room}")
        say(page, "Is it strong?", name="Ann")
        expect(page.locator(".chat-scroll .chat-line:not(.is-pending)")).to_have_count(1)

    room = recorded(server, merchant, tmp_path_factory.mktemp("film"), meanwhile)
    context.close()
    return room


def recorded(server: Server, merchant: Api, folder: Path, meanwhile: Callable[[str], None] = lambda _: None) -> str:
    """The id of a show that has ended, and whose replay has two chapters."""
    film = make_film(folder / "film.mkv")
    room = merchant.live_show("An evening of tea")
    with publishing(film, server, room, merchant.join_token(room, "encoder", "speaker")):
        _wait(lambda: _recordings(merchant, room))
        parts = server.data_dir / "recordings" / _recordings(merchant, room)[0]["id"]
        _wait(lambda: len(list(parts.glob("*-*.m4s"))) >= 6)
        offer = merchant.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
        merchant.call("DELETE", f"/offers/{offer}/pin")
        meanwhile(room)
        _wait(lambda: len(list(parts.glob("*-*.m4s"))) >= 8)
        merchant.call("PUT", f"/offers/{offer}/pin")
        _wait(lambda: len(list(parts.glob("*-*.m4s"))) >= 10)
        merchant.call("POST", f"/rooms/{room}/end")
    _wait(lambda: merchant.call("GET", f"/rooms/{room}")["replay"])
    return room


def _recordings(merchant: Api, room: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = merchant.call("GET", f"/rooms/{room}/recordings")["items"]
    return items


def _wait(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def signed_in(person: Person, viewport: dict[str, int] = DESKTOP) -> Page:
    context = person(viewport=viewport)
    answer = context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD})
    assert answer.ok
    return context.new_page()


def test_the_replay_plays_and_seeks(replay: str, person: Person, pictures: Path) -> None:
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page = person(viewport=size).new_page()
        page.goto(f"/r/{replay}")
        video = page.get_by_label("Recording of An evening of tea")
        expect(video).to_be_visible()
        page.wait_for_function("() => document.querySelector('.replay-video').readyState >= 2")
        duration = page.evaluate("() => document.querySelector('.replay-video').duration")
        assert duration > 4
        page.evaluate("() => { const v = document.querySelector('.replay-video'); v.muted = true; return v.play(); }")
        page.wait_for_function("() => document.querySelector('.replay-video').currentTime > 0.7")
        page.evaluate("at => { document.querySelector('.replay-video').currentTime = at; }", duration - 1.5)
        page.wait_for_function("at => document.querySelector('.replay-video').currentTime > at", arg=duration - 1.2)
        shown = page.get_by_role("navigation", name="Shown in this show")
        chapters = shown.get_by_role("button", name=re.compile("^Green tea"))
        expect(chapters).to_have_count(2)
        expect(shown.get_by_role("button", name=re.compile(r"^Buy now ?: Green tea$"))).to_have_count(2)
        chapters.first.click()
        page.wait_for_function("() => document.querySelector('.replay-video').currentTime < 2")
        expect(chapters.first).to_have_attribute("aria-current", "true")
        page.evaluate("() => document.querySelector('.replay-video').pause()")
        said = page.locator(
            ".replay-chat .chat-line" if name == "phone" else ".side .chat-line", has_text="Is it strong?"
        )
        page.evaluate("at => { document.querySelector('.replay-video').currentTime = at; }", duration - 0.2)
        expect(said).to_be_visible()
        page.screenshot(path=pictures / f"replay-{name}.png")
        page.evaluate("() => { document.querySelector('.replay-video').currentTime = 0; }")
        expect(said).to_have_count(0)


def test_the_start_page_shows_it_with_a_picture(replay: str, person: Person, pictures: Path) -> None:
    page = person(viewport=DESKTOP).new_page()
    page.goto("/")
    section = page.get_by_role("region", name="Watch again")
    card = section.get_by_role("link", name=re.compile("An evening of tea"))
    expect(card).to_have_attribute("href", f"/r/{replay}")
    section.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('section[aria-labelledby=replays] .cover-still.is-shown')")
    page.screenshot(path=pictures / "start-replays-desktop.png")


def test_the_host_takes_it_away_and_deletes_it(
    replay: str, merchant: Api, server: Server, person: Person, pictures: Path, tmp_path: Path
) -> None:
    page = signed_in(person)
    page.goto("/desk#recordings")
    row = page.get_by_role("listitem").filter(has_text="An evening of tea")
    row.get_by_role("button", name="Make a file").click()
    link = row.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=30_000)
    page.screenshot(path=pictures / "desk-recordings-desktop.png")
    with page.expect_download() as downloading:
        link.click()
    path = tmp_path / "film.mp4"
    downloading.value.save_as(path)
    with av.open(str(path)) as container:
        assert {stream.type for stream in container.streams} == {"video", "audio"}
        frames = sum(1 for _ in container.decode(video=0))
    with av.open(str(path)) as container:
        sounds = sum(1 for _ in container.decode(audio=0))
    assert frames > 80
    assert sounds > 150
    phone = signed_in(person, PHONE)
    phone.goto("/desk#recordings")
    expect(phone.get_by_role("link", name="Download")).to_be_visible()
    phone.screenshot(path=pictures / "desk-recordings-phone.png")

    kept = [server.data_dir / "recordings" / item["id"] for item in _recordings(merchant, replay)]
    assert kept
    assert all(folder.is_dir() for folder in kept)
    row.get_by_role("button", name=re.compile("Delete the recording")).click()
    dialog = page.get_by_role("dialog")
    page.screenshot(path=pictures / "desk-recordings-delete.png")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("No recordings yet")).to_be_visible(timeout=SLOW_MS)
    assert merchant.call("GET", f"/rooms/{replay}")["replay"] is None
    assert not any(folder.exists() for folder in kept)


def test_who_comes_into_a_room_with_consent_is_told_and_agrees(server: Server, person: Person, pictures: Path) -> None:
    teacher = Api.account(server.url, "teacher@example.org", "Lin")
    body = {"kind": "class", "title": "Glazing", "locale": "en", "visibility": "unlisted"}
    room = str(teacher.call("POST", "/rooms", body)["id"])
    teacher.call("POST", f"/rooms/{room}/start")
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page = person(viewport=size).new_page()
        page.goto(f"/r/{room}")
        dialog = page.get_by_role("dialog", name="This room is recorded")
        expect(dialog).to_be_visible(timeout=SLOW_MS)
        page.screenshot(path=pictures / f"consent-{name}.png")
        dialog.get_by_role("button", name="I understand").click()
        expect(dialog).to_be_hidden()
        badge = page.get_by_role("status").filter(has_text="Recording")
        expect(badge).to_be_visible(timeout=SLOW_MS)
        page.reload()
        expect(badge).to_be_visible(timeout=SLOW_MS)
        expect(dialog).to_be_hidden()
        teacher.call("POST", f"/rooms/{room}/recording", {"action": "pause"})
        expect(page.get_by_text("Recording paused")).to_be_visible(timeout=SLOW_MS)
        page.screenshot(path=pictures / f"recording-badge-{name}.png")
        teacher.call("POST", f"/rooms/{room}/recording", {"action": "resume"})
    page = person(viewport=PHONE).new_page()
    page.goto(f"/r/{room}#token={teacher.join_token(room, 'pupil', 'speaker')}")
    dialog = page.get_by_role("dialog", name="This room is recorded")
    page.screenshot(path=pictures / "consent-speaker-phone.png")
    dialog.get_by_role("button", name="I agree to be recorded").click()
    expect(dialog).to_be_hidden(timeout=SLOW_MS)
    page.get_by_role("button", name="Go on stage").click()
    entering = page.get_by_role("dialog", name="Go on stage")
    expect(entering.get_by_role("button", name="Go on stage")).to_be_enabled(timeout=SLOW_MS)
    entering.get_by_role("button", name="Go on stage").click()
    expect(page.get_by_text("You are in the recording.")).to_be_visible(timeout=SLOW_MS)
    assert teacher.call("GET", f"/rooms/{room}/recording")["not_recorded"] == []
    page.get_by_role("button", name="Leave me out").click()
    expect(page.get_by_text("You are not in the recording.")).to_be_visible(timeout=SLOW_MS)
    page.screenshot(path=pictures / "consent-choice-phone.png")
    [left_out] = teacher.call("GET", f"/rooms/{room}/recording")["not_recorded"]
    assert left_out.endswith("pupil")
    teacher.call("POST", f"/rooms/{room}/end")


def test_the_studio_shows_and_controls_it(merchant: Api, person: Person, pictures: Path) -> None:
    room = merchant.live_show("Night tea")
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page = signed_in(person, size)
        page.goto(f"/studio/{room}")
        group = page.get_by_role("group", name="Recording")
        expect(group).to_contain_text("On", timeout=SLOW_MS)
        page.screenshot(path=pictures / f"studio-recording-{name}.png")
        group.get_by_role("button", name="Pause the recording").click()
        expect(group).to_contain_text("Paused", timeout=SLOW_MS)
        group.get_by_role("button", name="Resume the recording").click()
        expect(group).to_contain_text("On", timeout=SLOW_MS)
        group.get_by_role("button", name="Stop the recording").click()
        page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
        expect(group).to_contain_text("Off", timeout=SLOW_MS)
        group.get_by_role("button", name="Start the recording").click()
        expect(group).to_contain_text("On", timeout=SLOW_MS)
    merchant.call("POST", f"/rooms/{room}/end")
