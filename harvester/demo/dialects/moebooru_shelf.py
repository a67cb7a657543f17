"""The world as a Moebooru site keeps it: its own words, kinds and ratings, deleted posts without files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from harvester.demo.dialects.shared import chosen
from harvester.demo.posts import ALIASES, Post
from harvester.demo.tagging import FRAMING_TAGS
from harvester.demo.vault import Vault

KINDS = {"general": 0, "artist": 1, "copyright": 3, "character": 4, "circle": 5, "faults": 6}
NAMES = {number: name for name, number in KINDS.items()}
FRAMINGS = {tag for tag, _ in FRAMING_TAGS.values()}
META = {
    "jpeg_artifacts": ("jpeg_artifacts", "faults"),
    "lowres": ("lowres", "faults"),
    "duplicate": ("duplicate", "faults"),
    "official_art": ("official_art", "general"),
    "ai-generated": ("ai-generated", "general"),
    "photo_(medium)": ("photo_(medium)", "general"),
    "animated": ("animated", "general"),
    "animated_gif": ("animated_gif", "general"),
    "video": ("video", "general"),
    "ugoira": ("animated", "general"),
}
"""Of Danbooru's meta tags those that such a site has a word for, and the kind it is of there."""
RATINGS = {"g": "s", "s": "s", "q": "q", "e": "e"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One post as the site has it: its words by kind, its letter, and whether it is gone from the lists."""

    post: Post
    kinds: Mapping[str, str]
    rating: str
    status: str  # active pending flagged deleted
    held: bool
    listed: bool  # also on the pages for people


class Shelf:
    """All posts by falling id, and the table of tags."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.posts = [_shown(post) for post in reversed(vault.world.posts)]
        self.by_id = {shown.post.id: shown for shown in self.posts}
        self.counts = Counter(
            word for shown in self.posts if shown.status != "deleted" for word in shown.kinds
        )
        self.kinds = {word: kind for shown in self.posts for word, kind in shown.kinds.items()}
        self.numbers = {word: number for number, word in enumerate(sorted(self.kinds), 1)}
        self.aliases = {old: new for old, new in ALIASES.items() if new in self.kinds}


def _shown(post: Post) -> Shown:
    waits = next((word for word in ("pending", "flagged") if word in post.status), "active")
    return Shown(
        post,
        _words(post),
        RATINGS[post.rating],
        "deleted" if post.hidden or {"deleted", "banned"} & post.status else waits,
        held=chosen(f"{post.id} held", 90),
        listed=not chosen(f"{post.id} listed", 40),
    )


def _words(post: Post) -> dict[str, str]:
    """Names bare of what Danbooru adds in brackets; framing is seldom told; artists sell in circles."""
    told = chosen(f"{post.id} framing", 3)
    words = {name: "general" for name in post.tags["general"] if told or name not in FRAMINGS}
    words |= {META[name][0]: META[name][1] for name in post.tags["meta"] if name in META}
    for kind in ("copyright", "character"):
        words |= dict.fromkeys(post.tags[kind], kind)
    for name in post.tags["artist"]:
        bare = name.removesuffix("_(sandbox)")
        words[bare] = "artist"
        if bare.startswith("aka"):
            words[f"{bare}_works"] = "circle"
    return dict(sorted(words.items()))
