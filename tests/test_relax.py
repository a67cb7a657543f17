"""`--relax` loosens thresholds in a stated order, only when short; what passes strictly always wins."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester import gates
from harvester.demo import Sandbox
from harvester.gates import relaxing
from harvester.gates.relaxing import LOOSENED, STEPS, loosened, next_level, passes_at
from harvester.hashing import Picture, group
from harvester.model import Facts, Framing, People, Rating
from harvester.ports import Gate
from harvester.recipe import Caps, Mix
from harvester.selection import Choice, select
from tests.harness import SUBJECT, Done, Place, killed_at, sandbox

ALL = len(STEPS)
GOOD = Facts(
    width=1000,
    height=1000,
    bytes=500_000,
    format="png",
    rating=Rating.GENERAL,
    people=People.ALONE,
    framing=Framing.PORTRAIT,
    tags={"general": ("1girl",)},
    marks={},
)


def strict(**settings: object) -> tuple[Gate, ...]:
    return gates.build(settings)


def steps(facts: Facts, built: tuple[Gate, ...] | None = None, level: int = ALL) -> int | None:
    built = built or strict()
    return passes_at(built, facts, gates.judge(built, facts), level=level)


def but(**told: object) -> Facts:
    return Facts(**{name: getattr(GOOD, name) for name in Facts.__dataclass_fields__} | told)


# the table


def test_what_passes_strictly_needs_no_step() -> None:
    assert steps(GOOD) == 0


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        (but(marks={"flagged": ("lowres",)}), 1),
        (but(width=650, height=900), 2),
        (but(width=800, height=3000), 4),
        (but(width=520, height=900), 5),
        (but(marks={"speech": ("speech_bubble",)}), 6),
        (but(letters=60.0), 6),
        (but(marks={"cosplay": ("maid_(cosplay)",)}), 7),
        (but(width=650, height=2500), 4),
    ],
)
def test_a_picture_passes_from_the_first_step_that_lets_it(facts: Facts, step: int) -> None:
    assert steps(facts) == step
    assert steps(facts, level=step - 1) is None


@pytest.mark.parametrize(
    "facts",
    [
        but(rating=Rating.EXPLICIT),
        but(rating=None),
        but(people=People.SEVERAL),
        but(marks={"layout": ("comic",)}),
        but(marks={"flagged": ("corrupted_file",)}),
        but(marks={"watermarks": ("sample_watermark",), "speech": ("speech_bubble",)}),
        but(marks={"machine_made": ("ai-generated",)}),
        but(marks={"age": ("child",)}, rating=Rating.SENSITIVE),
        but(decodable=False),
        but(width=400, height=400),
        but(width=650, height=900, people=People.SEVERAL),
    ],
)
def test_what_must_not_be_loosened_is_not(facts: Facts) -> None:
    assert steps(facts) is None


def test_no_step_names_a_gate_that_is_always_on_or_says_what_is_shown() -> None:
    assert not LOOSENED & {*gates.ALWAYS, "layout", "people", "rating", "machine_made", "edited"}


def test_a_threshold_of_the_recipe_is_loosened_by_its_share() -> None:
    built = strict(short_side=1440)

    assert steps(but(width=1300, height=1300), built) == 2
    assert steps(but(width=1000, height=1000), built) is None


def test_a_gate_that_is_off_or_loose_already_has_no_step() -> None:
    loose = strict(
        short_side=False, pixels=False, outfit="any", aspect=False, lettering={"allow": "speech"}
    )

    assert next_level(loose, 0) == 1
    assert next_level(loose, 1) is None
    assert next_level(strict(outfit="canonical"), 2) == 3
    assert next_level(strict(), 2) == 4


def test_every_step_lets_through_all_that_those_before_it_do() -> None:
    dice = random.Random(1)
    for _ in range(200):
        facts = but(width=dice.randrange(300, 1500), height=dice.randrange(300, 3000))
        told = [
            gates.deciding(gates.judge(loosened(strict(), level), facts)) is None
            for level in range(ALL + 1)
        ]
        assert told == sorted(told)


# the choice


def test_a_strict_picture_is_chosen_before_any_relaxed_one() -> None:
    dice = random.Random(2)
    framings = [*Framing, None]
    for _ in range(100):
        few = [_choice(n, dice, framings, 0) for n in range(8)]
        more = [_choice(n, dice, framings, dice.randrange(1, 4)) for n in range(8, 30)]
        alone, both = (
            select(found, target=12, mix=Mix(), caps=Caps()) for found in (few, few + more)
        )
        assert set(alone.chosen) <= set(both.chosen)
        assert all(both.chosen[n] == told for n, told in alone.chosen.items())


def _choice(
    number: int, dice: random.Random, framings: list[Framing | None], relaxed: int
) -> Choice:
    artist = (f"artist{dice.randrange(6)}",)
    return Choice(
        number, f"b:{number}", dice.random() + relaxed, dice.choice(framings), artist, relaxed
    )


def test_of_two_copies_the_one_that_needs_fewer_steps_is_kept() -> None:
    small, large = (Facts(width=side, height=side, phash=7) for side in (800, 2000))

    [found] = group([Picture("a", 0, small), Picture("b", 1, large, relaxed=1)])

    assert found.kept.key == "a"


# the real command

WISH = 'tag = "{tag}"\ntarget = {target}\nsites = ["danbooru"]\nrelax = {relax}\n[gates]\nshort_side = {side}\n'


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    with sandbox(drawings, posts=50) as started:
        yield started


def run(place: Place, *, relax: bool, target: int = 40, side: int = 1000) -> Done:
    path = wish(place, relax=relax, target=target, side=side)
    return place.inside("run", str(path), "--json")


def wish(place: Place, *, relax: bool, target: int = 40, side: int = 1000) -> Path:
    place.folder.mkdir(parents=True, exist_ok=True)
    path = place.folder / "wish.toml"
    path.write_text(WISH.format(tag=SUBJECT, target=target, relax=str(relax).lower(), side=side))
    return path


@pytest.fixture(scope="module")
def plain(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A strict run that was short; for reading only."""
    place = Place(tmp_path_factory.mktemp("plain") / "library", {"danbooru": site})
    assert run(place, relax=False).code == 3
    return place


