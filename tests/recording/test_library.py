"""What is kept goes when it should, all of it, and not before."""

import asyncio
from pathlib import Path

import av
import pytest

from livehub.errors import IllegalTransition, NotFound
from livehub.media.recording.errors import FileNotReady, RecordingNotFound, StillRecording
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.model import TRANSITIONS, Reason, Recording, RecordingState
from livehub.rooms.access import Access
from tests.recording.conftest import HOST, OTHER, ROOMY, Studio

DAY_S = 24 * 3600


async def recorded(studio: Studio, segments: int = 2) -> tuple[Access, Recording]:
    """A room that has ended, and its recording."""
    access = await studio.room()
    packaging = studio.packaging(access.room.id, f"run_{access.room.id[-6:]}")
    for _ in range(segments):
        packaging.segment()
    await studio.settle()
    await studio.rooms.end(access)
    packaging.end()
    await studio.settle()
    [kept] = await studio.store.of_room(access.room.id)
    return access, kept


@pytest.mark.parametrize("present", RecordingState)
@pytest.mark.parametrize("wanted", RecordingState)
def test_states_go_one_way(present: RecordingState, wanted: RecordingState) -> None:
    recording = Recording("rec_1", "room_1", present, 1, "acc_host")
    allowed = {("recording", "ready"), ("recording", "failed"), ("recording", "deleted")}
    allowed |= {("ready", "deleted"), ("failed", "deleted")}
    assert set(TRANSITIONS) == set(RecordingState)
    if (present, wanted) in allowed:
        assert recording.become(wanted, Reason.NONE).state is wanted
    else:
        with pytest.raises(IllegalTransition):
            recording.become(wanted, Reason.NONE)


async def test_deleting_takes_every_file_and_the_replay(studio: Studio) -> None:
    access, kept = await recorded(studio)
    library = studio.recordings.library
    assert await library.replay(access.room.id) is not None
    await library.delete(kept, "acc_host")
    assert studio.files() == []
    assert await library.replay(access.room.id) is None
    assert not (await studio.rooms.get(access.room.id)).has_replay
    with pytest.raises(RecordingNotFound):
        await library.owned(HOST, kept.id)
    with pytest.raises(IllegalTransition):
        await library.delete(kept, "acc_host")


async def test_a_recording_under_way_is_stopped_first(studio: Studio) -> None:
    access = await studio.room()
    [kept] = await studio.store.of_room(access.room.id)
    library = studio.recordings.library
    with pytest.raises(StillRecording):
        await library.delete(kept, "acc_host")
    with pytest.raises(StillRecording):
        library.prepare(kept)
    with pytest.raises(RecordingNotFound):
        await library.file(access.room.id, kept.id, "video-1.mp4")


async def test_only_who_may_keep_it_finds_it(studio: Studio) -> None:
    access, kept = await recorded(studio)
    library = studio.recordings.library
    assert (await library.owned(HOST, kept.id)).id == kept.id
    for nobody in (OTHER, None):
        with pytest.raises(RecordingNotFound):
            await library.owned(nobody, kept.id)
    assert [item.recording.id for item in await library.of_owner(HOST, None, 9)] == [kept.id]
    assert await library.of_owner(OTHER, None, 9) == []
    assert (await library.file(access.room.id, kept.id, "video-0.m4s")).is_file()
    for room, recording, name in [
        ("room_x", kept.id, "video-0.m4s"),
        (access.room.id, "rec_x", "video-0.m4s"),
        (access.room.id, kept.id, "journal.jsonl"),
        (access.room.id, kept.id, "../../secret"),
        (access.room.id, "..", "video-0.m4s"),
        (access.room.id, kept.id, "recording.mp4"),
    ]:
        with pytest.raises(RecordingNotFound):
            await library.file(room, recording, name)


@pytest.mark.parametrize("limits", [RecordingLimits(retention_days=30)])
async def test_retention_takes_what_is_old_enough(studio: Studio) -> None:
    old, first = await recorded(studio)
    studio.clock.advance(20 * DAY_S)
    young, second = await recorded(studio)
    studio.clock.advance(10 * DAY_S - 10)
    library = studio.recordings.library
    await library.sweep()
    assert len(await studio.store.of_room(old.room.id)) == 1
    assert library.present(first)["deleted_after"] is not None
    studio.clock.advance(20)
    await library.sweep()
    assert await studio.store.of_room(old.room.id) == []
    gone = await studio.store.find(first.id)
    assert gone is not None
    assert (gone.state, gone.reason) == ("deleted", "retention")
    assert {name.partition("/")[0] for name in studio.files()} == {second.id}
    assert not (await studio.rooms.get(old.room.id)).has_replay
    assert (await studio.rooms.get(young.room.id)).has_replay


