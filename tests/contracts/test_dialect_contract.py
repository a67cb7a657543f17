"""Every family against the server that speaks its API: nothing is missed, nothing forbidden is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from harvester import registry, vocabulary
from harvester.demo import DIALECTS, Rules, World, speak
from harvester.demo.dialects import Answer
from harvester.demo.dialects.shared import ACCOUNT
from harvester.demo.vault import Vault
from harvester.errors import Busy, Gone
from harvester.model import Candidate, File, Narrow, Page, Query, Reply, Request, Site
from harvester.net import Account
from harvester.ports import Counts, Details, NamesTags, Resolves, Source
from harvester.recipe import FRAMINGS

BASE = "http://place.test"
SUBJECT = "hakurei_reimu"
DEPTH = 80
"""Rows that can be reached by counting pages: few, so that most posts lie beyond."""
POSTS, MORE = 400, 30
WITHOUT_ALIASES = {"gelbooru02"}
WITHOUT_POSTS = {"mediawiki"}
"""A wiki has files by their names: `tests/test_dialect_mediawiki.py` walks it."""
SHALLOW = Rules(depth=DEPTH)


@cache
def vault(posts: int) -> Vault:
    """The files of a site that has so many posts yet; each is drawn once for all of them."""
    world = World(POSTS, seed=3)
    if posts == POSTS:
        return Vault(world)
    world.posts = world.posts[:posts]
    younger = copy(vault(POSTS))
    younger.world = world
    return younger


@dataclass
class Visit:
    """A family asking a server, and everything it asked."""

    source: Source
    rules: Rules = SHALLOW
    posts: int = POSTS
    asked: list[Request] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    def file(self, file: File) -> Answer:
        """What the server says to a request for a file."""
        request = Request("place", file.urls[0], headers=file.headers)
        answer = self.answer(request, signed=self.source.auth.files)
        if location := answer.headers.get("Location", ""):  # as `net` follows, its cookie kept
            way = answer.headers.get("Set-Cookie", "").partition(";")[0]
            own = dict(file.headers).get("Cookie", "")
            headers = (*file.headers, ("Cookie", "; ".join(filter(None, [own, way]))))
            return self.answer(Request("place", BASE + location, headers=headers), signed=False)
        return answer

    def answer(self, request: Request, *, signed: bool = True) -> Answer:
        """What the server says to a request as `net` would send it."""
        keys = {name: ACCOUNT[name] for name in self.source.auth.keys.values() if name in ACCOUNT}
        account = Account("place", self.source.auth, keys if signed else {})
        params = urlencode((*request.params, *account.params))
        agent = f"lora-harvester/1.0 (+mailto:me@example.org){account.agent}"
        headers = {"user-agent": agent}
        for name, value in (*request.headers, *account.headers):
            headers[name.lower()] = value
        if request.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in request.cookies)
        parts = urlsplit(request.url)
        query = "&".join(filter(None, (parts.query, params)))
        dialect = speak(self.source.site.family, vault(self.posts), self.rules)
        answer = dialect.answer(f"{parts.path}?{query}", headers, BASE)
        self.asked.append(request)
        self.breaches += [f"{answer.breach}: {request.url}?{params}"] if answer.breach else []
        return answer

    def page(self, request: Request) -> Page:
        """A request's page; redirects are followed as `net` does."""
        answer = self.answer(request)
        url = f"{request.url}?{urlencode(request.params)}"
        if location := answer.headers.get("Location", ""):
            url = location if location.startswith("http") else BASE + location
            answer = self.answer(Request("place", url, ask=request.ask))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        reply = Reply(answer.status, url, headers, answer.body, request.kind)
        return self.source.parse(request, reply)

    def walk(self, query: Query) -> Iterator[Page]:
        """Every page of a walk."""
        left, seen = [self.source.search(query)], set[str]()
        while left:
            request = left.pop(0)
            if request.key in seen:
                continue
            seen.add(request.key)
            assert len(seen) < 400, "this walk has no end"
            page = self.page(request)
            left += page.follow
            yield page

    def name(self, typed: str) -> str:
        """What the site calls a name, found as the program does it."""
        if not isinstance(self.source, Resolves):
            return typed
        request: Request | None = self.source.resolve(typed)
        while request is not None:
            page = self.page(request)
            if page.names:
                return page.names[0].name
            request = page.follow[0] if page.follow else None
        raise AssertionError(f"{typed} is not found")

    def single(self, listed: Candidate) -> Candidate:
        """A post by itself, asked for its file."""
        assert isinstance(self.source, Details)
        wanted = replace(listed, incomplete=listed.incomplete | {"url"})
        [found] = self.page(self.source.detail(wanted)).candidates
        return found

    def subject(self) -> Query:
        return Query((self.name(SUBJECT),))


