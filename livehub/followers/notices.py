"""What a notice says: in the reader's language, short, with the way to stop it. Sentences come from the catalogues."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final

import msgspec

from livehub.followers.letters import Letters, Purpose
from livehub.followers.model import Address
from livehub.followers.ports import Sentences, Titles
from livehub.rooms.model import Room

MAX_TITLE_CHARS = 120


def N_(sentence: str) -> str:
    """Marks a sentence for translation; it is looked up when the notice is made."""
    return sentence


IS_LIVE = N_("{name} is live: {title}")
WATCH_IT = N_("Watch it here:")
WHY = N_("You get this letter because you follow {name}.")
STOP = N_("Stop these letters:")
CONFIRM_SUBJECT = N_("Do you want to be told when shows begin?")
CONFIRM_TEXT = N_(
    "Somebody, probably you, asked us to write to this address when shows begin. If it was you, confirm it here:"
)
CONFIRM_ELSE = N_("If it was not you, do nothing: we will not write again.")
LIVE_NOW = N_("Live now")
LOW_SUBJECT = N_("{name}: little is left")
LOW_TEXT = N_("These articles have come down to the number at which you wanted to be told, with what is left of each:")
LOW_WHERE = N_("Your stock:")
RETURN_SUBJECT = N_("{name}: the buyer of order {number} wants money back")
RETURN_TEXT = N_("The buyer sent you this, and waits for your answer:")
RETURN_WHERE = N_("Answer it here:")
#: what happened → subject, first sentence, and what stands before the show's address
AUCTION_WORDS: Final = MappingProxyType(
    {
        "outbid": (
            N_("You were outbid: {title}"),
            N_("Somebody has bid more than you. The price is {price} now."),
            N_("Bid again here:"),
        ),
        "won": (
            N_("You won: {title}"),
            N_("It is yours for {price}, and is kept for you until {time}."),
            N_("Order it here:"),
        ),
        "runner_up": (
            N_("It is yours after all: {title}"),
            N_("Whoever won it did not take it. Now it is yours for {price}, and is kept for you until {time}."),
            N_("Order it here:"),
        ),
        "lost": (N_("The auction is over: {title}"), N_("Somebody else won it, for {price}."), N_("The show:")),
        "second": (
            N_("The auction is over: {title}"),
            N_("Somebody else won it, for {price}. If they do not take it, it may be yours: we write to you then."),
            N_("The show:"),
        ),
    }
)
AUCTION_WHY = N_("You get this letter because you bid in this auction.")


@dataclass(frozen=True, slots=True)
class AuctionNews:
    """Of one bidder: ``what`` happened, of AUCTION_WORDS. ``title`` in their language, ``written`` as the shop wrote
    it; ``price`` and ``time`` in words."""

    what: str
    room_id: str
    title: str
    written: str
    price: str
    time: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """``public_url`` without trailing slash; ``mail_from`` is the address that letters come from."""

    public_url: str
    mail_from: str = ""


class Notices:
    """``titles``: of rooms, in the reader's language; without it they are as their hosts wrote them."""

    def __init__(self, sentences: Sentences, letters: Letters, sender: Sender, titles: Titles | None = None) -> None:
        self._sentences = sentences
        self._letters = letters
        self._sender = sender
        self._titles = titles

    async def push(self, room: Room, locale: str) -> bytes:
        """What the service worker shows: JSON of title, body, url and tag."""
        now, title = await self._text(locale, LIVE_NOW), await self._title(room, locale)
        words = {"title": _owner(room), "body": f"{now}: {_short(title)}"}
        return msgspec.json.encode({**words, "url": f"/r/{room.id}", "tag": room.id, "lang": locale})

    async def start(self, room: Room, to: Address, message_id: str, at_ms: int) -> EmailMessage:
        """That a room has begun."""
        locale = to.locale
        stop = f"{self._sender.public_url}/letters/stop#{self._letters.link(Purpose.STOP, to.id)}"
        title = await self._title(room, locale)
        subject = (await self._text(locale, IS_LIVE)).format(name=_owner(room), title=_short(title))
        original = [f"    {room.title}"] if room.title != title else []
        text = "\n".join((
            subject, *original, "", await self._text(locale, WATCH_IT), f"{self._sender.public_url}/r/{room.id}",
            "", "--",
            (await self._text(locale, WHY)).format(name=_owner(room)), f"{await self._text(locale, STOP)} {stop}", "",
        ))  # fmt: skip
        return self._with_button(self._letter(subject, text, to, message_id, at_ms), to)

    async def auction(self, news: AuctionNews, to: Address, message_id: str, at_ms: int) -> EmailMessage:
        """What became of a bid."""
        locale = to.locale
        subject, first, where = [await self._text(locale, sentence) for sentence in AUCTION_WORDS[news.what]]
        stop = f"{self._sender.public_url}/letters/stop#{self._letters.link(Purpose.STOP, to.id)}"
        original = [f"    {news.written}"] if news.written != news.title else []
        text = "\n".join((
            news.title, *original, "", first.format(price=news.price, time=news.time), "",
            f"{where} {self._sender.public_url}/r/{news.room_id}", "", "--",
            await self._text(locale, AUCTION_WHY), f"{await self._text(locale, STOP)} {stop}", "",
        ))  # fmt: skip
        letter = self._letter(subject.format(title=_short(news.title)), text, to, message_id, at_ms)
        return self._with_button(letter, to)

    def _with_button(self, letter: EmailMessage, to: Address) -> EmailMessage:
        """RFC 8058: the mail program's own button that stops such letters, without a page in between."""
        one_click = f"{self._sender.public_url}/api/v1/letters/stop?token={self._letters.link(Purpose.STOP, to.id)}"
        letter["List-Unsubscribe"] = f"<{one_click}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return letter

    async def low_stock(
        self, name: str, lines: Sequence[str], to: Address, message_id: str, at_ms: int
    ) -> EmailMessage:
        """That little is left in the shop ``name``; ``lines`` are the articles, each with what is left."""
        locale = to.locale
        stop = f"{self._sender.public_url}/letters/stop#{self._letters.link(Purpose.STOP, to.id)}"
        text = "\n".join((
            await self._text(locale, LOW_TEXT), "", *lines, "",
            f"{await self._text(locale, LOW_WHERE)} {self._sender.public_url}/desk#products", "", "--",
            f"{await self._text(locale, STOP)} {stop}", "",
        ))  # fmt: skip
        subject = (await self._text(locale, LOW_SUBJECT)).format(name=_short(name))
        return self._letter(subject, text, to, message_id, at_ms)

    async def asked_back(
        self, name: str, number: str, reason: str, order_id: str, to: Address, message_id: str, at_ms: int
    ) -> EmailMessage:
        """That the buyer of an order of the shop ``name`` wants money back; ``reason`` in their words."""
        locale = to.locale
        stop = f"{self._sender.public_url}/letters/stop#{self._letters.link(Purpose.STOP, to.id)}"
        text = "\n".join((
            await self._text(locale, RETURN_TEXT), "", *reason.splitlines(), "",
            f"{await self._text(locale, RETURN_WHERE)} {self._sender.public_url}/orders/{order_id}", "", "--",
            f"{await self._text(locale, STOP)} {stop}", "",
        ))  # fmt: skip
        subject = (await self._text(locale, RETURN_SUBJECT)).format(name=_short(name), number=number)
        return self._letter(subject, text, to, message_id, at_ms)

    async def confirm(self, to: Address, message_id: str, at_ms: int) -> EmailMessage:
        """Whether the address wants to be written to."""
        locale = to.locale
        link = f"{self._sender.public_url}/letters/confirm#{self._letters.link(Purpose.CONFIRM, to.id)}"
        text = "\n".join((await self._text(locale, CONFIRM_TEXT), link, "", await self._text(locale, CONFIRM_ELSE), ""))
        return self._letter(await self._text(locale, CONFIRM_SUBJECT), text, to, message_id, at_ms)

    def _letter(self, subject: str, text: str, to: Address, message_id: str, at_ms: int) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        local, _, domain = self._sender.mail_from.rpartition("@")
        letter["From"] = MailAddress("livehub", local, domain)
        letter["To"] = to.email
        letter["Subject"] = subject
        letter["Date"] = format_datetime(datetime.fromtimestamp(at_ms // 1000, UTC))
        letter["Message-ID"] = f"<{message_id}@{domain}>"
        # RFC 3834: no holiday notices back.
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text)
        return letter

    async def _title(self, room: Room, locale: str) -> str:
        return room.title if self._titles is None else await self._titles.title_of(room, locale)

    async def _text(self, locale: str, sentence: str) -> str:
        return await self._sentences.text(locale, sentence)


def _owner(room: Room) -> str:
    return room.store_title or room.owner_name


def _short(title: str) -> str:
    """Titles are one line (:mod:`livehub.text`); a subject wants a short one."""
    return title if len(title) <= MAX_TITLE_CHARS else f"{title[: MAX_TITLE_CHARS - 1]}…"
