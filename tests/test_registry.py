"""Families by entry point, sites by table: the shipped ones, the user's own, and what is wrong with a table."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import sources
from harvester import registry
from harvester.errors import RecipeError
from harvester.model import Rating, Site
from harvester.net import variables
from harvester.net.guard import Guard

TABLES = Path(sources.__file__).with_name("sites.toml").read_text("utf-8")
SHEET = Path(__file__).parents[2] / "shared/facts/sites.md"

HELP, HELP_API = "https://e621.net/help/api", "https://derpibooru.org/pages/api"
RATES = "https://www.mediawiki.org/wiki/Wikimedia_APIs/Rate_limits"
STATED = {
    "danbooru": ("documented", "", "help:api documents the API for programs"),
    "testbooru": ("documented", "", "the API help asks you to test there"),
    "e621": ("documented", HELP, "Help page: hard limit 2 requests/s, aim for 1/s over time"),
    "gelbooru": ("documented", "", '[gelbooru wiki "howto:api"'),
    "safebooru": ("documented", "", "[safebooru.org help:api"),
    "konachan": ("documented", "", "konachan.com/help/api]"),
    "derpibooru": ("documented", HELP_API, "Doc asks: cache, back off, credit artist and source"),
    "sankaku": ("refused", "", "robots/terms restrict bots"),
    "commons": ("documented", RATES, "User-Agent with contact data is mandatory"),
}
"""Site -> what its own pages hold of programs, where its rules stand, and the words of the facts sheet that say so."""

NOT_SHIPPED = (
    *("aibooru", "e6ai", "tantabus", "realbooru", "behoimi", "cosplay.", "asiachan", "idol"),
    *("rule34.us", "e-shuushuu", "localhost", "127.0.0.1"),
)
"""Sites of AI pictures, of real people, of engines of their own: no part of their hosts may stand in the table."""

WIKI = {"family": "mediawiki", "url": "http://127.0.0.1:8080"}


def site(name: str = "mywiki", **keys: Any) -> Site:
    return registry.sites({name: {**WIKI, **keys}})[name]


def complaint(table: object, name: str = "mywiki") -> str:
    with pytest.raises(RecipeError) as caught:
        registry.sites({name: table}, where="my.toml")
    return str(caught.value)


# ---- families -----------------------------------------------------------------------------


def test_the_built_in_families_come_through_the_entry_point() -> None:
    assert registry.families().items() >= sources.FAMILIES.items()


@pytest.mark.parametrize("family", sorted(registry.families()))
def test_a_family_speaks_for_the_site_it_is_given(family: str) -> None:
    found = Site("mine", family, "https://site.test")

    assert registry.source(found).site is found


def test_an_unknown_family_names_the_nearest() -> None:
    with pytest.raises(
        RecipeError, match="site 'x': unknown family 'danboru'; did you mean 'danbooru'"
    ):
        registry.source(Site("x", "danboru", "https://site.test"))


def test_pace_is_the_familys_unless_the_table_says_otherwise() -> None:
    slow, quick = registry.source(site()), registry.source(site(interval=0))

    assert registry.interval(slow) == slow.pace.api
    assert registry.interval(slow, for_files=True) == slow.pace.files
    assert registry.interval(quick, for_files=True) == 0


# ---- shipped sites ------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(registry.shipped()))
def test_a_shipped_site_is_public_and_of_a_known_family(name: str) -> None:
    found = registry.shipped()[name]

    assert found.family in registry.families()
    assert found.url.startswith("https://")
    assert not found.configured
    assert found.automation in {"documented", "tolerated", "refused", "unknown"}


def test_sites_that_refuse_programs_wait_until_they_are_named() -> None:
    refusing = [s for s in registry.shipped().values() if s.automation in {"refused", "unknown"}]

    assert not [found.name for found in refusing if found.enabled]


@pytest.mark.parametrize("table", TABLES.split("\n\n")[1:], ids=lambda table: table.split("\n")[0])
def test_a_shipped_table_has_at_most_eight_lines(table: str) -> None:
    assert table.startswith("[")
    assert len(table.strip().splitlines()) <= 8


def test_two_sites_are_asked_when_none_is_named() -> None:
    assert [found.name for found in registry.chosen((), registry.sites({}))] == [
        "danbooru",
        "safebooru",
    ]


@pytest.mark.parametrize("part", NOT_SHIPPED)
def test_sites_that_are_left_out_stay_out(part: str) -> None:
    addresses = [found.url for found in registry.shipped().values()]
    addresses += [
        str(value) for found in registry.shipped().values() for value in found.options.values()
    ]

    assert [address for address in addresses if part in address] == []


def test_what_sites_hold_of_programs_is_what_was_read_there_and_nothing_else() -> None:
    told = {
        found.name: (found.automation, found.terms)
        for found in registry.shipped().values()
        if found.terms or found.automation != "unknown"
    }

    assert told == {name: (kind, terms) for name, (kind, terms, _) in STATED.items()}


@pytest.mark.parametrize("name", STATED)
def test_what_was_read_stands_in_the_facts_sheet(name: str) -> None:
    if not SHEET.is_file():
        pytest.skip("the facts sheet is not here")
    sheet, (_, terms, words) = SHEET.read_text("utf-8"), STATED[name]

    assert words in sheet
    assert terms.removeprefix("https://") in sheet


@pytest.mark.parametrize("name", sorted(registry.shipped()))
def test_a_shipped_site_is_one_the_facts_sheet_knows(name: str) -> None:
    if not SHEET.is_file():
        pytest.skip("the facts sheet is not here")
    found = registry.shipped()[name]
    host = urlsplit(found.url).hostname or ""
    rows = SHEET.read_text("utf-8").split("### 0.1")[1].split("### 0.2")[0].splitlines()
    domains = [row for row in rows if row.count("|") > 3 and found.family in row.split("|")[2]]

    assert any(host in row or f"{host.partition('.')[0]}." in row for row in domains)


def test_no_two_sites_share_an_address_or_an_account() -> None:
    known = registry.shipped().values()
    keys = [key for found in known for key in variables(found.name, registry.source(found).auth)]

    assert len({found.url for found in known}) == len(known)
    assert len(set(keys)) == len(keys)


def test_a_site_may_need_an_account_where_its_family_does_not() -> None:
    asked = {
        name: registry.auth(registry.source(found)) for name, found in registry.shipped().items()
    }

    assert [name for name, auth in asked.items() if auth.required] == [
        "gelbooru",
        "rule34",
        "zerochan",
    ]


def test_every_key_of_a_table_is_told_what_it_is_for() -> None:
    assert {*registry.KEYS, "name", "configured", "options"} == {item.name for item in fields(Site)}


# ---- the user's tables --------------------------------------------------------------------


def test_a_table_adds_a_site() -> None:
    found = site(rating_default="general", tag_limit=6)

    assert (found.name, found.family, found.enabled) == ("mywiki", "mediawiki", True)
    assert found.rating_default is Rating.GENERAL
    assert found.options == {"tag_limit": 6}


def test_no_level_of_categories_is_a_depth() -> None:
    assert site(depth=0).options == {"depth": 0}


def test_a_table_over_a_shipped_site_changes_what_it_names() -> None:
    found = registry.sites({"danbooru": {"interval": 3, "tag_limit": 6}})["danbooru"]

    assert (found.interval, found.options) == (3, {"tag_limit": 6})
    assert found.url == registry.shipped()["danbooru"].url


def test_a_table_can_leave_a_shipped_site_out() -> None:
    known = registry.sites({"danbooru": {"enabled": False}})

    assert "danbooru" not in {found.name for found in registry.chosen((), known)}
    assert [found.name for found in registry.chosen(("danbooru",), known)] == ["danbooru"]


def test_only_an_address_the_user_wrote_may_be_private() -> None:
    own = site()
    touched = registry.sites({"danbooru": {"interval": 3}})["danbooru"]
    moved = registry.sites({"danbooru": {"url": "http://127.0.0.1:9"}})["danbooru"]

    assert (own.configured, touched.configured, moved.configured) == (True, False, True)
    assert Guard.of(own).exempt == ("127.0.0.1", 8080)
    assert Guard.of(touched).exempt is None


def test_a_table_cannot_call_itself_configured() -> None:
    assert "unknown key 'configured'" in complaint({**WIKI, "configured": True})


def test_the_shipped_sites_are_not_changed_by_a_users_table() -> None:
    before = dict(registry.shipped())

    registry.sites({"danbooru": {"interval": 3}, "mywiki": WIKI})

    assert registry.shipped() == before


# ---- which sites are asked ----------------------------------------------------------------


def test_without_names_the_enabled_and_the_users_own_are_asked() -> None:
    names = {found.name for found in registry.chosen((), registry.sites({"mywiki": WIKI}))}

    assert names >= {"danbooru", "mywiki"}


def test_a_site_named_twice_is_asked_once() -> None:
    known = registry.sites({})

    assert len(registry.chosen(("danbooru", "danbooru"), known)) == 1


def test_an_unknown_site_names_the_nearest() -> None:
    with pytest.raises(RecipeError, match="unknown site 'danboru'; did you mean 'danbooru'"):
        registry.chosen(("danboru",), registry.sites({}))


# ---- complaints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (5, "sites.mywiki must be a table"),
        ({"url": "http://a.test"}, "needs the keys 'family' and 'url'"),
        ({**WIKI, "family": 5}, "family must be a text, not 5"),
        ({**WIKI, "url": 5}, "url must be a text, not 5"),
        ({**WIKI, "url": "a.test"}, "url = 'a.test'; it begins with http"),
        ({**WIKI, "url": "ftp://a.test"}, "it begins with http:// or https://"),
        ({**WIKI, "url": "http://"}, "names a host"),
        ({**WIKI, "url": "http://[::1"}, "names a host"),
        ({**WIKI, "url": "http://a.test:99999"}, "url = 'http://a.test:99999'"),
        ({**WIKI, "intervall": 1}, "unknown key 'intervall'; did you mean 'interval'?"),
        ({**WIKI, "interval": -1}, "interval = -1; it is seconds, 0 or more"),
        ({**WIKI, "interval": "1s"}, "interval = '1s'"),
        ({**WIKI, "interval": True}, "interval = True"),
        ({**WIKI, "interval": float("inf")}, "interval = inf"),
        ({**WIKI, "interval": float("nan")}, "interval = nan"),
        ({**WIKI, "rating_default": "safe"}, "rating_default is one of general, sensitive"),
        ({**WIKI, "rating_default": 5}, "rating_default is one of general, sensitive"),
        ({**WIKI, "terms": 5}, "terms = 5; it is a text"),
        ({**WIKI, "automation": "yes"}, "automation is one of documented, tolerated, refused"),
        ({**WIKI, "automation": ["unknown"]}, "automation is one of documented"),
        ({**WIKI, "enabled": "yes"}, "enabled = 'yes'; it is true or false"),
        ({**WIKI, "tag_limit": "many"}, "tag_limit = 'many'; it is a whole number, 1 or more"),
        ({**WIKI, "tag_limit": 0}, "tag_limit = 0"),
        ({**WIKI, "depth": -1}, "depth = -1; it is a whole number, 0 or more"),
        ({**WIKI, "referer": "me"}, "referer = 'me'; it is an address"),
        ({**WIKI, "keyset": 1}, "keyset = 1; it is true or false"),
        ({**WIKI, "api": 5}, "api = 5; it is a text"),
        ({**WIKI, "pages": "http://["}, "pages = 'http://['; it is an address"),
    ],
)
def test_a_complaint_names_file_site_key_and_remedy(table: object, told: str) -> None:
    found = complaint(table)

    assert found.startswith("my.toml: ")
    assert "sites.mywiki" in found
    assert told in found


def test_a_complaint_about_a_table_over_a_shipped_site_names_it() -> None:
    assert complaint({"interval": -1}, "danbooru").startswith("my.toml: [sites.danbooru] interval")


@pytest.mark.parametrize("name", ["a:b", "a/b", "a b", ""])
def test_a_name_that_could_not_stand_in_a_key_is_refused(name: str) -> None:
    assert "letters, digits" in complaint(WIKI, name)
