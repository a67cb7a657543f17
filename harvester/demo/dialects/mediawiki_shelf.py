"""What the sandbox's wiki holds: files, the categories they stand in, pages that show them, redirects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from harvester.demo.posts import FIRST_ID, Post
from harvester.demo.vault import Vault

MAIN, FILE, CATEGORY = 0, 6, 14
SPACES: Mapping[str, int] = {"file": FILE, "image": FILE, "category": CATEGORY}
NAMES: Mapping[int, str] = {MAIN: "", FILE: "File:", CATEGORY: "Category:"}
BY_NAME_ONLY = "kochiya_sanae"
"""A character with neither a category nor a page: her files are found by their names."""
SHOWN = 12  # pictures on a character's page; the others of the page are on its sub-pages
FLAG = "File:Flag of Gensokyo.svg"
FLAG_BODY = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><circle cx="10" cy="10" r="9"/></svg>'
FORMATS = frozenset({"jpg", "png", "webp", "gif", "mp4"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of the wiki. A file's page may have no file, a shown file no page; `to` makes a redirect of it."""

    id: int
    space: int
    title: str
    post: Post | None = None
    categories: tuple[str, ...] = ()
    shows: tuple[tuple[str, tuple[str, ...]], ...] = ()  # heading -> titles of files
    to: str = ""

    @property
    def text(self) -> str:
        """The title without its name space."""
        return self.title.removeprefix(NAMES[self.space])

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(chain(*(titles for _, titles in self.shows))))


class Shelf:
    """A world's posts as a wiki has them.

    A quarter of a character's files stand in a category of illustrations, another in one for each year, two
    levels down, of which the last holds the character's own category again. About one file in twenty-five
    lies in the shared repository, where no category of this wiki reaches it: pages show it.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    @cached_property
    def posts(self) -> Sequence[Post]:
        return [post for post in self._vault.world.posts if post.format in FORMATS]

    @cached_property
    def sheets(self) -> Mapping[str, Sheet]:
        """Every page there is, by its title."""
        made = [*self._uploaded(), *self._renamed(), Sheet(1, FILE, FLAG)]
        numbers = iter(range(1_000_000, 9_000_000))
        for sheet in chain(self._categories(), self._pages()):
            made.append(
                Sheet(
                    next(numbers),
                    sheet.space,
                    sheet.title,
                    None,
                    sheet.categories,
                    sheet.shows,
                    sheet.to,
                )
            )
        return {sheet.title: sheet for sheet in made}

    @cached_property
    def by_file(self) -> Mapping[str, Post]:
        """Every file that may be shown, by its title, those of the shared repository too."""
        return {file_title(post): post for post in self.posts}

    @cached_property
    def by_key(self) -> Mapping[str, Post]:
        """Files by the last part of their address."""
        return {key(title.removeprefix("File:")): post for title, post in self.by_file.items()}

    @cached_property
    def members(self) -> Mapping[str, list[Sheet]]:
        """Category -> what stands in it, in the order of the alphabet."""
        found: dict[str, list[Sheet]] = {}
        for sheet in self.sheets.values():
            for name in sheet.categories:
                found.setdefault(name, []).append(sheet)
        return {name: sorted(sheets, key=by_alphabet) for name, sheets in found.items()}

    @cached_property
    def usage(self) -> Mapping[str, list[Sheet]]:
        """File -> the pages that show it."""
        found: dict[str, list[Sheet]] = {}
        for sheet in self.sheets.values():
            for title in sheet.files:
                found.setdefault(title, []).append(sheet)
        return found

    def file(self, title: str) -> Post | None:
        """The post behind a file's title, also through an image redirect; None where no file is."""
        sheet = self.sheets.get(title)
        post = self.by_file.get(sheet.to if sheet and sheet.to else title)
        return None if post is None or post.hidden or "deleted" in post.status else post

    def sha1(self, post: Post) -> str:
        """The SHA-1 of a post's file; of one whose hash is claimed wrongly another."""
        return self._vault.claim(post).sha1

    def bytes(self, post: Post) -> int:
        return self._vault.claim(post).bytes

    def _uploaded(self) -> Iterator[Sheet]:
        """The pages of files; of one that was deleted there is none, of one in the shared repository neither."""
        for post in self.posts:
            if "deleted" not in post.status and not is_shared(post):
                yield Sheet(
                    post.id - FIRST_ID + 10,
                    FILE,
                    file_title(post),
                    post,
                    tuple(self._shelved(post)),
                )

    def _shelved(self, post: Post) -> Iterator[str]:
        for name in post.tags["character"]:
            if name != BY_NAME_ONLY:
                yield _category(name, post)

    def _renamed(self) -> Iterator[Sheet]:
        """Files that were moved leave a redirect, which stays in its category."""
        for post in self.posts:
            if post.id % 40 == 3 and "deleted" not in post.status and not is_shared(post):
                old = f"File:Old picture {post.id}.{post.format}"
                yield Sheet(
                    post.id - FIRST_ID + 500_000,
                    FILE,
                    old,
                    None,
                    tuple(self._shelved(post)),
                    to=file_title(post),
                )

    def _categories(self) -> Iterator[Sheet]:
        for series in self._tags("copyright"):
            yield Sheet(0, CATEGORY, f"Category:{named(series)}")
        for name in self._tags("character"):
            if name != BY_NAME_ONLY:
                yield from self._tree(name)

    def _tree(self, name: str) -> Iterator[Sheet]:
        own = [post for post in self.posts if name in post.tags["character"]]
        top = f"Category:{named(name)}"
        years = sorted({post.created.year for post in own})
        last = (f"{top} {years[-1]}",)
        series = tuple(f"Category:{named(one)}" for one in own[0].tags["copyright"])
        yield Sheet(0, CATEGORY, top, categories=(*series, *last))
        yield Sheet(0, CATEGORY, f"{top} illustrations", categories=(top,))
        yield Sheet(0, CATEGORY, f"{top} by year", categories=(top,))
        for year in years:
            yield Sheet(0, CATEGORY, f"{top} {year}", categories=(f"{top} by year",))

    def _pages(self) -> Iterator[Sheet]:
        """The main character's page and those of artists, each with a gallery below it, and redirects."""
        main = self._vault.world.character
        for name in (main, *self._tags("artist")):
            role = "character" if name == main else "artist"
            own = [post for post in self.posts if name in post.tags[role]]
            yield from _page_of(named(name), own, whole=role == "artist")
        if " " in named(main):
            yield Sheet(0, MAIN, " ".join(reversed(named(main).split(" "))), to=named(main))

    def _tags(self, role: str) -> list[str]:
        return sorted({name for post in self.posts for name in post.tags[role]})


