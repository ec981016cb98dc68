from livehub.signalling.presence import Presence


def test_people_are_counted_once_whatever_their_sockets() -> None:
    presence = Presence(sample=2)
    assert presence.enter("ann", "Ann")
    assert not presence.enter("ann", "Ann")
    assert presence.enter("ben", "Ben")
    assert presence.enter("cy", "Cy")
    assert presence.shown() == {
        "count": 3,
        "sample": [{"identity": "cy", "display_name": "Cy"}, {"identity": "ben", "display_name": "Ben"}],
    }
    assert not presence.leave("ann")
    assert "ann" in presence
    assert presence.leave("ann")
    assert not presence.leave("ann")
    assert presence.count == 2


def test_a_new_name_is_a_change() -> None:
    presence = Presence(sample=5)
    presence.enter("ann", "Ann")
    assert presence.enter("ann", "Anna")
    assert presence.shown()["sample"] == [{"identity": "ann", "display_name": "Anna"}]
