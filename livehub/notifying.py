"""What leaves by mail and push put together: following, letters about orders, and the carriers that take them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from livehub.clock import Clock
from livehub.commerce.auctions.letters import BID_TARGET, END_TARGET
from livehub.commerce.fulfilment.buyer_letters import LETTER_TARGET, BuyerLetters, Sender, ShopWords
from livehub.commerce.fulfilment.returns import ReturnState
from livehub.commerce.gateway import Gateway
from livehub.config import Config, ConfigError
from livehub.followers import notices as follower_notices
from livehub.followers import webpush
from livehub.followers.letters import Letters
from livehub.followers.limits import FollowerLimits
from livehub.followers.notices import Notices
from livehub.followers.ports import Titles
from livehub.followers.service import Followers
from livehub.rooms.model import Room
from livehub.storage.auction_letters import SqlBidders
from livehub.storage.auctions import SqlAuctions
from livehub.storage.catalog import SqlCatalog
from livehub.storage.database import Database
from livehub.storage.followers import SqlFollowers
from livehub.storage.invoices import SqlInvoices
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.returns import SqlReturns
from livehub.storage.stockroom import SqlStockroom
from livehub.storage.terms import SqlTerms
from livehub.web.assets import share_dir
from livehub.web.i18n import Catalogues
from livehub.worker.announcing import Announcer
from livehub.worker.auction_mailing import AuctionEnds, BidMailCarrier, IsHere
from livehub.worker.carrier import Carrier
from livehub.worker.mailing import AskedOf, LowOf, MailCarrier
from livehub.worker.order_mailing import OrderMailCarrier
from livehub.worker.posting import Postman, Smtp, parse_smtp_url
from livehub.worker.pushing import PushCarrier

#: articles that one letter about stock lists
MAX_LISTED: Final = 50


def make_followers(
    config: Config,
    database: Database,
    outbox: SqlOutbox,
    room_of: Callable[[str], Awaitable[Room]],
    titles: Titles,
    clock: Clock,
) -> tuple[Followers, Mapping[str, Carrier]]:
    """Raises: ConfigError, for a mail server that cannot be used."""
    limits, letters = FollowerLimits(), Letters(config.secret)
    store = SqlFollowers(database, outbox.added)
    notices = Notices(
        Catalogues(share_dir("translations")),
        letters,
        follower_notices.Sender(config.public_url, config.mail_from),
        titles,
    )
    key = webpush.vapid_key(config.secret)
    carriers: dict[str, Carrier] = {
        "announce": Announcer(store, room_of, clock, limits),
        "push": PushCarrier(
            key,
            config.push_contact,
            store,
            notices,
            room_of,
            clock,
            limits,
            allow_private=config.allow_private_push,
        ),
    }
    if config.smtp_url:
        low_of = low_stock_of(database, outbox)
        carriers["mail"] = MailCarrier(
            _smtp_of(config), store, notices, room_of, clock, low_of=low_of, asked_of=asked_of_with(database, outbox)
        )
    followers = Followers(
        store,
        letters,
        clock=clock,
        mail=bool(config.smtp_url),
        push_key=webpush.encode_key(webpush.public_bytes(key)),
        plain_http=config.allow_private_push,
        limits=limits,
    )
    return followers, carriers


def order_mail(
    config: Config,
    database: Database,
    orders: SqlOrders,
    words: ShopWords,
    gateways: Mapping[str, Gateway],
    clock: Clock,
) -> Mapping[str, Carrier]:
    """None without a mail server. Raises: ConfigError, for one that cannot be used."""
    if not config.smtp_url:
        return {}
    sender = Sender(config.public_url, config.mail_from)
    letters = BuyerLetters(Catalogues(share_dir("translations")), sender, words, gateways)
    postman = Postman(_smtp_of(config))
    carrier = OrderMailCarrier(postman, letters, orders, SqlInvoices(database), SqlTerms(database), clock)
    return {LETTER_TARGET: carrier}


def auction_mail(
    config: Config, database: Database, outbox: SqlOutbox, words: ShopWords, is_here: IsHere, clock: Clock
) -> Mapping[str, Carrier]:
    """None without a mail server. Raises: ConfigError, for one that cannot be used."""
    if not config.smtp_url:
        return {}
    notices = Notices(
        Catalogues(share_dir("translations")),
        Letters(config.secret),
        follower_notices.Sender(config.public_url, config.mail_from),
    )
    carrier = BidMailCarrier(
        Postman(_smtp_of(config)),
        SqlFollowers(database, outbox.added),
        SqlAuctions(database, outbox),
        notices,
        is_here,
        clock,
        words,
    )
    return {BID_TARGET: carrier, END_TARGET: AuctionEnds(SqlBidders(database, outbox), clock)}


def _smtp_of(config: Config) -> Smtp:
    try:
        return parse_smtp_url(config.smtp_url)
    except ValueError as error:
        raise ConfigError(f"LIVEHUB_SMTP_URL cannot be used: {error}") from None


def low_stock_of(database: Database, outbox: SqlOutbox) -> LowOf:
    """What a letter about stock says, as it is when the letter leaves."""
    stockroom, catalog = SqlStockroom(database, outbox), SqlCatalog(database)

    async def low_of(store_id: str) -> tuple[str, Sequence[str]]:
        store = await catalog.store(store_id)
        levels = await stockroom.told_low(store_id, MAX_LISTED)
        lines = [
            f"{level.stock} · {level.title}{f' · {level.variant_title}' if level.variant_title else ''} ({level.sku})"
            for level in levels
        ]
        return (store.title if store else ""), lines

    return low_of


def asked_of_with(database: Database, outbox: SqlOutbox) -> AskedOf:
    """What a letter about money that is asked back says, as it is when the letter leaves."""
    orders = SqlOrders(database, outbox)
    returns = SqlReturns(database, orders)

    async def asked_of(order_id: str) -> tuple[str, str, str] | None:
        order = await orders.find(order_id)
        if order is None:
            return None
        waiting = [one for one in (await returns.standing(order_id)).returns if one.state is ReturnState.ASKED]
        return (order.store_title, order.number, waiting[0].reason) if waiting else None

    return asked_of
