"""A show begins, and who follows is told: real SMTP, a push service that decrypts, nothing twice or to wrong places."""

import asyncio
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import insert, select

from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import ManualClock
from livehub.commerce.catalog.model import NewVariant, Product, Store
from livehub.commerce.catalog.stock_levels import Change, Reason
from livehub.commerce.money import Money
from livehub.events import EventBus
from livehub.followers import webpush
from livehub.followers.letters import Letters, Purpose
from livehub.followers.limits import FollowerLimits
from livehub.followers.model import AddressState
from livehub.followers.notices import Notices, Sender
from livehub.followers.service import Followers, NewPush
from livehub.notifying import low_stock_of
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.commerce import outbox as outbox_table
from livehub.storage.database import Database
from livehub.storage.followers import SqlFollowers, start_announced
from livehub.storage.outbox import SqlEndpoints, SqlOutbox
from livehub.storage.rooms import SqlRooms
from livehub.storage.stockroom import SqlStockroom
from livehub.worker.announcing import Announcer
from livehub.worker.carrier import Carrier
from livehub.worker.delivery import Deliverer
from livehub.worker.mailing import MailCarrier, Smtp, parse_smtp_url
from livehub.worker.pushing import PushCarrier
from tests.followers.browser import Browser

SECRET = "0123456789abcdef" * 2
LIMITS = FollowerLimits(batch=3, notices_per_hour=2)
HOST = Principal(PrincipalKind.ACCOUNT, "host", "Mila", "en")


class English:
    async def text(self, locale: str, message_id: str) -> str:
        return message_id if locale == "en" else f"[{locale}] {message_id}"


@dataclass
class Postbox:
    """What an SMTP server was handed; ``answer`` is what it says to a recipient instead of 250."""

    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"open sesame")


