"""Engines found by entry point, checked when loaded, and built from settings such as ``libretranslate:http://…``.

A plug-in is any installed package that declares an entry point in the group ``livehub.translators``; its value is a
:class:`~livehub.translation.provider.TranslatorFactory`. Whatever is wrong with it is said when the server starts,
with the plug-in's name, instead of at the first chat line.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from livehub.clock import Clock
from livehub.translation.errors import PluginInvalid
from livehub.translation.provider import Translator
from livehub.translation.routing import RoutedTranslator
from livehub.translation.setting import EngineSetting

GROUP: Final = "livehub.translators"


class TranslatorRegistry:
    """The engines that are installed. ``found`` replaces what the installed packages declare (for tests and embedding).

    Raises:
        PluginInvalid: two packages declare the same name, so a setting would not say which is meant.
    """

    def __init__(self, found: Iterable[EntryPoint] | None = None) -> None:
        self._entries: dict[str, EntryPoint] = {}
        for entry in entry_points(group=GROUP) if found is None else found:
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
        entry = self._entries.get(wanted.name)
        if entry is None:
            known = ", ".join(self.names) or "none at all"
            raise PluginInvalid(f'There is no translator called "{wanted.name}"; installed are: {known}')
        where = _origin(entry)
        factory = _load(entry, where)
        deadline_s = min(wanted.deadline_s or deadline_s, deadline_s)
        try:
            made = factory(wanted.rest, clock=clock, deadline_s=deadline_s)
        except ValueError as error:
            raise PluginInvalid(f"{where} does not accept its setting: {error}") from error
        except Exception as error:
            raise PluginInvalid(f"{where} could not be made: {type(error).__name__}: {error}") from error
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
    package = f" of {entry.dist.name} {entry.dist.version}" if entry.dist is not None else ""
    return f'translator "{entry.name}"{package} ({entry.value})'


def _load(entry: EntryPoint, where: str) -> Callable[..., object]:
    try:
        factory = entry.load()
    except Exception as error:  # a plug-in's module may fail in any way while it is imported
        raise PluginInvalid(f"{where} cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(factory):
        raise PluginInvalid(f"{where} must name a callable create(setting, *, clock, deadline_s)")
    if inspect.iscoroutinefunction(factory):
        raise PluginInvalid(f"{where} must be a plain function: it is called before the event loop runs")
    try:
        inspect.signature(factory).bind("", clock=None, deadline_s=0.0)
    except (TypeError, ValueError) as error:
        raise PluginInvalid(f"{where} must take (setting, *, clock, deadline_s) or end with **_: {error}") from error
    return cast("Callable[..., object]", factory)


def _checked(made: object, where: str) -> Translator:
    """Hold an object to the Protocol, beyond what ``isinstance`` can see."""
    name = getattr(made, "name", None)
    if not isinstance(name, str) or not name:
        raise PluginInvalid(f"{where} made {type(made).__name__}, which has no name (a non-empty str)")
    for method, arguments, is_async in (
        ("supports", ("en", "es"), False),
        ("translate", ((), "en", "es"), True),
        ("close", (), True),
    ):
        function = getattr(made, method, None)
        if not callable(function):
            raise PluginInvalid(f"{where} made {type(made).__name__}, which has no method {method}")
        if inspect.iscoroutinefunction(function) is not is_async:
            wanted = "declared with async def" if is_async else "a plain method, not async"
            raise PluginInvalid(f"{where}: {type(made).__name__}.{method} must be {wanted}")
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError as error:
            raise PluginInvalid(f"{where}: {type(made).__name__}.{method} takes other arguments: {error}") from error
    return cast("Translator", made)
