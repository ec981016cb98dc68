"""Who gets the unit of an auction, inside the transactions that decide it: at its end, when a winner lets the time to
order pass, and when the winner's order is placed, paid or given up."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, String, cast, func, literal, select, update

from livehub.commerce.auctions.bidding import price_without
from livehub.commerce.auctions.model import MAX_AWARDS, Auction, AuctionState, Lapse, check_transition
from livehub.commerce.money import Money
from livehub.commerce.orders.checkout import Intent, Won
from livehub.commerce.orders.model import Draw, Order, OrderLine, OrderStatus
from livehub.storage import stock
from livehub.storage.auction_letters import tell_others, tell_winner
from livehub.storage.auction_rows import auction_bids, auctions, award_price, load_auction, ranked, select_awards
from livehub.storage.commerce import offers
from livehub.storage.outbox import SqlOutbox
from livehub.storage.waitlist import inherit
from livehub.storage.writer import Tx

_A, _B = auctions.c, auction_bids.c


def one_unit(tx: Tx, offer_id: str) -> Draw:
    """Of the offer, for :mod:`livehub.storage.stock` to move."""
    variant_id = tx.execute(select(offers.c.variant_id).where(offers.c.id == offer_id)).scalar_one()
    return Draw(offer_id, variant_id or "", 1)


def award_first(tx: Tx, outbox: SqlOutbox, auction: Auction, at_ms: int) -> None:
    """The end: the leader gets the unit at the price, or it is free again."""
    standing = auction.standing
    if standing.leader is None or standing.price is None:
        set_free(tx, outbox, auction, AuctionState.UNSOLD, at_ms)
        return
    # A ceiling that was put while the last bid was on its way knew of a lower price.
    price = standing.capped(standing.price)
    _award(tx, outbox, auction, 0, standing.leader, auction.leader_name or "", price, at_ms)
    tell_others(tx, outbox, auction.id, at_ms)


def award_next(tx: Tx, outbox: SqlOutbox, auction: Auction, at_ms: int, *, is_free: bool = False) -> None:
    """The winner let it lapse or said no: whoever comes after them gets it, where the merchant wants that.

    ``is_free``: the unit is among the offer's available ones already, for an order gave it back.
    """
    rank = auction.award.rank + 1 if auction.award is not None else 0
    bidders = ranked(tx, auction.id)
    unit = one_unit(tx, auction.offer_id)
    goes_on = auction.lapse is Lapse.RUNNER_UP and rank < min(len(bidders), MAX_AWARDS)
    if goes_on and is_free:
        goes_on = stock.are_available(tx, [unit])
        if goes_on:
            stock.hold_again(tx, unit)
    if not goes_on:
        if is_free:
            _set(tx, outbox, auction, AuctionState.UNSOLD, at_ms, closed_at=auction.closed_at or at_ms)
        else:
            set_free(tx, outbox, auction, AuctionState.UNSOLD, at_ms)
        return
    bidder, _ = bidders[rank]
    maxima = [maximum for _, maximum in bidders[rank:]]
    price = price_without(auction.standing, maxima)
    name = select(_B.bidder_name).where(_B.auction_id == auction.id, _B.bidder_id == bidder)
    found = tx.execute(name.order_by(_B.number.desc()).limit(1)).scalar_one()
    _award(tx, outbox, auction, rank, bidder, found, price, at_ms)


def set_free(tx: Tx, outbox: SqlOutbox, auction: Auction, state: AuctionState, at_ms: int) -> None:
    """Who waits for one has it first."""
    stock.give_back_held(tx, one_unit(tx, auction.offer_id))
    _set(tx, outbox, auction, state, at_ms, closed_at=auction.closed_at or at_ms)
    inherit(tx, {auction.offer_id}, at_ms)


def _award(
    tx: Tx, outbox: SqlOutbox, auction: Auction, rank: int, bidder: str, name: str, price: int, at_ms: int
) -> None:
    _set(
        tx,
        outbox,
        auction,
        AuctionState.AWARDED,
        at_ms,
        closed_at=auction.closed_at or at_ms,
        award_to=bidder,
        award_name=name,
        award_minor=price,
        award_until=at_ms + auction.pay_minutes * 60_000,
        award_rank=rank,
        order_id=None,
    )
    tell_winner(tx, outbox, auction.id, bidder, at_ms)


def _set(tx: Tx, outbox: SqlOutbox, auction: Auction, state: AuctionState, at_ms: int, **values: Any) -> None:
    check_transition(auction.state, state)
    tx.execute(update(auctions).where(_A.id == auction.id).values(state=state.value, **values))
    tell(tx, outbox, load_auction(tx, auction.id), str(state), at_ms)


def tell(tx: Tx, outbox: SqlOutbox, auction: Auction, event: str, at_ms: int) -> None:
    """The merchant's systems, in the commit of what they are told of; see
    :data:`livehub.commerce.webhooks.events.EVENTS`."""
    outbox.tell(tx, auction.store_id, f"auction.{event}", lambda: auction.present(at_ms), at_ms)


def won_of(row: Row[Any]) -> Won | None:
    """What can be ordered by whom, of a row of :func:`~.auction_rows.select_awards`; None: nothing (any more)."""
    if row.state != AuctionState.AWARDED:
        return None
    return Won(row.offer_id, row.award_to, Money(award_price(row), row.currency), row.award_until)


class AwardShelf:
    """The auctions that a batch of intents names; see :mod:`livehub.storage.place`. Locked after the offers."""

    def __init__(self, tx: Tx, intents: Iterable[Intent]) -> None:
        self.won: dict[str, Won] = {}
        self._ordered: dict[str, tuple[str, int]] = {}
        named = sorted({auction_id for intent in intents for auction_id in intent.basket.auctions})
        if named:
            statement = select_awards().where(_A.id.in_(named)).order_by(_A.id).with_for_update(of=auctions)
            self.won = {row.id: won for row in tx.execute(statement) if (won := won_of(row)) is not None}

    def take(self, intent: Intent) -> None:
        """What ``intent`` orders is nobody else's any more."""
        for auction_id in intent.basket.auctions:
            won = self.won.pop(auction_id)
            self._ordered[auction_id] = (intent.order_id, won.price.amount_minor)

    def keep(self, tx: Tx) -> None:
        for auction_id, (order_id, price) in sorted(self._ordered.items()):
            values = {"state": AuctionState.ORDERED.value, "order_id": order_id, "award_minor": price}
            tx.execute(update(auctions).where(_A.id == auction_id).values(values))


