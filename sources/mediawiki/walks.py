"""The way of a walk: which starting points are gone from, in which order, and what is asked at each.

`state["plan"]` lists the ways still to go, the present one first, each as [way, title, levels of
categories below]. The walk begins by asking which of a name's titles there are (`explore`), then goes
through the subject's categories, its page and the sub-pages that hold pictures, and the categories
below; what stands in `state["then"]`, searches among file names, only where all of that showed no
picture. Categories contain each other: `state["seen"]` has what was planned already.

A page is rendered once, for the words around its pictures, and its files are then asked for by title,
in the order of the page (`files`): `batch` holds those of the present request with their words,
`rest` the others. Where a wiki renders no page, its files are listed instead (`images`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from harvester import Query
from sources.mediawiki import files, names, titles
from sources.mediawiki.rendered import Picture
from sources.mediawiki.titles import Step

State = Mapping[str, Any]
"""What a walk carries from page to page, as JSON: plan then seen found batch rest owed."""

MOST = 200  # categories and pages of one walk: state is stored with every request
ORDER = {"explore": 0, "category": 1, "file": 1, "page": 2, "subcategory": 3}
USES = {"funamespace": "0", "fuprop": "pageid", "fushow": "!redirect", "fulimit": "500"}
"""How many articles use a file is asked for the files of pages only, where the pictures of templates are.

Fifty files come in a reply that holds 500 uses, so that it mostly costs no request; what lies beyond is not
followed. Where icons of a template take all 500, the larger pictures are asked for once more without them
(`uses`): one request for fifty files at most. Of a category's files uses would have to be followed to their
end, many replies for one flag, before the server goes on to the next files.
"""


def begun(query: Query, depth: int) -> State:
    """The state of a walk that has asked nothing yet."""
    if query.start:
        step = titles.direct(query.start, depth)
        return {"plan": [step], "seen": [_mark(step)]}
    plan, then = titles.plan(query.names, depth)
    return {"plan": plan, "then": then} if then else {"plan": plan}


def asked(state: State, per_page: int) -> dict[str, str]:
    """What is asked at the present place of the walk."""
    way, title, depth = state["plan"][0]
    limit = str(per_page)
    if way in {"category", "subcategory"}:
        kinds = "subcat|file" if depth else "file"
        listed = {"gcmtitle": f"Category:{title}", "gcmtype": kinds}
        return {"generator": "categorymembers", **listed, "gcmlimit": limit, **files.WANTED}
    match way:
        case "explore":
            return {"titles": title, **names.ASKED}
        case "page":
            hidden = dict.fromkeys(("disablelimitreport", "disableeditsection", "disabletoc"), "1")
            return {"page": title, "prop": "text|images", "redirects": "1", **hidden}
        case "files" | "uses":
            return _by_title(state)
        case "images":
            listed = {"titles": title, "gimlimit": limit, "redirects": "1"}
            return {"generator": "images", **listed, **files.WANTED}
        case "prefix":
            return {"generator": "allimages", "gaiprefix": title, "gailimit": limit, **files.WANTED}
        case "search":
            listed = {"gsrsearch": title, "gsrnamespace": "6", "gsrlimit": limit}
            return {"generator": "search", **listed, **files.WANTED}
        case _:
            return {"titles": f"File:{title}", "redirects": "1", **files.WANTED}


def _by_title(state: State) -> dict[str, str]:
    """The present batch. Two pages may show the very same files: `requestid` tells the two requests apart."""
    way, page, _ = state["plan"][0]
    listed = "|".join(f"File:{name}" for name, _ in state["batch"])
    wanted = {**files.WANTED, "prop": "imageinfo|fileusage", **USES}
    mark = f"{way} of {page}, {len(state['rest'])} left"
    return {"titles": listed, "redirects": "1", "requestid": mark, **wanted}


def extended(state: State, steps: Iterable[Step]) -> State:
    """With further ways that were found, each once: explorations first, categories below last."""
    plan, seen = list(state["plan"]), list(state.get("seen", ()))
    for step in steps:
        mark = _mark(step)
        if mark not in seen and len(seen) < MOST:
            seen.append(mark)
            plan.append(step)
    return {**state, "plan": [plan[0], *sorted(plan[1:], key=_place)], "seen": seen}


def showing(state: State, pictures: Iterable[Picture]) -> State:
    """At the files of the page that was rendered, in batches that fit an address."""
    listed = [[name, [[word.role, word.text] for word in words]] for name, words in pictures]
    _, title, _ = state["plan"][0]
    return _batched({**state, "plan": [["files", title, 0], *state["plan"][1:]]}, listed)


def counting(state: State, names: Iterable[str]) -> State | None:
    """At those files of a batch whose uses were beyond the reply; None after they were asked for once more."""
    batch = [[name, []] for name in names]
    if state["plan"][0][0] != "files" or not batch:
        return None
    kept = {key: value for key, value in state.items() if key != "owed"}
    return {**instead(kept, "uses"), "batch": batch}


def instead(state: State, way: str) -> State:
    """At the same title by another way."""
    (_, title, _), *rest = state["plan"]
    return {**state, "plan": [[way, title, 0], *rest]}


def onward(state: State) -> State | None:
    """The state at the next place of the walk; None where it has come to its end."""
    if state.get("rest"):
        kept = {key: value for key, value in state.items() if key != "owed"}
        return _batched(instead(kept, "files"), state["rest"])
    plan, then = state["plan"][1:], [] if state.get("found") else list(state.get("then", ()))
    while not plan and then:
        plan = then.pop(0)
    if not plan:
        return None
    kept = {key: state[key] for key in ("seen", "found") if state.get(key)}
    return {"plan": plan, **kept, **({"then": then} if then else {})}


def _batched(state: State, listed: list[Any]) -> State:
    size = titles.fitting([f"File:{name}" for name, _ in listed])
    return {**state, "batch": listed[:size], "rest": listed[size:]}


def _mark(step: Step) -> str:
    """A category or page in few letters; how it was come upon makes no difference."""
    way, title, _ = step
    kind = "category" if way == "subcategory" else way
    return hashlib.blake2b(f"{kind}:{title}".encode(), digest_size=5).hexdigest()


def _place(step: Step) -> int:
    return ORDER.get(str(step[0]), 0)
