"""``livehub payments reconcile``: beside a running server, or without one."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Final

import msgspec

from livehub.config import Config, ConfigError
from livehub.services import compose
from livehub.storage import migrate

DAY_MS: Final = 24 * 3600 * 1000
MAX_DAYS: Final = 3650


async def reconcile(config: Config, *, days: int, mend: bool, as_json: bool, say: Callable[[str], None]) -> int:
    """Compare, mend, and do what is due afterwards; one line for each difference. Returns the exit status: 1 when
    something is left for a person (or for a run that mends).

    Raises: ConfigError, SchemaOutdated.
    """
    if not 1 <= days <= MAX_DAYS:
        raise ConfigError(f"--days is from 1 to {MAX_DAYS}")
    migrate.check(config.database_url)
    services = compose(config)
    services.database.start()
    left = mended = 0
    try:
        commerce = services.commerce
        async for one in commerce.reconciler.run(services.clock.now_ms() - days * DAY_MS, mend=mend):
            mended += one.mended
            left += not one.mended
            if as_json:
                say(msgspec.json.encode(asdict(one)).decode())
            else:
                say(f"order {one.number} ({one.provider}): {one.what}{' – mended' if one.mended else ''}")
        if mend:
            left += await commerce.settlement.do_due()
        await commerce.close()
    finally:
        await services.translation.close()
        await services.passwords.close()
        await services.database.close()
    if not as_json:
        say(f"{mended} mended, {left} left")
    return 1 if left else 0
