"""What a subject is called on a site is looked up step by step, asked when in doubt, and never guessed."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harvester import card as cards
from harvester import recipe as recipes
from harvester.catalog import harvests
from harvester.config import Config
from harvester.demo import Faults, Sandbox, World
from harvester.errors import RecipeError
from harvester.model import Name
from harvester.stages.discover import open_walks
from harvester.stages.names import card_path, resolve, settled, walked
from harvester.stages.opening import Ask, shop
from harvester.stages.shop import Pick, Shop
from harvester.stages.words import check_words
from tests.harness import HARVEST, SITE, SUBJECT

CHARACTERS = {"saber_(fate)": 12, "archer_(fate)": 7, "archer_(elsword)": 5, "rem_(re:zero)": 9}
FORMS = {"saber_(fate)_(lily)": 3, "saber_(loli)": 2, "hakurei_reimu_(pc-98)": 4}


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    """A sandbox whose tag table knows characters nobody drew."""
    world = World(150)
    counts = {**world.tag_counts, **CHARACTERS, **FORMS}
    categories = {**world.tag_categories, **dict.fromkeys((*CHARACTERS, *FORMS), 4)}
    cosplay = f"{SUBJECT}_(cosplay)"
    counts, categories = {**counts, cosplay: 1}, {**categories, cosplay: 0}
    world.__dict__ |= {"tag_counts": counts, "tag_categories": categories}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(drawings))
        sandbox = Sandbox(world)
    with sandbox:
        yield sandbox


@contextmanager
def opened(library: Path, sites: Sequence[Sandbox], *tags: str, **wishes: object) -> Iterator[Shop]:
    """A run of a recipe, ready to look names up; the sites are called booru0, booru1."""
    tables = {
        f"booru{number}": {"family": "danbooru", "url": one.url, "interval": 0}
        for number, one in enumerate(sites)
    }
    recipe = recipes.parse({"tag": list(tags), "sites": list(tables), "target": 3, **wishes})
    with shop(Ask(recipe, library, Config(sites=tables)), tell=lambda _: None) as (ready, _):
        yield ready


def names(
    library: Path, site: Sandbox, *tags: str, pick: Pick | None = None, **wishes: object
) -> tuple[str, ...]:
    """The names that a run would walk."""
    with opened(library, [site], *tags, **wishes) as ready:
        ready.pick = pick
        resolve(ready)
        return walked(ready)["booru0"]


def refusal(
    library: Path, site: Sandbox, *tags: str, pick: Pick | None = None, **wishes: object
) -> str:
    """What a run says that does not know its subject."""
    with pytest.raises(RecipeError) as caught:
        names(library, site, *tags, pick=pick, **wishes)
    return str(caught.value)


# what needs no guessing


def an_offer(name: str, category: str = "character", how: str = "autocomplete") -> Name:
    return Name(name, category, 5, how)


@pytest.mark.parametrize(
    ("asked", "offers", "name"),
    [
        ("saber", [an_offer("saber", how="exact")], "saber"),
        ("saber", [an_offer("saber_(fate)", "unknown", "alias")], "saber_(fate)"),
        ("saber", [an_offer("saber_(fate)")], "saber_(fate)"),
        ("Saber", [an_offer("saber_(fate)"), an_offer("saber_(toy)", "copyright")], "saber_(fate)"),
        ("saber", [an_offer("saber_(fate)"), an_offer("saber_(fate)_(lily)")], "saber_(fate)"),
        ("saber", [an_offer("saber_(fate)"), an_offer("saber_(toy)")], None),
        ("saber", [an_offer("saber_(cosplay)", "unknown")], None),
        ("sabe", [an_offer("saber_(fate)")], None),
        ("saber_fate", [an_offer("saber_fate_2", how="fuzzy")], None),
        ("saber", [an_offer("saber", "copyright", "exact")], None),
        ("saber", [], None),
    ],
)
def test_only_what_needs_no_guessing_is_settled(
    asked: str, offers: list[Name], name: str | None
) -> None:
    found = settled(offers, asked, "character")

    assert (found.name if found else None) == name


def test_the_name_itself_takes_one_step(library: Path, site: Sandbox) -> None:
    asked = len(site.requests)

    assert names(library, site, "Hakurei Reimu") == (SUBJECT,)
    assert site.requests[asked].query == "search%5Bname%5D=hakurei_reimu"


@pytest.mark.parametrize("alias", ["reimu_hakurei", "博麗霊夢"])
def test_another_name_is_followed_and_noted(alias: str, library: Path, site: Sandbox) -> None:
    assert names(library, site, alias) == (SUBJECT,)
    card = cards.load(cards.place(library, "character", alias))
    assert card is not None
    assert card.aliases == (SUBJECT,)


def test_a_name_goes_on_with_its_series_if_there_is_but_one(library: Path, site: Sandbox) -> None:
    assert names(library, site, "saber") == ("saber_(fate)",)


@pytest.mark.parametrize(
    ("kind", "tag", "name"),
    [
        ("style", "touhou", "touhou"),
        ("style", "akaneko", "akaneko_(sandbox)"),
        ("other", "solo", "solo"),
        ("other", SUBJECT, SUBJECT),
    ],
)
def test_each_kind_of_subject_has_its_categories(
    kind: str, tag: str, name: str, library: Path, site: Sandbox
) -> None:
    assert names(library, site, tag, kind=kind) == (name,)


# what is refused in a pipe


def test_several_of_one_name_are_told_with_their_counts(library: Path, site: Sandbox) -> None:
    told = refusal(library, site, "archer")

    assert "may be one of several" in told
    assert "archer_(fate) (7 posts), archer_(elsword) (5 posts)" in told


def test_a_misspelling_is_offered_and_never_corrected(library: Path, site: Sandbox) -> None:
    told = refusal(library, site, "hakurei_remu")

    assert f"no post tagged 'hakurei_remu'; did you mean {SUBJECT}" in told
    assert "(cosplay)" not in told


def test_a_tag_of_another_category_says_which_kind_it_is(library: Path, site: Sandbox) -> None:
    assert "'touhou' is a copyright tag on booru0; use --kind style" in refusal(
        library, site, "touhou"
    )
    assert "'solo' is a general tag on booru0; use --kind other" in refusal(library, site, "solo")
    assert "use --kind character" in refusal(library, site, SUBJECT, kind="style")


def test_a_second_name_that_nobody_knows_is_told_too(library: Path, site: Sandbox) -> None:
    assert "'rem'" not in refusal(library, site, SUBJECT, "qqqq")
    assert "'qqqq'; check the spelling" in refusal(library, site, SUBJECT, "qqqq")


def test_what_is_never_asked_for_is_never_offered(library: Path, site: Sandbox) -> None:
    names(library, site, "saber")
    card = cards.load(cards.place(library, "character", "saber"))

    assert card is not None
    assert card.lookalikes == ("saber_(fate)_(lily)",)
    assert "loli" not in refusal(library, site, "sabre")


def test_nothing_is_kept_of_a_name_that_was_refused(library: Path, site: Sandbox) -> None:
    refusal(library, site, "archer")

    assert not list(library.rglob("cards/**/*.toml"))


# what a person is asked


def test_a_person_chooses_once(library: Path, site: Sandbox) -> None:
    asked: list[tuple[str, str, list[str]]] = []

    def second(where: str, name: str, choices: Sequence[Name]) -> Name:
        asked.append((where, name, [one.name for one in choices]))
        return choices[1]

    first = names(library, site, "archer", pick=second)
    again = names(library, site, "archer", pick=second)

    assert first == again == ("archer_(elsword)",)
    assert asked == [("booru0", "archer", ["archer_(fate)", "archer_(elsword)"])]


def test_a_person_may_choose_none(library: Path, site: Sandbox) -> None:
    assert "archer_(fate)" in refusal(library, site, "archer", pick=lambda *_: None)


@pytest.mark.slow
def test_the_command_asks_at_a_terminal(library: Path, site: Sandbox) -> None:
    (library / "harvester.toml").write_text(SITE.format(name="booru", url=site.url))
    ours, theirs = pty.openpty()
    command = [HARVEST, "--library", str(library), "--tag", "hakurei_remu", "--target", "2"]
    handle = subprocess.Popen(
        [*command, "--site", "booru"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
    )
    os.close(theirs)
    said = b""
    while b"Enter for none" not in said:
        said += os.read(ours, 4096)

    os.write(ours, b"7\n1\n")
    with suppress(OSError):  # how a terminal whose program has ended says so
        while os.read(ours, 4096):  # nobody waits for a screen that is never read
            pass

    out = handle.communicate(timeout=20)[0].decode()
    os.close(ours)
    assert handle.returncode == 0, out
    assert f"1  {SUBJECT}" in said.decode()
    assert "2 of 2 pictures" in out


# the card


def test_the_card_is_made_on_first_use(library: Path, site: Sandbox) -> None:
    with opened(library, [site], SUBJECT) as ready:
        card = resolve(ready)

        assert cards.load(card_path(ready)) == card
    assert card.names == {"booru0": {SUBJECT: SUBJECT}}
    assert set(card.lookalikes) == {f"{SUBJECT}_(cosplay)", f"{SUBJECT}_(pc-98)"}


def test_what_is_known_is_not_asked_again(library: Path, site: Sandbox) -> None:
    names(library, site, "saber")
    asked = len(site.requests)

    names(library, site, "saber")
    names(library, site, "saber", target=4)

    assert len(site.requests) == asked


def test_a_card_serves_every_harvest_of_the_subject(library: Path, site: Sandbox) -> None:
    names(library, site, "saber")
    (library / "catalog.db").unlink()
    asked = len(site.requests)

    assert names(library, site, "saber") == ("saber_(fate)",)
    assert len(site.requests) == asked


def edited(library: Path, site: Sandbox, old: str, new: str) -> tuple[str, ...]:
    """The names of a run after the card of the sandbox's character was changed."""
    path = cards.place(library, "character", SUBJECT)
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    return names(library, site, SUBJECT)


