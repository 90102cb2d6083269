"""The geometry of charts that the server draws as SVG: bars, lines and a map of 33 tiles.

Colours are those of the Office for National Statistics and the Analysis Function (at most four, each 3:1 against
white); none carries meaning alone, because every figure is also written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from referral_directory.web.statistics_figures import Line, Week

DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE = "#12436D", "#28A197", "#801650", "#F46A25"
INK, PAPER = "#14212b", "#ffffff"
# Tints of the dark blue, light to dark, with the ink that is legible on each (4.5:1 or more).
SHADES = (("#dbe5ee", INK), ("#9db8cf", INK), ("#3f6d96", PAPER), (DARK_BLUE, PAPER))
WIDTH, NAMES, BAR = 640, 230, 30
TILE_WIDTH, TILE_HEIGHT = 104, 80
# Our own layout: each ward about where it lies to its neighbours, north at the top; (row, column).
TILES = {
    "E05011395": (0, 0), "E05011549": (0, 1), "E05012841": (0, 2), "E05012842": (0, 3), "E05011396": (0, 5),
    "E05011414": (0, 6), "E05011547": (1, 1), "E05011413": (1, 2), "E05011405": (1, 3), "E05011411": (1, 4),
    "E05011389": (2, 0), "E05011387": (2, 1), "E05011402": (2, 2), "E05011397": (2, 3), "E05011390": (2, 4),
    "E05011394": (2, 5), "E05011400": (2, 6), "E05011391": (2, 7), "E05011409": (3, 1), "E05011385": (3, 2),
    "E05011403": (3, 3), "E05011388": (3, 4), "E05013831": (3, 5), "E05013830": (3, 6), "E05011401": (3, 7),
    "E05012648": (4, 2), "E05012647": (4, 3), "E05011399": (4, 4), "E05011406": (5, 2), "E05011404": (5, 3),
    "E05011410": (5, 4), "E05011407": (6, 2), "E05011384": (6, 3),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar: where it is, how long, and the words at both ends."""

    y: int
    length: int
    label: str
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A ward on the tile map; `words` are the lines of its name."""

    x: int
    y: int
    words: list[str]
    text: str
    fill: str
    ink: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of the trend, in pieces where weeks are missing or hidden."""

    label: str
    colour: str
    dashes: str
    pieces: list[str]
    dots: list[tuple[float, float]]


def bars_of(groups: Sequence[tuple[str, Sequence[Line]]]) -> list[Bar]:
    """Bars for one group of lines, or for two groups side by side; hidden figures have no bar."""
    colours = (DARK_BLUE, ORANGE)
    most = max([line.figure or 0 for _, lines in groups for line in lines], default=0) or 1
    bars = []
    for place in range(len(groups[0][1])):
        for number, (_, lines) in enumerate(groups):
            line = lines[place]
            length = round((WIDTH - NAMES - 90) * (line.figure or 0) / most)
            text = "[c]" if line.figure is None else f"{line.figure:,}"
            label = line.label if number == 0 else ""
            y = (place * len(groups) + number) * BAR + place * (len(groups) - 1) * 8
            bars.append(Bar(y, length, label, text, colours[number]))
    return bars


def curves_of(weeks: Sequence[Week]) -> tuple[list[Curve], list[tuple[float, int]], list[tuple[float, str]]]:
    """The trend: two lines from zero, the marks of the vertical axis and of the horizontal one."""
    shown = [f for week in weeks for f in (week.figure, week.year_before) if f is not None]
    top = _round_up(max(shown, default=10))
    across = (WIDTH - 80) / max(len(weeks) - 1, 1)

    def at(place: int, figure: int) -> tuple[float, float]:
        return round(60 + place * across, 1), round(220 - 200 * figure / top, 1)

    this = [(place, week.figure) for place, week in enumerate(weeks)]
    last = [(place, week.year_before) for place, week in enumerate(weeks)]
    curves = []
    for label, colour, dashes, points in (
        ("These weeks", DARK_BLUE, "", this),
        ("The same weeks a year before", ORANGE, "6 4", last),
    ):
        dots = [at(place, figure) for place, figure in points if figure is not None]
        if dots:
            curves.append(Curve(label, colour, dashes, _pieces(points, at), dots))
    marks = [(at(0, top * step // 4)[1], top * step // 4) for step in range(5)]
    step = max(len(weeks) // 4, 1)
    # Day and month: the year is in the table, and in words above the chart.
    names = [
        (min(at(place, 0)[0], WIDTH - 45.0), " ".join(weeks[place].label.split()[:2]))
        for place in range(0, len(weeks), step)
    ]
    return curves, marks, names


def tiles_of(figures: Mapping[str, int | None], names: Mapping[str, str]) -> list[Tile]:
    """The 33 wards as tiles, shaded in four classes of the same width, with the figure written in each."""
    most = max([figure or 0 for figure in figures.values()], default=0) or 1
    tiles = []
    for code, (row, column) in TILES.items():
        figure = figures[code]
        shade = min(4 * (figure or 0) // (most + 1), 3)
        fill, ink = (PAPER, INK) if figure is None else SHADES[shade]
        text = "[c]" if figure is None else f"{figure:,}"
        tiles.append(Tile(column * TILE_WIDTH, row * TILE_HEIGHT, _wrap(names[code]), text, fill, ink))
    return tiles


def tile_key(figures: Iterable[int | None]) -> list[tuple[str, str]]:
    """The key of the map: the colour of each class and the figures in it, from light to dark."""
    shown = [figure for figure in figures if figure is not None]
    most = max(shown, default=0) or 1
    key = [(PAPER, "[c] hidden")] if len(shown) < len(TILES) else []
    for shade, (fill, _) in enumerate(SHADES):
        inside = [figure for figure in shown if min(4 * figure // (most + 1), 3) == shade]
        if inside:
            least, greatest = min(inside), max(inside)
            words = f"{least:,}" if least == greatest else f"{least:,} to {greatest:,}"
            key.append((fill, words))
    return key


def _pieces(
    points: Sequence[tuple[int, int | None]], at: Callable[[int, int], tuple[float, float]]
) -> list[str]:
    """Runs of at least two weeks that follow one another, as SVG points."""
    runs: list[list[str]] = [[]]
    for place, figure in points:
        if figure is None:
            runs.append([])
        else:
            runs[-1].append("{},{}".format(*at(place, figure)))
    return [" ".join(run) for run in runs if len(run) > 1]


def _round_up(figure: int) -> int:
    """The top of an axis with four steps: at or above a figure, each step 1, 2, 2.5 or 5 times a power of ten."""
    power = 1
    while True:
        for step in (power * 10, power * 20, power * 25, power * 50):
            if 4 * step >= figure:
                return 4 * step
        power *= 10


def _wrap(name: str) -> list[str]:
    """A ward's name in lines of at most 14 letters where words allow."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) >= 14:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
