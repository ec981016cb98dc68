"""Letters to a store's owner, at the address where they want to be told."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, insert, select

from livehub.followers.model import AddressState
from livehub.storage.commerce import outbox, stores
from livehub.storage.followers import notice_addresses
from livehub.storage.outbox import outbox_row
from livehub.storage.writer import Tx


def owner_address(tx: Tx | Connection, store_id: str) -> str | None:
    """The id of the address for notices that the store's owner confirmed; None without one."""
    confirmed = (
        select(notice_addresses.c.id)
        .join(stores, stores.c.owner_id == notice_addresses.c.identity)
        .where(stores.c.id == store_id, notice_addresses.c.state == AddressState.CONFIRMED)
    )
    found = tx.execute(confirmed).scalar()
    return None if found is None else str(found)


def write_to_owner(tx: Tx, store_id: str, letter_id: str, letter: Mapping[str, str], at_ms: int) -> None:
    """Keep ``letter`` (see :class:`livehub.worker.mailing.Letter`), if there is an address to send it to."""
    address_id = owner_address(tx, store_id)
    if address_id is not None:
        body = msgspec.json.encode(letter).decode()
        tx.execute(insert(outbox), outbox_row(letter_id, f"mail:{address_id}", body, at_ms)).close()
