"""Accounts, sessions and API keys in SQL."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from livehub.accounts.errors import EmailTaken
from livehub.accounts.model import Account, ApiKey
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("display_name", String(160), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

#: ``token_hash`` is the SHA-256 of the cookie, in hex: a stolen table signs nobody in
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(40), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "account_id"),
    Index(None, "expires_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", String(40), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("title", String(320), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index(None, "account_id"),
)


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.email, row.password_hash, row.display_name, row.locale, row.created_at)


class SqlAccounts:
    """Implements :class:`livehub.accounts.service.AccountStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account: Account) -> None:
        def write(tx: Tx) -> None:
            if tx.execute(select(accounts.c.id).where(accounts.c.email == account.email)).first():
                raise EmailTaken(field="email")
            tx.execute(insert(accounts).values(asdict(account)))

        await self._database.write(write)

    async def by_email(self, email: str) -> Account | None:
        return await self._one(select(accounts).where(accounts.c.email == email))

    async def by_id(self, account_id: str) -> Account | None:
        return await self._one(select(accounts).where(accounts.c.id == account_id))

    async def set_profile(self, account_id: str, display_name: str, locale: str) -> None:
        statement = update(accounts).where(accounts.c.id == account_id)
        await self._database.write(lambda tx: tx.execute(statement.values(display_name=display_name, locale=locale)))

    async def set_password_hash(self, account_id: str, password_hash: str) -> None:
        statement = update(accounts).where(accounts.c.id == account_id).values(password_hash=password_hash)
        await self._database.write(lambda tx: tx.execute(statement))

    async def add_session(self, token_hash: str, account_id: str, created_at: int, expires_at: int) -> None:
        def write(tx: Tx) -> None:
            tx.execute(delete(sessions).where(sessions.c.expires_at < created_at))
            tx.execute(
                insert(sessions).values(
                    token_hash=token_hash, account_id=account_id, created_at=created_at, expires_at=expires_at
                )
            )

        await self._database.write(write)

    async def session(self, token_hash: str) -> tuple[Account, int] | None:
        statement = (
            select(accounts, sessions.c.expires_at)
            .join(sessions, sessions.c.account_id == accounts.c.id)
            .where(sessions.c.token_hash == token_hash)
        )

        def query(connection: Connection) -> tuple[Account, int] | None:
            row = connection.execute(statement).one_or_none()
            return (_account(row), row.expires_at) if row else None

        return await self._database.read(query)

    async def prolong_session(self, token_hash: str, expires_at: int) -> None:
        statement = update(sessions).where(sessions.c.token_hash == token_hash).values(expires_at=expires_at)
        await self._database.write(lambda tx: tx.execute(statement))

    async def delete_session(self, token_hash: str) -> None:
        await self._database.write(lambda tx: tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash)))

    async def add_api_key(self, key: ApiKey, limit: int) -> bool:
        mine = select(func.count()).where(api_keys.c.account_id == key.account_id, api_keys.c.revoked_at.is_(None))

        def write(tx: Tx) -> bool:
            if tx.execute(mine).scalar_one() >= limit:
                return False
            tx.execute(insert(api_keys).values(asdict(key)))
            return True

        return await self._database.write(write)

    async def api_keys(self, account_id: str) -> list[ApiKey]:
        statement = (
            select(api_keys)
            .where(api_keys.c.account_id == account_id, api_keys.c.revoked_at.is_(None))
            .order_by(api_keys.c.id.desc())
        )

        def query(connection: Connection) -> list[ApiKey]:
            return [
                ApiKey(row.id, row.account_id, row.key_hash, row.title, row.created_at)
                for row in connection.execute(statement)
            ]

        return await self._database.read(query)

    async def api_key_account(self, key_hash: str) -> Account | None:
        return await self._one(
            select(accounts)
            .join(api_keys, api_keys.c.account_id == accounts.c.id)
            .where(api_keys.c.key_hash == key_hash, api_keys.c.revoked_at.is_(None))
        )

    async def revoke_api_key(self, account_id: str, key_id: str, at_ms: int) -> str | None:
        of_account = (api_keys.c.id == key_id, api_keys.c.account_id == account_id, api_keys.c.revoked_at.is_(None))

        def write(tx: Tx) -> str | None:
            key_hash: str | None = tx.execute(select(api_keys.c.key_hash).where(*of_account)).scalar_one_or_none()
            if key_hash is not None:
                tx.execute(update(api_keys).where(*of_account).values(revoked_at=at_ms))
            return key_hash

        return await self._database.write(write)

    async def _one(self, statement: Select[Any]) -> Account | None:
        def query(connection: Connection) -> Account | None:
            row = connection.execute(statement).one_or_none()
            return _account(row) if row else None

        return await self._database.read(query)
