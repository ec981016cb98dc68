"""Address books in SQL; see :mod:`livehub.commerce.fulfilment.address_book`."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, delete, insert, select, update

from livehub.commerce.fulfilment.address_book import Entry
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

#: ``identity`` is an account's or a guest's; guests have no row of their own, so there is no foreign key
buyer_addresses = Table(
    "buyer_addresses",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("identity", String(160), nullable=False),
    Column("name", String(480), nullable=False),
    Column("phone", String(160), nullable=False),
    Column("email", String(254), nullable=False),
    Column("address", Text, nullable=False),
    Column("leave_at", Text, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Index(None, "identity", "used_at"),
)
_A = buyer_addresses.c
_CONTENT = ("name", "phone", "email", "address", "leave_at")


class SqlAddresses:
    """Implements :class:`livehub.commerce.fulfilment.ports.AddressStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, identity: str) -> list[Entry]:
        statement = select(buyer_addresses).where(_A.identity == identity).order_by(_A.used_at.desc(), _A.id)
        return await self._database.read(
            lambda connection: [Entry(**row._mapping) for row in connection.execute(statement)]
        )

    async def keep(self, entry: Entry, limit: int) -> Entry:
        return await self._database.write(lambda tx: _keep(tx, entry, limit))

    async def forget(self, identity: str, entry_id: str) -> None:
        statement = delete(buyer_addresses).where(_A.identity == identity, _A.id == entry_id)
        await self._database.write(lambda tx: tx.execute(statement).close())

    async def hand_over(self, guest_id: str, account_id: str, limit: int) -> None:
        own = select(buyer_addresses).where(_A.identity == guest_id).order_by(_A.used_at)

        def write(tx: Tx) -> None:
            for row in tx.execute(own).all():
                tx.execute(delete(buyer_addresses).where(_A.id == row.id)).close()
                _keep(tx, Entry(**{**row._mapping, "identity": account_id}), limit)

        await self._database.write(write)


def _keep(tx: Tx, entry: Entry, limit: int) -> Entry:
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    same = select(buyer_addresses).where(
        _A.identity == entry.identity, *(buyer_addresses.c[name] == values[name] for name in _CONTENT)
    )
    known = tx.execute(same).first()
    if known is not None:
        used_at = max(known.used_at, entry.used_at)
        tx.execute(update(buyer_addresses).where(_A.id == known.id).values(used_at=used_at)).close()
        return Entry(**{**known._mapping, "used_at": used_at})
    tx.execute(insert(buyer_addresses), values).close()
    kept = (
        select(_A.id).where(_A.identity == entry.identity).order_by(_A.used_at.desc(), _A.id).limit(limit)
    )  # fmt: skip
    tx.execute(delete(buyer_addresses).where(_A.identity == entry.identity, _A.id.not_in(kept))).close()
    return entry
