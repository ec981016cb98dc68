"""Follows, addresses and browsers in SQL, and the notices of a start into the outbox."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from livehub.followers.errors import TooManyFollows
from livehub.followers.model import Address, AddressState, Follow, PushSubscription
from livehub.followers.ports import Start
from livehub.rooms.model import Room, RoomState
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from livehub.storage.outbox import outbox_row
from livehub.storage.tables import metadata
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

HOUR_MS = 3600 * 1000

#: ``identity`` is an account's or a guest's; guests have no row of their own, so there is no foreign key
follows = Table(
    "follows",
    metadata,
    Column("identity", String(160), primary_key=True),
    Column("subject", String(80), primary_key=True),
    Column("title", String(240), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_follows_subject", "subject"),
)

notice_addresses = Table(
    "notice_addresses",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("identity", String(160), nullable=False),
    Column("email", String(254), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("identity"),
)

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("identity", String(160), nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("p256dh", String(120), nullable=False),
    Column("auth", String(40), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_push_subscriptions_identity", "identity"),
)
_F, _A, _P = follows.c, notice_addresses.c, push_subscriptions.c


class SqlFollowers:
    """Implements :class:`livehub.followers.ports.FollowerStore`."""

    def __init__(self, database: Database, wake: Any = None) -> None:
        self._database = database
        self._wake = wake or (lambda: None)

    async def follow(self, follow: Follow, limit: int) -> None:
        known = select(func.count(), func.count().filter(_F.subject == follow.subject)).where(
            _F.identity == follow.identity
        )
        values = {name: getattr(follow, name) for name in Follow.__slots__}
        put = insert_into(self._database, follows).values(values).on_conflict_do_nothing()

        def write(tx: Tx) -> None:
            total, same = tuple(tx.execute(known).one())
            if not same and total >= limit:
                raise TooManyFollows
            tx.execute(put).close()

        await self._database.write(write)

    async def leave(self, identity: str, subject: str) -> None:
        await self._run(delete(follows).where(_F.identity == identity, _F.subject == subject))

    async def of(self, identity: str) -> list[Follow]:
        statement = select(follows).where(_F.identity == identity).order_by(_F.created_at.desc(), _F.subject)
        return [Follow(**row._mapping) for row in await self._rows(statement)]

    async def follows(self, identity: str, subjects: Sequence[str]) -> set[str]:
        statement = select(_F.subject).where(_F.identity == identity, _F.subject.in_(subjects))
        return {row.subject for row in await self._rows(statement)}

    async def count(self, subject: str) -> int:
        ((count,),) = await self._rows(select(func.count()).where(_F.subject == subject))
        return int(count)

    async def hand_over(self, guest: str, account: str) -> None:
        own = select(_F.subject).where(_F.identity == account)
        has_address = exists(select(_A.id).where(_A.identity == account))
        statements = (
            delete(follows).where(_F.identity == guest, _F.subject.in_(own)),
            update(follows).where(_F.identity == guest).values(identity=account),
            delete(notice_addresses).where(_A.identity == guest, has_address),
            update(notice_addresses).where(_A.identity == guest).values(identity=account),
            update(push_subscriptions).where(_P.identity == guest).values(identity=account),
        )

        def write(tx: Tx) -> None:
            for statement in statements:
                tx.execute(statement).close()

        await self._database.write(write)

    async def put_address(self, address: Address, ask: bool) -> None:
        values = {name: getattr(address, name) for name in Address.__slots__}
        take = delete(notice_addresses).where(_A.identity == address.identity)

        def write(tx: Tx) -> None:
            tx.execute(take).close()
            tx.execute(insert(notice_addresses), values).close()
            if ask:
                body = msgspec.json.encode({"kind": "confirm"}).decode()
                row = outbox_row(f"ask_{address.id}", f"mail:{address.id}", body, address.created_at)
                tx.execute(insert(outbox), row).close()

        await self._database.write(write)
        self._wake()

    async def address_of(self, identity: str) -> Address | None:
        rows = await self._rows(select(notice_addresses).where(_A.identity == identity))
        return _address(rows[0]) if rows else None

    async def address(self, address_id: str) -> Address | None:
        rows = await self._rows(select(notice_addresses).where(_A.id == address_id))
        return _address(rows[0]) if rows else None

    async def confirm(self, address_id: str) -> bool:
        known = select(_A.id).where(_A.id == address_id)
        change = update(notice_addresses).where(_A.id == address_id).values(state=AddressState.CONFIRMED)

        def write(tx: Tx) -> bool:
            if tx.execute(known).first() is None:
                return False
            tx.execute(change).close()
            return True

        return await self._database.write(write)

    async def drop_address(self, address_id: str) -> None:
        await self._run(delete(notice_addresses).where(_A.id == address_id))

    async def put_push(self, subscription: PushSubscription, limit: int) -> None:
        values = {name: getattr(subscription, name) for name in PushSubscription.__slots__}
        put = insert_into(self._database, push_subscriptions).values(values)
        put = put.on_conflict_do_update(index_elements=["id"], set_=values)
        mine = select(_P.id).where(_P.identity == subscription.identity).order_by(_P.created_at.desc(), _P.id)

        def write(tx: Tx) -> None:
            tx.execute(put).close()
            older = [row.id for row in tx.execute(mine)][limit:]
            if older:
                tx.execute(delete(push_subscriptions).where(_P.id.in_(older))).close()

        await self._database.write(write)

    async def push(self, subscription_id: str) -> PushSubscription | None:
        rows = await self._rows(select(push_subscriptions).where(_P.id == subscription_id))
        return PushSubscription(**rows[0]._mapping) if rows else None

    async def push_of(self, identity: str) -> list[PushSubscription]:
        statement = select(push_subscriptions).where(_P.identity == identity).order_by(_P.created_at, _P.id)
        return [PushSubscription(**row._mapping) for row in await self._rows(statement)]

    async def drop_push(self, subscription_id: str, identity: str | None = None) -> None:
        theirs = [_P.identity == identity] if identity is not None else []
        await self._run(delete(push_subscriptions).where(_P.id == subscription_id, *theirs))

    async def announce(self, start: Start, after: str, at_ms: int) -> str | None:
        told = select(_F.identity).where(_F.subject.in_(start.subjects), _F.identity != start.but)
        letters = select((literal("mail:") + _A.id).label("target")).where(
            _A.identity.in_(told), _A.state == AddressState.CONFIRMED
        )
        browsers = select((literal("push:") + _P.id).label("target")).where(_P.identity.in_(told))
        ways = union_all(letters, browsers).subquery()
        page = select(ways.c.target).where(ways.c.target > after).order_by(ways.c.target).limit(start.batch)
        body = msgspec.json.encode({"kind": "start", "room": start.room_id}).decode()

        def write(tx: Tx) -> str | None:
            targets = list(tx.execute(page).scalars())
            lately = select(outbox.c.target, func.count()).where(
                outbox.c.target.in_(targets), outbox.c.created_at > at_ms - HOUR_MS
            )
            often = {
                target for target, n in map(tuple, tx.execute(lately.group_by(outbox.c.target))) if n >= start.per_hour
            }
            rows = [
                outbox_row(_notice_id(start.room_id, target), target, body, at_ms)
                for target in targets
                if target not in often
            ]
            known = set(tx.execute(select(outbox.c.id).where(outbox.c.id.in_([row["id"] for row in rows]))).scalars())
            fresh = [row for row in rows if row["id"] not in known]
            if fresh:
                tx.execute(insert(outbox), fresh).close()
            return targets[-1] if len(targets) == start.batch else None

        following = await self._database.write(write)
        self._wake()
        return following

    async def _run(self, statement: Any) -> None:
        await self._database.write(lambda tx: tx.execute(statement).close())

    async def _rows(self, statement: Any) -> Sequence[Row[Any]]:
        return await self._database.read(lambda connection: connection.execute(statement).all())


def _address(row: Row[Any]) -> Address:
    return Address(**{**row._mapping, "state": AddressState(row.state)})


def _notice_id(room_id: str, target: str) -> str:
    """One notice of a room to one target, however often it is asked for."""
    return f"ntc_{hashlib.sha256(f'{room_id} {target}'.encode()).hexdigest()[:32]}"


def start_announced(tx: Tx, before: Room, after: Room) -> None:
    """Inside the write that starts a room: whoever follows is told, also if the server dies the next moment."""
    if before.state is not RoomState.LIVE and after.state is RoomState.LIVE:
        row = outbox_row(f"start_{after.id}", f"announce:{after.id}", "{}", after.started_at or 0)
        tx.execute(insert(outbox), row).close()
