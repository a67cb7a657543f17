"""`action=query`: lists, generators and properties of pages, in batches that go on where the last reply ended.

A reply may not grow beyond a size: the data of one batch of pages then come in several replies, each of
which lists the whole batch. What is to be sent along is in `continue`, all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps

from harvester.demo.dialects import mediawiki_lists as lists
from harvester.demo.dialects import mediawiki_rows as rows
from harvester.demo.dialects import mediawiki_titles as titles
from harvester.demo.dialects.mediawiki_shelf import CATEGORY, FILE, Shelf, key
from harvester.demo.dialects.mediawiki_titles import Row

MOST_BYTES = 12 * 1024
"""Of the data of pages in one reply. Real wikis have room for more; so every batch is spread over several."""
PROPS = ("imageinfo", "categoryinfo", "fileusage", "pageprops", "images")


class Fault(Exception):
    """An answer that is an error, with its code; `breach` names the documented limit that was broken."""

    def __init__(self, code: str, info: str, breach: str = "") -> None:
        super().__init__(info)
        self.code, self.info, self.breach = code, info, breach


@dataclass
class Reply:
    """What one request comes to."""

    query: Row = field(default_factory=dict)
    pages: dict[str, Row] = field(default_factory=dict)
    onward: Row = field(default_factory=dict)
    warnings: Row = field(default_factory=dict)
    whole: bool = True
    breaches: list[str] = field(default_factory=list)

    def as_row(self) -> Row:
        row: Row = {"batchcomplete": True} if self.whole else {}
        row |= {"continue": self.onward} if self.onward else {}
        row |= {"warnings": self.warnings} if self.warnings else {}
        query = dict(self.query)
        if self.pages:
            query["pages"] = list(self.pages.values())
        return row | ({"query": query} if query else {})


class Asked:
    """One `action=query` over a shelf."""

    def __init__(self, shelf: Shelf, info: rows.Info, given: Mapping[str, str], base: str) -> None:
        self._shelf, self._info, self._given, self._base = shelf, info, given, base
        self.reply, self._generator_onward = Reply(), dict[str, str | int]()
        _, _, done = given.get("continue", "").partition("||")
        self._done = [name for name in done.split("|") if name]

    def answered(self) -> Reply:
        self._lists()
        names = self._page_set()
        if names is not None:
            self._properties(names)
        return self.reply

    def _lists(self) -> None:
        for name in self._values("list"):
            if name not in lists.LISTS:
                self._warn(f'Unrecognized value for parameter "list": {name}')
                continue
            batch = self._batch(name, "")
            shown = [lists.listed(name, self._shelf, title, self._given) for title in batch.titles]
            self.reply.query |= (
                {"searchinfo": {"totalhits": batch.total}} if name == "search" else {}
            ) | {name: shown}
            if batch.onward:
                self.reply.onward |= {**batch.onward, "continue": "-||"}

    def _batch(self, name: str, prefix: str) -> lists.Batch:
        batch = lists.batch(name, self._shelf, lists.Given(self._given, prefix + lists.LISTS[name]))
        if batch.fault:
            raise Fault(*batch.fault)
        self.reply.breaches += [batch.breach] if batch.breach else []
        return batch

    def _page_set(self) -> list[str] | None:
        """Titles of the pages to tell of. Those the user named are told how they were read, a generator's are not."""
        named = self._given.get("titles", "")
        if named.count("|") >= titles.AT_ONCE:
            said = (
                f'Too many values supplied for parameter "titles". The limit is {titles.AT_ONCE}.'
            )
            raise Fault("toomanyvalues", said, f"{named.count('|') + 1} titles at once")
        read = titles.read(self._shelf, named, follow="redirects" in self._given)
        generator = self._given.get("generator")
        if generator is None:
            self.reply.query |= read.told
            self.reply.pages = {row["title"]: row for row in self._based(read.found, read.bad)}
            return read.found if named else None
        if generator not in lists.LISTS and generator != "images":
            said = f'Unrecognized value for parameter "generator": {generator}.'
            raise Fault("badvalue", said, f"the generator {generator}")
        if "maxlag" not in self._given:
            self.reply.breaches.append("a batch job without maxlag")
        return self._generated(generator, read.found)

    def _generated(self, generator: str, named: Sequence[str]) -> list[str]:
        if generator == "images":
            batch = lists.images(self._shelf, named, lists.Given(self._given, "gim"))
            if batch.fault:
                raise Fault(*batch.fault)
        else:
            batch = self._batch(generator, "g")
        made = titles.read(self._shelf, "|".join(batch.titles), follow="redirects" in self._given)
        self.reply.query |= made.told
        if not batch.titles:
            made.found = []
        self.reply.pages = {row["title"]: row for row in self._based(made.found, [])}
        if generator == "search":
            for at, title in enumerate(batch.titles, batch.start + 1):
                if title in self.reply.pages:
                    self.reply.pages[title]["index"] = at
        self._generator_onward |= batch.onward
        return made.found

    def _based(self, found: Sequence[str], bad: Sequence[Row]) -> list[Row]:
        """Missing pages first, then by their number."""
        based = [
            *({**row} for row in bad),
            *(titles.base_row(self._shelf, title) for title in found),
        ]
        return sorted(based, key=lambda row: row.get("pageid", 0))

    def _properties(self, names: Sequence[str]) -> None:
        """Each property in turn until the reply is full; what is done already is not told again."""
        unfinished: Row = {}
        wanted = [name for name in self._values("prop") if name not in self._done]
        for name in wanted:
            if name not in PROPS:
                self._warn(f'Unrecognized value for parameter "prop": {name}')
            elif onward := self._property(name, names):
                unfinished |= onward
        known = [name for name in self._values("prop") if name in PROPS]
        if unfinished:
            keys = [
                one
                for one in self._given
                if one.startswith("g") and one.endswith(("continue", "offset"))
            ]
            finished = [
                name for name in known if not any(one in unfinished for one in _CONTINUES[name])
            ]
            self.reply.onward |= unfinished | {one: self._given[one] for one in keys}
            self.reply.onward["continue"] = f"{'|'.join(keys)}||{'|'.join(finished)}"
            self.reply.whole = False
        elif self._generator_onward:
            self.reply.onward |= self._generator_onward
            self.reply.onward["continue"] = f"{'|'.join(self._generator_onward)}||"

    def _property(self, name: str, names: Sequence[str]) -> Row:
        match name:
            case "imageinfo":
                return self._imageinfo(sorted(one for one in names if titles.space_of(one) == FILE))
            case "fileusage":
                return self._usage(sorted(one for one in names if titles.space_of(one) == FILE))
            case "categoryinfo":
                for title in names:
                    if titles.space_of(title) == CATEGORY and (
                        row := rows.category_row(self._shelf, title)
                    ):
                        self.reply.pages[title]["categoryinfo"] = row
            case "images":
                for title in names:
                    if shown := self._shelf.sheets.get(title):
                        told = [{"ns": FILE, "title": one} for one in sorted(shown.files)]
                        self.reply.pages[title] |= {"images": told} if told else {}
        return {}

    def _imageinfo(self, names: Sequence[str]) -> Row:
        start = self._given.get("iicontinue", "").partition("|")[0]
        if start and start not in {key(one.removeprefix("File:")) for one in names}:
            raise Fault("badcontinue", "Invalid continue param.", "a continue of another batch")
        wanted = rows.Wanted(
            tuple(self._values("iiprop")) or ("timestamp", "user"),
            tuple(self._values("iiextmetadatafilter")),
            int(self._given.get("iiurlwidth", "0") or 0),
        )
        size = 0
        for title in names:
            if key(title.removeprefix("File:")) < start:
                continue
            told = self._info.row(title, wanted, self._base)
            size += len(dumps(told))
            if size > MOST_BYTES:
                said = f"This result was truncated because it would otherwise be larger than the limit of {MOST_BYTES:,} bytes."
                self.reply.warnings["result"] = {"warnings": said}
                return {"iicontinue": f"{key(title.removeprefix('File:'))}|20240101000000"}
            self.reply.pages[title]["imagerepository"] = self._info.repository(title)
            self.reply.pages[title] |= {"imageinfo": [told]} if told else {}
        return {}

    def _usage(self, names: Sequence[str]) -> Row:
        """The pages that show each file, so many in all; the next one is where the next reply begins."""
        limit, breach = lists.limit(self._given.get("fulimit"), 10)
        self.reply.breaches += [breach] if breach else []
        every = [(title, *one) for title in names for one in self._users(title)]
        tokens = [f"{key(title.removeprefix('File:'))}|{number}" for title, number, _ in every]
        asked = self._given.get("fucontinue", "")
        if asked and asked not in tokens:
            raise Fault("badcontinue", "Invalid continue param.", "a continue of another batch")
        start = tokens.index(asked) if asked else 0
        for title, _, row in every[start : start + limit]:
            self.reply.pages[title].setdefault("fileusage", []).append(row)
        return {"fucontinue": tokens[start + limit]} if start + limit < len(every) else {}

    def _users(self, title: str) -> Iterator[tuple[int, Row]]:
        spaces, told = self._values("funamespace"), self._values("fuprop") or _USAGE
        for sheet in self._shelf.usage.get(title, []):
            whole = {"pageid": sheet.id, "ns": sheet.space, "title": sheet.title, "redirect": False}
            if not spaces or str(sheet.space) in spaces:
                chosen = {
                    one: whole[one]
                    for one in whole
                    if one in told or (one == "ns" and "title" in told)
                }
                yield sheet.id, chosen

    def _values(self, name: str) -> list[str]:
        return [one for one in self._given.get(name, "").split("|") if one]

    def _warn(self, said: str) -> None:
        self.reply.warnings.setdefault("query", {"warnings": said})


_USAGE = ("pageid", "title", "redirect")
_CONTINUES: Mapping[str, tuple[str, ...]] = {
    "imageinfo": ("iicontinue",), "fileusage": ("fucontinue",), "categoryinfo": (), "pageprops": (), "images": (),
}  # fmt: skip
