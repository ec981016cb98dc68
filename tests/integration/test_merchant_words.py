"""What a room and a shop say in other languages, written by those whose words they are: over HTTP and sockets."""

from typing import Any

import pytest

from livehub.translation.texts import MAX_TEXT_CHARS
from livehub.web import merchant_words
from tests.integration.test_languages import API, Client, Place, Reader, libretranslate, ok, place, shop

__all__ = ["libretranslate", "place"]
POLL = {"question": "Which tea shall we open?", "options": ["The green one", "The black one"]}
PRICE = {"amount_minor": 700, "currency": "EUR"}


async def words(client: Client, url: str) -> dict[str, dict[str, Any]]:
    items: list[dict[str, Any]] = (await ok(await client.get(url)))["items"]
    return {item["source"]: item for item in items}


async def refused(answer: Any) -> tuple[int, str]:
    return answer.status, (await answer.json())["code"]


async def shown(reader: Reader, source: str, text: str) -> None:
    """Until a reader has been told so."""
    told: list[dict[str, Any]] = []
    while not any((item["source"], item["text"]) == (source, text) for event in told for item in event["items"]):
        told = await reader.until("text:translations", len(told) + 1)


async def line_shown(reader: Reader, message: str, text: str) -> dict[str, Any]:
    """Until a reader has been told a line so."""
    told: list[dict[str, Any]] = []
    while True:
        for item in [item for event in told for item in event["items"]]:
            if (item["id"], item["text"]) == (message, text):
                return dict(item)
        told = await reader.until("chat:translations", len(told) + 1)


async def staff(place: Place, host: Client, room: str, role: str) -> tuple[Reader, Client]:
    """Somebody of the room's people, by socket and by HTTP."""
    body = {"identity": role, "display_name": role.title(), "role": role, "locale": "en", "expires_in_s": 600}
    token = (await ok(await host.post(f"{API}/rooms/{room}/tokens", json=body), 201))["token"]
    reader = Reader(token)
    place.readers.append(reader)
    await reader.join(str(place.server.make_url("")), room, "en")
    return reader, place.anybody(token)


async def announced(speaker: Reader, text: str = "We ship again on Monday") -> str:
    sent = await speaker.call("chat:send", {"text": text, "client_id": text, "announcement": True})
    return str(sent["message"]["id"])


async def announced_and_read(place: Place) -> tuple[Client, str, Reader, Reader, str]:
    """The host, a room, somebody who reads it in Spanish, a co-host, and what that one announced: an engine had it."""
    host = await place.account("host")
    _, _, room = await shop(host)
    reader = await place.reader(room, "es")
    speaker, _ = await staff(place, host, room, "cohost")
    message = await announced(speaker)
    await line_shown(reader, message, "es(We ship again on Monday)")
    return host, room, reader, speaker, message


async def test_whatever_a_room_says_is_worded_by_its_host(place: Place) -> None:
    host = await place.account("host")
    _, _, room = await shop(host)
    await ok(await host.patch(f"{API}/rooms/{room}", json={"description": "We brew and talk."}))
    await ok(await host.post(f"{API}/rooms/{room}/polls", json=POLL), 201)
    await ok(await host.post(f"{API}/rooms/{room}/draws", json={"title": "A cup for one of you"}), 201)
    reader = await place.reader(room, "es")
    asked = await reader.call("question:ask", {"text": "Does it keep for a year?", "client_id": "q1"})
    url = f"{API}/rooms/{room}/translations"
    said = await words(host, url)
    kinds = {
        "Tea time tonight": "title", "We brew and talk.": "description", "Which tea shall we open?": "poll",
        "The green one": "option", "The black one": "option", "A cup for one of you": "draw",
        "Does it keep for a year?": "question",
    }  # fmt: skip
    assert {source: item["kind"] for source, item in said.items()} == kinds
    assert {item["original"] for item in said.values()} == {"en"}
    for number, source in enumerate(kinds):
        written = await ok(await host.put(f"{url}/es", json={"source": source, "text": f" Texto {number} "}))
        assert written["translations"]["es"] == {
            "source": source, "text": f"Texto {number}", "engine": "", "edited": True,
        }  # fmt: skip
        await shown(reader, source, f"Texto {number}")
    late = await place.reader(room, "es", "late")
    texts = {item["source"]: item["text"] for item in late.state["texts"]}
    assert {source: texts[source] for source in kinds} == {
        source: f"Texto {number}" for number, source in enumerate(kinds)
    }
    said = await words(host, url)
    assert {source: item["translations"]["es"]["edited"] for source, item in said.items()} == dict.fromkeys(kinds, True)
    # An engine's draft leaves it; what is taken back is an engine's again, for those who are there too.
    draft = await ok(await host.post(f"{url}/es", json={"source": "The green one"}))
    assert draft["translations"]["es"]["text"] == "Texto 3"
    await ok(await host.put(f"{url}/es", json={"source": "The green one", "text": ""}))
    await shown(reader, "The green one", "The green one")
    await shown(reader, "The green one", "es(The green one)")
    french = await place.reader(room, "fr")
    draft = await ok(await host.post(f"{url}/fr", json={"source": "The black one"}))
    assert draft["translations"]["fr"]["text"] == "fr(The black one)"
    await shown(french, "The black one", "fr(The black one)")
    assert await refused(await host.post(f"{url}/vi", json={"source": "The black one"})) == (503, "text_not_translated")
    # Whose words they were, where they were not the host's own, is in the log.
    log = (await ok(await host.get(f"{API}/rooms/{room}/moderation/log")))["items"]
    assert [(entry["action"], entry["subject"], entry["member"]["identity"], entry["details"]) for entry in log] == [
        ("translation.edit", asked["question"]["id"], reader.identity,
         {"text": "Does it keep for a year?", "locale": "es", "translation": "Texto 6"}),
    ]  # fmt: skip


