"""HTML that cannot be injected into: every child and attribute that is not markup already is escaped."""

from __future__ import annotations

from html import escape

_VOID = frozenset({"img", "input"})


class Markup(str):
    """HTML made here. A plain `str` is data."""

    __slots__ = ()


def tag(name: str, *children: str | None, **attributes: str | int | float | bool | None) -> Markup:
    """An element. `class_` and `data_page` become `class` and `data-page`; None and False leave an attribute out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: str | None) -> Markup:
    """Children one after the other; data among them is escaped."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children if child))


def action(label: str, do: str, value: str | int = "", *, on: str = "click", **attributes: str | bool | None) -> Markup:
    """A button whose press reaches Python as `do` and `value`, through the event `on` of its pane."""
    return tag("button", label, type="button", data_do=do, data_value=value, data_on=on, **attributes)