@pytest.fixture(params=sorted(DIALECTS.keys() - WITHOUT_POSTS))
def visit(request: pytest.FixtureRequest) -> Iterator[Visit]:
    site = Site("place", request.param, BASE, configured=True)
    visit = Visit(registry.source(site))
    yield visit
    assert not visit.breaches


def found(pages: Iterator[Page]) -> dict[str, Candidate]:
    return {candidate.post_id: candidate for page in pages for candidate in page.candidates}


def plain(posts: int) -> set[str]:
    """Ids of the subject's posts that every site shows to everybody."""
    return {
        str(post.id)
        for post in vault(posts).world.posts
        if SUBJECT in post.words
        and not (post.status or post.hidden)
        and post.rating == "g"
        and post.format in {"jpg", "png"}
    }


def every(posts: int) -> set[str]:
    return {str(post.id) for post in vault(posts).world.posts if SUBJECT in post.words}


def test_a_walk_finds_every_post_beyond_every_cap_of_pages(visit: Visit) -> None:
    ids = found(visit.walk(visit.subject())).keys()

    assert len(ids) > DEPTH
    assert plain(POSTS) <= ids <= every(POSTS)


def test_posts_that_arrive_between_pages_hide_none(visit: Visit) -> None:
    ids: set[str] = set()
    visit.posts = POSTS - MORE
    for number, page in enumerate(visit.walk(visit.subject())):
        ids |= {candidate.post_id for candidate in page.candidates}
        visit.posts = POSTS - MORE + min(number, MORE)

    assert plain(POSTS - MORE) <= ids


def test_what_a_walk_covered_holds_its_posts(visit: Visit) -> None:
    for page in visit.walk(visit.subject()):
        if page.walked and page.walked.order == "id":
            ids = [int(candidate.post_id) for candidate in page.candidates]
            assert (int(page.walked.low), int(page.walked.high)) == (min(ids), max(ids))


def test_a_search_for_nothing_ends_at_once(visit: Visit) -> None:
    pages = list(visit.walk(Query(("nobody_of_this_name",))))

    assert not found(iter(pages))
    assert len(visit.asked) <= 2  # once more in plainer words, for servers that only imitate


def test_a_single_post_is_found_by_a_tag_it_has_alone(visit: Visit) -> None:
    listed = found(visit.walk(visit.subject()))
    told = [c if c.claims.tags else visit.single(c) for c in listed.values()]
    carried = {c.post_id: set(chain(*(c.claims.tags or {}).values())) for c in told}
    times = Counter(chain(*carried.values()))
    post_id, rare = next(
        (post_id, name)
        for post_id, names in carried.items()
        for name in sorted(names)
        if times[name] == 1 and post_id in plain(POSTS)
    )

    ids = found(visit.walk(Query((rare,)))).keys()

    assert ids & listed.keys() == {post_id}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_walk_narrowed_to_a_framing_finds_some_of_the_subject(visit: Visit, framing: str) -> None:
    words = vocabulary.terms(visit.source.site.family, "framing", framing)
    if "framing" not in visit.source.narrows or not words:
        pytest.skip("this family has no such walk")
    query = Query((visit.name(SUBJECT),), narrow=Narrow("framing", framing, words[:1]))
    ids = found(visit.walk(query)).keys()

    assert 0 < len(ids) < len(plain(POSTS))
    assert ids <= every(POSTS)


@pytest.mark.parametrize(
    "narrow", [Narrow("score", "20"), Narrow("dates", "2020-01-01..2023-12-31")]
)
def test_a_narrowed_walk_finds_some_of_the_subject(visit: Visit, narrow: Narrow) -> None:
    if narrow.by not in visit.source.narrows:
        pytest.skip("this family has no such walk")
    ids = found(visit.walk(Query((visit.name(SUBJECT),), narrow=narrow))).keys()

    assert 0 < len(ids) < len(every(POSTS))


def test_a_query_of_many_words_stays_within_the_limits(visit: Visit) -> None:
    words = ("solo", "looking_at_viewer", "smile", "outdoors", "long_hair", "bow", "red_eyes")
    avoid = ("comic", "chibi", "monochrome", "greyscale", "multiple_girls", "sketch", "animated")
    ids = found(visit.walk(Query((visit.name(SUBJECT),), want=words, avoid=avoid))).keys()

    assert ids <= every(POSTS)