async def test_an_announcement_is_worded_by_a_person_and_no_engine_overwrites_it(place: Place) -> None:
    host, room, reader, speaker, message = await announced_and_read(place)
    url = f"{API}/rooms/{room}/translations"
    said = (await words(host, url))["We ship again on Monday"]
    assert (said["kind"], said["message"], said["original"]) == ("announcement", message, "en")
    assert said["translations"]["es"]["engine"] == "libretranslate"
    text = "Volvemos a enviar el lunes"
    written = await ok(await host.put(f"{url}/es", json={"message": message, "text": text}))
    assert written["translations"]["es"]["edited"]
    assert await line_shown(reader, message, text) == {"id": message, "text": text, "engine": "", "edited": True}
    # Who comes, looks back or searches reads the same.
    shown = {"locale": "es", "text": text, "engine": "", "edited": True}
    late = await place.reader(room, "es", "late")
    assert late.state["announcement"]["message"]["translation"] == shown
    history = await ok(await host.get(f"{API}/rooms/{room}/messages?locale=es"))
    assert history["items"][0]["translation"] == shown
    found = await ok(await host.get(f"{API}/rooms/{room}/messages/search?q=lunes&locale=es"))
    assert [item["id"] for item in found["items"]] == [message]
    draft = await ok(await host.post(f"{url}/es", json={"message": message}))
    assert draft["translations"]["es"]["text"] == text
    # Nothing is to be said of a line that was taken back.
    await speaker.call("chat:delete", {"id": message})
    assert await refused(await host.put(f"{url}/es", json={"message": message, "text": "x"})) == (404, "text_not_found")
    assert await refused(await host.post(f"{url}/es", json={"message": message})) == (404, "text_not_found")
    assert "We ship again on Monday" not in await words(host, url)
    log = (await ok(await host.get(f"{API}/rooms/{room}/moderation/log")))["items"]
    assert [(entry["action"], entry["subject"], entry["member"]["display_name"]) for entry in log] == [
        ("translation.edit", message, "Cohost")
    ]


async def test_a_line_that_is_shown_again_comes_with_what_a_person_wrote(place: Place) -> None:
    host, room, reader, _, message = await announced_and_read(place)
    body = {"message": message, "text": "El lunes"}
    await ok(await host.put(f"{API}/rooms/{room}/translations/es", json=body))
    await line_shown(reader, message, "El lunes")
    client = place.anybody(reader.token)
    assert (await client.post(f"{API}/rooms/{room}/messages/{message}/report", json={"reason": "other"})).status == 201
    moderation = f"{API}/rooms/{room}/moderation"
    await ok(await host.post(f"{moderation}/reports/{message}", json={"uphold": True}), 204)
    await reader.until("chat:deleted")
    log = (await ok(await host.get(f"{moderation}/log")))["items"]
    (deletion,) = (entry["id"] for entry in log if entry["action"] == "message.delete")
    count = len(reader.named("chat:translations"))
    await ok(await host.post(f"{moderation}/log/{deletion}/undo"), 201)
    (told,) = (await reader.until("chat:translations", count + 1))[count:]
    assert told["items"] == [{"id": message, "text": "El lunes", "engine": "", "edited": True}]
    # Taken back, an engine's counts again.
    await ok(await host.put(f"{API}/rooms/{room}/translations/es", json={"message": message, "text": " "}))
    assert [event["items"] for event in (await reader.until("chat:translations", count + 3))[count + 1 :]] == [
        [{"id": message, "text": "We ship again on Monday", "engine": ""}],
        [{"id": message, "text": "es(We ship again on Monday)", "engine": "libretranslate"}],
    ]


