"""Translations that several processes share, over a real Valkey."""

from livehub.bench.valkey import Valkey
from livehub.processes.ensemble import Ensemble
from livehub.processes.kept import KeptTranslations, Key
from tests.processes.conftest import QUICK, eventually

KEY: Key = ("hello", "en", "es", "v1")


async def test_what_one_has_the_other_gets(shared_valkey: Valkey) -> None:
    ensembles = [Ensemble(shared_valkey.url, prefix="kept", limits=QUICK) for _ in range(2)]
    for each in ensembles:
        await each.start()
    one, two = (KeptTranslations(each.link) for each in ensembles)
    try:
        assert await two.get([KEY]) == [None]
        one.put(KEY, "hola", "engine")
        found: list[object] = []

        async def look() -> None:
            found[:] = await two.get([KEY, ("hello", "en", "es", "v2")])

        while not found or found[0] is None:
            await look()
        assert found == [("hola", "engine"), None]
    finally:
        for each in ensembles:
            await each.close()


async def test_without_redis_an_engine_is_asked(own_valkey: Valkey) -> None:
    ensemble = Ensemble(own_valkey.url, prefix="kept", limits=QUICK)
    await ensemble.start()
    kept = KeptTranslations(ensemble.link)
    try:
        own_valkey.kill()
        await eventually(lambda: not ensemble.link.is_up)
        assert await kept.get([KEY]) == [None]
        kept.put(KEY, "hola", "engine")  # raises nothing, keeps nothing
    finally:
        await ensemble.close()
