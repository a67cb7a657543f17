"""Philomena: terms joined by commas and escaped, a walk by id under the site's filter, tags that tell their kind later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harvester import (
    Ask,
    Busy,
    Candidate,
    Gone,
    Media,
    NeedsKey,
    Page,
    Query,
    Rating,
    Refused,
    Reply,
    Request,
    Site,
    Span,
    Unexpected,
    Word,
)
from harvester.model import Narrow
from sources.philomena import Philomena
from tests import replies
from tests.replies import sent

FIXTURES = Path(__file__).parent / "fixtures" / "philomena"
SITE = Site("ponies", "philomena", "https://ponies.test")
PONIES = Philomena(SITE)
RARITY = Query(("rarity",))
STILL = "animated:false, -mime_type:image/svg+xml"
said = partial(replies.said, "https://ponies.test/")
recorded = partial(replies.recorded, "philomena")


def ponies(**options: Any) -> Philomena:
    return Philomena(replace(SITE, options=options))


def terms(query: Query) -> str:
    """What is asked beside the pictures being stills."""
    return sent(PONIES.search(query))["q"].replace(STILL, "…")


def image(**fields: Any) -> dict[str, Any]:
    """The documented image with some fields changed."""
    return {**recorded("documented-image")["image"], **fields}


def listed(*images: dict[str, Any]) -> Page:
    found = {"images": list(images), "interactions": [], "total": len(images)}
    return PONIES.parse(PONIES.search(RARITY), said(found))


def read(**fields: Any) -> Candidate:
    (candidate,) = listed(image(**fields)).candidates
    return candidate


def kinds() -> dict[str, Candidate]:
    """The documented kinds of files, by format."""
    page = PONIES.parse(PONIES.search(RARITY), said(recorded("documented-kinds")))
    return {candidate.claims.format or "": candidate for candidate in page.candidates}


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_newest_images_of_the_name() -> None:
    request = PONIES.search(RARITY)

    assert request.url == "https://ponies.test/api/v1/json/search/images"
    assert sent(request) == {
        "q": f"rarity, {STILL}",
        "sf": "id",
        "sd": "desc",
        "per_page": "50",
    }


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("Twilight_Sparkle", "twilight sparkle"),
        ("  twilight   sparkle ", "twilight sparkle"),
        ("artist:Foo_Bar", "artist:foo_bar"),
        ("oc:foo_bar", "oc:foo_bar"),
        ("series:foo_bar", "series:foo bar"),
        ("starlight (character)", r"starlight \(character\)"),
        ("what, me worry?", r"what\, me worry\?"),
        ('"quoted"', r"\"quoted\""),
        ("-comic", r"\-comic"),
        ("close-up", "close-up"),
        ("a || b", r"a \|\| b"),
        ("5^2*~1", r"5\^2\*\~1"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_a_name_is_spelled_as_the_site_does_and_stands_for_itself(name: str, term: str) -> None:
    assert terms(Query((name,))) == f"{term}, …"


def test_wishes_are_all_sent_for_the_server_takes_any_number() -> None:
    query = replace(RARITY, want=("solo", "looking_at_you"), avoid=("comic", "rule 63", "-x"))

    assert terms(query) == r"rarity, solo, looking at you, -comic, -rule 63, -\-x, …"


@pytest.mark.parametrize(
    ("ratings", "term"),
    [
        ({Rating.GENERAL}, "safe, "),
        ({Rating.SENSITIVE, Rating.GENERAL}, "(safe || suggestive), "),
        (set(Rating), ""),
        (set(), ""),
    ],
)
def test_ratings_are_tags(ratings: set[Rating], term: str) -> None:
    assert terms(replace(RARITY, ratings=frozenset(ratings))) == f"rarity, {term}…"


@pytest.mark.parametrize(
    ("narrow", "asked"),
    [
        (Narrow("framing", "portrait", ("portrait",)), "rarity, portrait, …"),
        (Narrow("framing", "portrait", ("portrait", "headshot")), "rarity, (portrait || headshot), …"),
        (Narrow("official", "official", ("official",)), "rarity, official, …"),
        (Narrow("score", "20"), "rarity, …, score.gte:20"),
        (
            Narrow("dates", "2020-01-01..2022-12-31"),
            "rarity, …, created_at.gte:2020-01-01, created_at.lte:2022-12-31",
        ),
        (Narrow("dates", "2020-01-01.."), "rarity, …, created_at.gte:2020-01-01"),
    ],
)  # fmt: skip
def test_a_narrowed_walk_is_narrowed_by_the_server(narrow: Narrow, asked: str) -> None:
    assert terms(replace(RARITY, narrow=narrow)) == asked


def test_the_sites_own_filter_is_kept() -> None:
    assert "filter_id" not in sent(PONIES.search(RARITY))


def test_another_filter_is_chosen_in_the_sites_table() -> None:
    adapter = ponies(filter_id=56027)

    onward = adapter.parse(adapter.search(RARITY), said(recorded("documented-images"))).follow[0]

    assert sent(adapter.search(RARITY))["filter_id"] == "56027"
    assert sent(adapter.count(RARITY))["filter_id"] == "56027"
    assert sent(onward)["filter_id"] == "56027"


def test_what_changed_since_is_walked_by_page_number() -> None:
    query = replace(RARITY, order="updated", since=datetime(2026, 1, 2, tzinfo=UTC))

    request = PONIES.search(query)

    assert sent(request)["q"] == f"rarity, {STILL}, updated_at.gte:2026-01-02"
    assert (sent(request)["sf"], sent(request)["page"]) == ("updated_at", "1")


def test_what_was_added_since_is_asked_by_its_date() -> None:
    query = replace(RARITY, since=datetime(2026, 1, 2, tzinfo=UTC))

    assert terms(query) == "rarity, …, created_at.gte:2026-01-02"


def test_a_walk_can_begin_below_an_image() -> None:
    assert terms(replace(RARITY, start="500")) == "rarity, …, id.lt:500"


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id() -> None:
    page = listed(image(id=70), image(id=50), image(id=60))

    (onward,) = page.follow
    assert sent(onward)["q"] == f"rarity, {STILL}, id.lt:50"
    assert page.walked == Span("id", high="70", low="50")
    assert not page.end


def test_the_page_after_the_next_has_one_edge_only() -> None:
    (second,) = listed(image(id=70)).follow

    (third,) = PONIES.parse(second, said({"images": [image(id=60)], "total": 9})).follow

    assert sent(third)["q"] == f"rarity, {STILL}, id.lt:60"


def test_only_an_empty_page_ends_a_walk() -> None:
    page = PONIES.parse(PONIES.search(RARITY), said(recorded("documented-none")))

    assert page == Page(end=True)


def test_a_site_that_cannot_page_by_id_is_asked_by_number() -> None:
    adapter = ponies(keyset=False)

    page = adapter.parse(adapter.search(RARITY), said(recorded("documented-images")))

    (onward,) = page.follow
    assert sent(onward)["page"] == "2"
    assert "id.lt" not in sent(onward)["q"]
    assert page.walked is None


def test_images_are_counted_without_asking_for_them() -> None:
    request = PONIES.count(RARITY)

    assert sent(request) == {"q": f"rarity, {STILL}", "per_page": "1"}
    assert PONIES.parse(request, said(recorded("documented-count"))) == Page(count=4321, end=True)


# ---- an image as a candidate --------------------------------------------------------------


def test_an_image_tells_what_the_site_claims() -> None:
    candidate = read()
    claims = candidate.claims

    assert (candidate.key, candidate.page_url) == (
        "ponies:3000001",
        "https://ponies.test/images/3000001",
    )
    assert (claims.width, claims.height, claims.bytes) == (1600, 2400, 2345678)
    assert (claims.format, claims.media, claims.rating) == ("png", Media.STILL, Rating.GENERAL)
    assert (claims.score, claims.favourites) == (10, 6)
    assert claims.created == datetime(2024, 3, 1, 10, 11, 12, tzinfo=UTC)
    assert candidate.relations.sources == ("https://example.net/a",)
    assert candidate.words == (Word("filename", "a.png"),)
    assert not candidate.incomplete


def test_tags_whose_name_tells_their_kind_are_told_apart() -> None:
    tags = read().claims.tags

    assert tags == {
        "meta": ("safe",),
        "artist": ("artist:example",),
        "unknown": ("rarity", "pony", "unicorn", "solo"),
    }


def test_names_of_people_and_letters_of_any_kind_are_kept_as_they_are() -> None:
    candidate = kinds()["jpeg"]

    assert candidate.claims.tags == {
        "meta": ("suggestive",),
        "character": ("oc:foo_bar",),
        "artist": ("artist:ゆきの_mei",),
        "unknown": ("équestria girls", "a & b", "🦋"),
    }
    assert [word.text for word in candidate.words] == ['größe "1".jpg', "Zwei Zeilen,\neine Welt."]
    assert candidate.relations.sources == ()


def test_of_several_rating_tags_the_strictest_counts() -> None:
    assert kinds()["png"].claims.rating is Rating.QUESTIONABLE


def test_without_a_rating_tag_the_rating_is_unknown() -> None:
    assert read(tags=["rarity", "grimdark"]).claims.rating is None


@pytest.mark.parametrize(
    ("format_", "media"),
    [("jpeg", Media.STILL), ("gif", Media.ANIMATION), ("webm", Media.VIDEO), ("svg", Media.STILL)],
)
def test_the_kind_of_medium_is_told(format_: str, media: Media) -> None:
    assert kinds()[format_].claims.media is media


def test_an_animated_picture_in_a_format_of_stills_is_no_still() -> None:
    assert read(format="png", animated=True).claims.media is Media.ANIMATION


def test_the_original_may_be_had_under_two_addresses() -> None:
    original = kinds()["jpeg"].original

    assert original is not None
    assert original.urls == (
        "https://derpicdn.net/img/view/2024/3/1/3000014.jpg",
        "https://derpicdn.net/img/view/2024/3/1/3000014__safe_artist-colon-example.jpg",
    )
    assert (original.width, original.height, original.format) == (1600, 2400, "jpeg")


def test_a_hash_that_may_be_of_the_file_before_it_was_optimised_is_not_held_against_the_file() -> (
    None
):
    candidate = read()

    assert candidate.claims.sha512 == "aa" * 64
    assert candidate.original is not None
    assert (candidate.original.sha512, candidate.original.bytes) == (None, None)


def test_smaller_forms_are_told_with_the_size_they_are_fitted_to() -> None:
    files = {file.urls[0].rpartition("/")[2]: file for file in read().files}

    assert {name: file.role for name, file in files.items()} == {
        "3000001.png": "original",
        "thumb.png": "preview",
        "medium.png": "preview",
        "large.png": "sample",
    }
    assert (files["thumb.png"].width, files["thumb.png"].height) == (167, 250)
    assert (files["large.png"].width, files["large.png"].height) == (683, 1024)


def test_a_small_picture_is_not_enlarged() -> None:
    preview = read(width=200, height=100).files[1]

    assert (preview.width, preview.height) == (200, 100)


def test_forms_that_are_not_made_yet_are_not_asked_for() -> None:
    assert [file.role for file in kinds()["png"].files] == ["original"]


def test_a_drawing_in_vectors_is_offered_as_what_it_is() -> None:
    original = kinds()["svg"].original

    assert original is not None
    assert original.urls[0] == "https://derpicdn.net/img/view/2024/3/1/3000011.svg"


def test_odd_types_and_missing_keys_are_read() -> None:
    page = PONIES.parse(PONIES.search(RARITY), said(recorded("odd-types")))

    odd, bare = page.candidates
    assert odd.claims.tags == {"meta": ("safe",)}
    assert (odd.claims.width, odd.claims.height, odd.claims.format) == (1600, None, "png")
    assert odd.claims.created == datetime(2024, 3, 1, 8, 11, 12, tzinfo=UTC)
    assert [file.urls for file in odd.files] == [
        ("https://cdn.test/img/view/2024/3/1/3000020.png",)
    ]
    assert odd.relations.sources == ("https://example.net/b",)
    assert (bare.post_id, bare.files, bare.claims.tags) == ("3000019", (), None)


def test_an_image_that_was_taken_down_has_no_file() -> None:
    candidate = read(hidden_from_users=True)

    assert candidate.files == ()
    assert candidate.claims.status == {"deleted"}


@pytest.mark.parametrize(
    ("field", "value"), [("id", None), ("width", "wide"), ("tags", [7]), ("representations", 5)]
)
def test_a_field_of_another_shape_is_named(field: str, value: object) -> None:
    with pytest.raises(Unexpected, match=field):
        listed(image(**{field: value}))


# ---- one image ----------------------------------------------------------------------------

DETAIL = PONIES.detail(Candidate("ponies", "3000001", ""))


def test_an_image_is_asked_for_by_its_id() -> None:
    page = PONIES.parse(DETAIL, said(recorded("documented-image")))

    assert (DETAIL.url, DETAIL.ask) == (
        "https://ponies.test/api/v1/json/images/3000001",
        Ask.DETAIL,
    )
    assert page == Page((read(),), end=True)


@pytest.mark.parametrize(
    ("name", "reason"), [("documented-removed", "Rule #1"), ("documented-merged", "into image 3000001")]
)  # fmt: skip
def test_an_image_that_is_no_more_is_gone_and_why(name: str, reason: str) -> None:
    with pytest.raises(Gone, match=reason):
        PONIES.parse(DETAIL, said(recorded(name)))


# ---- names --------------------------------------------------------------------------------


def lookups(name: str, *replies: Any) -> list[Request]:
    """Every request of a look-up that gets these replies, and the one that would come next."""
    requests = [PONIES.resolve(name)]
    for found in replies:
        requests += PONIES.parse(requests[-1], said(found)).follow
    return requests


NO_TAGS, NO_WORDS = recorded("documented-tags-none"), recorded("documented-autocomplete-none")


def test_a_name_is_looked_up_step_by_step() -> None:
    exact, completed, qualified, fuzzy = lookups("Rainbow_Dash", NO_TAGS, NO_WORDS, NO_TAGS)

    assert exact.url == "https://ponies.test/api/v1/json/search/tags"
    assert sent(exact) == {"q": "rainbow dash", "per_page": "50"}
    assert completed.url == "https://ponies.test/autocomplete/tags"
    assert sent(completed) == {"vsn": "2", "term": "rainbow dash", "limit": "10"}
    assert sent(qualified)["q"] == r"rainbow dash \(*"
    assert sent(fuzzy)["q"] == "rainbow dash~2"
    assert PONIES.parse(fuzzy, said(NO_TAGS)) == Page(end=True)


def test_a_name_of_a_person_may_have_blanks_for_underscores() -> None:
    assert sent(PONIES.resolve("artist:foo_bar"))["q"] == "artist:foo_bar || artist:foo bar"


def test_two_letters_are_too_few_to_be_completed() -> None:
    _, second = lookups("ts", NO_TAGS)

    assert second.state["step"] == "qualified"


def test_a_name_the_site_knows_comes_with_its_category() -> None:
    (name,) = PONIES.parse(PONIES.resolve("rarity"), said(recorded("documented-tag"))).names

    assert (name.name, name.category, name.count, name.how) == (
        "rarity",
        "character",
        123456,
        "exact",
    )


def test_an_alias_names_the_tag_it_stands_for() -> None:
    (name,) = PONIES.parse(PONIES.resolve("ts"), said(recorded("documented-alias"))).names

    assert (name.name, name.category, name.how) == ("twilight sparkle", "unknown", "alias")


def test_a_completion_may_say_that_the_typed_name_is_another_name() -> None:
    _, request = lookups("raritee", NO_TAGS)

    names = PONIES.parse(request, said(recorded("documented-autocomplete"))).names

    assert [(name.name, name.category, name.how) for name in names] == [
        ("rarity", "unknown", "alias"),
        ("rarity", "unknown", "autocomplete"),
        ("oc:rarity belle", "character", "autocomplete"),
    ]


def test_many_tags_are_told_in_one_reply() -> None:
    request = PONIES.tags(["Solo", "oc:foo", "starlight (character)"])

    page = PONIES.parse(request, said(recorded("documented-tags")))

    assert sent(request)["q"] == r"solo || oc:foo || starlight \(character\)"
    assert int(sent(request)["per_page"]) >= PONIES.batch
    assert {tag.name: tag.category for tag in page.tags} == {
        "safe": "meta",
        "solo": "general",
        "rarity": "character",
        "oc:foo": "character",
        "artist:a.b-c": "artist",
        "unicorn": "species",
        "wings": "general",
        "equestria girls": "copyright",
        "comic:x": "copyright",
        "artist needed": "meta",
        "spoiler:s09e01": "meta",
        "model sheet": "general",
    }
    assert page.tags[-1].alias_of == "reference sheet"


def test_tags_may_be_asked_for_by_a_pattern() -> None:
    assert sent(PONIES.tags(["rarity_(*"]))["q"] == r"rarity \(*"


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("artist-colon-a-dot-b-dash-c", "artist:a.b-c"),
        ("a+-plus-+b", "a + b"),
        ("a-fwslash-b-bwslash-c", "a/b\\c"),
        ("a-dash-colon-dash-b", "a-colon-b"),
        ("%C3%A9questria", "équestria"),
    ],
)
def test_a_slug_is_read_back_to_the_name_it_was_made_of(slug: str, name: str) -> None:
    row = {**recorded("documented-alias")["tags"][0], "aliased_tag": slug}

    (found,) = PONIES.parse(PONIES.resolve("x"), said({"tags": [row], "total": 1})).names

    assert found.name == name


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, "error-bad-query", Refused),
        (200, "error-bad-query", Refused),
        (401, "error-not-found", NeedsKey),
        (403, "error-not-found", Refused),
        (404, "error-not-found", Gone),
        (500, "error-not-found", Busy),
        (200, "documented-autocomplete", Unexpected),
    ],
)
def test_each_refusal_of_the_site_has_its_meaning(
    status: int, body: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        PONIES.parse(PONIES.search(RARITY), said(recorded(body), status))


def test_a_site_that_says_429_and_no_more_is_left_alone_for_ten_minutes() -> None:
    body = (FIXTURES / "error-too-many.txt").read_bytes()

    with pytest.raises(Busy) as caught:
        PONIES.parse(PONIES.search(RARITY), Reply(429, SITE.url, {}, body))

    assert caught.value.after == 600


def test_a_site_that_says_how_long_it_is_busy_is_believed() -> None:
    with pytest.raises(Busy) as caught:
        PONIES.parse(PONIES.search(RARITY), said({}, 429, retry_after="5"))

    assert caught.value.after is None


def test_a_page_of_html_is_unexpected() -> None:
    with pytest.raises(Unexpected):
        PONIES.parse(PONIES.search(RARITY), Reply(200, SITE.url, {}, b"<html>hello</html>"))