async def test_a_pinned_line_is_worded_and_one_like_most_is_not(place: Place) -> None:
    host = await place.account("host")
    _, _, room = await shop(host)
    reader = await place.reader(room, "es")
    writer = await place.reader(room, "en", "writer")
    sent = await writer.call("chat:send", {"text": "the cups are oven proof", "client_id": "c1"})
    message = sent["message"]["id"]
    await line_shown(reader, message, "es(the cups are oven proof)")
    url, body = f"{API}/rooms/{room}/translations", {"message": message, "text": "Aptas para horno"}
    assert await refused(await host.put(f"{url}/es", json=body)) == (404, "text_not_found")
    await ok(await host.put(f"{API}/rooms/{room}/pinned-message", json={"id": message}))
    assert (await words(host, url))["the cups are oven proof"]["kind"] == "pinned"
    await ok(await host.put(f"{url}/es", json=body))
    await line_shown(reader, message, "Aptas para horno")
    late = await place.reader(room, "es", "late")
    assert late.state["pinned_message"]["translation"]["text"] == "Aptas para horno"
    # Not in the language that it is written in.
    assert await refused(await host.put(f"{url}/en", json=body)) == (422, "invalid_input")


async def test_who_may_word_what(place: Place) -> None:
    host, other = await place.account("host"), await place.account("other")
    store, _, room = await shop(host)
    await ok(await host.post(f"{API}/rooms/{room}/polls", json=POLL), 201)
    cohost, cohosts = await staff(place, host, room, "cohost")
    moderator, moderators = await staff(place, host, room, "moderator")
    _, speakers = await staff(place, host, room, "speaker")
    viewer = await place.reader(room, "es")
    question = {"text": "Does it keep for a year?", "client_id": "q1"}
    await viewer.call("question:ask", question)
    sent = await cohost.call("chat:send", {"text": "the cups are oven proof", "client_id": "c1"})
    said = await viewer.call("chat:send", {"text": "where is the cup from", "client_id": "c2"})
    url, shops = f"{API}/rooms/{room}/translations", f"{API}/stores/{store}/translations"
    viewers = place.anybody(viewer.token)
    for client, expected in ((other, 403), (speakers, 403), (viewers, 403), (place.anybody(), 401)):
        for method, path in (("GET", url), ("PUT", f"{url}/es"), ("POST", f"{url}/es")):
            answer = await client.request(method, path, json={"source": "Tea time tonight", "text": "x"})
            assert answer.status == expected, (method, await answer.text())
    # Co-hosts run polls and answer, moderators see to questions; the room's title is the host's.
    assert {item["kind"] for item in (await words(cohosts, url)).values()} == {"poll", "option", "question"}
    assert {item["kind"] for item in (await words(moderators, url)).values()} == {"question"}
    for client, source, expected in (
        (cohosts, "The green one", 200), (cohosts, "Tea time tonight", 403), (cohosts, "Green tea", 404),
        (moderators, "Does it keep for a year?", 200), (moderators, "The green one", 403),
        (moderators, "Tea time tonight", 403), (host, "Tea time tonight", 200), (host, "Nobody says this", 404),
    ):  # fmt: skip
        answer = await client.put(f"{url}/es", json={"source": source, "text": "Texto"})
        assert answer.status == expected, (source, await answer.text())
    # What is asked in the words of a title does not make the title a moderator's.
    await moderator.call("question:ask", {"text": "Tea time tonight", "client_id": "q2"})
    assert (await moderators.put(f"{url}/es", json={"source": "Tea time tonight", "text": "Estafa"})).status == 403
    assert "Tea time tonight" not in await words(moderators, url)
    # Nor are words put into the mouth of somebody above them.
    for message, expected in ((said["message"]["id"], 200), (sent["message"]["id"], 403)):
        await ok(await host.put(f"{API}/rooms/{room}/pinned-message", json={"id": message}))
        answer = await moderators.put(f"{url}/es", json={"message": message, "text": "Texto"})
        assert answer.status == expected, await answer.text()
        assert ("pinned" in {item["kind"] for item in (await words(moderators, url)).values()}) is (expected == 200)
    # A shop's words are its owner's alone.
    for client, expected in ((cohosts, 401), (moderators, 401), (other, 403), (viewers, 401), (place.anybody(), 401)):
        for method, path in (("GET", shops), ("PUT", f"{shops}/es"), ("POST", f"{shops}/es")):
            answer = await client.request(method, path, json={"source": "Hot drinks", "text": "x"})
            assert answer.status in {expected, 403}, (method, await answer.text())
    assert (await host.get(f"{API}/stores/store_none/translations")).status == 404
    assert (await host.get(f"{API}/rooms/room_none/translations")).status == 404


