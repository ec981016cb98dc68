"""Bitrates of what is counted."""

from livehub.media.meter import Meter


def test_the_first_answer_is_the_mean_since_the_beginning() -> None:
    assert Meter(began_s=100.0, now_s=104.0).bitrate_bps("a", 1_000) == 2_000


def test_then_it_is_the_mean_since_the_last_question() -> None:
    meter = Meter(began_s=0.0, now_s=10.0)
    meter.bitrate_bps("a", 1_000)
    meter.now_s = 12.0
    assert meter.bitrate_bps("a", 1_500) == 2_000
    assert meter.bitrate_bps("b", 1_200) == 800  # counted apart


def test_two_questions_at_once_get_one_answer() -> None:
    meter = Meter(began_s=0.0, now_s=10.0)
    assert meter.bitrate_bps("a", 1_000) == 800
    meter.now_s = 10.5
    assert meter.bitrate_bps("a", 9_000) == 800


def test_who_has_just_begun_has_no_monstrous_rate() -> None:
    assert Meter(began_s=0.0, now_s=0.001).bitrate_bps("a", 1_000) == 8_000


def test_a_count_that_begins_anew_is_no_negative_rate() -> None:
    meter = Meter(began_s=0.0, now_s=10.0)
    meter.bitrate_bps("a", 1_000)
    meter.now_s = 12.0
    assert meter.bitrate_bps("a", 0) == 0
