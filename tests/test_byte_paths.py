"""No byte of a picture that sexualises minors: every path that fetches, links or writes bytes asks the gate first."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvester import registry, vocabulary
from harvester.catalog import candidates, files, harvests, members
from harvester.catalog.core import Catalog
from harvester.catalog.files import Whole
from harvester.engine.local import LocalEngine
from harvester.gates import build
from harvester.model import (
    Candidate,
    Facts,
    File,
    Page,
    Query,
    Rating,
    Relations,
    Request,
    Site,
    State,
)
from harvester.net import FileBudget, open_net
from harvester.ports import Outcome
from harvester.recipe import Recipe
from harvester.stages import discover
from harvester.stages.deliver import items
from harvester.stages.details import complete, judge_anew
from harvester.stages.fetch import fetch
from harvester.stages.previewing import preview
from harvester.stages.recover import holder
from harvester.stages.screen import screen
from harvester.stages.shop import Shop
from harvester.store.local import LocalStore
from tests.loopback import Echo, Say, serving, site_at

SITE = Site("s", "danbooru", "https://s.example.org")
FORBIDDEN = sorted(vocabulary.standard().table("common").entries["sets", "minors"])
YOUNG = sorted(vocabulary.standard().table("common").entries["sets", "age"])
WHOLE = Whole("ab" * 32, "0" * 32, "0" * 40, 3, "png", "https://s.example.org/1.png")

plain = st.sampled_from(["solo", "1girl", "portrait", "hat", "hakurei_reimu"])
category = st.sampled_from(["general", "character", "meta", "unknown", "species"])


@st.composite
def told(draw: st.DrawFn) -> Facts:
    """Claims that the gate must refuse, among whatever else a site may say."""
    forbidden = draw(st.sampled_from([tag for tag in FORBIDDEN if "*" not in tag]))
    young = draw(st.sampled_from([tag for tag in YOUNG if "*" not in tag]))
    rating = draw(st.sampled_from([*Rating, None]))
    age_alone = draw(st.booleans()) and rating is not Rating.GENERAL
    word = (
        young if age_alone else draw(st.sampled_from([str.lower, str.upper, str.title]))(forbidden)
    )
    names = (*draw(st.lists(plain, max_size=3)), word)
    size = {"width": 1500, "height": 2000, "format": "png"}
    return Facts(**size, rating=rating, md5="0" * 32, tags={draw(category): names})  # type: ignore[arg-type]


class Recording(LocalEngine):
    """An engine that does nothing but note what it was to fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Any] = []

    def run(
        self, work: Callable[[Any], object], tasks: Iterable[Any], *, lane: Callable[[Any], str]
    ) -> Iterator[Outcome[Any, object]]:
        self.asked += tasks
        return iter(())


@contextmanager
def shop() -> Iterator[tuple[Shop, Recording]]:
    """A harvest in a new library, with a site that is never reached."""
    recipe = Recipe(tag=("hakurei_reimu",), target=5)
    with tempfile.TemporaryDirectory() as folder:
        catalog, engine = Catalog(Path(folder) / "catalog.db"), Recording()
        budget = FileBudget(Path(folder) / "pace.db")
        harvest, _ = harvests.revised(catalog, harvests.wanted(catalog, recipe), recipe)
        yield (
            Shop(
                catalog=catalog,
                store=LocalStore(Path(folder)),
                engine=engine,
                net=open_net([SITE], contact="", budget=budget),
                harvest=harvest,
                recipe=recipe,
                gates=build({}),
                adapters={"s": registry.source(SITE)},
                holder=holder(),
            ),
            engine,
        )
        budget.close()
        catalog.close()


def candidate(claims: Facts) -> Candidate:
    url = "https://s.example.org/1.png"
    return Candidate("s", "1", "", claims, (File("original", (url,), md5=claims.md5),))