async def test_another_rooms_words_are_not_this_rooms(place: Place) -> None:
    host = await place.account("host")
    _, _, room = await shop(host)
    other = await place.account("other")
    body = {"kind": "show", "title": "Coffee at noon", "locale": "en", "visibility": "public"}
    elsewhere = (await ok(await other.post(f"{API}/rooms", json=body), 201))["id"]
    speaker, _ = await staff(place, host, room, "cohost")
    message = await announced(speaker)
    url = f"{API}/rooms/{elsewhere}/translations/es"
    for named in ({"source": "Tea time tonight"}, {"message": message}, {"message": "msg_none"}):
        for method in ("PUT", "POST"):
            answer = await other.request(method, url, json={**named, "text": "x"})
            assert await refused(answer) == (404, "text_not_found")


@pytest.mark.parametrize(
    ("locale", "body"),
    [
        ("xx", {"source": "Tea time tonight", "text": "x"}),
        ("es", {"text": "x"}),
        ("es", {"source": "Tea time tonight"}),
        ("es", {"source": "Tea time tonight", "message": "msg_1", "text": "x"}),
        ("es", {"source": "Tea time tonight", "text": "x" * (MAX_TEXT_CHARS + 1)}),
        ("es", {"source": "Tea time tonight", "text": "\u202etxet"}),
        ("es", {"source": "Tea time tonight", "text": "\u0301"}),
        ("es", {"source": 5, "text": "x"}),
    ],
)
async def test_what_cannot_be_is_refused(place: Place, locale: str, body: dict[str, Any]) -> None:
    host = await place.account("host")
    store, _, room = await shop(host)
    await ok(await host.post(f"{API}/stores/{store}/categories", json={"title": "Hot drinks"}), 201)
    for url in (f"{API}/rooms/{room}/translations", f"{API}/stores/{store}/translations"):
        if "stores" in url and "message" not in body and body.get("source") == "Tea time tonight":
            body = {**body, "source": "Hot drinks"}
        elif "message" in body and "stores" in url:
            continue  # which a shop has none of
        answer = await host.put(f"{url}/{locale}", json=body)
        assert answer.status == 422, await answer.text()
        assert (await host.get(f"{url}?limit=0")).status == 422
        assert (await host.get(f"{url}?after=x")).status == 422


async def test_a_title_stays_one_line_and_a_description_may_have_several(place: Place) -> None:
    host = await place.account("host")
    store, product, room = await shop(host)
    await ok(await host.patch(f"{API}/rooms/{room}", json={"description": "We brew."}))
    await ok(await host.post(f"{API}/stores/{store}/categories", json={"title": "Hot drinks"}), 201)
    for url, source, expected in (
        (f"{API}/rooms/{room}", "Tea time tonight", "Hora del té"), (f"{API}/rooms/{room}", "We brew.", "Hora\ndel té"),
        (f"{API}/stores/{store}", "Hot drinks", "Hora del té"),
    ):  # fmt: skip
        body = {"source": source, "text": "Hora\r\ndel té\n"}
        written = await ok(await host.put(f"{url}/translations/es", json=body))
        assert written["translations"]["es"]["text"] == expected
    both = {"title": "Té\nverde", "description": "Fuerte.\nA mano."}
    written = await ok(await host.put(f"{API}/products/{product}/translations/es", json=both))
    assert (written["title"]["text"], written["description"]["text"]) == ("Té verde", "Fuerte.\nA mano.")


