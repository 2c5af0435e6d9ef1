"""How alike two ordered trees are. It does not know what the trees stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from eval.extra import load


@dataclass(slots=True, eq=False)
class Tree:
    """A node and what is below it: `label` must be equal in two trees, `text` may be more or less alike."""

    label: tuple[object, ...]
    text: str = ""
    children: list[Tree] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Nodes, this one included."""
        return 1 + sum(child.size for child in self.children)


class Likeness(NamedTuple):
    """`full` compares labels and texts, `structure` labels alone; 1 is equal."""

    full: float
    structure: float


class _Costs:
    """What APTED asks: putting in or taking out a node costs 1."""

    valuecls = int

    def __init__(self, texts: bool) -> None:
        self._distance = load("rapidfuzz.distance").Levenshtein.normalized_distance if texts else None

    def delete(self, node: Tree) -> int:
        return 1

    def insert(self, node: Tree) -> int:
        return 1

    def rename(self, one: Tree, other: Tree) -> float:
        if one.label != other.label:
            return 1.0
        return float(self._distance(one.text, other.text)) if self._distance else 0.0

    def children(self, node: Tree) -> Sequence[Tree]:
        return node.children


def similarity(one: Tree, other: Tree, nodes: int, *, texts: bool = True) -> float:
    """1 - (least cost of edits that turn one tree into the other) / `nodes`; below 0 when that costs more.

    Inserting or deleting a node costs 1; replacing it costs 1 when the labels differ, else the Levenshtein distance of
    the texts over the longer one's length, or nothing without `texts`. Pawlik and Augsten, Tree edit distance: robust
    and memory-efficient, 2016. Raises BadSetup when the extra `eval` is missing.
    """
    return 1 - float(load("apted").APTED(one, other, _Costs(texts)).compute_edit_distance()) / nodes


def likeness(one: Tree, other: Tree, nodes: int) -> Likeness:
    """`similarity` with and without texts."""
    return Likeness(similarity(one, other, nodes), similarity(one, other, nodes, texts=False))
