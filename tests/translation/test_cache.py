from livehub.clock import ManualClock
from livehub.translation.cache import TranslationCache


def test_gives_back_until_it_expires(clock: ManualClock) -> None:
    cache = TranslationCache(clock, ttl_s=10, missing_ttl_s=1)
    cache.put(("hi", "en", "es", ""), "hola", "engine")
    cache.put(("hm", "en", "es", ""), None, "")
    entry = cache.get(("hi", "en", "es", ""))
    assert entry is not None
    assert (entry.text, entry.provider) == ("hola", "engine")
    assert cache.get(("hi", "en", "fr", "")) is None
    missing = cache.get(("hm", "en", "es", ""))
    assert missing is not None
    assert missing.text is None
    clock.advance(1)
    assert cache.get(("hm", "en", "es", "")) is None
    assert cache.get(("hi", "en", "es", "")) is not None
    clock.advance(9)
    assert cache.get(("hi", "en", "es", "")) is None
    assert (len(cache), cache.chars) == (0, 0)


def test_the_longest_unused_goes_first(clock: ManualClock) -> None:
    cache = TranslationCache(clock, max_entries=2)
    cache.put(("a", "en", "es", ""), "A", "e")
    cache.put(("b", "en", "es", ""), "B", "e")
    cache.get(("a", "en", "es", ""))
    cache.put(("c", "en", "es", ""), "C", "e")
    assert cache.get(("b", "en", "es", "")) is None
    assert cache.get(("a", "en", "es", "")) is not None


def test_is_bounded_in_characters(clock: ManualClock) -> None:
    cache = TranslationCache(clock, max_chars=100)
    for index in range(50):
        cache.put((f"{index:010}", "en", "es", ""), "x" * 10, "e")
        assert cache.chars <= 100
    assert len(cache) == 5
    cache.put(("z" * 200, "en", "es", ""), "x", "e")
    assert len(cache) == 0


def test_replacing_counts_once(clock: ManualClock) -> None:
    cache = TranslationCache(clock)
    cache.put(("a", "en", "es", ""), "12345", "e")
    cache.put(("a", "en", "es", ""), "1", "e")
    assert (len(cache), cache.chars) == (1, 2)


def test_can_be_off(clock: ManualClock) -> None:
    cache = TranslationCache(clock, max_entries=0)
    cache.put(("a", "en", "es", ""), "1", "e")
    assert cache.get(("a", "en", "es", "")) is None
