"""From the first segment to the replay: what is kept, when, and of whom."""

from dataclasses import replace

import pytest

from livehub.errors import Forbidden, Gone, Unavailable
from livehub.events import EventBus, OfferPinned
from livehub.media.errors import PackagingUnavailable, RoomNotLive
from livehub.media.hls.events import HlsPartWritten
from livehub.media.recording.errors import AlreadyRecording, DiskFull, NotRecording, RecordingIsOff
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.model import Consent, Reason
from livehub.rooms.kinds import RecordingMode, RoomKind
from livehub.rooms.service import RoomPatch
from tests.recording.conftest import HOST, OTHER, Studio

MEGABYTE = 1 << 20


async def test_a_show_is_recorded_by_itself_and_can_be_watched_when_it_ends(studio: Studio) -> None:
    access = await studio.room()
    room_id = access.room.id
    assert studio.plane.asked == {room_id: None}
    packaging = studio.packaging(room_id)
    for _ in range(3):
        packaging.segment()
    packaging.part(0)
    await studio.rooms.end(access)
    await studio.settle()
    assert (await studio.store.of_room(room_id))[0].state == "recording"  # the last segment is still on its way
    packaging.end()
    await studio.settle()
    [kept] = await studio.store.of_room(room_id)
    assert (kept.state, kept.reason, kept.duration_ms) == ("ready", "room_ended", 7000)
    assert kept.size_bytes == sum(len(data) for data, _ in (studio.made.fragments * 2)[:7])
    replay = await studio.recordings.library.replay(room_id)
    assert replay is not None
    assert replay.duration_s == 7
    assert studio.files() == sorted(
        f"{kept.id}/{name}" for name in ["journal.jsonl", "video-1.mp4", *(f"video-{n}.m4s" for n in range(4))]
    )
    assert (await studio.rooms.get(room_id)).has_replay
    assert [event.recording["state"] for event in studio.told] == ["recording", "off"]
    assert studio.plane.asked == {}


async def test_the_files_are_names_of_what_was_written_for_watching(studio: Studio) -> None:
    access = await studio.room()
    packaging = studio.packaging(access.room.id)
    packaging.segment()
    await studio.settle()
    [kept] = await studio.store.of_room(access.room.id)
    live = studio.root / "hls" / access.room.id / "run_1" / "0.m4s"
    assert live.samefile(studio.root / "recordings" / kept.id / "video-0.m4s")
    live.unlink()
    assert (studio.root / "recordings" / kept.id / "video-0.m4s").stat().st_size


async def test_the_end_waits_for_the_last_segment_only_so_long(studio: Studio) -> None:
    await studio.recordings.close()
    studio.recordings = studio.make(RecordingLimits(finish_timeout_s=0))
    studio.recordings.start()
    access = await studio.room()
    packaging = studio.packaging(access.room.id)
    packaging.segment()
    done: list[None] = []
    studio.bus.subscribe(type(studio.told[0]), lambda _event: done.append(None))
    await studio.rooms.end(access)
    while not done:  # the timer of the loop, and the steps that it puts in the queue
        await studio.settle()
    assert (await studio.store.of_room(access.room.id))[0].state == "ready"


