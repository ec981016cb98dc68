"""The picture of the demonstration show: three pots on a wheel in a quiet workshop, drawn with numpy alone.

Each pot is a surface of revolution seen from the front. Everything that does not move (shape, normals, light) is worked
out once; a frame only looks the glaze up at a turned angle, so a 720p frame costs a few milliseconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Frame = NDArray[np.uint8]

WIDTH, HEIGHT, FPS = 1280, 720, 25
SECONDS_PER_POT = 16
CROSSFADE_S = 0.8


@dataclass(frozen=True, slots=True)
class Pot:
    """``profile`` maps height (0 foot … 1 rim) to radius; ``glaze`` maps angle and height to RGB in 0…1."""

    sku: str
    height_px: int
    profile: Callable[[Array], Array]
    glaze: Callable[[Array, Array], Array]


def _float32(value: Any) -> Array:
    return np.asarray(value, np.float32)


def _mix(a: tuple[float, float, float], b: tuple[float, float, float], t: Array) -> Array:
    return np.asarray(a, np.float32) * (1 - t[..., None]) + np.asarray(b, np.float32) * t[..., None]


def _smooth(low: float, high: float, x: Array) -> Array:
    t = np.clip((x - low) / (high - low), 0, 1)
    return _float32(t * t * (3 - 2 * t))


def _vase_profile(h: Array) -> Array:
    belly = np.abs(np.sin(np.pi * np.clip(h * 1.12 + 0.06, 0, 1))) ** 1.4
    return _float32(88 + 72 * belly - 34 * _smooth(0.72, 0.93, h) + 16 * _smooth(0.94, 1.0, h))


def _bowl_profile(h: Array) -> Array:
    return _float32(86 + 164 * np.power(h, 0.55) - 8 * _smooth(0.96, 1.0, h))


def _cup_profile(h: Array) -> Array:
    return _float32(128 + 16 * np.sin(np.pi * h * 0.9) - 26 * (1 - _smooth(0.0, 0.12, h)))


def _celadon(u: Array, h: Array) -> Array:
    wave = 0.5 + 0.5 * np.sin(6 * u + 5 * np.sin(h * 9))
    colour = _mix((0.42, 0.62, 0.55), (0.62, 0.78, 0.68), _smooth(0.35, 0.75, wave))
    band = _smooth(0.055, 0.03, np.abs(h - 0.62)) + _smooth(0.03, 0.015, np.abs(h - 0.48))
    return _mix3(colour, (0.16, 0.29, 0.33), np.clip(band * (0.7 + 0.3 * np.sin(18 * u)), 0, 1))


def _terracotta(u: Array, h: Array) -> Array:
    colour = _mix((0.70, 0.36, 0.22), (0.80, 0.47, 0.29), 0.5 + 0.5 * np.sin(h * 160 + np.sin(u * 3)))
    petals = _smooth(0.02, 0.10, h - 0.50 - 0.16 * np.abs(np.sin(4 * u)))
    colour = _mix3(colour, (0.94, 0.89, 0.78), petals)
    return _mix3(colour, (0.15, 0.30, 0.47), _smooth(0.05, 0.02, np.abs(h - 0.58 - 0.16 * np.abs(np.sin(4 * u)))))


def _indigo(u: Array, h: Array) -> Array:
    colour = _mix((0.90, 0.88, 0.83), (0.96, 0.95, 0.91), 0.5 + 0.5 * np.sin(u * 23 + h * 31))
    scallop = ((u * 8 / np.pi) % 2 - 1) ** 2 + ((h * 9) % 1 - 0.2) ** 2
    ring = _smooth(0.16, 0.05, np.abs(scallop - 0.75)) * _smooth(0.12, 0.2, h) * _smooth(0.9, 0.82, h)
    return _mix3(colour, (0.10, 0.17, 0.42), np.clip(ring, 0, 1))


def _mix3(colour: Array, over: tuple[float, float, float], t: Array) -> Array:
    return _float32(colour * (1 - t[..., None]) + np.asarray(over, np.float32) * t[..., None])


POTS = (
    Pot("VASE-CELADON", 370, _vase_profile, _celadon),
    Pot("BOWL-PETAL", 250, _bowl_profile, _terracotta),
    Pot("CUP-INDIGO", 290, _cup_profile, _indigo),
)


class _Turning:
    """One pot prepared for drawing: which pixels it covers, and how light falls on each."""

    GRAIN = 2048  # steps of the unrolled glaze around the pot

    def __init__(self, pot: Pot, centre_x: int, foot_y: int) -> None:
        rows = np.arange(pot.height_px, dtype=np.float32)
        h = 1 - rows / (pot.height_px - 1)
        radius = pot.profile(h)
        reach = int(radius.max()) + 2
        x = np.arange(-reach, reach + 1, dtype=np.float32)
        inside = radius[:, None] - np.abs(x)[None, :]
        self.alpha = np.clip(inside + 0.5, 0, 1)[..., None].astype(np.float32)
        sine = np.clip(x[None, :] / radius[:, None], -1, 1)
        self.box = (slice(foot_y - pot.height_px, foot_y), slice(centre_x - reach, centre_x + reach + 1))
        self._angle = np.arcsin(sine) / (2 * np.pi) * self.GRAIN
        u = np.linspace(0, 2 * np.pi, self.GRAIN, endpoint=False, dtype=np.float32)
        self._unrolled = pot.glaze(np.tile(u, (pot.height_px, 1)), np.tile(h[:, None], (1, self.GRAIN)))
        self._row = np.arange(pot.height_px)[:, None]
        self._light, self._shine = _light(sine, np.gradient(radius))

    def draw(self, turn: float) -> Array:
        """RGB of the pot's box at ``turn`` revolutions."""
        column = (self._angle + turn * self.GRAIN).astype(np.int32) % self.GRAIN
        colour = self._unrolled[self._row, column]
        return _float32(colour * self._light + self._shine)


