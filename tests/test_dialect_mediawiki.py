"""The sandbox's wikis answer as a real MediaWiki, Fandom and wiki.gg do, and the family walks all of them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from PIL import Image

from harvester import Busy, Candidate, Page, Query, Rating, Reply, Request, Site
from harvester.demo import Post, Sandbox, World, speak
from harvester.demo.dialects import VARIANTS, Answer, Dialect, family
from harvester.demo.dialects.mediawiki_shelf import Shelf, is_shared
from harvester.demo.vault import Vault
from sources.mediawiki import MediaWiki
from tests.harness import Place
from tests.replies import recorded, same_shape

BASE = "http://wiki.test"
POSTS = 240
AGENT = {"user-agent": "lora-harvester/1.0 (+mailto:me@example.org)"}
SUBJECT, ARTIST, UNLISTED = "hakurei_reimu", "akaneko_(sandbox)", "kochiya_sanae"
WIKIS = {"mediawiki": "", "fandom": "", "fandom/de": "/de", "wikigg": ""}
"""Wiki -> where its API lies on its host."""
INFO = "url|size|sha1|mime|mediatype|timestamp|canonicaltitle|extmetadata"
ALL_FILES = {"prop": "imageinfo", "iiprop": INFO, "maxlag": "5"}


@cache
def vault() -> Vault:
    return Vault(World(POSTS, seed=3))


@cache
def tongue(dialect: str) -> Dialect:
    """One server for all tests: it draws a picture for the hash of each file it tells of."""
    return speak(dialect, vault())


def get(dialect: str, path: str = "/api.php", **given: Any) -> Answer:
    told = {"format": "json", "formatversion": "2", **given} if path.endswith("api.php") else given
    return tongue(dialect).answer(f"{path}?{urlencode(told)}", AGENT, BASE)


def asked(dialect: str = "mediawiki", **given: Any) -> Any:
    """What the API says, to a request that breaks no limit."""
    answer = get(dialect, **given)
    assert (answer.status, answer.breach) == (200, "")
    return json.loads(answer.body)


def query(**given: Any) -> Any:
    return asked(action="query", **given)


def members(title: str, **given: Any) -> Any:
    return query(generator="categorymembers", gcmtitle=title, gcmtype="file", **ALL_FILES, **given)


# ---- a family on its way through a wiki ---------------------------------------------------


@dataclass
class Visit:
    """The family asking one of the wikis."""

    wiki: str
    options: dict[str, Any] = field(default_factory=dict)
    old: bool = False  # replies in the old format
    heard: list[Any] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    @property
    def source(self) -> MediaWiki:
        url = BASE + WIKIS[self.wiki]
        rated = Rating.GENERAL
        site = Site(
            "p", "mediawiki", url, configured=True, rating_default=rated, options=self.options
        )
        return MediaWiki(site)

    def answer(self, url: str, params: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        target = f"{parts.path}?{'&'.join(filter(None, (parts.query, urlencode(params))))}"
        answer = tongue(self.wiki.partition("/")[0]).answer(target, AGENT, BASE)
        self.breaches += [f"{answer.breach}: {target}"] if answer.breach else []
        return answer

    def page(self, request: Request) -> Page:
        params = dict(request.params) | ({"formatversion": "1"} if self.old else {})
        answer = self.answer(request.url, params)
        self.heard.append(json.loads(answer.body))
        return self.source.parse(request, Reply(answer.status, request.url, {}, answer.body))

    def walk(self, wanted: Query) -> Iterator[Candidate]:
        left, seen = [self.source.search(wanted)], set[str]()
        while left:
            request = left.pop(0)
            assert request.key not in seen, "this request was sent before"
            seen.add(request.key)
            assert len(seen) < 200, "this walk has no end"
            page = self.page(request)
            left += page.follow
            yield from page.candidates

    def found(self, *names: str) -> dict[str, Candidate]:
        """Candidates by name. What is told at several places is told with the same file."""
        told: dict[str, Candidate] = {}
        for one in self.walk(Query(names)):
            assert told.get(one.post_id, one).files == one.files
            told[one.post_id] = one
        return told

    def file(self, one: Candidate) -> Answer:
        assert one.original is not None
        return self.answer(one.original.urls[0], {})


@pytest.fixture(params=sorted(WIKIS))
def visit(request: pytest.FixtureRequest) -> Iterator[Visit]:
    visit = Visit(request.param)
    yield visit
    assert not visit.breaches


def numbers(candidates: dict[str, Candidate], *, files: bool = True) -> set[int]:
    """The posts behind files, those that have one."""
    return {
        int(name.rpartition(".")[0].rpartition(" ")[2])
        for name, one in candidates.items()
        if not name.startswith("Flag") and (one.files or not files)
    }


def there(role: str, name: str, *, shared: bool = True) -> set[int]:
    """Posts of a subject that every wiki has a file of."""
    own = (post for post in vault().world.posts if name in post.tags[role])
    return {post.id for post in own if _has_file(post) and (shared or not is_shared(post))}


def _has_file(post: Post) -> bool:
    return not (post.hidden or post.status & {"deleted", "banned", "pending"})


def test_every_file_of_a_subject_is_found_in_its_categories_and_on_its_pages(visit: Visit) -> None:
    found = visit.found(SUBJECT)

    assert numbers(found) == there("character", SUBJECT)


@pytest.mark.parametrize(("depth", "left"), [(0, {0, 1}), (1, {0, 1, 2}), (2, {0, 1, 2, 3})])
def test_categories_are_walked_to_their_depth(visit: Visit, depth: int, left: set[int]) -> None:
    visit.options["depth"] = depth
    found = visit.found("Category:Hakurei Reimu")

    walked = {number for number in numbers(found) if number not in on_pages()}
    assert {number % 4 for number in walked} == left


def on_pages() -> set[int]:
    own = [post for post in vault().world.posts if SUBJECT in post.tags["character"]]
    return {post.id for post in own[:12]} | {post.id for post in own if is_shared(post)}


def test_a_category_that_leads_back_to_itself_is_walked_once(visit: Visit) -> None:
    visit.options["depth"] = 50

    assert numbers(visit.found(SUBJECT)) == there("character", SUBJECT)


def test_within_one_category_every_file_is_told_once(visit: Visit) -> None:
    visit.options["depth"] = 0
    start = Query((), start="Category:Hakurei Reimu")
    times = Counter(number for one in visit.walk(start) for number in numbers({one.post_id: one}))

    assert len(times) > 50
    # one that was renamed is told where its old name stands, too
    assert {often for number, often in times.items() if number % 40 != 3} == {1}


def test_a_page_without_a_category_is_read_with_the_page_below_it(visit: Visit) -> None:
    found = visit.found(ARTIST)

    assert numbers(found) == there("artist", ARTIST)


def test_a_subject_that_has_neither_is_found_by_the_names_of_files(visit: Visit) -> None:
    alone = {
        post.id
        for post in vault().world.posts
        if post.tags["character"][:1] == (UNLISTED,) and _has_file(post) and not is_shared(post)
    }

    assert alone
    assert numbers(visit.found(UNLISTED)) == alone


def test_the_old_format_tells_the_same(visit: Visit) -> None:
    new = visit.found(SUBJECT)
    visit.old = True

    assert visit.found(SUBJECT) == new
    assert any(isinstance(one["query"].get("pages"), dict) for one in visit.heard if "query" in one)


def test_the_data_of_one_batch_come_in_several_replies(visit: Visit) -> None:
    found = visit.found(SUBJECT)
    spread = [one for one in visit.heard if "iicontinue" in one.get("continue", {})]
    bare = [
        page
        for one in spread
        for page in one["query"]["pages"]
        if page.keys() == {"pageid", "ns", "title"}
    ]

    assert len(spread) >= 3
    assert len(bare) > 50
    assert all(found[one].claims.sha1 for one in found if found[one].files)


def test_a_reply_may_hold_nothing_but_how_it_goes_on(visit: Visit) -> None:
    visit.options["per_page"] = 10
    found = visit.found("Category:Hakurei Reimu")

    assert any(one.keys() == {"batchcomplete", "continue"} for one in visit.heard)
    assert numbers(found) == there("character", SUBJECT)


def test_files_that_cannot_be_had_are_told_without_an_address(visit: Visit) -> None:
    found = visit.found(SUBJECT)
    own = {post.id: post for post in vault().world.posts if SUBJECT in post.tags["character"]}
    without = numbers(found, files=False) - numbers(found)

    assert without
    assert without <= {number for number, post in own.items() if not _has_file(post)}


def test_a_file_of_the_shared_repository_has_its_address_too(visit: Visit) -> None:
    shared = {number for number in there("character", SUBJECT) if number % 25 == 7}

    assert shared
    assert shared <= numbers(visit.found(SUBJECT))


def test_the_bytes_that_are_asked_for_are_those_that_were_told(visit: Visit) -> None:
    sound = {post.id for post in vault().world.posts if not post.truth.defect}
    listed = [one for one in visit.found(SUBJECT).values() if one.files]
    checked = [one for one in listed if numbers({one.post_id: one}) <= sound][:5]

    for one in checked:
        answer = visit.file(one)
        told = hashlib.sha1(answer.body, usedforsecurity=False).hexdigest(), len(answer.body)
        assert (answer.status, *told) == (200, one.claims.sha1, one.claims.bytes)


def test_words_stand_around_the_pictures_of_a_page(visit: Visit) -> None:
    found = visit.found(ARTIST)
    roles = Counter(word.role for one in found.values() for word in one.words)
    headings = {word.text for one in found.values() for word in one.words if word.role == "heading"}

    assert headings == {"Official art", "Fan art"}
    assert roles["caption"] > len(found) / 2
    assert (roles["tab"] > 0) == visit.wiki.startswith("fandom")


def test_an_icon_tells_how_many_pages_show_it(visit: Visit) -> None:
    if visit.wiki.startswith("fandom"):
        pytest.skip("a gallery of Fandom holds no icons")
    flag = visit.found(ARTIST)["Flag of Gensokyo.svg"]

    assert flag.claims.format == "svg"
    assert flag.claims.uses is not None
    assert flag.claims.uses > 10


def test_a_file_by_itself_is_the_file_of_the_list(visit: Visit) -> None:
    listed = next(one for one in visit.found(SUBJECT).values() if one.files)
    [single] = visit.page(visit.source.detail(listed)).candidates

    assert (single.key, single.files) == (listed.key, listed.files)


def test_a_category_is_counted(visit: Visit) -> None:
    visit.options["depth"] = 0
    told = visit.page(visit.source.count(Query((SUBJECT,)))).count
    listed = len({one.post_id for one in visit.walk(Query((), start="Category:Hakurei Reimu"))})

    assert told is not None
    assert 0 <= told - listed < 10  # redirects are counted, and told with their target


# ---- Fandom and wiki.gg -------------------------------------------------------------------


def fandom_file(wiki: str = "fandom") -> tuple[Visit, Candidate]:
    visit = Visit(wiki)
    sound = {
        post.id for post in vault().world.posts if not post.truth.defect and post.format == "png"
    }
    one = next(
        one
        for name, one in visit.found(SUBJECT).items()
        if one.files and numbers({name: one}) <= sound
    )
    return visit, one


def test_without_being_told_fandom_sends_webp_with_another_hash() -> None:
    visit, one = fandom_file()
    assert one.original is not None
    whole = visit.file(one)
    other = visit.answer(one.original.urls[0].replace("&format=original", ""), {})

    assert Image.open(BytesIO(whole.body)).format == "PNG"
    assert Image.open(BytesIO(other.body)).format == "WEBP"
    assert (other.status, other.headers["Content-Type"]) == (200, "image/webp")
    assert hashlib.sha1(other.body, usedforsecurity=False).hexdigest() != one.claims.sha1
    assert len(other.body) != one.claims.bytes


def test_the_files_of_another_language_are_asked_for_by_it() -> None:
    visit, one = fandom_file("fandom/de")
    assert one.original is not None
    [url] = one.original.urls

    assert parse_qs(urlsplit(url).query)["path-prefix"] == ["de"]
    assert visit.file(one).status == 200
    assert visit.answer(url.replace("&path-prefix=de", ""), {}).status == 404
    assert visit.breaches


def test_fandom_meets_a_program_that_asks_for_a_page_with_a_challenge() -> None:
    answer = get("fandom", "/wiki/Hakurei_Reimu")

    assert (answer.status, answer.headers["cf-mitigated"]) == (403, "challenge")
    assert answer.breach


def test_the_pictures_of_fandom_come_when_they_are_scrolled_to() -> None:
    html = asked("fandom", action="parse", page="Hakurei Reimu", prop="text")["parse"]["text"]

    assert 'class="thumbimage lazyload"' in html
    assert 'src="data:image/gif;base64,' in html
    assert "data-image-key=" in html


def test_wikigg_has_a_hash_behind_the_name_of_a_file() -> None:
    visit = Visit("wikigg")
    one = next(one for one in visit.found(SUBJECT).values() if one.files)
    assert one.original is not None
    parts = urlsplit(one.original.urls[0])

    assert parts.path == f"/images/{one.post_id.replace(' ', '_')}"
    assert parts.query.isalnum()
    assert visit.answer(f"{one.original.urls[0]}&format=original", {}).status == 200


# ---- as a real one answered ---------------------------------------------------------------

CATEGORY = {
    "gcmtitle": "Category:Hakurei Reimu",
    "generator": "categorymembers",
    "gcmtype": "file",
    **ALL_FILES,
}
RECORDED: dict[str, dict[str, Any]] = {
    "category-files-1": {**CATEGORY, "gcmlimit": 5},
    "category-files-v1-format": {**CATEGORY, "gcmlimit": 5, "formatversion": 1},
    "category-missing": {**CATEGORY, "gcmtitle": "Category:No such"},
    "error-bad-param": {"generator": "categorymembers", "gcmtype": "file", "maxlag": 5},
    "page-images-through-redirect": {"generator": "images", "titles": "Reimu Hakurei", "gimlimit": 5, "redirects": 1, **ALL_FILES},
    "search": {"generator": "search", "gsrsearch": "reimu", "gsrnamespace": 6, "gsrlimit": 5, **ALL_FILES},
    "subcategories": {"list": "categorymembers", "cmtitle": "Category:Hakurei Reimu", "cmtype": "subcat", "cmlimit": 50},
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDED)
def test_a_reply_is_written_as_a_real_wiki_wrote_it(name: str) -> None:
    told, real = query(**RECORDED[name]), recorded("mediawiki", name)

    for reply in (told, real):  # pages by their number, or with holes: what is whole is compared
        listed = reply.get("query", {}).get("pages", [])
        rows = listed.values() if isinstance(listed, dict) else listed
        whole = [row for row in rows if "extmetadata" in row.get("imageinfo", [{}])[0]]
        rich = [row for row in whole if "LicenseUrl" in row["imageinfo"][0]["extmetadata"]]
        still = [row for row in rich if "duration" not in row["imageinfo"][0]]
        if "query" in reply and "pages" in reply["query"]:
            assert still, name
            reply["query"]["pages"] = still
    same_shape(told, real)


def test_pages_are_listed_by_number_in_the_old_format() -> None:
    told = query(**CATEGORY, gcmlimit=5, formatversion=1)["query"]["pages"]

    assert all(number == str(page["pageid"]) for number, page in told.items())
    missing = query(titles="Nobody|Nothing", formatversion=1)["query"]["pages"]
    assert {number: page["missing"] for number, page in missing.items()} == {"-1": "", "-2": ""}


def test_titles_are_told_as_the_wiki_read_them() -> None:
    told = query(titles="file:hakurei_Reimu 5.png|Reimu Hakurei|A<b", redirects=1)["query"]
    real = recorded("mediawiki", "file-titles")["query"]

    assert told["normalized"] == [
        {"fromencoded": False, "from": "file:hakurei_Reimu 5.png", "to": "File:Hakurei Reimu 5.png"}
    ]
    same_shape(told["redirects"], real["redirects"])
    assert [page.get("invalid", False) for page in told["pages"]] == [True, False, False]


def test_the_old_name_of_a_file_tells_of_the_new_one() -> None:
    pages = query(titles=f"File:{old_name()}", **ALL_FILES)["query"]["pages"]
    [info] = pages[0]["imageinfo"]

    assert pages[0]["title"] == f"File:{old_name()}"
    assert info["canonicaltitle"] != pages[0]["title"]


def old_name() -> str:
    post = next(post for post in vault().world.posts if post.id % 40 == 3 and _has_file(post))
    return f"Old picture {post.id}.{post.format}"


def test_a_thumbnail_has_one_of_the_widths_that_are_made() -> None:
    pages = members("Category:Hakurei Reimu", gcmlimit=20, iiurlwidth=300)["query"]["pages"]
    [info] = next(page["imageinfo"] for page in pages if "(" not in page["title"])
    path = urlsplit(info["thumburl"]).path

    assert info["thumbwidth"] == 330
    assert get("mediawiki", path).status == 200
    other = get("mediawiki", path.replace("/330px-", "/300px-"))
    assert (other.status, bool(other.breach)) == (400, True)


BROKEN: dict[str, dict[str, Any]] = {
    "titles at once": {"titles": "|".join(f"File:{number}.png" for number in range(51))},
    "rows at once": {"list": "categorymembers", "cmtitle": "Category:Touhou", "cmlimit": 501},
    "never gave": {"list": "categorymembers", "cmtitle": "Category:Hakurei Reimu", "cmcontinue": "file|41|9"},
    "without maxlag": {"generator": "categorymembers", "gcmtitle": "Category:Touhou"},
    "of another batch": {**CATEGORY, "iicontinue": "Nobody.png|20200101000000"},
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_limit_that_is_broken_is_noticed(name: str) -> None:
    answer = get("mediawiki", action="query", **BROKEN[name])

    assert name in answer.breach
    assert answer.status == 200  # errors, too


@pytest.mark.parametrize("agent", ["", "python-requests/2.32", "Mozilla/5.0 (X11)"])
def test_who_does_not_say_who_he_is_is_sent_away(agent: str) -> None:
    answer = tongue("mediawiki").answer(
        "/api.php?format=json&action=query", {"user-agent": agent}, BASE
    )

    assert (answer.status, bool(answer.breach)) == (403, True)


def test_a_server_that_lags_behind_says_so_with_status_200() -> None:
    answer = tongue("mediawiki").overloaded(503, "7")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    wiki = Visit("mediawiki").source
    request = wiki.search(Query((SUBJECT,)))

    assert (answer.status, headers["mediawiki-api-error"]) == (200, "maxlag")
    with pytest.raises(Busy) as told:
        wiki.parse(request, Reply(200, BASE, headers, answer.body))
    assert told.value.after == 7


def test_a_page_for_people_names_the_api() -> None:
    answer = get("mediawiki", "/wiki/Hakurei_Reimu")

    assert b'<link rel="EditURI"' in answer.body
    assert b"/api.php?action=rsd" in answer.body


def test_variants_are_of_a_family_that_has_a_server() -> None:
    assert {family(name) for name in VARIANTS} == {"mediawiki"}
    assert family("danbooru") == "danbooru"


# ---- the whole command --------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("wiki", sorted(WIKIS))
def test_every_accepted_file_has_the_hash_that_its_wiki_tells(wiki: str, tmp_path: Path) -> None:
    name, path = wiki.partition("/")[0], WIKIS[wiki]
    with Sandbox(World(80, seed=3), family=name) as site:
        place = Place(tmp_path, {}, more=TABLE.format(url=site.url + path))
        done = place.inside("--tag", SUBJECT, "--site", "wiki", "--target", "6", "--json")
        asked = site.requests
        told = hashes(site)

    assert done.code == 0, done.err
    sql = (
        "select c.post_id, c.asset from members m join candidates c on c.id = m.candidate_id"
        " where m.state = 'accepted'"
    )
    accepted = {name: stored(tmp_path, asset) for name, asset in place.rows(sql)}
    assert len(accepted) >= 6
    assert accepted == {name: told[name] for name in accepted}
    assert [entry.breach for entry in asked if entry.breach] == []
    assert [entry for entry in asked if entry.forbidden] == []


TABLE = (
    '[sites.wiki]\nfamily = "mediawiki"\nurl = "{url}"\ninterval = 0\nrating_default = "general"\n'
)


def hashes(site: Sandbox) -> dict[str, str]:
    """SHA-1 of the files there are, by name, of the very bytes that the site draws."""
    shelf = Shelf(site.vault)
    return {title.removeprefix("File:"): shelf.sha1(post) for title, post in shelf.by_file.items()}


def stored(library: Path, asset: str) -> str:
    """The SHA-1 of a file that was kept."""
    [path] = library.glob(f"objects/??/{asset}.*")
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