def test_an_edited_card_wins(library: Path, site: Sandbox) -> None:
    names(library, site, SUBJECT)

    old, new = f'{SUBJECT} = "{SUBJECT}"', f'{SUBJECT} = "kirisame_marisa"'

    assert edited(library, site, old, new) == ("kirisame_marisa",)
    assert edited(library, site, new, f'{SUBJECT} = ""') == ()


def test_a_changed_name_has_walks_of_its_own_and_the_old_ones_wait(
    library: Path, site: Sandbox
) -> None:
    def states(change: tuple[str, str]) -> set[tuple[str, str]]:
        path = cards.place(library, "character", SUBJECT)
        if path.exists():
            path.write_text(path.read_text("utf-8").replace(*change), "utf-8")
        with opened(library, [site], SUBJECT) as ready:
            resolve(ready)
            open_walks(ready)
            found = harvests.walks(ready.catalog, ready.harvest.id)
            return {(walk.query.names[0], walk.state) for walk in found}

    old, new = f'{SUBJECT} = "{SUBJECT}"', f'{SUBJECT} = "kirisame_marisa"'

    assert states(("", "")) == {(SUBJECT, "open")}
    assert states((old, new)) == {(SUBJECT, "left"), ("kirisame_marisa", "open")}
    assert states((new, old)) == {(SUBJECT, "open"), ("kirisame_marisa", "left")}