def discovered(ready: Shop, *found: Candidate) -> None:
    """A page with these candidates comes, and is screened."""
    request = Request("s", "https://s.example.org/posts.json")
    harvests.open_walk(ready.catalog, ready.harvest.id, Query(("hakurei_reimu",)), request)
    [walk] = harvests.walks(ready.catalog, ready.harvest.id)
    harvests.deepen(ready.catalog, [walk.id])
    asked = harvests.due(ready.catalog, replace(walk, depth=1))
    assert asked is not None
    discover.record(ready, ready.adapters["s"], asked, Page(found))
    screen(ready, candidates.of_harvest(ready.catalog, ready.harvest.id, "found"))


def slip_in(ready: Shop, found: Candidate, state: State, *, stored: bool = False) -> int:
    """Put a candidate past discovery, as if an older version had let it through."""

    def work(db: Any) -> int:
        number = candidates.put(db, found, family="danbooru")
        members.add(db, ready.harvest.id, [number])
        db.conn.execute("update members set state = ?, screened = 1, place = 1", (state,))
        if stored:
            files.stored(db, number, WHOLE)
        return number

    return ready.catalog.write(work)


quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(told())
def test_discovery_keeps_nothing_but_key_and_ruling(claims: Facts) -> None:
    with shop() as (ready, _):
        discovered(ready, candidate(claims))

        [row] = ready.catalog.rows("select value, md5, sha1, sha256 from candidates")
        [member] = members.find(ready.catalog, ready.harvest.id).values()

        assert tuple(row) == (None, None, None, None)
        assert (member.state, member.gate) == (State.REJECTED, "minors")


@quick
@given(told(), st.sampled_from([State.WANTED, State.WAITING]))
def test_a_round_never_asks_for_its_bytes(claims: Facts, state: State) -> None:
    with shop() as (ready, engine):
        number = slip_in(ready, candidate(claims), state)
        fetch(ready, harvests.open_round(ready.catalog, ready.harvest, [(number, 1.0)]))

        assert engine.asked == []
        assert members.find(ready.catalog, ready.harvest.id)[number].gate == "minors"


@quick
@given(told())
def test_bytes_that_are_here_are_not_linked_to_it(claims: Facts) -> None:
    with shop() as (ready, engine):
        number = slip_in(ready, candidate(claims), State.WANTED)
        row = ("ab" * 32, "png", 3, "0" * 32, "0" * 40, "", 0.0)
        ready.catalog.write(
            lambda db: db.conn.execute("insert into assets values (?, ?, ?, ?, ?, ?, ?, null)", row)
        )
        fetch(ready, harvests.open_round(ready.catalog, ready.harvest, [(number, 1.0)]))

        assert candidates.load(ready.catalog, [number])[number].asset is None
        assert engine.asked == []


@quick
@given(told())
def test_an_export_leaves_it_out(claims: Facts) -> None:
    with shop() as (ready, _):
        part = ready.store.part("s:1")
        part.write_bytes(b"png")
        ready.store.adopt(part, WHOLE.sha256, WHOLE.extension)
        slip_in(ready, candidate(claims), State.ACCEPTED, stored=True)

        assert items(ready.catalog, ready.store, ready.harvest) == []


@quick
@given(told())
def test_a_retry_judges_it_again(claims: Facts) -> None:
    with shop() as (ready, engine):
        number = slip_in(ready, candidate(claims), State.FAILED)
        move = members.Move(number, State.WANTED, "screen")
        ready.catalog.write(lambda db: members.move(db, ready.harvest.id, [move]))
        fetch(ready, harvests.open_round(ready.catalog, ready.harvest, [(number, 1.0)]))

        assert engine.asked == []


@quick
@given(told())
def test_what_a_post_says_of_itself_is_judged_before_its_bytes(claims: Facts) -> None:
    with shop() as (ready, engine):
        harmless = replace(claims, rating=Rating.GENERAL, tags={"general": ("solo",)})
        number = slip_in(ready, candidate(harmless), State.WANTED)
        known = candidates.load(ready.catalog, [number])[number]
        complete(ready, known, Page((candidate(claims),)))
        judge_anew(ready)
        fetch(ready, harvests.open_round(ready.catalog, ready.harvest, [(number, 1.0)]))

        assert engine.asked == []
        assert candidates.load(ready.catalog, [number])[number].bare
        assert members.find(ready.catalog, ready.harvest.id)[number].gate == "minors"