async def test_of_a_product_all_is_written_or_nothing(place: Place) -> None:
    host = await place.account("host")
    _, product, _ = await shop(host)
    url = f"{API}/products/{product}/translations"
    answer = await host.put(f"{url}/es", json={"title": "Té verde", "description": "\u200b"})
    assert await refused(answer) == (422, "invalid_input")
    spanish = next(item for item in (await ok(await host.get(url)))["items"] if item["locale"] == "es")
    assert not (spanish["title"] or {}).get("edited")


async def test_what_was_taken_away_is_not_worded_and_what_is_over_is(place: Place) -> None:
    host = await place.account("host")
    _, _, room = await shop(host)
    reader = await place.reader(room, "es")
    asked = await reader.call("question:ask", {"text": "Does it keep for a year?", "client_id": "q1"})
    url = f"{API}/rooms/{room}/translations/es"
    await ok(await host.delete(f"{API}/rooms/{room}/questions/{asked['question']['id']}"), 204)
    answer = await host.put(url, json={"source": "Does it keep for a year?", "text": "x"})
    assert await refused(answer) == (404, "text_not_found")
    await ok(await host.post(f"{API}/rooms/{room}/end"))
    await ok(await host.put(url, json={"source": "Tea time tonight", "text": "Esta noche, té"}))
    texts = (await ok(await place.anybody().get(f"{API}/rooms/{room}/texts?locale=es")))["items"]
    assert "Esta noche, té" in {item["text"] for item in texts}


async def test_whatever_a_shop_says_is_worded_by_its_owner(place: Place) -> None:
    host = await place.account("host")
    store, product, room = await shop(host)
    category = await ok(await host.post(f"{API}/stores/{store}/categories", json={"title": "Hot drinks"}), 201)
    variants = [{"sku": "TEA", "title": "Small tin"}]
    patch = {"category": category["id"], "variants": variants}
    await ok(await host.patch(f"{API}/products/{product}", json=patch))
    (tea,) = (await ok(await host.get(f"{API}/rooms/{room}/offers")))["items"]
    bundle = {"title": "Breakfast box", "price": PRICE, "quantity": 2, "parts": [{"offer": tea["id"], "quantity": 2}]}
    boxed = await ok(await host.post(f"{API}/rooms/{room}/bundles", json=bundle), 201)
    donation = {"title": "A tree for us all", "suggested": PRICE, "least": PRICE, "most": PRICE}
    await ok(await host.post(f"{API}/rooms/{room}/donations", json=donation), 201)
    place_ = {"title": "Our garden gate", "address": "1 Tea Lane", "time_zone": "Europe/Madrid", "directions": "Ring."}
    await ok(await host.post(f"{API}/stores/{store}/pickup-places", json=place_), 201)
    card = {"sku": "CARD", "price": PRICE, "stock": 5}
    gift = await ok(await host.post(f"{API}/stores/{store}/products", json={"title": "Card", "variants": [card]}), 201)
    note = {"sku": "CARD", "kind": "link", "url": "https://tea.example/", "note": "Print this page"}
    await ok(await host.put(f"{API}/products/{gift['id']}/digital", json=note))
    url = f"{API}/stores/{store}/translations"
    kinds = {
        "Breakfast box": "bundle", "A tree for us all": "donation", "Hot drinks": "category", "Small tin": "variant",
        "Our garden gate": "place", "Ring.": "directions", "Print this page": "note",
    }  # fmt: skip
    said = await words(host, url)
    assert {source: item["kind"] for source, item in said.items()} == kinds
    assert list(said) == list(kinds), "in this order"
    assert said["Hot drinks"] | {"translations": {}} == {
        "kind": "category", "source": "Hot drinks", "original": "en", "message": None, "translations": {},
    }  # fmt: skip
    reader = await place.reader(room, "es")
    # What comes with digital goods is for those who have bought: the room is not told.
    secret = {"source": "Print this page"}
    await ok(await host.put(f"{url}/es", json={**secret, "text": "Imprima esta página"}))
    await ok(await host.put(f"{url}/es", json={**secret, "text": ""}))
    assert (await ok(await host.post(f"{url}/es", json=secret)))["translations"]["es"]["text"] == "es(Print this page)"
    await ok(await host.put(f"{url}/es", json={**secret, "text": "Texto 6"}))
    for number, source in enumerate(list(kinds)[:6]):
        await ok(await host.put(f"{url}/es", json={"source": source, "text": f"Texto {number}"}))
        await shown(reader, source, f"Texto {number}")
    told = await reader.until("text:translations", 1)
    assert "Print this page" not in {item["source"] for event in told for item in event["items"]}
    assert (await words(host, url))["Print this page"]["translations"]["es"]["text"] == "Texto 6"
    buyer = place.anybody(reader.token)
    room_said = (await ok(await buyer.get(f"{API}/rooms/{room}/texts?locale=es")))["items"]
    on_page = {item["source"]: item["text"] for item in room_said}
    assert on_page["Breakfast box"] == "Texto 0"
    order = {
        "room": room, "lines": [{"offer": boxed["id"], "quantity": 1}], "delivery": {"method": "pickup"},
        "contact": {"name": "Ana"}, "payment_provider": "sandbox",
    }  # fmt: skip
    bought = (await ok(await buyer.post(f"{API}/orders", json=order), 201))["id"]
    in_order = (await ok(await buyer.get(f"{API}/orders/{bought}/texts?locale=es")))["items"]
    assert {item["source"]: item["text"] for item in in_order} == {
        "Breakfast box": "Texto 0", "Green tea": "es(Green tea)", "Small tin": "Texto 3",
    }  # fmt: skip
    draft = await ok(await host.post(f"{url}/tr", json={"source": "Hot drinks"}))
    assert draft["translations"]["tr"]["text"] == "tr(Hot drinks)"
    await ok(await host.put(f"{url}/es", json={"source": "Hot drinks", "text": ""}))
    await shown(reader, "Hot drinks", "es(Hot drinks)")
    for source in ("Green tea", "1 Tea Lane", "Nobody says this"):
        assert await refused(await host.put(f"{url}/es", json={"source": source, "text": "x"})) == (
            404, "text_not_found",
        )  # fmt: skip
    # A page at a time.
    first = await ok(await host.get(f"{url}?limit=3"))
    second = await ok(await host.get(f"{url}?limit=3&after={first['next']}"))
    third = await ok(await host.get(f"{url}?limit=3&after={second['next']}"))
    pages = [item["source"] for page in (first, second, third) for item in page["items"]]
    assert (pages, third["next"]) == (list(kinds), None)