def test_an_alias_in_the_card_is_one_more_name(library: Path, site: Sandbox) -> None:
    names(library, site, SUBJECT)

    assert edited(library, site, "aliases = []", 'aliases = ["saber", "marisa_kirisame"]') == (
        SUBJECT,
        "kirisame_marisa",
    )
    asked = len(site.requests)
    names(library, site, SUBJECT)
    assert len(site.requests) == asked


def test_a_lookalike_in_the_card_is_no_choice(library: Path, site: Sandbox) -> None:
    path = cards.place(library, "character", "archer")
    path.parent.mkdir(parents=True)
    path.write_text(cards.dump(cards.Card("archer", lookalikes=("archer_(elsword)",))), "utf-8")

    assert names(library, site, "archer") == ("archer_(fate)",)


def test_a_mistake_in_the_card_is_told_by_the_command(library: Path, site: Sandbox) -> None:
    names(library, site, SUBJECT)

    with pytest.raises(RecipeError, match=r"hakurei_reimu\.toml: unknown key 'aliasses'"):
        edited(library, site, "aliases =", "aliasses =")


# several sites


def test_a_site_that_does_not_know_the_name_is_left_out_and_told(
    library: Path, site: Sandbox
) -> None:
    with Sandbox(World(20)) as small, opened(library, [site, small], "saber") as ready:
        resolve(ready)

        assert walked(ready) == {"booru0": ("saber_(fate)",), "booru1": ()}
        assert "booru1 has no post tagged 'saber'" in ready.trouble["booru1"]


def test_a_site_that_is_down_settles_nothing(library: Path, site: Sandbox) -> None:
    with Sandbox(World(20)) as small, opened(library, [site, small], SUBJECT) as ready:
        small.faults = Faults(down=True)
        ready.net.settings = ready.net.settings.__class__(connect=1, read=1, whole=2)
        resolve(ready)

        assert walked(ready) == {"booru0": (SUBJECT,), "booru1": ()}
        assert "booru1" in ready.trouble
        assert "booru1" not in cards.load(card_path(ready)).names  # type: ignore[union-attr]


# tags that pictures must and must not have


def checked(library: Path, site: Sandbox, **wishes: object) -> None:
    with opened(library, [site], SUBJECT, **wishes) as ready:
        check_words(ready)


WORDS = [
    ({"with": ["sollo"]}, "with 'sollo': booru0 has no such tag; did you mean solo"),
    ({"without": ["comicc"]}, "did you mean comic"),
    ({"with": ["bust"]}, "booru0 calls it 'upper_body'; write with upper_body"),
    ({"with": ["qqqqqq"]}, "has no post with it"),
]


@pytest.mark.parametrize(("wishes", "words"), WORDS)
def test_a_tag_that_is_none_is_told_with_what_is_meant(
    wishes: dict[str, list[str]], words: str, library: Path, site: Sandbox
) -> None:
    with pytest.raises(RecipeError) as caught:
        checked(library, site, **wishes)

    assert words in str(caught.value)


def test_a_thing_that_nobody_has_may_be_avoided(library: Path, site: Sandbox) -> None:
    checked(library, site, without=["qqqqqq"])


def test_tags_are_checked_with_one_request_and_then_known(library: Path, site: Sandbox) -> None:
    asked = len(site.requests)

    checked(library, site, **{"with": ["solo"], "without": ["comic", "smile"]})
    first = len(site.requests) - asked
    checked(library, site, **{"with": ["solo"], "without": ["comic", "smile"]})

    assert (first, len(site.requests) - asked) == (1, 1)
