"""Engines found by entry point, checked when loaded, and built from settings such as ``libretranslate:http://…``.

A plug-in is any installed package that declares an entry point in the group ``livehub.translators``; its value is a
:class:`~livehub.translation.provider.TranslatorFactory`. Whatever is wrong with it is said when the server starts,
with the plug-in's name, instead of at the first chat line.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint
from typing import Final, cast

from livehub.clock import Clock
from livehub.plugins import Method, PluginKind
from livehub.translation.errors import PluginInvalid
from livehub.translation.provider import Translator
from livehub.translation.routing import RoutedTranslator
from livehub.translation.setting import EngineSetting

GROUP: Final = "livehub.translators"
_KIND: Final = PluginKind(GROUP, "translator", PluginInvalid)
_METHODS: Final = (
    Method("supports", ("en", "es"), is_async=False),
    Method("translate", ((), "en", "es"), is_async=True),
    Method("close", (), is_async=True),
)


class TranslatorRegistry:
    """The engines that are installed. ``found`` replaces what the installed packages declare (for tests and embedding).

    Raises:
        PluginInvalid: two packages declare the same name, so a setting would not say which is meant.
    """

    def __init__(self, found: Iterable[EntryPoint] | None = None) -> None:
        self._entries: dict[str, EntryPoint] = {}
        for entry in _KIND.declared(found):
            other = self._entries.setdefault(entry.name, entry)
            if other.value != entry.value:
                raise PluginInvalid(
                    f'Two translators are called "{entry.name}": {_origin(other)} and {_origin(entry)}; uninstall one'
                )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._entries))

    def build(self, setting: str, *, clock: Clock, deadline_s: float) -> Translator:
        """One engine from ``name``, ``name:what it needs`` or ``name@label(pairs=en-*):…`` (see :mod:`.setting`).

        Never shows the part after the colon: it may hold a key.

        Raises:
            PluginInvalid: unknown name, or a plug-in or setting that cannot be used.
        """
        try:
            wanted = EngineSetting.parse(setting)
        except ValueError as error:
            raise PluginInvalid(f"A translator cannot be read: {error}") from error
        entry = _KIND.pick(wanted.name, self._entries)
        where = _origin(entry)
        factory = _load(entry, where)
        deadline_s = min(wanted.deadline_s or deadline_s, deadline_s)
        with _KIND.making(where):
            made = factory(wanted.rest, clock=clock, deadline_s=deadline_s)
        engine = _checked(made, where)
        if wanted == EngineSetting(wanted.name, rest=wanted.rest):
            return engine
        return RoutedTranslator(engine, wanted)

    def build_chain(self, settings: Sequence[str], *, clock: Clock, deadline_s: float) -> list[Translator]:
        """Every engine of ``settings`` in order; the service asks the next for what one has no translation of.

        Raises:
            PluginInvalid: one of them cannot be used, or two have the same name, which would mix their statistics.
        """
        chain = [self.build(setting, clock=clock, deadline_s=deadline_s) for setting in settings]
        names = [translator.name for translator in chain]
        for name in names:
            if names.count(name) > 1:
                raise PluginInvalid(
                    f'Two translators of the chain are called "{name}"; give them labels: {name}@one, {name}@two'
                )
        return chain


def _origin(entry: EntryPoint) -> str:
    return _KIND.describe(entry, with_package=True)


def _load(entry: EntryPoint, where: str) -> Callable[..., object]:
    factory = _KIND.load(entry, where)
    if not callable(factory):
        raise PluginInvalid(f"{where} must name a callable create(setting, *, clock, deadline_s)")
    if inspect.iscoroutinefunction(factory):
        raise PluginInvalid(f"{where} must be a plain function: it is called before the event loop runs")
    _KIND.require_signature(factory, where, clock=None, deadline_s=0.0)
    return factory


def _checked(made: object, where: str) -> Translator:
    """Hold an object to the Protocol, beyond what ``isinstance`` can see."""
    name = getattr(made, "name", None)
    if not isinstance(name, str) or not name:
        raise PluginInvalid(f"{where} made {type(made).__name__}, which has no name (a non-empty str)")
    _KIND.require_methods(made, where, _METHODS)
    return cast("Translator", made)
