"""How complex a region of rectangles can be: a bound that is cheap to keep.

pixman holds a region as bands, and in each band boxes beside each other. Between two neighbouring
edges of all rectangles that were added or taken away, there are no more boxes than rectangles that
reach across: one that is added brings one more, one that is taken away splits one.
"""

from __future__ import annotations

from bisect import bisect_left


class Bands:
    """Rectangles by where they begin and end; their places beside each other do not matter."""

    __slots__ = ("_counts", "_edges", "boxes")

    def __init__(self) -> None:
        self.boxes = 0
        """The region has no more boxes than this, whatever its rectangles are."""
        self._edges: list[int] = []
        self._counts: list[int] = []
        """Rectangles across the band that begins at the edge of the same index; 0 at the last."""

    def change(self, y: int, height: int) -> None:
        """A rectangle of these rows, not empty, was added or taken away."""
        first = self._cut(y)
        last = self._cut(y + height)
        counts = self._counts
        if last - first == 1:
            counts[first] += 1
        else:
            counts[first:last] = [count + 1 for count in counts[first:last]]
        self.boxes += last - first

    def _cut(self, y: int) -> int:
        """Make an edge at y; returns its index."""
        edges = self._edges
        at = bisect_left(edges, y)
        if at == len(edges) or edges[at] != y:
            split = self._counts[at - 1] if at else 0
            edges.insert(at, y)
            self._counts.insert(at, split)
            self.boxes += split
        return at