async def test_a_worker_lost_while_it_is_told_is_no_failure(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    access = await studio.room()
    studio.plane.asked.clear()
    studio.plane.lost = True
    studio.on_stage(access.room.id, HOST.identity)
    await studio.settle()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert studio.plane.asked == {}
    studio.plane.lost = False
    studio.on_stage(access.room.id, HOST.identity)  # the publisher is back, in the worker that took over
    await studio.settle()
    assert studio.plane.asked == {access.room.id: None}


async def test_who_finds_all_places_taken_is_told(studio: Studio) -> None:
    studio.plane.full = True
    access = await studio.room()
    await studio.settle()
    shown = studio.recordings.present(access.room.id)
    assert (shown["state"], shown["reason"]) == ("off", "unavailable")
    assert studio.told[-1].recording == shown
    with pytest.raises(PackagingUnavailable):
        await studio.recordings.begin(access)
    studio.plane.full = False
    shown = await studio.recordings.begin(access)
    assert (shown["state"], shown["reason"]) == ("recording", None)


async def test_who_comes_back_to_find_all_places_taken_keeps_what_there_was(studio: Studio) -> None:
    access = await studio.room()
    packaging = studio.packaging(access.room.id)
    packaging.segment()
    await studio.settle()
    studio.plane.full = True
    studio.on_stage(access.room.id, HOST.identity)
    await studio.settle()
    assert studio.told[-1].recording["reason"] == "unavailable"
    [kept] = await studio.store.of_room(access.room.id)
    assert (kept.state, kept.reason, kept.duration_ms) == ("ready", Reason.UNAVAILABLE, 2_000)


async def test_a_start_with_all_places_taken_closes_what_a_crash_left_open(studio: Studio) -> None:
    access = await studio.room()
    packaging = studio.packaging(access.room.id)
    packaging.segment()
    await studio.settle()
    await studio.recordings.close()
    studio.recordings = studio.make(RecordingLimits())
    studio.plane.full = True
    studio.recordings.start()
    await studio.recordings.recover()
    [kept] = await studio.store.of_room(access.room.id)
    assert (kept.state, kept.reason) == ("ready", Reason.INTERRUPTED)


async def test_nothing_of_a_pause_is_kept(studio: Studio) -> None:
    access = await studio.room()
    room_id = access.room.id
    packaging = studio.packaging(room_id)
    packaging.segment()
    packaging.part(0)
    await studio.recordings.pause(access)
    packaging.part(1)
    packaging.segment()
    packaging.part(0)
    assert (await studio.recordings.resume(access))["state"] == "recording"
    packaging.part(1)
    packaging.segment()
    shown = await studio.recordings.stop(access)
    assert (shown["state"], shown["reason"]) == ("off", "stopped")
    [kept] = await studio.store.of_room(room_id)
    contents = await studio.recordings.library.contents(kept.id)
    pieces = [piece for _, piece in contents.tracks["video"].segments]
    assert [(piece.number, piece.duration_s, piece.breaks) for piece in pieces] == [
        (0, 2, True),
        (1, 1, False),
        (4, 2, True),
    ]
    assert [event.recording["state"] for event in studio.told] == ["recording", "paused", "recording", "off"]


async def test_what_was_taken_before_the_start_is_not_for_the_recording(studio: Studio) -> None:
    access = await studio.room(live=False)
    packaging = studio.packaging(access.room.id)
    packaging.segment()
    packaging.part(0)
    at_ms = studio.clock.now_ms()
    await studio.rooms.start(access)
    await studio.settle()
    packaging.part(1)
    packaging.segment()
    await studio.settle()
    await studio.recordings.stop(await studio.rooms.access(access.room.id, HOST))
    [kept] = await studio.store.of_room(access.room.id)
    contents = await studio.recordings.library.contents(kept.id)
    assert [piece.number for _, piece in contents.tracks["video"].segments] == [1]
    assert all(piece.at_ms >= at_ms for _, piece in contents.tracks["video"].segments)


async def test_only_the_host_starts_and_stops(studio: Studio) -> None:
    access = await studio.room()
    viewer = await studio.rooms.access(access.room.id, OTHER)
    for act in (studio.recordings.begin, studio.recordings.pause, studio.recordings.resume, studio.recordings.stop):
        with pytest.raises(Forbidden):
            await act(viewer)
    with pytest.raises(AlreadyRecording):
        await studio.recordings.begin(access)
    await studio.recordings.stop(access)
    for act in (studio.recordings.pause, studio.recordings.resume, studio.recordings.stop):
        with pytest.raises(NotRecording):
            await act(access)
    assert await studio.store.of_room(access.room.id) == []  # nothing came: nothing is kept
    assert studio.files() == []
    assert (await studio.recordings.begin(access))["state"] == "recording"


async def test_recording_needs_a_live_room_that_is_to_be_recorded(studio: Studio) -> None:
    waiting = await studio.room(live=False)
    with pytest.raises(RoomNotLive):
        await studio.recordings.begin(waiting)
    private = await studio.room(RecordingMode.OFF)
    assert not studio.recordings.recorder.is_recording(private.room.id)
    with pytest.raises(RecordingIsOff):
        await studio.recordings.begin(private)
    await studio.rooms.patch(private, RoomPatch(recording=RecordingMode.CONSENT))
    await studio.settle()
    assert studio.plane.asked == {private.room.id: ["acc_host"]}
    await studio.rooms.patch(private, RoomPatch(recording=RecordingMode.OFF))
    await studio.settle()
    assert studio.plane.asked == {}


async def test_who_did_not_agree_is_not_recorded(studio: Studio) -> None:
    access = await studio.room(RecordingMode.CONSENT, RoomKind.CLASS)
    room_id = access.room.id
    studio.on_stage(room_id, "acc_host", "acc_other", "gst_1")
    assert studio.recordings.present(room_id)["not_recorded"] == ["acc_other", "gst_1"]
    assert studio.told[-1].recording["not_recorded"] == ["acc_other", "gst_1"]
    assert studio.plane.asked[room_id] == ["acc_host"]
    pupil = await studio.rooms.access(room_id, OTHER)
    assert (await studio.recordings.mine(pupil))["consent"] is None
    shown = await studio.recordings.consent(pupil, Consent.SEEN)
    assert (shown["consent"], shown["asked"], studio.plane.asked[room_id]) == ("seen", True, ["acc_host"])
    shown = await studio.recordings.consent(pupil, Consent.GIVEN)
    assert (shown["consent"], shown["not_recorded"]) == ("given", ["gst_1"])
    assert studio.plane.asked[room_id] == ["acc_host", "acc_other"]
    await studio.recordings.consent(pupil, Consent.SEEN)
    assert studio.plane.asked[room_id] == ["acc_host"]
    assert await studio.store.agreed(room_id) == frozenset()


async def test_with_consent_only_segments_set_apart_are_kept(studio: Studio) -> None:
    access = await studio.room(RecordingMode.CONSENT)
    room_id = access.room.id
    everybody, agreed = studio.packaging(room_id), studio.packaging(room_id, "run_2", apart=True)
    everybody.segment()
    agreed.segment()
    await studio.settle()
    [kept] = await studio.store.of_room(room_id)
    names = {name for name in studio.files() if name.endswith("m4s")}
    assert names == {f"{kept.id}/video-0.m4s"}
    first = studio.root / "recordings" / kept.id / "video-0.m4s"
    assert first.samefile(studio.root / "apart" / room_id / "run_2" / "0.m4s")


async def test_agreement_once_given_holds_when_the_room_is_recorded_again(studio: Studio) -> None:
    access = await studio.room(RecordingMode.CONSENT)
    await studio.recordings.consent(await studio.rooms.access(access.room.id, OTHER), Consent.GIVEN)
    await studio.recordings.stop(access)
    await studio.recordings.begin(access)
    assert studio.plane.asked == {access.room.id: ["acc_host", "acc_other"]}
    await studio.rooms.end(access)
    await studio.settle()
    with pytest.raises(Gone):
        await studio.recordings.consent(replace(access, room=await studio.rooms.get(access.room.id)), Consent.GIVEN)


async def test_from_on_to_consent_the_segments_change_without_a_hole_in_order(studio: Studio) -> None:
    access = await studio.room()
    room_id = access.room.id
    everybody, agreed = studio.packaging(room_id), studio.packaging(room_id, "run_2", apart=True)
    everybody.segment()
    everybody.part(0)
    await studio.rooms.patch(access, RoomPatch(recording=RecordingMode.CONSENT))
    await studio.settle()
    agreed.segment()
    everybody.part(1)
    await studio.recordings.stop(await studio.rooms.access(room_id, HOST))
    [kept] = await studio.store.of_room(room_id)
    contents = await studio.recordings.library.contents(kept.id)
    pieces = [piece for _, piece in contents.tracks["video"].segments]
    assert [(piece.duration_s, piece.breaks) for piece in pieces] == [(2, True), (1, False), (2, True)]


async def test_a_new_run_and_a_new_era_are_breaks(studio: Studio) -> None:
    access = await studio.room()
    first = studio.packaging(access.room.id)
    first.segment()
    first.begin_era(1)
    first.segment()
    first.segment()
    first.end("stopped")
    second = studio.packaging(access.room.id, "run_2")
    second.segment()
    await studio.recordings.stop(access)
    [kept] = await studio.store.of_room(access.room.id)
    contents = await studio.recordings.library.contents(kept.id)
    pieces = contents.tracks["video"].segments
    assert [(coded.init, piece.number, piece.breaks) for coded, piece in pieces] == [
        ("video-1.mp4", 0, True),
        ("video-2.mp4", 1, True),
        ("video-2.mp4", 2, False),
        ("video-3.mp4", 3, True),
    ]


async def test_pinned_products_are_chapters(studio: Studio, bus: EventBus) -> None:
    access = await studio.room(live=False)
    bus.publish(OfferPinned(access.room.id, {"id": "ofr_0", "title": "Plate"}))
    await studio.rooms.start(access)
    await studio.settle()
    packaging = studio.packaging(access.room.id)
    packaging.segment()
    await studio.settle()
    bus.publish(OfferPinned(access.room.id, {"id": "ofr_1", "title": "Bowl" * 100}))
    await studio.settle()
    packaging.segment()
    await studio.recordings.stop(access)
    replay = await studio.recordings.library.replay(access.room.id)
    assert replay is not None
    assert [(c.title[:5], len(c.title), c.start_s, c.end_s) for c in replay.chapters()] == [
        ("Plate", 5, 0, 2),
        ("BowlB", 160, 2, 4),
    ]


async def test_a_full_disk_refuses_and_stops_and_says_so(studio: Studio) -> None:
    access = await studio.room()
    room_id = access.room.id
    packaging = studio.packaging(room_id)
    packaging.segment()
    await studio.settle()
    studio.free[0] = (1 << 30) - 1
    packaging.segment()
    await studio.settle()
    assert studio.recordings.recorder.is_recording(room_id)  # it is looked at every few seconds
    studio.clock.advance(5)
    packaging.segment()
    await studio.settle()
    assert studio.recordings.present(room_id)["reason"] == "disk_full"
    assert studio.told[-1].recording["state"] == "off"
    [kept] = await studio.store.of_room(room_id)
    assert (kept.state, kept.reason) == ("ready", Reason.DISK_FULL)
    with pytest.raises(DiskFull):
        await studio.recordings.begin(access)
    assert studio.plane.asked == {}
    studio.free[0] = 1 << 30
    assert (await studio.recordings.begin(access))["reason"] is None


async def test_a_disk_that_refuses_ends_the_recording_and_what_was_kept_stays(studio: Studio) -> None:
    access = await studio.room()
    packaging = studio.packaging(access.room.id)
    packaging.segment()
    await studio.settle()
    gone = f"{access.room.id}/run_1/1.0.m4s"  # a file that is not there: the disk did not keep it
    at_ms = studio.clock.now_ms()
    packaging.tell(HlsPartWritten(access.room.id, "run_1", "video", 0, 1, 0, gone, at_ms, 1.0, 9, True))
    await studio.settle()
    [kept] = await studio.store.of_room(access.room.id)
    assert (kept.state, kept.reason, kept.duration_ms) == ("ready", "disk_error", 2000)


async def test_a_packager_that_failed_or_cannot_begin(studio: Studio) -> None:
    access = await studio.room()
    packaging = studio.packaging(access.room.id)
    packaging.segment()
    packaging.end("failed")
    await studio.settle()
    assert (await studio.store.of_room(access.room.id))[0].reason == "disk_error"
    studio.plane.unavailable = True
    with pytest.raises(Unavailable):
        await studio.recordings.begin(access)
    assert not studio.recordings.recorder.is_recording(access.room.id)
    assert len(await studio.store.of_room(access.room.id)) == 1


async def test_who_comes_on_stage_after_a_lost_worker_is_recorded_too(studio: Studio) -> None:
    access = await studio.room()
    studio.plane.asked.clear()
    studio.on_stage(access.room.id, "acc_host")
    await studio.settle()
    assert studio.plane.asked == {access.room.id: None}


async def test_after_a_crash_what_is_on_disk_is_closed_and_the_room_is_recorded_further(studio: Studio) -> None:
    live, over, paused = await studio.room(), await studio.room(), await studio.room()
    for access in (live, over, paused):
        packaging = studio.packaging(access.room.id)
        packaging.segment()
        packaging.part(0)
    await studio.settle()
    await studio.recordings.pause(paused)
    journal = studio.root / "recordings" / (await studio.store.of_room(live.room.id))[0].id / "journal.jsonl"
    await studio.recordings.close()
    with journal.open("ab") as file:
        file.write(b'{"type":"piece","track":"video","num')  # the crash came in the middle of a line
    quiet = EventBus()  # nobody who runs hears that the room ended meanwhile
    rooms, studio.bus = studio.rooms, quiet
    await rooms._store.change(over.room.id, lambda room: replace(room, state=room.state.ENDED))
    studio.recordings = studio.make()
    studio.recordings.start()
    await studio.recordings.recover()
    for access in (live, over, paused):
        first = (await studio.store.of_room(access.room.id))[0]
        assert (first.state, first.reason, first.duration_ms) == ("ready", "interrupted", 3000)
    assert studio.recordings.present(live.room.id)["state"] == "recording"
    assert studio.recordings.present(paused.room.id)["state"] == "paused"
    assert studio.recordings.present(over.room.id)["state"] == "off"
    replay = await studio.recordings.library.replay(live.room.id)
    assert replay is not None
    assert replay.duration_s == 3
