"""Errors that urllib raises hold no connection: else one that a test keeps is blamed on whichever test comes next.

An HTTPError is the open answer itself, and whoever asked for the error seldom closes it. As a part of a cycle, which an
error with its traceback easily is, it lives until garbage is collected, and the socket's warning then fails a test that
knows nothing of it.
"""

import io
import urllib.request
from email.message import Message
from typing import IO, NoReturn
from urllib.error import HTTPError


class ErrorsReadWhole(urllib.request.HTTPDefaultErrorHandler):
    def http_error_default(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, hdrs: Message
    ) -> NoReturn:
        with fp:
            body = fp.read()
        raise HTTPError(req.full_url, code, msg, hdrs, io.BytesIO(body))


def install() -> None:
    """For every :func:`urllib.request.urlopen` of this process."""
    urllib.request.install_opener(urllib.request.build_opener(ErrorsReadWhole))