class MailServer(Controller):
    """On a port that the system gives: aiosmtpd looks for itself on the one it was told."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@dataclass
class PushService:
    """Keeps what browsers would get, and answers what it is told to."""

    url: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.Response:
        self.got.append((request.match_info["name"], dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers=self.headers)


@dataclass
class Town:
    clock: ManualClock
    database: Database
    rooms: RoomService
    store: SqlFollowers
    followers: Followers
    letters: Letters
    deliverer: Deliverer
    postbox: Postbox
    push: PushService

    async def person(self, name: str, room: str, *, mail: bool = True) -> Principal:
        """A guest who follows whoever stands behind the room and has confirmed an address."""
        who = Principal(PrincipalKind.GUEST, name, name.title(), "en")
        await self.followers.follow(await self.rooms.access(room, who))
        if mail:
            address = await self.followers.set_address(who, f"{name}@example.org")
            await self.followers.confirm(self.letters.link(Purpose.CONFIRM, address.id))
        return who

    async def browser(self, who: Principal, name: str) -> Browser:
        browser = Browser()
        keys = webpush.encode_key(browser.point), webpush.encode_key(browser.auth)
        await self.followers.add_push(who, NewPush(f"{self.push.url}/send/{name}", *keys), "th")
        return browser

    async def room(self, visibility: Visibility = Visibility.PUBLIC, title: str = "New glazes") -> str:
        new = NewRoom(RoomKind.SHOW, title, "en", visibility, starts_at=self.clock.now_ms() + 3_600_000)
        return (await self.rooms.create(HOST, new)).room.id

    async def start(self, room: str) -> None:
        await self.rooms.start(await self.rooms.access(room, HOST))

    async def parcels(self) -> dict[str, str]:
        rows = await self.database.read(
            lambda connection: connection.execute(select(outbox_table.c.target, outbox_table.c.state)).all()
        )
        return {row.target: row.state for row in rows}

    async def settled(self) -> dict[str, str]:
        """Once nothing that is due waits."""
        while True:
            due = await self.database.read(
                lambda connection: connection.execute(
                    select(outbox_table.c.id).where(
                        outbox_table.c.state == "waiting", outbox_table.c.due_at <= self.clock.now_ms()
                    )
                ).all()
            )
            if not due:
                return await self.parcels()
            await asyncio.sleep(0.01)

    def invited(self) -> list[EmailMessage]:
        return [letter for letter in self.postbox.letters if "is live" in letter["Subject"]]


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def smtp(postbox: Postbox) -> Iterator[Smtp]:
    controller = MailServer(postbox, hostname="127.0.0.1", port=0)
    controller.start()
    yield Smtp("127.0.0.1", controller.port, "none")
    controller.stop()


MakeTown = Callable[..., Any]


@pytest.fixture
async def make_town(database: Database, clock: ManualClock, bus: EventBus, postbox: Postbox) -> AsyncIterator[MakeTown]:
    host = {"id": "host", "email": "h@example.com", "password_hash": "-", "display_name": "Mila", "locale": "en"}
    await database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)).close())
    push = PushService()
    app = web.Application()
    app.router.add_post("/send/{name}", push.handle)
    server = TestServer(app)
    await server.start_server()
    push.url = f"http://127.0.0.1:{server.port}"
    closing: list[Any] = [server.close]

    async def no_store(_: str) -> None:
        return None

    async def make(smtp: Smtp, *, allow_private: bool = True, context: ssl.SSLContext | None = None) -> Town:
        outbox = SqlOutbox(database)
        store, letters = SqlFollowers(database, outbox.added), Letters(SECRET)
        rooms = RoomService(
            SqlRooms(database, start_announced), clock=clock, bus=bus, viewers=lambda _: 0, store_of=no_store
        )
        notices = Notices(English(), letters, Sender("https://shop.example", "shop@shop.example"))
        key = webpush.vapid_key(SECRET)
        carriers: dict[str, Carrier] = {
            "announce": Announcer(store, rooms.get, clock, LIMITS),
            "mail": MailCarrier(
                smtp, store, notices, rooms.get, clock, context=context, low_of=low_stock_of(database, outbox)
            ),
            "push": PushCarrier(
                key, "mailto:shop@shop.example", store, notices, rooms.get, clock, LIMITS, allow_private=allow_private
            ),
        }
        followers = Followers(
            store,
            letters,
            clock=clock,
            mail=True,
            push_key=webpush.encode_key(webpush.public_bytes(key)),
            plain_http=True,
            limits=LIMITS,
        )
        deliverer = Deliverer(outbox, SqlEndpoints(database), clock=clock, own={}, carriers=carriers)
        for carrier in carriers.values():
            carrier.start()
            closing.append(carrier.close)
        deliverer.start()
        closing.append(deliverer.close)
        return Town(clock, database, rooms, store, followers, letters, deliverer, postbox, push)

    yield make
    for close in reversed(closing):
        await close()


async def test_followers_get_one_letter_and_one_notice_each(make_town: MakeTown, smtp: Smtp) -> None:
    town: Town = await make_town(smtp)
    room = await town.room(title="New glazes: celadon")
    people = [await town.person(f"p{n}", room) for n in range(7)]
    await town.person("mailless", room, mail=False)
    browsers = {name: await town.browser(people[0], name) for name in ("phone", "laptop")}
    await town.start(room)
    states = await town.settled()
    assert set(states.values()) == {"delivered"}
    letters = town.invited()
    assert sorted(letter["To"] for letter in letters) == [f"p{n}@example.org" for n in range(7)]
    assert letters[0]["Subject"] == "Mila is live: New glazes: celadon"
    assert letters[0]["From"] == "livehub <shop@shop.example>"
    body = letters[0].get_content()
    assert f"https://shop.example/r/{room}" in body
    assert letters[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letters[0]["Auto-Submitted"] == "auto-generated"
    assert sorted(name for name, _, _ in town.push.got) == ["laptop", "phone"]
    for name, headers, encrypted in town.push.got:
        told = json.loads(browsers[name].decrypt(encrypted))
        assert (told["title"], told["url"], told["lang"]) == ("Mila", f"/r/{room}", "th")
        assert "celadon" in told["body"]
        token = headers["Authorization"].removeprefix("vapid t=").partition(",")[0]
        key = webpush.vapid_key(SECRET).public_key()
        claims = jwt.decode(token, key, ["ES256"], audience=town.push.url, options={"verify_exp": False})
        assert claims["sub"] == "mailto:shop@shop.example"
        assert (headers["Content-Encoding"], headers["TTL"], headers["Topic"]) == ("aes128gcm", "3600", room)


async def test_the_letter_stops_by_its_own_link(make_town: MakeTown, smtp: Smtp) -> None:
    town: Town = await make_town(smtp)
    room = await town.room()
    ann = await town.person("ann", room)
    await town.start(room)
    await town.settled()
    (letter,) = town.invited()
    link = letter["List-Unsubscribe"].strip("<>")
    await town.followers.stop(link.partition("token=")[2])
    await town.followers.stop(link.partition("token=")[2])
    assert (await town.followers.ways(ann))[0] is None
    second = await town.room()
    await town.start(second)
    await town.settled()
    assert len(town.invited()) == 1


async def test_an_address_that_nobody_confirmed_gets_the_question_and_nothing_else(
    make_town: MakeTown, smtp: Smtp
) -> None:
    town: Town = await make_town(smtp)
    room = await town.room()
    ann = await town.person("ann", room, mail=False)
    await town.followers.set_address(ann, "victim@example.org")
    await town.start(room)
    await town.settled()
    (question,) = town.postbox.letters
    assert question["To"] == "victim@example.org"
    assert "List-Unsubscribe" not in question
    link = question.get_content().partition("#")[2].split()[0]
    await town.followers.confirm(link)
    address = (await town.followers.ways(ann))[0]
    assert address is not None
    assert address.state is AddressState.CONFIRMED


async def test_reminders_are_of_their_room_and_the_host_is_not_told_of_themselves(
    make_town: MakeTown, smtp: Smtp
) -> None:
    town: Town = await make_town(smtp)
    hidden, open_room = await town.room(Visibility.UNLISTED), await town.room()
    ann = Principal(PrincipalKind.ACCOUNT, "ann", "Ann", "en")
    await town.followers.remind(await town.rooms.access(hidden, ann))
    address = await town.followers.set_address(ann, "ann@example.org")
    await town.followers.confirm(town.letters.link(Purpose.CONFIRM, address.id))
    await town.person("ben", hidden)
    await town.followers.follow(await town.rooms.access(open_room, HOST))
    own = await town.followers.set_address(HOST, "host@example.org")
    await town.followers.confirm(town.letters.link(Purpose.CONFIRM, own.id))
    await town.start(hidden)
    await town.settled()
    assert [letter["To"] for letter in town.invited()] == ["ann@example.org"]
    await town.start(open_room)
    await town.settled()
    assert [letter["To"] for letter in town.invited()] == ["ann@example.org", "ben@example.org"]
    private = await town.room(Visibility.PRIVATE)
    await town.start(private)
    await town.settled()
    assert len(town.invited()) == 2


async def test_nobody_is_told_twice_nor_too_often(make_town: MakeTown, smtp: Smtp) -> None:
    town: Town = await make_town(smtp)
    room = await town.room()
    await town.person("ann", room)
    await town.settled()
    town.clock.advance(3601)  # the question to confirm counts as well
    for _ in range(4):
        await town.start(await town.room())
        await town.settled()
    assert len(town.invited()) == 2
    town.clock.advance(3601)
    await town.start(room)
    await town.settled()
    assert len(town.invited()) == 3
    parcel = next(iter(await SqlOutbox(town.database).due(town.clock.now_ms(), 1, "announce")), None)
    assert parcel is None


async def test_a_show_that_is_over_is_not_told_of(make_town: MakeTown, smtp: Smtp) -> None:
    town: Town = await make_town(smtp)
    room = await town.room()
    await town.person("ann", room)
    await town.settled()
    town.postbox.answers = ["451 later"]
    await town.start(room)
    await town.settled()
    assert town.invited() == []
    await town.rooms.end(await town.rooms.access(room, HOST))
    town.clock.advance(60)
    states = await town.settled()
    assert sorted(states.values()) == ["delivered", "given_up"]
    assert town.invited() == []


async def test_a_mail_server_that_says_later_is_asked_later_and_one_that_says_no_is_not(
    make_town: MakeTown, smtp: Smtp
) -> None:
    town: Town = await make_town(smtp)
    room = await town.room()
    await town.person("ann", room)
    await town.settled()
    town.postbox.answers = ["451 greylisted", "450 still"]
    await town.start(room)
    await town.settled()
    assert town.invited() == []
    for wait in (10, 60):
        town.clock.advance(wait)
        await town.settled()
    assert len(town.invited()) == 1
    second = await town.room()
    town.clock.advance(3601)
    town.postbox.answers = ["550 no such person"]
    await town.start(second)
    states = await town.settled()
    assert "given_up" in states.values()


async def test_a_browser_that_took_it_back_is_forgotten(make_town: MakeTown, smtp: Smtp) -> None:
    town: Town = await make_town(smtp)
    room = await town.room()
    ann = await town.person("ann", room, mail=False)
    await town.browser(ann, "phone")
    town.push.status, town.push.headers = 429, {"Retry-After": "120"}
    await town.start(room)
    await town.settled()
    town.clock.advance(119)
    await town.settled()
    assert len(town.push.got) == 1
    town.clock.advance(1)
    town.push.status = 410
    await town.settled()
    assert len(town.push.got) == 2
    assert (await town.followers.ways(ann))[1] == []


async def test_a_subscription_that_leads_into_the_own_network_is_never_asked(make_town: MakeTown, smtp: Smtp) -> None:
    town: Town = await make_town(smtp, allow_private=False)
    room = await town.room()
    ann = await town.person("ann", room, mail=False)
    await town.browser(ann, "phone")
    browser = Browser()
    keys = webpush.encode_key(browser.point), webpush.encode_key(browser.auth)
    named = town.push.url.replace("127.0.0.1", "localhost")
    await town.followers.add_push(ann, NewPush(f"{named}/send/named", *keys), "en")
    await town.start(room)
    states = await town.settled()
    assert sorted(states.values()) == ["delivered", "given_up", "given_up"]
    assert town.push.got == []
    assert (await town.followers.ways(ann))[1] == []


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1, and a context that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, SHA256())
    )
    path = folder / "smtp.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path, ssl.create_default_context(cadata=made.public_bytes(Encoding.PEM).decode())


async def test_letters_go_by_starttls_with_a_password_or_not_at_all(
    make_town: MakeTown, postbox: Postbox, tmp_path: Path
) -> None:
    path, trusting = certificate(tmp_path)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(path)
    controller = MailServer(
        postbox, hostname="127.0.0.1", port=0, tls_context=served, authenticator=postbox.login, auth_required=True
    )
    controller.start()
    port = controller.port
    try:
        town: Town = await make_town(parse_smtp_url(f"smtp://shop:open%20sesame@127.0.0.1:{port}"), context=trusting)
        await town.followers.set_address(HOST, "host@example.org")
        await town.settled()
        assert postbox.encrypted == [True]
        assert postbox.logins == [(b"shop", b"open sesame")]
    finally:
        await asyncio.to_thread(controller.stop)


async def test_a_server_without_starttls_gets_nothing(make_town: MakeTown, smtp: Smtp) -> None:
    town: Town = await make_town(Smtp(smtp.host, smtp.port, "starttls"))
    await town.followers.set_address(HOST, "host@example.org")
    states = await town.settled()
    assert list(states.values()) == ["waiting"]
    assert town.postbox.letters == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("smtps://u:p%40ss@mail.example", Smtp("mail.example", 465, "tls", "u", "p@ss")),
        ("smtp://mail.example", Smtp("mail.example", 587, "starttls")),
        ("smtp+plain://127.0.0.1:1025", Smtp("127.0.0.1", 1025, "none")),
    ],
)
def test_where_letters_are_handed_in(text: str, meant: Smtp) -> None:
    assert parse_smtp_url(text) == meant
    assert "p@ss" not in repr(parse_smtp_url(text))


@pytest.mark.parametrize("text", ["http://mail.example", "smtp://", "smtp://x:99999", "smtp+plain://u:p@mail.example"])
def test_what_is_no_mail_server(text: str) -> None:
    with pytest.raises(ValueError, match=r".+") as refusal:
        parse_smtp_url(text)
    assert "u:p" not in str(refusal.value)


async def test_of_little_stock_one_letter_an_hour_lists_all(make_town: MakeTown, smtp: Smtp) -> None:
    town: Town = await make_town(smtp)
    catalog, outbox = SqlCatalog(town.database), SqlOutbox(town.database)
    stockroom = SqlStockroom(town.database, outbox, mail=True)
    store = Store("store_1", HOST.identity, "Pottery", "EUR", 0)
    await catalog.add_store(store)
    price = Money(100, "EUR")
    cups = [NewVariant("CUP", "blue", price, 9), NewVariant("BOWL", "", price, 9)]
    await catalog.add_product(Product("prd_1", store.id, "Tea cup", "", None, (), 0), cups)
    for sku in ("CUP", "BOWL"):
        await stockroom.set_low(store.id, sku, 3)

    async def lose(sku: str, units: int) -> list[EmailMessage]:
        await stockroom.adjust(store.id, Change(sku, Reason.LOST, delta=-units), "host", town.clock.now_ms())
        assert await stockroom.watch(town.clock.now_ms(), 10) == 1
        await town.settled()
        return [letter for letter in town.postbox.letters if "little is left" in letter["Subject"]]

    # Nobody is written to who has not said yes to letters.
    assert await lose("CUP", 6) == []
    address = await town.followers.set_address(HOST, "host@example.org")
    await town.followers.confirm(town.letters.link(Purpose.CONFIRM, address.id))
    (letter,) = await lose("BOWL", 7)
    assert (letter["To"], letter["Subject"]) == ("host@example.org", "Pottery: little is left")
    text = letter.get_content().replace("\r\n", "\n")
    assert "2 · Tea cup (BOWL)\n3 · Tea cup · blue (CUP)" in text
    assert "https://shop.example/desk#products" in text
    # The next one waits for the next hour, and says what is so by then.
    await stockroom.adjust(store.id, Change("CUP", Reason.FOUND, delta=2), "host", 0)
    await stockroom.watch(town.clock.now_ms(), 10)
    assert len(await lose("CUP", 2)) == 1
    town.clock.advance(3600)
    while len([one for one in town.postbox.letters if "little is left" in one["Subject"]]) < 2:
        await asyncio.sleep(0.01)