def lock(tx: Tx, auction_ids: Collection[str]) -> None:
    """After all else that orders lock, where several processes write."""
    if auction_ids:
        tx.execute(select(_A.id).where(_A.id.in_(auction_ids)).order_by(_A.id).with_for_update()).close()


def follow(tx: Tx, outbox: SqlOutbox, order: Order, wanted: OrderStatus, at_ms: int) -> None:
    """What a step of ``order`` means to the auctions that its lines were won at; their units have moved already."""
    for auction_id in _auctions_of(order.lines):
        auction = load_auction(tx, auction_id)
        if auction.award is None or auction.award.order_id != order.id:
            continue  # somebody else's by now
        if wanted is OrderStatus.PAID and auction.state in {AuctionState.ORDERED, AuctionState.UNSOLD}:
            _set(tx, outbox, auction, AuctionState.SOLD, at_ms)
        elif wanted in {OrderStatus.CANCELLED, OrderStatus.EXPIRED} and auction.state is AuctionState.ORDERED:
            award_next(tx, outbox, auction, at_ms, is_free=True)


def are_left(tx: Tx, order: Order) -> bool:
    """Whether what an expired order was won for went to nobody else: each was one unit for one bidder."""
    won = _auctions_of(order.lines)
    if not won:
        return True
    own = select(func.count()).where(_A.id.in_(won), _A.order_id == order.id, _A.state == AuctionState.UNSOLD.value)
    return int(tx.execute(own).scalar_one()) == len(won)


def _auctions_of(lines: Sequence[OrderLine]) -> list[str]:
    return sorted({line.auction_id for line in lines if line.auction_id is not None})


def hand_over(tx: Tx, guest_id: str, account_id: str) -> None:
    """What a guest bid is the account's from now on."""
    taken = select(_B.key).where(_B.bidder_id == account_id).scalar_subquery()
    of_guest = _B.bidder_id == guest_id
    tx.execute(
        update(auction_bids).where(of_guest, _B.key.in_(taken)).values(key=literal("moved-") + cast(_B.number, String))
    )
    tx.execute(update(auction_bids).where(of_guest).values(bidder_id=account_id))
    tx.execute(update(auctions).where(_A.leader_id == guest_id).values(leader_id=account_id))
    tx.execute(update(auctions).where(_A.award_to == guest_id).values(award_to=account_id))
