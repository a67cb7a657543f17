"""Why each picture is in a selection or out of it, in words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set

from harvester.model import Framing
from harvester.selection.choice import FIRM, Choice, Key, Selection
from harvester.selection.layer import Tally
from harvester.selection.places import Wishes

OVER = "over the {} cap; nobody else was left"
LEFT = "out: its places are kept for a framing that is still looked for"


def told(order: Sequence[Choice], chosen: Set[int], wishes: Wishes) -> Selection:
    """The selection of those `chosen`, with places and reasons; `order` holds all there are, best first."""
    taken = [choice for choice in order if choice.candidate in chosen]
    tally = Tally()
    tally.add(taken)
    over: defaultdict[str, list[str]] = defaultdict(list)
    for (kind, name), number in sorted(tally.caps.items()):
        if number > wishes.most[kind]:
            over[kind].append(name)
    missing = {f: n - tally.framings[f] for f, n in wishes.quota.items() if n > tally.framings[f]}
    return Selection(
        {
            choice.candidate: (place, f"in: {why}")
            for place, (choice, why) in enumerate(_ins(taken, wishes), 1)
        },
        {choice.candidate: why for choice, why in _outs(order, chosen, wishes, tally)},
        dict(tally.framings),
        missing,
        {kind: tuple(names) for kind, names in over.items()},
    )


def conceded(why: str) -> str:
    """The kind of cap that gave way for a picture, by the reason it is in for; empty where none did."""
    found = re.fullmatch(f"in: {OVER.format('(.*)')}", why)
    return found[1] if found else ""


def _ins(taken: Sequence[Choice], wishes: Wishes) -> Iterator[tuple[Choice, str]]:
    so_far = Tally()
    for choice in taken:
        full = [
            kind
            for kind, name in choice.caps
            if kind not in FIRM and so_far.caps[kind, name] >= wishes.most[kind]
        ]
        so_far.add([choice])
        if full:
            yield choice, OVER.format(full[0])
        else:
            yield choice, _place(choice, so_far, wishes)


def _place(choice: Choice, so_far: Tally, wishes: Wishes) -> str:
    framing, number = choice.framing, so_far.framings[choice.framing]
    if framing in wishes.rest:
        if not any(wishes.quota.values()) and wishes.rest[framing] >= wishes.target:
            return f"number {so_far.size} by score"
        more = "" if number <= wishes.rest[framing] else "; too few known ones"
        return f"{'wide' if framing else 'framing unknown'}{more}"
    quota = wishes.quota.get(framing, 0) if framing else 0
    if number <= quota:
        return f"{_label(framing)} {number} of {quota}"
    return "a place no framing claims"


def _outs(
    order: Sequence[Choice], chosen: Set[int], wishes: Wishes, tally: Tally
) -> Iterator[tuple[Choice, str]]:
    ranks: Counter[Key | Framing | None] = Counter()
    for choice in order:
        ranks.update(choice.caps)
        ranks[choice.framing] += 1
        if choice.candidate not in chosen:
            yield choice, _out(choice, ranks, wishes, tally)


def _out(choice: Choice, ranks: Counter[Key | Framing | None], wishes: Wishes, tally: Tally) -> str:
    """By the cap that is full, else by its framing; `ranks` says how many there are that are as good or better."""
    for kind, name in reversed(choice.caps):  # variants first: no other reason would let it in
        most = wishes.most[kind]
        if tally.caps[kind, name] < most:
            continue
        if kind in FIRM:
            return f"out: {most} variants of it are in ({name})"
        rank = ranks[kind, name]
        if rank > most:
            return f"out: {_nth(rank)} of {kind} {name}; the cap is {most}"
        return f"out: {kind} {name} is used up where others lack; the cap is {most}"
    if tally.size < wishes.target:
        return LEFT
    if choice.framing is None and not any(wishes.quota.values()):
        return f"out: {_nth(ranks[None])} by score; the target is {wishes.target}"
    return f"out: {_nth(ranks[choice.framing])} best {_label(choice.framing)}; {tally.framings[choice.framing]} are in"


def _label(framing: Framing | None) -> str:
    return framing.value.replace("_", " ") if framing else "of unknown framing"


def _nth(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"
