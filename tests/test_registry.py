"""Families by entry point, sites by table: the shipped ones, the user's own, and what is wrong with a table."""

from __future__ import annotations

from typing import Any

import pytest

import sources
from harvester import registry
from harvester.errors import RecipeError
from harvester.model import Rating, Site
from harvester.net.guard import Guard

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


# ---- the user's tables --------------------------------------------------------------------


def test_a_table_adds_a_site() -> None:
    found = site(rating_default="general", tag_limit=6)

    assert (found.name, found.family, found.enabled) == ("mywiki", "mediawiki", True)
    assert found.rating_default is Rating.GENERAL
    assert found.options == {"tag_limit": 6}


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
        ({**WIKI, "enabled": "yes"}, "enabled = 'yes'; it is true or false"),
        ({**WIKI, "tag_limit": "many"}, "tag_limit = 'many'; it is a whole number, 1 or more"),
        ({**WIKI, "tag_limit": 0}, "tag_limit = 0"),
        ({**WIKI, "keyset": 1}, "keyset = 1; it is true or false"),
        ({**WIKI, "api": 5}, "api = 5; it is a text"),
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
