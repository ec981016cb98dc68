"""What was gathered of live rooms, in SQL, and the facts of a report: its money is read from the ledger."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal_column, select

from livehub.commerce.orders.model import OrderStatus
from livehub.commerce.payments.ledger import MovementKind
from livehub.commerce.payments.refunds import RefundState
from livehub.insights.gathering import Gathered, Step
from livehub.insights.report import AFTER, MINUTE_MS, Facts, MinuteFacts, ProductFacts, QuestionFacts, Summary
from livehub.interaction.questions import QuestionState
from livehub.rooms.model import RoomState
from livehub.storage.commerce import offers, order_lines, orders, products, stores, variants
from livehub.storage.database import Database
from livehub.storage.insight_rows import offer_minutes, room_minutes
from livehub.storage.interaction_rows import questions
from livehub.storage.payment_tables import money_movements, payment_refunds
from livehub.storage.rooms import rooms
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

_M, _O, _L = money_movements.c, orders.c, order_lines.c
_PAID_IN = _M.kind == MovementKind.PAYMENT.value
#: orders whose goods the buyer has or had: their payment was for something
_SERVED = _O.status.not_in([OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED, OrderStatus.EXPIRED])


def _minute(ended_at: int | None) -> ColumnElement[int]:
    """The minute in which money moved."""
    minute: ColumnElement[int] = _M.at // MINUTE_MS
    return minute if ended_at is None else case((_M.at > ended_at, literal_column(str(AFTER))), else_=minute)


class SqlInsights:
    """Implements :class:`livehub.insights.ports.InsightStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, gathered: Gathered) -> None:
        minutes = insert_into(self._database, room_minutes)
        more = minutes.excluded
        minutes = minutes.on_conflict_do_update(
            index_elements=["room_id", "minute"],
            set_={
                "peak": case((more.peak > room_minutes.c.peak, more.peak), else_=room_minutes.c.peak),
                "total": room_minutes.c.total + more.total,
                "samples": room_minutes.c.samples + more.samples,
                "entered": room_minutes.c.entered + more.entered,
            },
        )
        steps = insert_into(self._database, offer_minutes)
        steps = steps.on_conflict_do_update(
            index_elements=["room_id", "minute", "offer_id", "step"],
            set_={"people": offer_minutes.c.people + steps.excluded.people},
        )

        def write(tx: Tx) -> None:
            rows = [
                {"room_id": room_id, "minute": minute, "peak": one.peak, "total": one.total, "samples": one.samples,
                 "entered": one.entered}
                for (room_id, minute), one in sorted(gathered.rooms.items())
            ]  # fmt: skip
            if rows:
                tx.execute(minutes, rows).close()
            known = _offers_of(tx, {(room_id, offer_id) for room_id, _, offer_id, _ in gathered.steps})
            rows = [
                {"room_id": room_id, "minute": minute, "offer_id": offer_id, "step": step.value, "people": people}
                for (room_id, minute, offer_id, step), people in sorted(gathered.steps.items())
                if (room_id, offer_id) in known
            ]
            if rows:
                tx.execute(steps, rows).close()

        await self._database.write(write)

    async def live_rooms(self) -> dict[str, frozenset[str]]:
        pins = and_(offers.c.room_id == rooms.c.id, offers.c.pinned)
        statement = (
            select(rooms.c.id, offers.c.id)
            .join(offers, pins, isouter=True)
            .where(rooms.c.state == RoomState.LIVE, rooms.c.deleted_at.is_(None))
        )

        def read(connection: Connection) -> dict[str, frozenset[str]]:
            found: dict[str, set[str]] = defaultdict(set)
            for room_id, offer_id in connection.execute(statement):
                found[room_id].update([] if offer_id is None else [offer_id])
            return {room_id: frozenset(pinned) for room_id, pinned in found.items()}

        return await self._database.read(read)

    async def currency(self, store_id: str) -> str | None:
        statement = select(stores.c.currency).where(stores.c.id == store_id)
        return await self._database.read(lambda connection: connection.execute(statement).scalar())

    async def facts(self, room_id: str, store_id: str | None, ended_at: int | None, questions: int) -> Facts:
        def read(connection: Connection) -> Facts:
            minutes = _viewers(connection, room_id)
            asked = _questions(connection, room_id, questions)
            if store_id is None:
                return Facts(minutes=_merge(minutes, {}, {}, {}), questions=asked)
            own = and_(_O.store_id == store_id, _O.room_id == room_id)
            taken, refunded = (_money(connection, own, kind, ended_at) for kind in MovementKind)
            units = _units(connection, own, ended_at)
            sums = _sums(connection, own)
            return Facts(
                **sums,
                minutes=_merge(minutes, units, taken, refunded),
                products=_products(connection, room_id, own, is_over=ended_at is not None),
                questions=asked,
            )

        return await self._database.read(read)

    async def shows(self, store_id: str, before: int | None, limit: int) -> list[Summary]:
        statement = (
            select(rooms.c.id, rooms.c.title, rooms.c.started_at, rooms.c.ended_at, stores.c.currency)
            .join(stores, stores.c.id == rooms.c.store_id)
            .where(rooms.c.store_id == store_id, rooms.c.started_at.is_not(None), rooms.c.deleted_at.is_(None))
            .order_by(rooms.c.started_at.desc(), rooms.c.id)
            .limit(limit)
        )
        if before is not None:
            statement = statement.where(rooms.c.started_at < before)

        def read(connection: Connection) -> list[Summary]:
            found = connection.execute(statement).all()
            sums = _sums_of(connection, store_id, [row.id for row in found])
            return [
                Summary(row.id, row.title, row.started_at, row.ended_at, row.currency, **sums[row.id]) for row in found
            ]

        return await self._database.read(read)


def _offers_of(tx: Tx, wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of ``wanted`` (room, offer) that there are: what clients send may name anything."""
    if not wanted:
        return set()
    ids = sorted({offer_id for _, offer_id in wanted})
    found: set[tuple[str, str]] = set()
    for start in range(0, len(ids), 500):
        statement = select(offers.c.room_id, offers.c.id).where(offers.c.id.in_(ids[start : start + 500]))
        rows: Sequence[Any] = tx.execute(statement).all()
        found |= {(room_id, offer_id) for room_id, offer_id in rows}
    return found & wanted


def _viewers(connection: Connection, room_id: str) -> dict[int, tuple[int, int, int, int]]:
    c = room_minutes.c
    statement = select(c.minute, c.peak, c.total, c.samples, c.entered).where(c.room_id == room_id)
    return {row.minute: (row.peak, row.total, row.samples, row.entered) for row in connection.execute(statement)}


def _money(
    connection: Connection, own: ColumnElement[bool], kind: MovementKind, ended_at: int | None
) -> dict[int, int]:
    minute = _minute(ended_at)
    statement = (
        select(minute.label("minute"), func.sum(_M.amount_minor))
        .join(orders, _O.seq == _M.order_seq)
        .where(own, _M.kind == kind.value)
        .group_by(minute)
    )
    return {int(row[0]): int(row[1]) for row in connection.execute(statement).all()}


def _paid_lines(*columns: Any) -> Select[Any]:
    """Lines of orders that were paid and served, beside the movement that paid them: one for each order."""
    return (
        select(*columns)
        .join_from(money_movements, orders, and_(_O.seq == _M.order_seq, _PAID_IN, _SERVED))
        .join(order_lines, _L.order_seq == _O.seq)
    )


def _units(connection: Connection, own: ColumnElement[bool], ended_at: int | None) -> dict[int, int]:
    minute = _minute(ended_at)
    statement = _paid_lines(minute.label("minute"), func.sum(_L.quantity)).where(own).group_by(minute)
    return {int(minute): int(units) for minute, units in connection.execute(statement)}


def _merge(
    viewers: dict[int, tuple[int, int, int, int]],
    units: dict[int, int],
    taken: dict[int, int],
    refunded: dict[int, int],
) -> tuple[MinuteFacts, ...]:
    return tuple(
        MinuteFacts(
            minute,
            *viewers.get(minute, (0, 0, 0, 0)),
            units=units.get(minute, 0),
            taken=taken.get(minute, 0),
            refunded=refunded.get(minute, 0),
        )
        for minute in sorted(viewers.keys() | units.keys() | taken.keys() | refunded.keys())
    )


def _sums(connection: Connection, own: ColumnElement[bool]) -> dict[str, int]:
    waits = _O.status == OrderStatus.PENDING_PAYMENT
    waiting = connection.execute(select(func.count(), func.sum(_O.total_minor)).where(own, waits)).one()
    paid = select(
        func.count().filter(_SERVED),
        func.sum(_O.total_minor).filter(_SERVED),
        func.sum(_O.discount_minor).filter(_SERVED),
        func.sum(_M.amount_minor).filter(~_SERVED),
    ).join_from(money_movements, orders, and_(_O.seq == _M.order_seq, _PAID_IN))
    count, served, discounts, unserved = connection.execute(paid.where(own)).one()
    return {
        "orders": int(count or 0),
        "waiting": int(waiting[0]),
        "waiting_total": int(waiting[1] or 0),
        "served": int(served or 0),
        "discounts": int(discounts or 0),
        "unserved": int(unserved or 0),
    }


def _products(
    connection: Connection, room_id: str, own: ColumnElement[bool], *, is_over: bool
) -> tuple[ProductFacts, ...]:
    """All offers of the room, most money first. What is left of them is the shop's again when the room is over."""
    left = offers.c.available + func.coalesce(variants.c.free, 0) if is_over else offers.c.available
    sold = _paid_lines(
        _L.offer_id, func.sum(_L.quantity), func.sum(_L.quantity * _L.unit_minor), func.count(_O.seq.distinct())
    )
    figures = {
        offer_id: (int(units), int(goods), int(count))
        for offer_id, units, goods, count in connection.execute(sold.where(own).group_by(_L.offer_id))
    }
    c = offer_minutes.c
    steps_of = select(c.offer_id, c.step, func.sum(c.people)).where(c.room_id == room_id).group_by(c.offer_id, c.step)
    steps = {(offer_id, step): int(people) for offer_id, step, people in connection.execute(steps_of)}
    returned = _returned(connection, own)
    listed = (
        select(
            offers.c.id, variants.c.sku, func.coalesce(offers.c.title, products.c.title).label("title"),
            variants.c.title.label("variant_title"), left.label("available"), offers.c.held,
        )
        .outerjoin(variants, variants.c.id == offers.c.variant_id)
        .outerjoin(products, products.c.id == variants.c.product_id)
        .where(offers.c.room_id == room_id)
        .order_by(offers.c.position, offers.c.id)
    )  # fmt: skip
    found = []
    for row in connection.execute(listed):
        units, goods, count = figures.get(row.id, (0, 0, 0))
        view, card, checkout = (steps.get((row.id, step.value), 0) for step in Step)
        found.append(
            ProductFacts(row.id, row.sku or "", row.title, row.variant_title or "", view, card, checkout, count, units,
                         returned[row.id], goods, row.available, row.held)
        )  # fmt: skip
    return tuple(sorted(found, key=lambda product: -product.goods))


def _returned(connection: Connection, own: ColumnElement[bool]) -> Counter[str]:
    """Units by offer whose money went back: with their line, or with all the money of their order."""
    back: Counter[str] = Counter()
    whole = select(_L.offer_id, func.sum(_L.quantity)).join(orders, _O.seq == _L.order_seq)
    for offer_id, units in connection.execute(
        whole.where(own, _O.status == OrderStatus.REFUNDED).group_by(_L.offer_id)
    ):
        back[offer_id] += int(units)
    parts = (
        select(payment_refunds.c.lines)
        .join(orders, _O.seq == payment_refunds.c.order_seq)
        .where(own, _O.status != OrderStatus.REFUNDED, payment_refunds.c.state == RefundState.DONE.value)
    )
    for lines in connection.execute(parts).scalars():
        for offer_id, units in msgspec.json.decode(lines, type=list[tuple[str, int]]):
            back[offer_id] += units
    return back


def _questions(connection: Connection, room_id: str, limit: int) -> tuple[QuestionFacts, ...]:
    c = questions.c
    statement = (
        select(c.text, c.display_name, c.votes, c.state)
        .where(c.room_id == room_id, c.state != QuestionState.REMOVED)
        .order_by(c.votes.desc(), c.created_at, c.id)
        .limit(limit)
    )
    return tuple(
        QuestionFacts(row.text, row.display_name, row.votes, row.state == QuestionState.ANSWERED)
        for row in connection.execute(statement)
    )


def _sums_of(connection: Connection, store_id: str, room_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For each room what a :class:`Summary` has beyond the room."""
    sums: dict[str, dict[str, Any]] = {
        room_id: {"peak": 0, "mean": 0.0, "orders": 0, "units": 0, "taken": 0, "refunded": 0} for room_id in room_ids
    }
    own = and_(_O.store_id == store_id, _O.room_id.in_(room_ids))
    c = room_minutes.c
    seen = select(c.room_id, func.max(c.peak), func.sum(c.total), func.sum(c.samples)).where(c.room_id.in_(room_ids))
    for room_id, peak, total, samples in connection.execute(seen.group_by(c.room_id)):
        sums[room_id] |= {"peak": int(peak), "mean": round(int(total) / int(samples), 1) if samples else 0.0}
    moved = (
        select(_O.room_id, _M.kind, func.sum(_M.amount_minor), func.count().filter(_SERVED))
        .join(orders, _O.seq == _M.order_seq)
        .where(own)
        .group_by(_O.room_id, _M.kind)
    )
    for room_id, kind, amount, count in connection.execute(moved):
        if kind == MovementKind.PAYMENT:
            sums[room_id] |= {"taken": int(amount), "orders": int(count)}
        else:
            sums[room_id]["refunded"] = int(amount)
    for room_id, units in connection.execute(
        _paid_lines(_O.room_id, func.sum(_L.quantity)).where(own).group_by(_O.room_id)
    ):
        sums[room_id]["units"] = int(units)
    return sums
