"""Where the panels of fixed points in principal components stand, and how large they are."""

from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

PAIRS = ((1, 2), (1, 3), (2, 3))
"""Components of the panels of a replicate, one below the other."""
_COLUMNS = 5
"""Replicates side by side; more of them stand in further bands below."""
# Lengths in pixels. A figure is at most as wide as a window of 1280 shows it whole.
_WIDEST, _LEFT, _RIGHT, _BOTTOM = 1240, 70, 40, 60
_PANEL_WIDTH, _PANEL_HEIGHT, _KEY = 280, 215, 130
_GAP, _BETWEEN = 60, 92  # beside a panel, and below it, where titles have to stand


@dataclass(frozen=True)
class Grid:
    """Places of the panels of `count` replicates: bands of rows, and the key at the right."""

    count: int

    @property
    def columns(self) -> int:
        """Panels side by side."""
        return min(self.count, _COLUMNS)

    @property
    def rows(self) -> int:
        """Panels one below the other."""
        return len(PAIRS) * -(-self.count // _COLUMNS)

    @property
    def panel_width(self) -> int:
        """Of each panel [px]."""
        room = _WIDEST - _LEFT - _RIGHT - _KEY - self.columns * _GAP
        return min(_PANEL_WIDTH, room // self.columns)

    @property
    def width(self) -> int:
        """Of all panels and the key [px]."""
        return self.columns * (self.panel_width + _GAP) + _KEY

    @property
    def height(self) -> int:
        """Of all panels [px]."""
        return self.rows * (_PANEL_HEIGHT + _BETWEEN) - _BETWEEN

    def place(self, index: int) -> tuple[int, int]:
        """Upper row and column, from 1, of the panels of the replicate at `index`."""
        band, column = divmod(index, self.columns)
        return len(PAIRS) * band + 1, column + 1

    @property
    def beside(self) -> float:
        """Where the room at the right begins, as a share of the width."""
        return 1 - _KEY / self.width

    @property
    def below_key(self) -> float:
        """Where the room below the key begins, as a share of the height."""
        return 1 - (_PANEL_HEIGHT + _BETWEEN) / self.height

    def panels(self, titles: list[str], key_title: str | None) -> go.Figure:
        """Empty panels for `titles`, one for each replicate, and for the key if it has a title."""
        used = {self.place(index): title for index, title in enumerate(titles)}
        if key_title is not None:
            used[1, self.columns + 1] = key_title
        lower = {
            (row + below, column): ""
            for row, column in used
            if column <= self.columns
            for below in range(1, len(PAIRS))
        }
        every = [
            [used.get((row, column), lower.get((row, column))) for column in self._column_numbers]
            for row in range(1, self.rows + 1)
        ]
        return make_subplots(
            rows=self.rows,
            cols=self.columns + 1,
            column_widths=[self.panel_width] * self.columns + [_KEY],
            specs=[[None if title is None else {} for title in row] for row in every],
            subplot_titles=[title for row in every for title in row if title is not None],
            horizontal_spacing=_GAP / self.width,
            vertical_spacing=_BETWEEN / self.height,
        )

    @property
    def _column_numbers(self) -> range:
        return range(1, self.columns + 2)


def size_of(replicates: int) -> tuple[int, int]:
    """Width, and height below the title [px], of a figure of so many replicates."""
    grid = Grid(replicates)
    return grid.width + _LEFT + _RIGHT, grid.height + _BOTTOM
