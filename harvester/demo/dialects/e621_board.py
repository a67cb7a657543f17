"""The world as e621 has it: its own tags and categories, ratings and file types, who may see a file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from harvester.demo import posts
from harvester.demo.posts import Post
from harvester.demo.vault import Vault

CATEGORIES: Mapping[str, int] = {
    "general": 0, "artist": 1, "contributor": 2, "copyright": 3, "character": 4,
    "species": 5, "invalid": 6, "meta": 7, "lore": 8,
}  # fmt: skip
RATINGS: Mapping[str, str] = {"g": "s", "s": "q", "q": "q", "e": "e"}
EXTENSIONS: Mapping[str, str] = {"zip": "webm"}  # the site takes no ugoira: its posters make films
TAGS: Mapping[str, str] = {
    "1girl": "female", "2girls": "duo female", "3girls": "trio group female", "multiple_girls": "",
    "no_humans": "zero_pictured", "close-up": "close-up", "portrait": "meta:headshot_portrait",
    "cowboy_shot": "meta:three-quarter_portrait", "full_body": "meta:full-length_portrait",
    "wide_shot": "", "multiple_views": "meta:multiple_images", "comic": "meta:comic",
    "speech_bubble": "dialogue", "from_behind": "rear_view", "facing_away": "", "dutch_angle": "",
    "greyscale": "meta:greyscale", "monochrome": "meta:monochrome", "sepia": "",
    "absurdres": "meta:absurd_res", "highres": "meta:hi_res", "lowres": "meta:low_res",
    "animated_gif": "", "ugoira": "meta:webm", "video": "",
    "jpeg_artifacts": "meta:compression_artifacts", "photo_(medium)": "photo",
    "ai-generated": "artist:ai_assisted", "bad_link": "", "commentary_request": "",
    "variant_set": "", "duplicate": "", "child": "young", "loli": "cub young", "shota": "shota young",
}  # fmt: skip
"""Danbooru's tag -> this site's, with the category where it is another; nothing where the site has none."""
BUSTS = ("meta:bust_portrait", "meta:half-length_portrait")  # both are an upper body elsewhere
SITE_ALIASES: Mapping[str, str] = {
    "cowboy_shot": "three-quarter_portrait", "jpeg_artifacts": "compression_artifacts",
    "promotional_art": "promotional_material", "genderswap": "crossgender",
    "alternate_outfit": "alternate_costume", "character_sheet": "model_sheet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as this site has it."""

    post: Post
    tags: Mapping[str, tuple[str, ...]]
    words: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        named = (tag for tags in self.tags.values() for tag in tags)
        object.__setattr__(self, "words", frozenset(named))

    @property
    def rating(self) -> str:
        return RATINGS[self.post.rating]

    @property
    def extension(self) -> str:
        return EXTENSIONS.get(self.post.format, self.post.format)

    @property
    def is_deleted(self) -> bool:
        return bool(self.post.status & {"deleted", "banned"})

    @property
    def is_for_accounts(self) -> bool:
        """Its addresses are kept from those who are not logged in."""
        return self.post.hidden or ("young" in self.words and self.rating != "s")

    def is_open_to(self, *, account: bool) -> bool:
        """Whether this visitor is told where its files lie."""
        return not self.is_deleted and (account or not self.is_for_accounts)


class Board:
    """All posts of the world by rising id, and the tag table they make."""

    def __init__(self, vault: Vault) -> None:
        self.vault, self.world = vault, vault.world

    @cached_property
    def posts(self) -> list[Shown]:
        return [Shown(post, _tags(post)) for post in self.world.posts]

    @cached_property
    def by_id(self) -> Mapping[int, Shown]:
        return {shown.post.id: shown for shown in self.posts}

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return Counter(word for shown in self.posts for word in shown.words)

    @cached_property
    def categories(self) -> Mapping[str, int]:
        return {
            tag: CATEGORIES[category]
            for shown in self.posts
            for category, tags in shown.tags.items()
            for tag in tags
        }

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Every other name of a tag that some post has."""
        known = {**posts.ALIASES, **SITE_ALIASES}
        return {old: new for old, new in known.items() if new in self.counts}


def _tags(post: Post) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for category, tags in post.tags.items():
        for tag in tags:
            for where, name in _translated(tag, post.id):
                found[where or category].add(name)
    if post.tags["character"]:
        found["species"].add("human")
    if "banned" in post.status:  # its maker asked for it
        found["artist"].add("avoid_posting")
    return {category: tuple(sorted(found[category])) for category in CATEGORIES}


def _translated(tag: str, number: int) -> list[tuple[str, str]]:
    """(category, tag) for each tag this site has for one of Danbooru's; no category is the same one."""
    if tag.endswith("_(cosplay)"):
        return []
    told = BUSTS[number % 2] if tag == "upper_body" else TAGS.get(tag)
    if told is None:
        return [("", tag)]
    return [(where, name) for where, _, name in (one.rpartition(":") for one in told.split())]
