"""A desktop's notifications (freedesktop.org's specification 1.2) on the session bus. Runs under Debian's own Python:

    /usr/bin/python3 desktop_peer.py

Prints one JSON object a line: what is shown, what is taken away. A line of standard input is the number of the one that
is clicked.
"""

import json
import sys
from typing import Any

from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = """<node><interface name="org.freedesktop.Notifications">
<method name="GetCapabilities"><arg direction="out" type="as"/></method>
<method name="GetServerInformation"><arg direction="out" type="s"/><arg direction="out" type="s"/>
<arg direction="out" type="s"/><arg direction="out" type="s"/></method>
<method name="Notify"><arg direction="in" type="s"/><arg direction="in" type="u"/><arg direction="in" type="s"/>
<arg direction="in" type="s"/><arg direction="in" type="s"/><arg direction="in" type="as"/>
<arg direction="in" type="a{sv}"/><arg direction="in" type="i"/><arg direction="out" type="u"/></method>
<method name="CloseNotification"><arg direction="in" type="u"/></method>
<signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""
#: reasons of NotificationClosed
BY_THE_READER, BY_A_CALL = 2, 3


def say(**fact: Any) -> None:
    print(json.dumps(fact), flush=True)


class Desktop:
    def __init__(self) -> None:
        self._shown = 0
        self.loop = GLib.MainLoop()

    def call(self, bus: Any, _from: str, _path: str, _of: str, method: str, given: Any, answer: Any) -> None:
        if method == "GetCapabilities":
            answer.return_value(GLib.Variant("(as)", (["actions", "body"],)))
        elif method == "GetServerInformation":
            answer.return_value(GLib.Variant("(ssss)", ("desktop", "livehub", "1", "1.2")))
        elif method == "Notify":
            _, replaces, _, title, body, actions, _, _ = given.unpack()
            self._shown += not replaces
            number = replaces or self._shown
            answer.return_value(GLib.Variant("(u)", (number,)))
            say(number=number, title=title, body=body, clickable="default" in actions[::2])
        else:
            (number,) = given.unpack()
            answer.return_value(None)
            self._tell(bus, "NotificationClosed", "(uu)", (number, BY_A_CALL))
            say(closed=number)

    def own(self, bus: Any, _name: str) -> None:
        bus.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], self.call, None, None)
        GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.IO_IN | GLib.IO_HUP, self.click, bus)

    def click(self, _channel: Any, _condition: Any, bus: Any) -> bool:
        line = sys.stdin.readline()
        if not line:
            self.loop.quit()
            return False
        self._tell(bus, "ActionInvoked", "(us)", (int(line), "default"))
        self._tell(bus, "NotificationClosed", "(uu)", (int(line), BY_THE_READER))
        return True

    @staticmethod
    def _tell(bus: Any, signal: str, shape: str, values: tuple[Any, ...]) -> None:
        bus.emit_signal(None, PATH, NAME, signal, GLib.Variant(shape, values))


def main() -> None:
    desktop = Desktop()
    Gio.bus_own_name(
        Gio.BusType.SESSION,
        NAME,
        Gio.BusNameOwnerFlags.NONE,
        desktop.own,
        lambda _bus, name: say(ready=name),
        lambda _bus, _name: sys.exit("the session bus is away"),
    )
    desktop.loop.run()


if __name__ == "__main__":
    main()
