"""Payment plug-ins, as packages would bring them."""

import sys
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest

from livehub.clock import ManualClock
from livehub.commerce.errors import PluginInvalid
from livehub.commerce.gateway import Gateway, GatewayContext
from livehub.commerce.gateways.manual import ManualGateway
from livehub.commerce.gateways.registry import GROUP, load_gateways


class NoCallbacks:
    async def later(self, provider: str, event_id: str, body: bytes, due_at: int) -> None:
        raise AssertionError("nobody calls back here")


CONTEXT = GatewayContext("https://shop.example", "s" * 32, ManualClock(), NoCallbacks())


class Coins(ManualGateway):
    id = "coins"


class NoTitle(ManualGateway):
    title = ""


class SyncRefund(ManualGateway):
    def refund(self) -> None:  # type: ignore[override]
        """Not asynchronous, and takes nothing."""


def entry(monkeypatch: pytest.MonkeyPatch, factory: Any, name: str = "coins") -> EntryPoint:
    module = ModuleType("coins_plugin")
    module.create = factory  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "coins_plugin", module)
    return EntryPoint(name, "coins_plugin:create", GROUP)


def test_what_is_installed_is_found_in_the_order_asked() -> None:
    gateways = load_gateways(("manual", "sandbox"), CONTEXT)
    assert list(gateways) == ["manual", "sandbox"]
    assert all(isinstance(gateway, Gateway) for gateway in gateways.values())


def test_a_packages_provider_gets_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: list[str] = []

    def create(setting: str, context: GatewayContext) -> Gateway:
        settings.append(setting)
        assert context is CONTEXT
        return Coins()

    gateways = load_gateways(("coins:key:1",), CONTEXT, [entry(monkeypatch, create)])
    assert (list(gateways), settings) == (["coins"], ["key:1"])


@pytest.mark.parametrize(
    ("factory", "says"),
    [
        (lambda _setting, _context: object(), "whose id is not a str"),
        (lambda _setting, _context: NoTitle(), "whose title is not a str"),
        (lambda _setting, _context: SyncRefund(), "refund must be declared with async def"),
        (lambda: Coins(), "cannot be made: TypeError"),
        (lambda _setting, _context: int("secret-key"), "does not accept its setting"),
    ],
)
def test_what_is_none_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch, factory: Any, says: str) -> None:
    with pytest.raises(PluginInvalid, match=says):
        load_gateways(("coins:x",), CONTEXT, [entry(monkeypatch, factory)])


def test_unknown_and_doubled_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PluginInvalid, match="installed are: manual, sandbox"):
        load_gateways(("cash",), CONTEXT)
    with pytest.raises(PluginInvalid, match="Two payment providers"):
        load_gateways(("manual", "manual"), CONTEXT)
    with pytest.raises(PluginInvalid, match="manual takes no setting"):
        load_gateways(("manual:x",), CONTEXT)