def _page_of(title: str, own: Sequence[Post], *, whole: bool) -> Iterator[Sheet]:
    """A page and its sub-page. With `whole` they show every file of the subject, else what no category has."""
    first, rest = own[:SHOWN], own[SHOWN:]
    below = [post for post in rest if whole or is_shared(post) or "deleted" in post.status]
    yield Sheet(0, MAIN, title, shows=(("", (FLAG,)), *_by_kind(first)))
    yield Sheet(0, MAIN, f"{title}/Gallery", shows=_by_kind(below))
    yield Sheet(0, MAIN, f"{title}/Quotes", shows=(("", (FLAG,)),))


def _by_kind(posts: Iterable[Post]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    kinds: dict[str, list[str]] = {"Official art": [], "Fan art": []}
    for post in posts:
        kinds["Official art" if "official_art" in post.words else "Fan art"].append(
            file_title(post)
        )
    return tuple((heading, tuple(titles)) for heading, titles in kinds.items() if titles)


def _category(name: str, post: Post) -> str:
    top = f"Category:{named(name)}"
    return (top, top, f"{top} illustrations", f"{top} {post.created.year}")[post.id % 4]


def is_shared(post: Post) -> bool:
    return post.id % 25 == 7


def named(tag: str) -> str:
    """A tag as this wiki writes titles: `hakurei_reimu` is *Hakurei Reimu*."""
    return re.sub(r"(?<![\w(])\w", lambda letter: letter[0].upper(), tag.replace("_", " "))


def file_title(post: Post) -> str:
    """A file's title; what must not be shown is called by its name."""
    warned = [word for word in ("loli", "shota", "child") if word in post.words and post.forbidden]
    words = [
        *map(named, post.tags["character"][:1]),
        *(f"({word})" for word in warned),
        str(post.id),
    ]
    return f"File:{' '.join(words)}.{post.format}"


def key(text: str) -> str:
    return text.replace(" ", "_")


def by_alphabet(sheet: Sheet) -> tuple[str, int]:
    return sheet.text.upper(), sheet.id