@pytest.fixture(scope="module")
def relaxed(plain: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same, gone on with by --relax; for reading only."""
    place = plain.copied(tmp_path_factory.mktemp("relaxed") / "library")
    assert run(place, relax=True).json["relaxed"]
    return place


def marked(place: Place) -> dict[str, int]:
    sql = (
        "select c.site || ':' || c.post_id, m.relaxed from members m join candidates c"
        " on c.id = m.candidate_id where m.relaxed > 0 and m.place is not null"
    )
    return {row[0]: row[1] for row in place.rows(sql)}


def test_everything_strict_stays_and_only_what_is_marked_is_added(
    plain: Place, relaxed: Place
) -> None:
    before, after = ({key for key, _ in place.selection()} for place in (plain, relaxed))

    assert before < after
    assert after - before == set(marked(relaxed))


def test_what_the_strict_run_fetched_is_not_fetched_again(plain: Place, relaxed: Place) -> None:
    asked = {f"danbooru:{entry.post}" for entry in relaxed.files()}

    assert asked
    assert not plain.stored() & asked


def test_a_relaxed_picture_is_marked_wherever_it_is_shown(relaxed: Place) -> None:
    marks = marked(relaxed)
    key, step = next(iter(marks.items()))

    [why] = relaxed.inside("why", key, "--json").json
    [status] = relaxed.inside("status", "--json").json
    [folder] = [path for path in (relaxed.folder / "exports").iterdir() if path.is_dir()]
    manifest = json.loads((folder / ".harvest.json").read_text())

    assert why["relaxed"] == step
    assert why["reason"].startswith(f"taken by --relax, step {step} of {ALL}")
    assert why["reason"] in relaxed.inside("why", key).out.replace("\n", " ")
    assert sum(status["relaxed"].values()) == len(marks)
    assert len([told for told in manifest.values() if told]) == 2 * len(marks)
    assert f"{status['selected']} of" in status["summary"]


def test_relaxing_at_once_gives_what_relaxing_later_gives(
    relaxed: Place, site: Sandbox, tmp_path: Path
) -> None:
    place = Place(tmp_path / "library", {"danbooru": site})

    run(place, relax=True)

    assert place.selection() == relaxed.selection()
    assert marked(place) == marked(relaxed)


def test_the_same_again_changes_nothing_and_asks_nothing(relaxed: Place, tmp_path: Path) -> None:
    place = relaxed.copied(tmp_path / "library")

    run(place, relax=True)

    assert (place.selection(), place.states()) == (relaxed.selection(), relaxed.states())
    assert place.files() == []


def test_a_strict_recipe_after_a_relaxed_one_is_strict_again(
    plain: Place, relaxed: Place, tmp_path: Path
) -> None:
    place = relaxed.copied(tmp_path / "library")

    run(place, relax=False)

    assert place.selection() == plain.selection()
    assert marked(place) == {}


def test_a_target_that_is_met_strictly_relaxes_nothing(site: Sandbox, tmp_path: Path) -> None:
    place = Place(tmp_path / "library", {"danbooru": site})

    done = run(place, relax=True, target=4)

    assert (done.code, done.json["relaxed"]) == (0, {})
    assert place.rows("select relaxed from revisions") == [(0,)]


def test_bytes_that_a_stricter_wish_rejected_are_taken_again_without_a_fetch(
    plain: Place, tmp_path: Path
) -> None:
    place = plain.copied(tmp_path / "library")
    stored = place.stored()
    assert run(place, relax=False, side=1120).json["selected"] < len(plain.selection())

    run(place, relax=True, side=1120)

    back = set(marked(place)) & stored
    assert back
    assert not stored & {f"danbooru:{entry.post}" for entry in place.files()}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
@pytest.mark.parametrize(("boundary", "number"), [("catalog.ruled", 4), ("catalog.round", 1)])
def test_a_killed_relaxation_is_gone_on_with(
    boundary: str, number: int, plain: Place, relaxed: Place, tmp_path: Path
) -> None:
    place = plain.copied(tmp_path / "library")
    path = str(wish(place, relax=True))

    killed = place.run("run", path, by=killed_at(boundary, number))
    run(place, relax=True)

    assert killed.code == -signal.SIGKILL
    assert (place.selection(), place.states()) == (relaxed.selection(), relaxed.states())
    assert marked(place) == marked(relaxed)


def test_the_table_in_the_documentation_has_a_line_for_each_step() -> None:
    assert relaxing.document().count("\n") == ALL + 2
