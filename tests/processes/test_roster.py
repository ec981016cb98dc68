"""Who is where, over all processes, against a model that counts anew each time."""

from hypothesis import given
from hypothesis import strategies as st

from livehub.processes.roster import Person, Roster

PROCESSES, ROOMS, PEOPLE = ("p1", "p2", "p3"), ("r1", "r2"), ("ann", "ben", "cat")
persons = st.builds(
    Person,
    display_name=st.sampled_from(("Ann", "Ben")),
    role=st.just("viewer"),
    locale=st.sampled_from(("en", "th")),
    is_counted=st.booleans(),
    hand_ms=st.sampled_from((0, 0, 5, 9)),
)
steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(PROCESSES), st.sampled_from(ROOMS), st.sampled_from(PEOPLE), st.one_of(st.none(), persons)
        ),
        st.sampled_from(PROCESSES),
    ),
    max_size=40,
)


@given(steps)
def test_sums_are_those_of_what_living_processes_say(taken: list[tuple[str, str, str, Person | None] | str]) -> None:
    roster, model = Roster(), dict[tuple[str, str, str], Person]()
    for step in taken:
        if isinstance(step, str):
            touched = roster.drop(step)
            assert touched == {room for process, room, _ in model if process == step}
            model = {key: person for key, person in model.items() if key[0] != step}
        else:
            process, room, identity, person = step
            roster.put(process, room, identity, person)
            if person is None:
                model.pop((process, room, identity), None)
            else:
                model[process, room, identity] = person
    for room in ROOMS:
        here = [(identity, person) for (_, where, identity), person in model.items() if where == room]
        counted = {identity for identity, person in here if person.is_counted}
        shown = roster.shown(room, 2)
        assert roster.count(room) == shown["count"] == len(counted)
        assert len(shown["sample"]) == min(2, len(counted))
        assert {item["identity"] for item in shown["sample"]} <= counted
        assert roster.locales(room) == {person.locale for _, person in here}
        assert {identity for identity, _ in roster.hands(room)} == {who for who, person in here if person.hand_ms}
        for identity in PEOPLE:
            assert (roster.person(room, identity) is not None) == (identity in {who for who, _ in here})
    for process in PROCESSES:
        told = {(room, identity): person for room, identity, person in roster.told_by(process)}
        assert told == {key[1:]: person for key, person in model.items() if key[0] == process}


def test_hands_are_in_the_order_of_raising() -> None:
    roster = Roster()
    roster.put("p1", "r", "late", Person("Late", "viewer", "en", hand_ms=20))
    roster.put("p2", "r", "early", Person("Early", "viewer", "en", hand_ms=10))
    assert roster.hands("r") == [("early", "Early"), ("late", "Late")]
