"""A stage with several people on the real path: slots, speakers, mutes and choices, with real DTLS peers."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from livehub.bench.light import AUDIO_SSRC, LightClient, OfferOptions
from livehub.events import EventBus, SlotsShown, SpeakersChanged, StageChanged
from livehub.media.errors import MediaSessionNotFound
from livehub.media.events import HeardChanged
from livehub.media.router import MIXED_WHOLE
from livehub.media.session import MediaSession
from livehub.media.stage import Pin, SlotWish, StageOrders
from tests.media.conftest import Studio, send_frames, until

WATCHES = OfferOptions("recvonly", audio=3, video=3)
SPEAKS = OfferOptions("sendonly", video=0, level=True)
TALK, QUIET = 30, 100


def pictures(session: MediaSession) -> dict[int, str]:
    """Video slot → who is shown, of a viewing session."""
    return {slot["slot"]: slot["publisher"] for slot in session.slots if slot["kind"] == "video"}


def sounds(session: MediaSession) -> set[str]:
    return {slot["publisher"] for slot in session.slots if slot["kind"] == "audio"}


async def on_camera(studio: Studio, *identities: str) -> dict[str, LightClient]:
    """People whose first keyframe has come, one after the other."""
    made = {}
    for identity in identities:
        made[identity], _ = await studio.publisher(identity=identity)
        await send_frames(made[identity], 2)
        await until(lambda: len({track["publisher"] for track in studio.plane.tracks("r")}) >= len(made))
    return made


async def talk(clients: Mapping[str, LightClient], packets: int, **levels: int) -> None:
    for _ in range(packets):
        for name, client in clients.items():
            sequence = client.sequence[AUDIO_SSRC]
            client.send_audio(960 * sequence, name.encode() + bytes(40), levels.get(name, QUIET))
        await asyncio.sleep(0.02)


async def test_slots_show_different_people_and_nobody_is_shown_to_themselves(studio: Studio) -> None:
    cast = await on_camera(studio, "a", "b", "c", "d")
    _, session = await studio.viewer(identity="b", options=WATCHES, slots=3)
    for client in cast.values():
        await send_frames(client, 2, first_timestamp=9000)
    await until(lambda: len(pictures(session)) == 3)
    assert set(pictures(session).values()) == {"a", "c", "d"}


async def test_own_media_of_another_program_are_shown_when_asked_for(studio: Studio) -> None:
    cast = await on_camera(studio, "host")
    client = LightClient(studio.certificate, OfferOptions("recvonly"))
    studio.clients.append(client)
    session = await studio.plane.play("r", "host", client.offer, 1, with_own=True)
    await client.use_answer(session.answer_sdp)
    await send_frames(cast["host"], 2, first_timestamp=9000)
    await until(lambda: pictures(session) == {0: "host"})


async def test_camera_and_screen_of_one_person_stand_side_by_side(studio: Studio) -> None:
    camera, first = await studio.publisher(identity="host", is_host=True)
    screen, second = await studio.publisher(identity="host", source="screen", is_host=True)
    assert studio.plane.get(first.id) is first  # the screen did not replace the camera
    await send_frames(camera, 2)
    await send_frames(screen, 2)
    await until(lambda: len(studio.plane.tracks("r")) == 2)
    _, session = await studio.viewer(options=WATCHES, slots=2)
    await send_frames(camera, 2, first_timestamp=9000)
    await send_frames(screen, 2, first_timestamp=9000)
    await until(lambda: len(session.slots) == 2)
    assert {(slot["slot"], slot["source"]) for slot in session.slots} == {(0, "screen"), (1, "camera")}
    again, third = await studio.publisher(identity="host", source="screen", is_host=True)
    with pytest.raises(MediaSessionNotFound):
        studio.plane.get(second.id)
    assert third.source == "screen"
    again.close()


async def test_three_loudest_are_heard_and_a_new_loudest_at_once(studio: Studio, bus: EventBus) -> None:
    told: list[SpeakersChanged] = []
    bus.subscribe(SpeakersChanged, told.append)
    people = [f"p{index}" for index in range(8)]
    cast = {name: (await studio.publisher(identity=name, options=SPEAKS))[0] for name in people}
    listener, session = await studio.viewer(identity="listener", options=OfferOptions("recvonly", audio=3, video=0))
    _, own = await studio.viewer(identity="p6", options=OfferOptions("recvonly", audio=3, video=0))
    await talk(cast, 20, p0=TALK, p1=TALK, p2=TALK)
    await until(lambda: sounds(session) == {"p0", "p1", "p2"})
    listener.rtp.clear()
    await talk(cast, 8, p0=TALK, p1=TALK, p2=TALK, p6=15)  # 160 ms
    await until(lambda: "p6" in sounds(session))
    await until(lambda: any(payload.startswith(b"p6") for _, payload in listener.audio()))
    assert len(sounds(session)) == 3
    assert "p6" not in sounds(own)
    await talk(cast, 30, p6=TALK)
    await until(lambda: told and told[-1].speaking == ("p6",))
    for ssrc in {header.ssrc for header, _ in listener.audio()}:  # each slot goes on by one, whoever is in it
        numbers = [header.sequence_number for header, _ in listener.audio() if header.ssrc == ssrc]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_mix_of_many_is_of_those_who_are_heard(studio: Studio, bus: EventBus) -> None:
    changes: list[HeardChanged] = []
    bus.subscribe(HeardChanged, changes.append)
    people = [f"p{index}" for index in range(MIXED_WHOLE + 1)]
    cast = {name: (await studio.publisher(identity=name, options=SPEAKS))[0] for name in people[:-1]}
    room = studio.plane._rooms["r"]
    await talk(cast, 3, p7=TALK)
    assert {track.publisher for track in room.on_air()} == set(people[:-1])  # few enough to mix them all
    cast[people[-1]] = (await studio.publisher(identity=people[-1], options=SPEAKS))[0]
    await talk(cast, 15, p7=TALK, p8=TALK)
    await until(lambda: changes)
    on_air = {track.publisher for track in room.on_air()}
    assert len(on_air) == 3
    assert {"p7", "p8"} <= on_air


async def test_viewer_of_four_hears_all_and_each_of_them_the_three_others(studio: Studio) -> None:
    people = ["a", "b", "c", "d"]
    cast = {name: (await studio.publisher(identity=name, options=SPEAKS))[0] for name in people}
    sessions = {
        name: (await studio.viewer(identity=name, options=OfferOptions("recvonly", audio=3, video=0)))[1]
        for name in people
    }
    await talk(cast, 3)
    await until(lambda: all(sounds(session) == set(people) - {name} for name, session in sessions.items()))


async def test_a_muted_member_is_not_forwarded_also_after_coming_back(studio: Studio, bus: EventBus) -> None:
    stages: list[StageChanged] = []
    bus.subscribe(StageChanged, stages.append)
    cast = await on_camera(studio, "host", "guest")
    viewer, session = await studio.viewer(options=WATCHES, slots=2)
    for client in cast.values():
        await send_frames(client, 2, first_timestamp=9000)
    await until(lambda: set(pictures(session).values()) == {"host", "guest"})
    await studio.plane.direct("r", StageOrders(muted_video=frozenset({"guest"})))
    assert set(pictures(session).values()) == {"host"}
    assert {track["publisher"] for track in stages[-1].tracks if track["muted"]} == {"guest"}
    viewer.rtp.clear()
    await send_frames(cast["guest"], 3, first_timestamp=18_000)
    back = (await on_camera(studio, "guest"))["guest"]
    await send_frames(back, 3, first_timestamp=9000)
    await send_frames(cast["host"], 1, first_timestamp=27_000)
    await until(lambda: viewer.video())
    assert len(viewer.video()) == 1
    await studio.plane.direct("r", StageOrders())
    await send_frames(back, 2, first_timestamp=36_000)
    await until(lambda: set(pictures(session).values()) == {"host", "guest"})


async def test_pins_and_choices_decide_who_is_shown(studio: Studio) -> None:
    cast = await on_camera(studio, "a", "b", "c", "d")
    _, session = await studio.viewer(options=WATCHES, slots=2)
    clock = 0

    async def shown(*expected: str) -> None:
        nonlocal clock
        clock += 30_000
        for client in cast.values():
            await send_frames(client, 2, first_timestamp=clock)
        await until(lambda: set(pictures(session).values()) == set(expected))

    await shown("a", "b")
    await studio.plane.direct("r", StageOrders(pins=(Pin("d"),)))
    await shown("d", "a")
    await studio.plane.choose(session.id, "viewer", [SlotWish(1, "c", width=320)])
    await shown("d", "c")
    assert session.subscriber is not None
    assert session.subscriber.video_slots[1].wished_width == 320
    with pytest.raises(MediaSessionNotFound):
        await studio.plane.choose(session.id, "somebody", [SlotWish(1, "a")])
    await studio.plane.choose(session.id, "viewer", [SlotWish(1)])
    await studio.plane.direct("r", StageOrders())
    await shown("a", "b")


async def test_viewers_are_told_what_their_slots_show(studio: Studio, bus: EventBus) -> None:
    told: list[SlotsShown] = []
    bus.subscribe(SlotsShown, told.append)
    cast = await on_camera(studio, "host")
    _, session = await studio.viewer(options=WATCHES, slots=2)
    await send_frames(cast["host"], 2, first_timestamp=9000)
    await until(lambda: told)
    slot: dict[str, Any] = {"mid": "3", "kind": "video", "slot": 0, "publisher": "host", "source": "camera"}
    assert told[-1].sessions == (("viewer", session.id, (slot,)),)
    count = len(told)
    cast["host"].close()
    await until(lambda: len(told) > count)
    (gone,) = told[-1].sessions
    assert not gone[2]


async def test_a_switch_of_speakers_needs_no_negotiation_and_leaves_no_gap(studio: Studio) -> None:
    cast = await on_camera(studio, "a", "b")
    viewer, session = await studio.viewer(options=OfferOptions("recvonly"))
    await send_frames(cast["a"], 5, first_timestamp=9000)
    await until(lambda: len(viewer.video()) >= 5)
    await studio.plane.choose(session.id, "viewer", [SlotWish(0, "b")])
    await send_frames(cast["a"], 2, first_timestamp=24_000, keyframe_first=False)  # goes on until b's keyframe
    await send_frames(cast["b"], 3, first_timestamp=90_000)
    await until(lambda: pictures(session) == {0: "b"})
    await until(lambda: len(viewer.video()) >= 10)
    numbers = [header.sequence_number for header, _ in viewer.video()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