async def test_kept_for_ever_unless_said_otherwise(studio: Studio) -> None:
    access, kept = await recorded(studio)
    studio.clock.advance(3650 * DAY_S)
    await studio.recordings.library.sweep()
    assert await studio.store.of_room(access.room.id) == [kept]
    assert studio.recordings.library.present(kept)["deleted_after"] is None


async def test_a_deleted_room_takes_its_recordings_along(studio: Studio) -> None:
    access, kept = await recorded(studio)
    await studio.rooms.delete(await studio.rooms.access(access.room.id, HOST))
    await studio.settle()
    assert studio.files() == []
    gone = await studio.store.find(kept.id)
    assert gone is not None
    assert gone.reason == "room_deleted"
    with pytest.raises(NotFound):
        await studio.rooms.get(access.room.id)


async def test_what_a_crash_left_goes_with_the_next_sweep(studio: Studio) -> None:
    _, kept = await recorded(studio)
    await studio.store.change(kept.id, lambda found: found.deleted(1, "acc_host"))  # and then the process ended
    stray = studio.root / "recordings" / "rec_stray"
    stray.mkdir()
    other = await studio.room()
    packaging = studio.packaging(other.room.id, "run_other")
    packaging.segment()
    await studio.settle()
    await studio.recordings.library.sweep()
    [growing] = await studio.store.of_room(other.room.id)
    assert {name.partition("/")[0] for name in studio.files()} == {growing.id}
    assert not stray.exists()
    # A room that was deleted while nobody listened.
    await studio.recordings.stop(other)
    await studio.rooms.end(other)
    await studio.rooms._store.delete(other.room.id, 5, lambda _room: None)
    await studio.recordings.library.sweep()
    assert studio.files() == []


async def _ready(studio: Studio, kept: Recording) -> Path:
    movies = studio.recordings.library.movies
    while movies.present(kept.id)["state"] == "preparing":
        await asyncio.gather(*(job.task for job in movies._jobs.values()))
    return movies.file(kept.id)


async def test_one_file_is_made_when_it_is_asked_for(studio: Studio) -> None:
    _, kept = await recorded(studio, segments=3)
    library = studio.recordings.library
    with pytest.raises(FileNotReady) as refused:
        library.movies.file(kept.id)
    assert refused.value.extra["progress"] is None
    library.prepare(kept)
    library.prepare(kept)
    assert library.present(kept)["file"]["state"] == "preparing"
    path = await _ready(studio, kept)
    assert library.present(kept)["file"] == {"state": "ready", "progress": 1.0}
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 180
    assert (await studio.store.find(kept.id)) == kept
    await library.delete(kept, "acc_host")
    assert not path.exists()


async def test_a_file_that_does_not_fit_is_not_begun(studio: Studio) -> None:
    _, kept = await recorded(studio)
    studio.recordings.library.movies._shelf.free_bytes = lambda: 1 << 30  # type: ignore[method-assign]
    studio.recordings.library.prepare(kept)
    await asyncio.gather(*(job.task for job in studio.recordings.library.movies._jobs.values()))
    assert studio.recordings.library.present(kept)["file"]["state"] == "failed"
    studio.recordings.library.movies._shelf.free_bytes = lambda: ROOMY  # type: ignore[method-assign]
    studio.recordings.library.prepare(kept)
    await _ready(studio, kept)


async def test_who_deletes_while_it_is_made_has_neither(studio: Studio) -> None:
    _, kept = await recorded(studio, segments=3)
    library = studio.recordings.library
    library.prepare(kept)
    await library.delete(kept, "acc_host")
    assert studio.files() == []
    assert library.movies.present(kept.id)["state"] == "none"


async def test_a_replay_has_a_picture(studio: Studio) -> None:
    access, _ = await recorded(studio)
    path = await studio.recordings.library.poster(access.room.id)
    assert path is not None
    assert path.read_bytes()[8:12] == b"WEBP"
    assert await studio.recordings.library.poster(access.room.id) == path
    empty = await studio.room(live=False)
    assert await studio.recordings.library.poster(empty.room.id) is None