async def test_a_rooms_words_come_in_pages(place: Place) -> None:
    host = await place.account("host")
    _, _, room = await shop(host)
    await ok(await host.post(f"{API}/rooms/{room}/polls", json=POLL), 201)
    speaker, _ = await staff(place, host, room, "cohost")
    await announced(speaker, "We ship again on Monday")
    await announced(speaker, "We are closed on Sunday")
    url = f"{API}/rooms/{room}/translations"
    every = list(await words(host, url))
    assert every[:3] == ["We are closed on Sunday", "We ship again on Monday", "Tea time tonight"]
    pages, after = [], "0"
    while after:
        page = await ok(await host.get(f"{url}?limit=1&after={after}"))
        pages += [item["source"] for item in page["items"]]
        after = page["next"]
    assert pages == every


async def test_what_is_in_ones_own_language_by_its_letters_is_worded_all_the_same(place: Place) -> None:
    """An engine is not asked for it; who writes it knows better."""
    host = await place.account("host")
    _, _, room = await shop(host)
    await ok(await host.patch(f"{API}/rooms/{room}", json={"title": "La hora del té de esta noche"}))
    early = await place.reader(room, "es")
    body = {"source": "La hora del té de esta noche", "text": "El té de las nueve"}
    written = await ok(await host.put(f"{API}/rooms/{room}/translations/es", json=body))
    assert written["original"] == "es"
    await shown(early, body["source"], body["text"])
    late = await place.reader(room, "es", "late")
    assert body["text"] in {item["text"] for item in late.state["texts"]}


async def test_nobody_writes_without_end(place: Place) -> None:
    host = await place.account("host")
    store, _, room = await shop(host)
    await ok(await host.post(f"{API}/stores/{store}/categories", json={"title": "Hot drinks"}), 201)
    me = (await ok(await host.get(f"{API}/me")))["id"]
    throttle = place.server.app[merchant_words.WORDS_THROTTLE]
    for url, source in ((f"{API}/rooms/{room}", "Tea time tonight"), (f"{API}/stores/{store}", "Hot drinks")):
        for method in ("PUT", "POST"):
            throttle.people.spend(me, merchant_words.BURST)
            answer = await host.request(method, f"{url}/translations/es", json={"source": source, "text": "x"})
            assert await refused(answer) == (429, "rate_limited")
