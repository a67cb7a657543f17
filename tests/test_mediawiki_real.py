"""The MediaWiki family against a real MediaWiki, over real HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from urllib.request import urlopen

import pytest

from harvester import Candidate, Page, Query, Rating, Refused, Request, Unexpected
from sources.mediawiki import MediaWiki
from tests.real_wiki import RealWiki, ask

pytestmark = pytest.mark.slow


def steps(wiki: MediaWiki, request: Request | None) -> Iterator[tuple[Request, Page]]:
    """Every request of a walk with its page."""
    while request:
        page = wiki.parse(request, ask(request))
        yield request, page
        assert bool(page.follow) is not page.end
        request = page.follow[0] if page.follow else None


def found(wiki: RealWiki, *names: str, per_page: int = 100) -> dict[str, Candidate]:
    """Every candidate of a walk by post id."""
    family = MediaWiki(wiki.site(per_page=per_page))
    pages = [page for _, page in steps(family, family.search(Query(names)))]
    return {one.post_id: one for page in pages for one in page.candidates}


def with_files(candidates: dict[str, Candidate]) -> dict[str, Candidate]:
    return {name: one for name, one in candidates.items() if one.files}


def fetched(candidate: Candidate) -> bytes:
    assert candidate.original is not None
    with urlopen(candidate.original.urls[0], timeout=60) as reply:
        body: bytes = reply.read()
    return body


@pytest.fixture(scope="module")
def reimu(real_wiki: RealWiki) -> dict[str, Candidate]:
    return found(real_wiki, "hakurei_reimu")


def test_every_file_of_the_category_is_told_with_the_servers_own_hash(
    real_wiki: RealWiki, reimu: dict[str, Candidate]
) -> None:
    truth = real_wiki.sha1s()
    claimed = {name: one.claims.sha1 for name, one in with_files(reimu).items()}

    assert len(claimed) == 165
    assert claimed == {name: truth[name] for name in claimed}


def test_forty_and_more_are_large_enough_for_a_dataset(reimu: dict[str, Candidate]) -> None:
    stills = [one.claims for one in with_files(reimu).values() if one.claims.format != "svg"]
    large = [one for one in stills if min(one.width or 0, one.height or 0) >= 720]

    assert 40 <= len(large) < len(stills)
    assert {one.format for one in large} == {"jpeg", "png"}
    assert {one.rating for one in stills} == {Rating.GENERAL}


@pytest.mark.parametrize("name", ["Reimu Hakurei", "reimu_hakurei", "Category:Reimu Hakurei"])
def test_a_name_may_be_written_in_many_ways(
    real_wiki: RealWiki, reimu: dict[str, Candidate], name: str
) -> None:
    assert found(real_wiki, name) == reimu


def test_small_pages_and_large_ones_tell_the_same(
    real_wiki: RealWiki, reimu: dict[str, Candidate]
) -> None:
    assert found(real_wiki, "Reimu Hakurei", per_page=7) == reimu


def test_a_batch_the_server_spreads_over_replies_is_told_whole(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site(per_page=200))

    walk = list(steps(family, family.search(Query(("Reimu Hakurei",)))))

    assert any(request.state.get("owed") for request, _ in walk)
    told = [one.post_id for _, page in walk for one in page.candidates]
    assert len(told) == len(set(told)) + 1  # the redirected file is told with its target
    assert {one.post_id for _, page in walk for one in page.candidates if not one.files} == {
        "Missing reimu.png"
    }


@pytest.mark.parametrize("name", ["cirno", "Cirno", "Chirno"])
def test_without_a_category_the_page_is_read_also_through_a_redirect(
    real_wiki: RealWiki, name: str
) -> None:
    candidates = found(real_wiki, name, per_page=5)

    assert len(candidates) == 16
    assert all(name.startswith("Ice ") for name in candidates)


def test_without_category_and_page_the_names_of_files_are_searched(real_wiki: RealWiki) -> None:
    candidates = found(real_wiki, "sanae_kochiya", per_page=10)

    assert len(candidates) == 41
    assert all(name.startswith("Sanae Kochiya") for name in candidates)


def test_a_file_that_was_never_uploaded_is_told_without_files(real_wiki: RealWiki) -> None:
    embedded = found(real_wiki, "Reimu")

    assert {name: bool(one.files) for name, one in embedded.items()} == {
        "Reimu Hakurei Garden.jpg": True,
        "Never uploaded.png": False,
    }


def test_a_redirected_file_is_told_under_its_new_name(reimu: dict[str, Candidate]) -> None:
    assert "Reimu Hakurei Aqua.jpg" in reimu
    assert "Reimu old name.jpg" not in reimu


def test_the_same_bytes_under_two_names_are_two_candidates_with_one_hash(
    reimu: dict[str, Candidate],
) -> None:
    twins = [reimu[name] for name in ("Reimu duplicate.jpg", "Reimu Hakurei Garden.jpg")]

    assert twins[0].claims.sha1 == twins[1].claims.sha1


def test_files_with_odd_names_can_be_fetched(reimu: dict[str, Candidate]) -> None:
    odd = [one for name, one in reimu.items() if not name.isascii() or set('"&+=') & set(name)]
    odd += [one for name, one in reimu.items() if len(name) > 200]

    assert len(odd) >= 7
    for one in odd:
        body = fetched(one)
        assert (hashlib.sha1(body).hexdigest(), len(body)) == (one.claims.sha1, one.claims.bytes)


def test_what_the_files_page_says_becomes_credit(reimu: dict[str, Candidate]) -> None:
    (credit,) = reimu["Reimu Hakurei Garden.jpg"].credits

    assert credit.source == "Debian package mate-backgrounds"
    assert credit.author == "see its copyright file"


def test_a_reply_in_the_old_format_tells_the_same(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site())
    request = family.search(Query(("Category:Reimu images",)))
    old = replace(request, params=tuple({**dict(request.params), "formatversion": "1"}.items()))

    new_page, old_page = family.parse(request, ask(request)), family.parse(old, ask(old))

    assert len(new_page.candidates) == 8
    assert {one.key: one for one in old_page.candidates} == {
        one.key: one for one in new_page.candidates
    }


@pytest.mark.parametrize(
    ("asked", "name", "how"),
    [
        ("hakurei_reimu", "Category:Reimu Hakurei", "exact"),
        ("reimu", "Reimu Hakurei", "alias"),
        ("cirn", "Cirno", "autocomplete"),
        ("sanae", "Sanae", "fuzzy"),
    ],
)
def test_a_name_is_looked_up_step_by_step(
    real_wiki: RealWiki, asked: str, name: str, how: str
) -> None:
    family = MediaWiki(real_wiki.site())

    *_, (_, page) = steps(family, family.resolve(asked))

    assert (page.names[0].name, page.names[0].how) == (name, how)


def test_a_name_nobody_knows_ends_with_nothing(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site())

    *_, (_, page) = steps(family, family.resolve("nobody_at_all"))

    assert page.names == ()
    assert found(real_wiki, "nobody_at_all") == {}


def test_the_category_is_counted(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site())
    request = family.count(Query(("hakurei_reimu",)))

    assert family.parse(request, ask(request)).count == 167  # with the redirect and the lost file


@pytest.mark.parametrize("path", ["/wiki/Reimu_Hakurei?", "/index.php"])
def test_a_wiki_page_instead_of_the_api_is_unexpected(real_wiki: RealWiki, path: str) -> None:
    family = MediaWiki(real_wiki.site())
    request = replace(family.search(Query(("Reimu",))), url=real_wiki.url + path, params=())

    with pytest.raises(Unexpected, match="body"):
        family.parse(request, ask(request))


def test_a_wrong_path_to_the_api_says_what_to_set(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site(api="/w/api.php"))
    request = family.search(Query(("Reimu",)))

    with pytest.raises(Refused, match="set `api`"):
        family.parse(request, ask(request))
