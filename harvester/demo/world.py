"""All posts of one sandbox and their tag table, the same for the same arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from harvester.demo.making import made_posts
from harvester.demo.pictures import found_posts
from harvester.demo.posts import CATEGORIES, Post, Truth


class World:
    """All posts of one sandbox, the same for the same arguments."""

    def __init__(
        self,
        posts: int = 2000,
        *,
        seed: int = 1,
        character: str = "hakurei_reimu",
        pictures: Path | None = None,
    ) -> None:
        self.seed, self.character = seed, character
        self.posts: Sequence[Post] = (
            made_posts(posts, seed, character)
            if pictures is None
            else found_posts(pictures, character)
        )

    @cached_property
    def by_id(self) -> Mapping[int, Post]:
        return {post.id: post for post in self.posts}

    @cached_property
    def children(self) -> Mapping[int, tuple[Post, ...]]:
        """The children of each post that has any."""
        found: dict[int, list[Post]] = {}
        for post in self.posts:
            if post.parent is not None:
                found.setdefault(post.parent, []).append(post)
        return {parent: tuple(posts) for parent, posts in found.items()}

    @cached_property
    def tag_counts(self) -> Mapping[str, int]:
        return Counter(word for post in self.posts for word in post.words)

    @cached_property
    def tag_categories(self) -> Mapping[str, int]:
        return {
            name: CATEGORIES[category]
            for post in self.posts
            for category, names in post.tags.items()
            for name in names
        }


def truth(world: World, post_id: int) -> Truth:
    """What the picture of a post really shows."""
    return world.by_id[post_id].truth