@pytest.mark.parametrize(("tag", "asked"), [("solo", 1), (FORBIDDEN[0], 0)])
def test_its_preview_is_never_asked_for(tag: str, asked: int) -> None:
    with (
        serving(Say(b"no picture")) as server,
        shop() as (ready, _),
        LocalEngine(workers=1) as engine,
        closing(FileBudget(ready.catalog.path.with_name("other.db"))) as budget,
    ):
        site = site_at(server)
        ready.engine, ready.adapters = engine, {site.name: Echo(site)}
        ready.net = open_net([site], contact="", budget=budget)
        kept, number = seen_twice(ready, site.name, server.url, tag)
        preview(ready, [number])
        engine.wait(ready.net.aclose())

        assert len(server.heard) == asked
        assert kept != number


def seen_twice(ready: Shop, site: str, url: str, tag: str) -> tuple[int, int]:
    """A picture that is accepted, and a smaller copy of it on another site, with this tag, before it is fetched."""
    told = Facts(width=1000, height=1500, format="png", rating=Rating.GENERAL, bytes=3 << 20)
    original = File("original", (f"{url}/1.png",), 1000, 1500, 3 << 20)
    taken = Relations(sources=("https://www.pixiv.net/artworks/12345678",))
    small = File("preview", (f"{url}/small.jpg",), 120, 180)
    larger = replace(told, width=2000, height=3000, tags={"general": ("solo",)})
    here = Candidate("other", "9", "https://o.example.org/9", larger, (original,), relations=taken)
    files_ = original, small
    claims = replace(told, tags={"general": (tag,)})
    there = Candidate(site, "1", f"{url}/1", claims, files_, relations=taken)

    def work(db: Any) -> list[int]:
        numbers = [candidates.put(db, one, family="danbooru") for one in (here, there)]
        members.add(db, ready.harvest.id, numbers)
        for number, state in zip(numbers, (State.ACCEPTED, State.WANTED), strict=True):
            sql = "update members set state = ? where candidate_id = ?"
            db.conn.execute(sql, (state, number))
        return numbers

    kept, number = ready.catalog.write(work)
    return kept, number


def test_an_innocent_candidate_takes_all_these_paths() -> None:
    claims = cast("Any", Facts)(
        width=1500, height=2000, format="png", rating=Rating.GENERAL, tags={"general": ("solo",)}
    )
    with shop() as (ready, engine):
        discovered(ready, candidate(claims))
        [number] = members.find(ready.catalog, ready.harvest.id, State.WANTED)
        fetch(ready, harvests.open_round(ready.catalog, ready.harvest, [(number, 1.0)]))

        assert [task.key for task in engine.asked] == ["s:1"]


@pytest.mark.parametrize("word", ["loli", "-loli", "~shota", "lol*"])
def test_no_query_word_gets_past_the_recipe(word: str) -> None:
    assert vocabulary.forbidden(word)


class Shown(Echo):
    """A family whose pages a browser may have to show."""

    renders: ClassVar[bool] = True


@pytest.mark.parametrize(("family", "page"), [(Echo, ""), (Shown, "https://s.example.org/p")])
def test_only_a_family_that_renders_offers_the_page_for_a_refused_picture(
    family: type[Echo], page: str
) -> None:
    harmless = Facts(width=1500, height=2000, rating=Rating.GENERAL, tags={"general": ("solo",)})
    with shop() as (ready, engine):
        ready.adapters = {"s": family(SITE)}
        found = replace(candidate(harmless), page_url="https://s.example.org/p")
        number = slip_in(ready, found, State.WANTED)
        fetch(ready, harvests.open_round(ready.catalog, ready.harvest, [(number, 1.0)]))

        assert [task.page for task in engine.asked] == [page]
