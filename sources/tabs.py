"""The tabs a picture lies behind, as Tabber, TabberNeue, Fandom and ARIA write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup, Tag

NAMED = ("data-mw-tabber-title", "data-tab-title", "data-title", "title")
"""Attributes of a panel that hold its label."""
PANELS = frozenset(
    ["tabbertab", "tabber__panel", "wds-tab__content", "pi-image-collection-tab-content"]
)
TABBERS = frozenset(["tabber", "wds-tabber", "pi-image-collection"])
LABELS = frozenset(["wds-tabs__tab", "pi-tab-link", "tabber__tab"])


def parents(tag: Tag, classes: frozenset[str], name: str = "") -> Iterator[Tag]:
    """The tags around a tag that have one of these classes, or this name; the innermost first."""
    return (one for one in tag.parents if one.name == name or _has(one, classes))


def above(page: BeautifulSoup, tag: Tag, known: dict[int, str]) -> list[str]:
    """The labels of the tabs that must be open for this picture to be seen, the outermost first.

    `known` keeps the label of each of this page's panels, for many pictures lie behind one tab.
    """
    panels = [one for one in tag.parents if _is_panel(one)]
    for panel in panels:
        if id(panel) not in known:
            known[id(panel)] = _label(page, panel)
    return [label for panel in reversed(panels) if (label := known[id(panel)])]


def _has(tag: Tag, classes: frozenset[str]) -> bool:
    return not classes.isdisjoint(tag.get_attribute_list("class"))


def _is_panel(tag: Tag) -> bool:
    return _has(tag, PANELS) or tag.get("role") == "tabpanel"


def _is_label(tag: Tag) -> bool:
    return _has(tag, LABELS) or tag.get("role") == "tab"


def _label(page: BeautifulSoup, panel: Tag) -> str:
    for key in NAMED:
        told = panel.get(key)
        if isinstance(told, str) and told.strip():
            return told
    label = None
    if named := panel.get("aria-labelledby"):
        label = page.find(id=str(named))
    if label is None and (own := panel.get("id")):
        label = page.find(None, {"aria-controls": str(own)}) or page.find("a", href=f"#{own}")
    return label.get_text(" ") if isinstance(label, Tag) else _by_place(panel)


def _by_place(panel: Tag) -> str:
    """Labels and panels stand in the same order where nothing else joins them."""
    tabber = next(parents(panel, TABBERS), None)
    if tabber is None:
        return ""
    mine = [one for one in tabber.find_all(True) if next(parents(one, TABBERS), None) is tabber]
    panels = [one for one in mine if _is_panel(one)]
    labels = list(_outermost(one for one in mine if _is_label(one)))
    place = next(at for at, one in enumerate(panels) if one is panel)
    return labels[place].get_text(" ") if len(labels) == len(panels) else ""


def _outermost(tags: Iterable[Tag]) -> Iterator[Tag]:
    """Each tab once: it may be a list item with a link in it, and both are called so."""
    last: Tag | None = None
    for tag in tags:
        if last is None or all(one is not last for one in tag.parents):
            last = tag
            yield tag
