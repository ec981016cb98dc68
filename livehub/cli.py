"""The command line: ``livehub serve · demo · bench · account · payments · migrate``."""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Sequence

from livehub import __version__
from livehub.bench.runner import BENCHES
from livehub.config import ROLES, Config, ConfigError
from livehub.errors import LivehubError


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        status = arguments.run(arguments)
    except (ConfigError, LivehubError) as error:
        print(f"livehub: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return int(status or 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="livehub", description="Self-hosted live rooms: shows that sell, experts, classes."
    )
    parser.add_argument("--version", action="version", version=f"livehub {__version__}")
    commands = parser.add_subparsers(title="commands", required=True)

    serve = commands.add_parser("serve", help="run the server; settings come from LIVEHUB_* (docs/operations.md)")
    serve.add_argument(
        "--media-workers", metavar="N", help="processes that forward media; 0, unless given, for none of their own"
    )
    serve.add_argument("--role", choices=ROLES, help="what this one of several processes does (docs/operations.md)")
    serve.set_defaults(run=_serve)

    demo = commands.add_parser("demo", help="seed a shop and open a live show on real video")
    demo.add_argument("--video", metavar="FILE", help="a film of your own instead of the potter's")
    demo.set_defaults(run=_demo)

    bench = commands.add_parser("bench", help="measure; see docs/performance.md")
    bench.add_argument("name", choices=(*BENCHES, "all"))
    bench.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    bench.add_argument("--seconds", type=int, help="how long the soak goes on; 600 unless given")
    bench.set_defaults(run=_bench)

    account = commands.add_parser("account", help="create an account; the password is asked for, or read from a pipe")
    account.add_argument("email")
    account.add_argument("--name", required=True, help="the display name")
    account.add_argument("--locale", default="en")
    account.set_defaults(run=_account)

    payments = commands.add_parser("payments", help="compare payments with their providers")
    of_payments = payments.add_subparsers(required=True)
    reconcile = of_payments.add_parser(
        "reconcile", help="take what providers say and we missed; exit status 1 when something needs a person"
    )
    reconcile.add_argument("--days", type=int, default=7, metavar="N", help="orders placed in the last N days (7)")
    reconcile.add_argument("--dry-run", action="store_true", help="only say what differs")
    reconcile.add_argument("--json", action="store_true", help="one JSON object a line")
    reconcile.set_defaults(run=_reconcile)

    migrate = commands.add_parser("migrate", help="bring the database to this version's tables")
    migrate.set_defaults(run=_migrate)
    return parser


def _configure_logging(level: str) -> None:
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    # These two narrate every handshake at INFO.
    logging.getLogger("aioice").setLevel(logging.WARNING)
    logging.getLogger("aiortc").setLevel(logging.WARNING)


def _serve(arguments: argparse.Namespace) -> None:
    # A tenth of the start would go into walking over what imports make, all of which stays.
    gc.disable()
    import uvloop

    from livehub.serving import serve

    said = {"LIVEHUB_MEDIA_WORKERS": arguments.media_workers, "LIVEHUB_ROLE": arguments.role}
    given = {name: value for name, value in said.items() if value is not None}
    config = Config.from_env({**os.environ, **given})
    _configure_logging(config.log)
    uvloop.run(serve(config))


def _demo(arguments: argparse.Namespace) -> None:
    import uvloop

    from livehub.demo.show import demo

    uvloop.run(demo(arguments.video))


def _bench(arguments: argparse.Namespace) -> int:
    from livehub.bench.runner import run

    return run(arguments.name, as_json=arguments.json, seconds=arguments.seconds)


def _account(arguments: argparse.Namespace) -> None:
    from livehub.serving import create_account

    password = _read_password()
    config = Config.from_env()
    asyncio.run(create_account(config, arguments.email, password, arguments.name, arguments.locale))
    print(f"{arguments.email} can sign in at {config.public_url}/signin")


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    import getpass

    return getpass.getpass("Password: ")


def _reconcile(arguments: argparse.Namespace) -> int:
    from livehub.reconciling import reconcile

    config = Config.from_env()
    _configure_logging(config.log)
    return asyncio.run(
        reconcile(config, days=arguments.days, mend=not arguments.dry_run, as_json=arguments.json, say=print)
    )


def _migrate(_arguments: argparse.Namespace) -> None:
    from livehub.storage.migrate import upgrade

    config = Config.from_env()
    upgrade(config.database_url)
    print("The database has this version's tables.")