def test_a_count_is_told(visit: Visit) -> None:
    if not isinstance(visit.source, Counts):
        pytest.skip("this family cannot count")
    query = visit.subject()
    visit.rules = Rules()
    count = visit.page(visit.source.count(query)).count

    assert count is not None
    assert len(plain(POSTS)) <= count <= len(every(POSTS))


@pytest.mark.parametrize("typed", ["hakurei_reimu", "Hakurei Reimu", "reimu_hakurei"])
def test_a_name_is_found_as_it_is_typed_and_by_its_alias(visit: Visit, typed: str) -> None:
    if not isinstance(visit.source, Resolves):
        pytest.skip("this family knows no names")

    if typed == "reimu_hakurei" and visit.source.site.family in WITHOUT_ALIASES:
        pytest.skip("no server of this family tells of aliases")

    assert visit.name(typed).replace(" ", "_").lower() == SUBJECT


def test_categories_are_told_in_batches(visit: Visit) -> None:
    source = visit.source
    if not isinstance(source, NamesTags):
        pytest.skip("this family tells no categories")
    name = visit.name(SUBJECT)
    artist = next(n for post in vault(POSTS).world.posts for n in post.tags["artist"])
    asked = [name, artist][: source.batch]
    told = {tag.name: tag.category for tag in visit.page(source.tags(asked)).tags}

    assert told.get(name) == "character"
    if source.batch > 1 and artist in told:
        assert told[artist] == "artist"


def test_a_post_by_itself_is_the_post_of_the_list_and_more(visit: Visit) -> None:
    assert isinstance(visit.source, Details)
    listed = next(
        c for c in found(visit.walk(visit.subject())).values() if c.post_id in plain(POSTS)
    )
    single = visit.single(listed)

    assert single.key == listed.key
    assert single.original is not None
    assert "url" not in single.incomplete


def test_a_post_that_is_no_more_is_gone(visit: Visit) -> None:
    assert isinstance(visit.source, Details)
    request = visit.source.detail(Candidate("place", "9999999", f"{BASE}/9999999"))

    with pytest.raises(Gone):
        visit.page(request)


def test_the_claims_of_a_file_are_those_of_its_bytes(visit: Visit) -> None:
    """Where a site tells a hash or a size, it is that of the original; the file is to be had as it is asked for."""
    assert isinstance(visit.source, Details)
    sound = {str(post.id) for post in vault(POSTS).world.posts if not post.truth.defect}
    listed = [
        c for c in found(visit.walk(visit.subject())).values() if c.post_id in sound & plain(POSTS)
    ]
    for candidate in listed[:3]:
        single = visit.single(candidate)
        assert single.original is not None
        file = single.original
        answer = visit.file(file)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("image/")
        assert file.md5 in {None, hashlib.md5(answer.body, usedforsecurity=False).hexdigest()}
        assert file.sha512 in {None, hashlib.sha512(answer.body).hexdigest()}
        assert file.bytes in {None, len(answer.body)}


def test_a_moved_file_has_its_new_address_in_the_post(visit: Visit) -> None:
    assert isinstance(visit.source, Details)
    visit.rules = Rules(depth=DEPTH, moved=1)
    listed = next(
        c for c in found(visit.walk(visit.subject())).values() if c.post_id in plain(POSTS)
    )
    single = visit.single(listed)

    assert single.original is not None
    if listed.original is not None:
        assert visit.file(listed.original).status == 404
    assert visit.file(single.original).status == 200


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_site_is_busy(visit: Visit, status: int) -> None:
    family = visit.source.site.family
    answer = speak(family, vault(POSTS)).overloaded(status, "7")
    request = visit.source.search(Query((SUBJECT,)))

    assert answer.headers["Retry-After"] == "7"
    with pytest.raises(Busy):
        visit.source.parse(request, Reply(answer.status, BASE, {}, answer.body))


def test_every_family_has_a_server_that_speaks_its_api() -> None:
    own = {"localfolder", "webpage"}  # the disk, and pages of any kind

    assert registry.families().keys() - own == DIALECTS.keys()


def test_no_server_knows_the_families() -> None:
    folder = Path(__file__).parents[2] / "harvester" / "demo"

    assert not [
        path
        for path in folder.rglob("*.py")
        if "from sources" in path.read_text("utf-8") or "import sources" in path.read_text("utf-8")
    ]
