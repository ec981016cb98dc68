"""What is over leaves its memory at once: no circle keeps it until the garbage collector comes by.

A viewer holds some 90 KiB of keys and buffers, a publisher two seconds of packets; thousands come and go in an evening.
"""

import gc
import weakref
from collections.abc import Iterator

import pytest

from tests.media.conftest import Studio, send_frames, until


@pytest.fixture(autouse=True)
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def test_a_viewer_who_went_is_gone(studio: Studio) -> None:
    host, _ = await studio.publisher()
    client, session = await studio.viewer()
    await send_frames(host, 3)
    await until(lambda: len(client.video()) == 3)
    assert session.subscriber is not None
    left = [
        weakref.ref(item) for item in (session.peer, session.subscriber, session.subscriber.slots[0], session.peer.dtls)
    ]
    del session
    client.close()
    await until(lambda: studio.plane.stats()["subscribers"] == 0)
    await until(lambda: not any(item() for item in left))


async def test_a_viewer_who_never_connected_is_gone(studio: Studio) -> None:
    session = await studio.plane.play("r", "viewer", (await studio.viewer(room="other"))[0].offer)
    left = weakref.ref(session.peer)
    await studio.plane.close_session(session.id)
    del session
    await until(lambda: left() is None)


async def test_a_publisher_who_went_is_gone_with_all_packets(studio: Studio) -> None:
    client, session = await studio.publisher()
    viewer, _ = await studio.viewer()
    await send_frames(client, 3)
    await until(lambda: len(viewer.video()) == 3)
    assert session.publisher is not None
    left = [weakref.ref(item) for item in (session.peer, session.publisher, *session.publisher.tracks.values())]
    del session
    client.close()
    await until(lambda: studio.plane.stats()["publishers"] == 0)
    await until(lambda: not any(item() for item in left), timeout_s=8)
