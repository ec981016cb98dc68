r"""Lines found by what is in them, with what SQLite and PostgreSQL both have: ``LIKE`` over folded text.

An index of words finds no Chinese, Japanese or Thai, one of trigrams nothing shorter than three characters, and each
database has its own. A room's lines lie in order under ``(room_id, seq)``, so a page is a bounded walk down from where
the last one ended: at most ``max_scanned`` lines, however rare the word is.
"""

from sqlalchemy import Connection, and_, exists, or_, select

from livehub.chat.search import SearchPage, SearchQuery
from livehub.chat.words import like
from livehub.storage.chat import chat_messages, chat_translations, messages_of
from livehub.storage.database import Database

_M, _T = chat_messages.c, chat_translations.c


class SqlSearch:
    """Implements :class:`livehub.chat.search.SearchStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, query: SearchQuery, max_scanned: int) -> SearchPage:
        here = [_M.room_id == query.room_id]
        if query.before is not None:
            here.append(_M.seq < query.before)
        # Where this page stops looking: the lowest of the lines that it may look through.
        last = select(_M.seq).where(*here).order_by(_M.seq.desc()).offset(max_scanned - 1).limit(1)
        patterns = [like(term) for term in query.terms]
        found = and_(*(_M.folded.like(pattern, escape="\\") for pattern in patterns))
        if query.locale:
            translated = exists().where(
                _T.message_id == _M.id,
                _T.locale == query.locale,
                *(_T.folded.like(pattern, escape="\\") for pattern in patterns),
            )
            found = or_(found, translated)
        wanted = select(chat_messages).where(*here, _M.deleted_at.is_(None), found)
        if query.author:
            wanted = wanted.where(_M.author_id == query.author)
        wanted = wanted.order_by(_M.seq.desc()).limit(query.limit + 1)

        def run(connection: Connection) -> SearchPage:
            floor = connection.execute(last).scalar()
            bounded = wanted if floor is None else wanted.where(_M.seq >= floor)
            rows = connection.execute(bounded).all()
            shown = rows[: query.limit]
            following = shown[-1].seq if len(rows) > query.limit else floor
            if floor is not None and following == floor and not _is_more(connection, query.room_id, floor):
                following = None
            return SearchPage(messages_of(connection, shown, query.locale), following)

        return await self._database.read(run)


def _is_more(connection: Connection, room_id: str, below: int) -> bool:
    return connection.execute(select(_M.seq).where(_M.room_id == room_id, _M.seq < below).limit(1)).first() is not None