def _light(sine: Array, slope: Array) -> tuple[Array, Array]:
    """Lambert's diffuse term and a Blinn highlight for a window at the upper left, a warm lamp at the right."""
    down = np.broadcast_to((slope / np.sqrt(1 + slope**2))[:, None], sine.shape)
    across = np.sqrt(1 - down**2)  # what the tilt leaves of the horizontal part, so that the normal has length 1
    normal_x, normal_y, normal_z = sine * across, -down, np.sqrt(1 - sine**2) * across
    window = np.clip(-0.55 * normal_x + 0.35 * -normal_y + 0.75 * normal_z, 0, 1)
    lamp = np.clip(0.8 * normal_x + 0.35 * normal_z, 0, 1)
    diffuse = (0.20 + 0.78 * window)[..., None] * np.asarray((1, 0.98, 0.95), np.float32)
    diffuse = diffuse + lamp[..., None] ** 2 * np.asarray((0.34, 0.22, 0.10), np.float32)
    half = np.clip(-0.36 * normal_x - 0.3 * normal_y + 0.88 * normal_z, 0, 1)
    return diffuse.astype(np.float32), (0.22 * half**60)[..., None].astype(np.float32)


def _workshop() -> Array:
    """The still background: plaster wall, a window's light, shelves with pots in the dusk, the table and wheel."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    wall = _mix((0.30, 0.27, 0.28), (0.50, 0.43, 0.39), _smooth(0, HEIGHT, y))
    beam = np.exp(-(((x - 470 - (y - 120) * 0.45) / 250) ** 2)) * _smooth(620, 60, y)
    wall = wall + beam[..., None] * np.asarray((0.33, 0.27, 0.18), np.float32)
    for shelf_y in (170, 330):
        plank = _smooth(3, 0, np.abs(y - shelf_y) - 6)
        wall = _mix3(wall, (0.21, 0.14, 0.10), plank * 0.9)
        wall = wall * (1 - 0.35 * _smooth(30, 0, y - shelf_y - 8) * (y > shelf_y + 8))[..., None]
        for place, size in enumerate((34, 24, 40, 28, 36, 22, 30, 38, 26)):
            centre = 70 + place * 145 + (31 if shelf_y > 200 else 0)
            pot = np.hypot((x - centre) / size, (y - shelf_y + size * 1.1) / (size * 1.25))
            shade = np.clip(0.55 - (x - centre) / size * 0.35, 0.15, 1)
            hue = ((0.35, 0.42, 0.40), (0.48, 0.30, 0.22), (0.52, 0.50, 0.47))[place % 3]
            body = np.asarray(hue, np.float32) * shade[..., None]
            cover = (_smooth(1.03, 0.97, pot) * (y < shelf_y - 5))[..., None]
            wall = wall * (1 - cover) + body * cover
    wall = _soften(wall)
    table = _mix((0.36, 0.22, 0.14), (0.20, 0.12, 0.08), _smooth(560, HEIGHT, y))
    table = table * (0.93 + 0.07 * np.sin(x * 0.021 + 9 * np.sin(y * 0.05)))[..., None]
    scene = np.where((y > 560)[..., None], table, wall)
    wheel = np.hypot((x - 640) / 300, (y - 622) / 46)
    scene = _mix3(scene, (0.13, 0.11, 0.11), _smooth(1.12, 1.0, np.hypot((x - 640) / 305, (y - 640) / 50)) * 0.8)
    scene = _mix3(scene, (0.50, 0.46, 0.43), _smooth(1.005, 0.995, wheel))
    scene = _mix3(scene, (0.40, 0.37, 0.35), _smooth(0.03, 0.01, np.abs(wheel - 0.72)) * 0.6)
    vignette = 1 - 0.42 * np.clip(np.hypot((x - 640) / 900, (y - 380) / 560), 0, 1) ** 2
    return _float32(scene * vignette[..., None])


def _soften(image: Array, rounds: int = 6) -> Array:
    """A few box blurs: the shelves lie out of focus."""
    for _ in range(rounds):
        image = (image + np.roll(image, 3, 0) + np.roll(image, -3, 0)) / 3
        image = (image + np.roll(image, 3, 1) + np.roll(image, -3, 1)) / 3
    return image.astype(np.float32)


class Workshop:
    """Draws the film. One loop shows every pot once and ends where it began."""

    FOOT_Y = 628

    def __init__(self) -> None:
        self._scene = _workshop()
        self._pots = [_Turning(pot, WIDTH // 2, self.FOOT_Y) for pot in POTS]
        rng = np.random.default_rng(20)
        self._dust = rng.random((46, 4)).astype(np.float32)
        y, x = np.mgrid[-9:10, -9:10].astype(np.float32)
        self._mote = np.exp(-(x**2 + y**2) / 14)[..., None] * np.asarray((1, 0.9, 0.7), np.float32)

    @property
    def seconds(self) -> int:
        return SECONDS_PER_POT * len(POTS)

    def frames(self) -> Iterator[Frame]:
        """RGB frames, (HEIGHT, WIDTH, 3) uint8."""
        for index in range(self.seconds * FPS):
            yield self.frame(index / FPS)

    def frame(self, at_s: float) -> Frame:
        picture = self._scene.copy()
        present = int(at_s / SECONDS_PER_POT) % len(POTS)
        into = at_s % SECONDS_PER_POT
        fade = min(1.0, into / CROSSFADE_S)
        if fade < 1:
            self._place(picture, (present - 1) % len(POTS), at_s, 1 - fade)
        self._place(picture, present, at_s, fade)
        self._float_dust(picture, at_s / self.seconds)
        return (np.clip(picture, 0, 1) * 255).astype(np.uint8)

    def still(self, index: int) -> Frame:
        """A square portrait of one pot, (640, 640, 3) uint8, for the product's page."""
        picture = self._scene.copy()
        self._place(picture, index, 0.35, 1)
        return (np.clip(picture[60:700, 320:960], 0, 1) * 255).astype(np.uint8)

    def _place(self, picture: Array, index: int, at_s: float, strength: float) -> None:
        pot = self._pots[index]
        alpha = pot.alpha * strength
        rows, columns = pot.box
        shadow = picture[self.FOOT_Y - 8 : self.FOOT_Y + 14, columns]
        shadow *= 1 - 0.45 * strength * np.exp(-(np.linspace(-1.3, 1.3, shadow.shape[1]) ** 2) * 2)[None, :, None]
        # whole turns a pot: the end of the film meets its beginning
        drawn = pot.draw(at_s * 4 / SECONDS_PER_POT)
        picture[rows, columns] = picture[rows, columns] * (1 - alpha) + drawn * alpha

    def _float_dust(self, picture: Array, turn: float) -> None:
        for x0, y0, depth, phase in self._dust:
            x = int(np.clip(x0 + 0.06 * np.sin(2 * np.pi * (turn + phase)), 0, 1) * (WIDTH - 19))
            y = int(((y0 - turn * (2 + 2 * int(depth * 2))) % 1) * (HEIGHT - 220))
            glow = (0.05 + 0.13 * depth) * (0.6 + 0.4 * np.sin(2 * np.pi * (3 * turn + phase)))
            picture[y : y + 19, x : x + 19] += self._mote * glow
