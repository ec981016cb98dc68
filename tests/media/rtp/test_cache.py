"""Kept packets: found by number for a while, in order since the last keyframe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.cache import GroupOfPictures, Packet, PacketCache
from livehub.media.rtp.catchup import SQUEEZED_FRAME, CatchUp


def packet(number: int, timestamp: int = 0, arrived_s: float = 0.0) -> Packet:
    return Packet(number & 0xFFFF, timestamp, marker=False, payload=b"x", arrived_s=arrived_s)


@given(start=st.integers(0, 0xFFFF), count=st.integers(1, 1500), per_s=st.sampled_from([50, 300, 2000]))
def test_what_is_young_is_found_whatever_the_rate(start: int, count: int, per_s: int) -> None:
    cache = PacketCache(max_age_s=0.5, max_packets=1024)
    for index in range(count):
        cache.add(packet(start + index, arrived_s=index / per_s))
    now_s = (count - 1) / per_s
    for index in range(count):
        number = (start + index) & 0xFFFF
        found = cache.get(number, now_s)
        if now_s - index / per_s <= 0.5 and count - index <= 1024:
            assert found is not None
            assert found.sequence_number == number
            assert number in cache
        elif now_s - index / per_s > 0.5:
            assert found is None


def test_it_takes_the_room_that_the_rate_needs() -> None:
    cache = PacketCache(max_age_s=2.0, max_packets=1024)
    for index in range(500):
        cache.add(packet(index, arrived_s=index / 50))
    assert len(cache) == PacketCache.MIN_PACKETS, "a voice"
    for index in range(500, 3000):
        cache.add(packet(index, arrived_s=10 + index / 400))
    assert len(cache) == 1024, "a camera of 4 Mbit/s"
    for index in range(3000, 9000):
        cache.add(packet(index, arrived_s=20 + index / 100_000))
    assert len(cache) == 1024, "and never more"


def test_one_and_the_same_number_needs_no_room() -> None:
    cache = PacketCache(max_age_s=2.0)
    for index in range(10):
        cache.add(packet(7, arrived_s=index / 100))
    assert len(cache) == PacketCache.MIN_PACKETS


def test_old_packets_are_not_sent_again() -> None:
    cache = PacketCache(max_age_s=2.0)
    cache.add(packet(7, arrived_s=10.0))
    assert cache.get(7, 11.9) is not None
    assert cache.get(7, 12.1) is None


def test_room_is_a_power_of_two() -> None:
    with pytest.raises(ValueError, match="power of two"):
        PacketCache(max_packets=1000)


@given(start=st.integers(0, 0xFFFF), late=st.sets(st.integers(1, 29), max_size=10))
def test_late_packets_take_their_place_in_the_group(start: int, late: set[int]) -> None:
    group = GroupOfPictures(100)
    group.begin(packet(start))
    for index in range(1, 30):
        if index not in late:
            group.add(packet(start + index))
    for index in late:
        group.insert(packet(start + index))
    assert [item.sequence_number for item in group.packets] == [(start + index) & 0xFFFF for index in range(30)]


def test_a_group_that_grows_too_long_is_given_up() -> None:
    group = GroupOfPictures(3)
    group.add(packet(0))
    assert not group.packets
    group.begin(packet(1))
    for number in (2, 3, 4, 5):
        group.add(packet(number))
    assert not group.packets
    assert group.started_s is None


def test_catching_up_squeezes_the_past_and_leaves_the_present() -> None:
    group = GroupOfPictures(100)
    group.begin(packet(10, 90_000))
    for index in range(1, 10):
        group.add(packet(10 + index, 90_000 + 3000 * (index // 2)))
    catch_up = CatchUp(group.packets)
    assert [item.sequence_number for item in catch_up.take(6)] == list(range(10, 16))
    group.add(packet(20, 105_000))  # comes while the past is being sent
    assert [item.sequence_number for item in catch_up.take(6)] == list(range(16, 21))
    assert catch_up.take(6) == []
    frames = sorted({catch_up.timestamp(90_000 + 3000 * index) for index in range(5)})
    assert frames == [102_000 - SQUEEZED_FRAME * index for index in (4, 3, 2, 1, 0)]
    assert catch_up.timestamp(105_000) == 105_000


def test_catching_up_sends_nothing_twice_when_late_packets_come_in_between() -> None:
    group = GroupOfPictures(100)
    group.begin(packet(65_534))
    for number in (65_535, 1, 2):
        group.add(packet(number))
    catch_up = CatchUp(group.packets)
    taken = catch_up.take(3)
    group.insert(packet(0))
    taken += catch_up.take(10)
    numbers = [item.sequence_number for item in taken]
    assert numbers == [65_534, 65_535, 1, 2]
