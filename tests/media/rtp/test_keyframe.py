"""Many requests become few, and none is forgotten."""

from livehub.media.rtp.keyframe import KeyframeRequests


def test_the_first_goes_out_and_the_others_wait() -> None:
    requests = KeyframeRequests(0.5)
    assert requests.request(10.0)
    assert not requests.request(10.1)
    assert not requests.request(10.4)
    assert requests.held
    assert requests.due_in(10.4) == 0.5 - (10.4 - 10.0)
    assert requests.request(10.5)
    assert not requests.held


def test_a_keyframe_satisfies_who_waited() -> None:
    requests = KeyframeRequests(0.5)
    requests.request(0.0)
    requests.request(0.1)
    requests.arrived()
    assert not requests.held


def test_a_viewers_first_request_waits_less() -> None:
    requests = KeyframeRequests(0.5)
    assert requests.request(0.0)
    assert not requests.request(0.05, urgent=True)
    assert requests.request(0.12, urgent=True)
    assert not requests.request(0.3)


def test_it_is_told_how_long_nobody_has_answered() -> None:
    requests = KeyframeRequests(0.5)
    assert requests.unanswered_s(9.0) == 0.0
    requests.request(10.0)
    requests.request(10.6)
    assert requests.unanswered_s(13.0) == 3.0
    assert not requests.is_overdue(10.4)
    assert requests.is_overdue(10.5)
    requests.arrived()
    assert requests.unanswered_s(14.0) == 0.0
    assert not requests.is_overdue(14.0)
    requests.request(20.0)
    assert requests.unanswered_s(21.0) == 1.0
