"""e621 and its kin: forty terms, a walk by id, tags by category, addresses that are null, names looked up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from harvester import (
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
    Tag,
    TooDeep,
    Unexpected,
    Word,
    vocabulary,
)
from harvester.model import Framing, Narrow
from sources.e621 import E621
from tests import replies
from tests.replies import sent

SITE = Site("board", "e621", "https://board.test")
BOARD = E621(SITE)
REIMU = Query(("hakurei_reimu",))
MD5 = "0123456789abcdef0123456789abcdef"
said = partial(replies.said, "https://board.test/")


def recorded(name: str) -> Any:
    return replies.recorded("e621", f"documented-{name}")


def board(**options: Any) -> E621:
    return E621(replace(SITE, options=options))


def terms(query: Query, adapter: E621 = BOARD) -> list[str]:
    return sent(adapter.search(query))["tags"].split(" ")


def listed(found: Any) -> Page:
    return BOARD.parse(BOARD.search(REIMU), said(found))


def post(**fields: Any) -> dict[str, Any]:
    """The documented post with some fields changed; a table is laid over the one there is."""
    row = dict(recorded("post")["post"])
    for name, value in fields.items():
        old = row.get(name)
        row[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return row


def read(**fields: Any) -> Candidate:
    (candidate,) = listed({"posts": [post(**fields)]}).candidates
    return candidate


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_first_page_of_the_name() -> None:
    request = BOARD.search(REIMU)

    assert request.url == "https://board.test/posts.json"
    assert sent(request) == {"tags": "hakurei_reimu -animated", "limit": "320", "page": "1"}


def test_all_that_is_wished_for_is_left_to_the_server() -> None:
    query = replace(REIMU, want=("solo", "hi_res"), avoid=("comic", "greyscale"))

    assert terms(query) == ["hakurei_reimu", "-animated", "solo", "hi_res", "-comic", "-greyscale"]


def test_no_more_than_forty_terms_are_sent_and_the_name_is_among_them() -> None:
    query = replace(REIMU, narrow=Narrow("score", "20"), avoid=tuple(f"no_{n}" for n in range(60)))

    told = terms(query)

    assert len(told) == 40
    assert told[:4] == ["hakurei_reimu", "score:>=20", "-animated", "-no_0"]


def test_a_table_may_tell_of_fewer_terms() -> None:
    query = replace(REIMU, want=("solo", "hi_res"))

    assert terms(query, board(tag_limit=3)) == ["hakurei_reimu", "-animated", "solo"]


def test_one_word_for_a_narrowing_is_a_term() -> None:
    query = replace(REIMU, narrow=Narrow("framing", "portrait", ("headshot_portrait",)))

    assert terms(query) == ["hakurei_reimu", "headshot_portrait", "-animated"]


def test_several_words_for_a_narrowing_are_a_group_of_alternatives() -> None:
    words = ("bust_portrait", "half-length_portrait")
    query = replace(REIMU, narrow=Narrow("framing", "upper_body", words))

    assert sent(BOARD.search(query))["tags"] == (
        "hakurei_reimu ( ~bust_portrait ~half-length_portrait ) -animated"
    )


def test_a_group_that_does_not_fit_is_left_out_whole() -> None:
    query = replace(REIMU, narrow=Narrow("framing", "upper_body", ("a", "b")), want=("solo",))

    assert terms(query, board(tag_limit=3)) == ["hakurei_reimu", "-animated", "solo"]


def test_days_are_told_as_a_range() -> None:
    query = replace(REIMU, narrow=Narrow("dates", "2020-01-01..2022-12-31"))

    assert "date:2020-01-01..2022-12-31" in terms(query)


@pytest.mark.parametrize(
    ("ratings", "told"),
    [
        ({Rating.GENERAL}, ["rating:s"]),
        ({Rating.GENERAL, Rating.SENSITIVE}, ["rating:s"]),
        ({Rating.QUESTIONABLE}, ["rating:q"]),
        ({Rating.GENERAL, Rating.QUESTIONABLE}, ["-rating:e"]),
        ({Rating.SENSITIVE}, ["-rating:s", "-rating:q", "-rating:e"]),
        (set(Rating), []),
        (set(), []),
    ],
)
def test_ratings_are_the_three_of_the_site(ratings: set[Rating], told: list[str]) -> None:
    found = terms(replace(REIMU, ratings=frozenset(ratings)))

    assert [term for term in found if "rating:" in term] == told


def test_a_single_rating_is_free() -> None:
    query = replace(REIMU, ratings=frozenset({Rating.GENERAL}), want=("solo",))

    assert terms(query, board(tag_limit=3)) == ["hakurei_reimu", "-animated", "solo", "rating:s"]


def test_a_blank_in_a_tag_does_not_begin_another_term() -> None:
    assert terms(Query(("isabelle (animal crossing)",))) == [
        "isabelle_(animal_crossing)",
        "-animated",
    ]


def test_posts_since_a_day_are_asked_for_from_the_day_before() -> None:
    query = replace(REIMU, since=datetime(2026, 1, 2, 1, tzinfo=UTC))

    assert terms(query) == ["hakurei_reimu", "date:>=2026-01-01", "-animated"]


def test_what_changed_is_asked_for_by_page_number() -> None:
    request = BOARD.search(replace(REIMU, order="updated", since=datetime(2026, 1, 2, tzinfo=UTC)))

    assert sent(request)["tags"] == "hakurei_reimu order:updated -animated"
    assert sent(request)["page"] == "1"


def test_a_walk_can_begin_below_a_post() -> None:
    assert sent(BOARD.search(replace(REIMU, start="500")))["page"] == "b500"


def test_a_post_is_asked_for_by_its_id() -> None:
    assert BOARD.detail(read()).url == "https://board.test/posts/4000001.json"


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id() -> None:
    page = listed({"posts": [post(id=70), post(id=50), post(id=60)]})

    (onward,) = page.follow
    assert sent(onward)["page"] == "b50"
    assert page.walked == Span("id", high="70", low="50")


def test_a_walk_by_id_knows_no_last_page() -> None:
    request = BOARD.search(REIMU)
    for number in range(5000, 4000, -1):
        (request,) = BOARD.parse(request, said([post(id=number)])).follow

    assert sent(request)["page"] == "b4001"


@pytest.mark.parametrize("found", [{"posts": []}, [], {"posts": {}}])
def test_only_an_empty_page_ends_a_walk(found: Any) -> None:
    assert listed(found) == Page(end=True)


def test_a_reply_without_posts_is_no_end() -> None:
    with pytest.raises(Unexpected):
        listed({})


def test_pages_are_counted_where_the_table_says_so() -> None:
    adapter = board(keyset=False)

    page = adapter.parse(adapter.search(REIMU), said([post()]))

    assert sent(page.follow[0])["page"] == "2"
    assert page.walked is None


def test_no_page_beyond_the_last_is_asked_for() -> None:
    adapter = board(keyset=False)
    request = adapter.search(REIMU)
    last = replace(request, state={**request.state, "page": 750})

    page = adapter.parse(last, said([post()]))

    assert (page.end, page.follow, len(page.candidates)) == (True, (), 1)


def test_a_walk_by_change_ends_with_a_page_that_is_older_throughout() -> None:
    request = BOARD.search(replace(REIMU, order="updated", since=datetime(2024, 3, 2, tzinfo=UTC)))
    old = post(id=2, updated_at="2024-03-01T18:59:59.000-05:00")

    mixed, older = (BOARD.parse(request, said(rows)) for rows in ([post(), old], [old]))

    assert (mixed.end, sent(mixed.follow[0])["page"]) == (False, "2")
    assert (older.end, len(older.candidates)) == (True, 1)


# ---- a post as a candidate ----------------------------------------------------------------


def test_a_post_tells_what_the_site_claims() -> None:
    claims = read().claims

    assert (claims.width, claims.height, claims.bytes) == (1600, 2400, 2345678)
    assert (claims.format, claims.media, claims.rating) == ("png", Media.STILL, Rating.GENERAL)
    assert (claims.md5, claims.score, claims.favourites) == (MD5, 9, 12)
    assert claims.created == datetime(2024, 3, 1, 15, 11, 12, 345000, tzinfo=UTC)
    assert claims.updated == datetime(2024, 3, 2, 15, 11, 12, 345000, tzinfo=UTC)
    assert claims.status == frozenset()


def test_tags_are_kept_by_the_sites_own_categories() -> None:
    _, rich = listed(recorded("posts-bare")).candidates
    tags = rich.claims.tags

    assert tags is not None
    assert tags["general"] == ("solo", "touhou_(ウォッチ)", "r&b")
    assert tags["contributor"] == ("example_colorist",)
    assert (tags["species"], tags["invalid"], tags["lore"]) == (
        ("human",),
        ("tgame",),
        ("young_(lore)",),
    )


def test_framing_is_read_out_of_meta_and_a_makers_wish_out_of_artist() -> None:
    tags = {"meta": ["hi_res", "three-quarter_portrait"], "artist": ["avoid_posting", "somebody"]}

    facts = vocabulary.read(read(tags=tags).claims, family="e621")

    assert facts.framing is Framing.COWBOY_SHOT
    assert (facts.marks or {})["do_not_post"] == ("avoid_posting",)


def test_a_category_of_tomorrow_is_kept() -> None:
    tags = read(tags={"medium": ["oil"]}).claims.tags

    assert (tags or {})["medium"] == ("oil",)


@pytest.mark.parametrize("tags", [None, {}, [], {"general": [], "artist": {}}])
def test_a_post_without_tags_leaves_them_unknown(tags: Any) -> None:
    (candidate,) = listed([{**post(), "tags": tags}]).candidates

    assert candidate.claims.tags is None


@pytest.mark.parametrize(
    ("letter", "rating"),
    [
        ("s", Rating.GENERAL),
        ("q", Rating.QUESTIONABLE),
        ("e", Rating.EXPLICIT),
        ("g", None),
        (None, None),
    ],
)
def test_s_is_safe_and_not_sensitive(letter: str | None, rating: Rating | None) -> None:
    assert read(rating=letter).claims.rating is rating


@pytest.mark.parametrize(
    ("extension", "duration", "meta", "media", "format_"),
    [
        ("jpg", None, [], Media.STILL, "jpeg"),
        ("webp", None, [], Media.STILL, "webp"),
        ("gif", None, [], Media.STILL, "gif"),
        ("gif", 0.6, [], Media.ANIMATION, "gif"),
        ("png", None, ["animated"], Media.ANIMATION, "png"),
        ("webm", 12.5, [], Media.VIDEO, "webm"),
        ("mp4", None, [], Media.VIDEO, "mp4"),
        ("swf", None, [], Media.FLASH, "swf"),
        (None, None, [], None, None),
    ],
)
def test_the_kind_of_medium_is_told(
    extension: str | None,
    duration: float | None,
    meta: list[str],
    media: Media | None,
    format_: str | None,
) -> None:
    claims = read(file={"ext": extension}, duration=duration, tags={"meta": meta}).claims

    assert (claims.media, claims.format) == (media, format_)


def test_every_file_has_its_role_size_and_addresses() -> None:
    _, rich = listed(recorded("posts-bare")).candidates
    original, sample, preview = read().files

    assert (original.role, original.bytes, original.md5) == ("original", 2345678, MD5)
    assert original.urls == (f"https://static1.e621.net/data/01/23/{MD5}.png",)
    assert (sample.role, sample.width, sample.height) == ("sample", 850, 1275)
    assert (preview.role, preview.width, preview.height) == ("preview", 170, 256)
    assert [file.role for file in rich.files] == ["original", "preview"]
    assert [url.rpartition(".")[2] for url in rich.files[1].urls] == ["jpg", "webp"]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("/data/a.png", "https://board.test/data/a.png"),
        ("//cdn.test/a.png", "https://cdn.test/a.png"),
    ],
)
def test_an_address_without_host_or_scheme_is_completed(written: str, url: str) -> None:
    original = read(file={"url": written}).original

    assert original is not None
    assert original.urls == (url,)


def test_a_null_address_is_respected_and_an_account_is_hinted_at() -> None:
    kept_back, deleted = listed(recorded("posts-hidden")).candidates

    assert (kept_back.files, deleted.files) == ((), ())
    assert kept_back.claims.md5 == MD5
    assert kept_back.claims.status == {"needs_login"}
    assert deleted.claims.status == {"deleted"}
    assert kept_back.incomplete == frozenset()


def test_what_a_post_went_through_is_its_status() -> None:
    assert read(flags={"pending": True, "flagged": "true"}).claims.status == {"pending", "flagged"}


def test_a_post_knows_its_family_pools_and_sources() -> None:
    _, rich = listed(recorded("posts-bare")).candidates

    assert rich.page_url == "https://board.test/posts/3999990"
    assert (rich.relations.parent, rich.relations.children) == ("3999000", ("3999991",))
    assert (rich.relations.has_children, rich.relations.pools) == (True, ("1234", "5678"))
    assert read().relations.sources == ("https://example.net/a",)
    assert rich.words == (Word("description", '東方 "fan art"'),)
    assert read().words == ()


def test_the_newer_output_tells_the_same() -> None:
    new, flat = listed(recorded("posts-v2")).candidates
    old = read()

    assert (new.files[0], new.files[1].urls[0]) == (old.files[0], old.files[1].urls[0])
    assert replace(new.claims, created=None) == replace(old.claims, created=None, updated=None)
    assert flat.claims.tags == {"unknown": ("solo", "smile", "hi_res")}


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("id", {"id": None}),
        ("width", {"file": {"width": "wide"}}),
        ("file", {"file": 5}),
        ("general", {"tags": {"general": [["solo"]]}}),
        ("sources", {"sources": {"a": 1}}),
    ],
)
def test_a_field_of_another_shape_is_named(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Unexpected, match=field):
        read(**fields)


def test_a_single_post_is_a_page_of_its_own() -> None:
    page = BOARD.parse(BOARD.detail(read()), said(recorded("post")))

    assert (page.candidates, page.end) == ((read(),), True)


@pytest.mark.parametrize(("found", "status"), [(recorded("error"), 404), ({"posts": []}, 200)])
def test_a_post_that_is_no_more_is_gone(found: Any, status: int) -> None:
    with pytest.raises(Gone):
        BOARD.parse(BOARD.detail(read()), said(found, status))


# ---- counts -------------------------------------------------------------------------------


def test_posts_are_counted_by_the_terms_of_the_walk() -> None:
    request = BOARD.count(REIMU)

    assert request.url == "https://board.test/posts/count.json"
    assert sent(request) == {"tags": "hakurei_reimu -animated"}
    assert BOARD.parse(request, said(recorded("count"))).count == 1234


def test_where_the_server_stopped_counting_the_count_is_unknown() -> None:
    assert BOARD.parse(BOARD.count(REIMU), said(recorded("count-capped"))).count is None


# ---- names --------------------------------------------------------------------------------


def looked_up(name: str, *replies: Any) -> tuple[list[Request], Page]:
    """Every request of a look-up that gets these replies, the one that would come next, and the last page."""
    requests, page = [BOARD.resolve(name)], Page()
    for found in replies:
        page = BOARD.parse(requests[-1], said(found))
        requests += page.follow
    return requests, page


NO_TAG, NO_ALIAS = recorded("tags-none"), recorded("aliases-none")


def test_a_name_the_site_knows_needs_one_request() -> None:
    (request, _), page = looked_up(" Hakurei  Reimu", recorded("tags"))

    (name,) = page.names
    assert (request.url, sent(request)) == (
        "https://board.test/tags.json",
        {"search[name]": "hakurei_reimu"},
    )
    assert (name.name, name.category, name.count, name.how) == (
        "hakurei_reimu",
        "character",
        98,
        "exact",
    )


def test_a_comma_in_a_name_does_not_make_two_exact_names_of_it() -> None:
    _, page = looked_up("hakurei_reimu,canid", recorded("tags"))

    assert page.names == ()


def test_every_step_of_a_look_up_is_asked_as_documented() -> None:
    requests, page = looked_up("hakurei", NO_TAG, NO_ALIAS, [], NO_TAG, NO_TAG)

    assert [(request.url.removeprefix(f"{SITE.url}/"), sent(request)) for request in requests] == [
        ("tags.json", {"search[name]": "hakurei"}),
        ("tag_aliases.json", {"search[antecedent_name]": "hakurei", "search[status]": "approved"}),
        ("tags/autocomplete.json", {"search[name_matches]": "hakurei", "expiry": "7"}),
        ("tags.json", {"search[name_matches]": "hakurei_(*", "search[order]": "count"}),
        ("tags.json", {"search[fuzzy_name_matches]": "hakurei", "search[order]": "similarity"}),
    ]
    assert (page.names, page.end) == ((), True)


def test_two_letters_are_not_given_to_be_completed() -> None:
    requests, _ = looked_up("re", NO_TAG, NO_ALIAS, NO_TAG)

    assert [request.state["step"] for request in requests] == [
        "exact",
        "alias",
        "qualified",
        "fuzzy",
    ]


def test_an_alias_leads_to_the_name_it_stands_for() -> None:
    _, page = looked_up("reimu_hakurei", NO_TAG, recorded("aliases"))

    assert [(name.name, name.how) for name in page.names] == [("hakurei_reimu", "alias")]


def test_a_completion_by_another_name_is_an_alias() -> None:
    _, page = looked_up("reimu_project", NO_TAG, NO_ALIAS, recorded("autocomplete"))

    assert [(name.name, name.category, name.how) for name in page.names] == [
        ("hakurei_reimu", "character", "autocomplete"),
        ("touhou", "copyright", "alias"),
    ]


def test_a_tag_without_posts_is_offered_by_nobody() -> None:
    _, page = looked_up("canid", [{"name": "canid", "post_count": 0, "category": 5}])

    assert page.names == ()


def test_many_tags_are_told_in_one_reply_with_the_sites_categories() -> None:
    request = BOARD.tags(["Hakurei Reimu", "canid"])

    page = BOARD.parse(request, said(recorded("tags")))

    assert sent(request) == {"search[name]": "hakurei_reimu,canid", "limit": "320"}
    assert page.tags == (Tag("hakurei_reimu", "character", 98), Tag("canid", "species", 1500000))


def test_tags_may_be_asked_for_by_a_pattern() -> None:
    assert sent(BOARD.tags(["reimu_(*"]))["search[name_matches]"] == "reimu_(*"


def test_more_tags_than_fit_one_page_are_never_asked_for() -> None:
    assert int(sent(BOARD.tags(["solo"]))["limit"]) >= BOARD.batch


def test_no_tag_may_come_as_an_object() -> None:
    assert BOARD.parse(BOARD.tags(["x"]), said(NO_TAG)) == Page(end=True)


@pytest.mark.parametrize(
    ("number", "category"),
    [(0, "general"), (2, "contributor"), (6, "invalid"), (7, "meta"), (8, "lore"), (99, "unknown")],
)
def test_categories_are_told_by_number(number: int, category: str) -> None:
    row = {"name": "some", "category": number, "post_count": 1}

    assert BOARD.parse(BOARD.tags(["some"]), said([row])).tags[0].category == category


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (401, "Invalid API key", NeedsKey),
        (403, "Access denied", Refused),
        (404, "not found", Gone),
        (410, "You cannot go beyond page 750", TooDeep),
        (422, "You cannot search for more than 40 tags at a time", Refused),
        (422, "The search timed out", Busy),
        (429, "Throttled", Busy),
        (503, "Throttled", Busy),
        (200, "You are banned", Refused),
    ],
)
def test_each_refusal_of_the_site_has_its_meaning(
    status: int, reason: str, error: type[Exception]
) -> None:
    told = {"success": False, "reason": reason}

    with pytest.raises(error):
        BOARD.parse(BOARD.search(REIMU), said(told, status))


def test_a_refused_search_says_why_and_which_setting_helps() -> None:
    told = {"success": False, "reason": "Too many tags"}

    with pytest.raises(Refused, match=r"Too many tags.*tag_limit"):
        BOARD.parse(BOARD.search(REIMU), said(told, 422))


def test_a_page_of_html_is_unexpected() -> None:
    with pytest.raises(Unexpected):
        BOARD.parse(BOARD.search(REIMU), Reply(200, SITE.url, {}, b"<html>hello</html>"))
