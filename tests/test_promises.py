"""What the program promises, held against the real command, a real site on loopback and real processes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harvester.demo import Faults, Post, Sandbox
from harvester.model import State
from tests.harness import HARVEST, SUBJECT, Place, sandbox

pytestmark = pytest.mark.slow

TARGET = 6


@pytest.fixture(scope="module")
def cache(drawings: Path) -> Path:
    """What sandboxes remember of their drawings."""
    return drawings


@pytest.fixture(scope="module")
def site(cache: Path) -> Iterator[Sandbox]:
    """A sandbox that nothing goes wrong with."""
    with sandbox(cache) as started:
        yield started


@pytest.fixture
def healthy(site: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, for a test that makes things go wrong; it is well again afterwards."""
    yield site
    site.faults = Faults()


@pytest.fixture
def place(site: Sandbox, tmp_path: Path) -> Place:
    """An empty library."""
    return Place(tmp_path / "library", {"danbooru": site})


@pytest.fixture(scope="module")
def full(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A library after one run; for reading only."""
    place = Place(tmp_path_factory.mktemp("full") / "library", {"danbooru": site})
    done = place.collect(by=(HARVEST,))
    assert done.code == 0, done.err
    return place


@pytest.fixture
def begun(full: Place, tmp_path: Path) -> Place:
    """A library after one run, to go on with."""
    return full.copied(tmp_path / "begun")


def found(place: Place, state: State, stage: str = "screen") -> set[str]:
    """Keys of the candidates that a stage put into a state."""
    return {key for key, row in place.states().items() if row[:2] == (state.value, stage)}


def asked_for(place: Place) -> set[str]:
    """Keys of the candidates of which any run asked a file."""
    runs = range(1, place.runs + 1)
    return {f"danbooru:{entry.post}" for run in runs for entry in place.files(run)}


def forbidden(site: Sandbox) -> list[Post]:
    return [post for post in site.world.posts if post.forbidden]


# what is asked of a site


def test_a_candidate_rejected_by_its_claims_costs_no_request(full: Place) -> None:
    rejected = found(full, State.REJECTED)

    assert len(rejected) > 10
    assert not rejected & asked_for(full)


def test_only_originals_are_asked_for(full: Place) -> None:
    assert {entry.path.split("/")[1] for entry in full.files()} == {"original"}


def test_nothing_is_asked_or_kept_of_a_post_that_marks_a_minor(full: Place) -> None:
    marked = {f"danbooru:{post.id}" for post in forbidden(full.sites["danbooru"])}
    told = full.rows(
        "select c.site || ':' || c.post_id, c.value, c.md5, c.sha1, c.asset, m.state, m.gate"
        " from candidates c join members m on c.id = m.candidate_id"
    )
    kept = [row for row in told if row[0] in marked]

    assert kept
    assert {row[1:] for row in kept} == {(None, None, None, None, "rejected", "minors")}
    assert not any(entry.forbidden for entry in full.sites["danbooru"].requests)


@pytest.mark.parametrize("options", [["--kind", "other"], ["--new"]])
def test_bytes_that_are_here_are_never_fetched_again(options: list[str], begun: Place) -> None:
    stored = begun.stored()

    done = begun.collect(*options)

    assert done.code == 0, done.err
    assert done.json["harvest"] == 2
    assert not stored & asked_for(begun)
    assert stored & {key for key, _ in begun.selection(2)}


def test_the_same_command_again_ends_at_once_with_the_same_selection(
    begun: Place, full: Place
) -> None:
    again = begun.collect()

    assert again.json["selected"] == TARGET
    assert begun.selection() == full.selection()
    assert begun.states() == full.states()
    assert begun.log() == []


# what is told of a candidate


def test_the_counts_add_up_to_what_was_found(full: Place) -> None:
    [told] = full.inside("status", "--json").json

    assert told["found"] == sum(told["states"].values()) == len(full.states())
    assert sum(row["count"] for row in told["reasons"]) == told["found"]
    assert told["selected"] == len(full.selection()) == TARGET


def test_every_candidate_ends_in_a_state_with_a_stage_and_a_reason(full: Place) -> None:
    silent = {State.WANTED.value, State.ACCEPTED.value}

    for key, (state, stage, gate, reason) in full.states().items():
        assert state in set(State) - {State.FOUND, State.FETCHED}, key
        assert stage, key
        assert reason or state in silent, key
        assert gate or state != State.REJECTED, key


def test_why_names_the_gate_of_each_rejected_candidate(full: Place) -> None:
    by_gate = {row[2]: key for key, row in full.states().items() if row[0] == State.REJECTED}

    for gate, key in by_gate.items():
        [told] = full.inside("why", key, "--json").json
        assert (told["gate"], told["state"]) == (gate, "rejected")
        assert told["reason"] or gate == "minors"
        assert any(ruling["gate"] == gate for row in told["rulings"] for ruling in row["rulings"])


# several processes


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.02)


def started(place: Place, *more: str) -> subprocess.Popen[str]:
    """A harvest in the middle of fetching from a slow site."""
    place.sites["danbooru"].faults = Faults(slow=20_000)
    handle = place.start("--tag", SUBJECT, "--target", str(TARGET), "--site=danbooru", *more)
    wait_until(lambda: list((place.folder / "objects" / "parts").glob("*.part")))
    return handle


def test_a_harvest_in_use_is_refused_and_its_holder_named(place: Place, healthy: Sandbox) -> None:
    first = started(place)

    second = place.collect(by=(HARVEST,))
    first.kill()
    first.communicate()

    assert second.code == 5
    assert f"process {first.pid} " in second.err
    assert len(second.err.splitlines()) == 1


def test_another_harvest_of_the_same_library_goes_on_beside_it(
    place: Place, healthy: Sandbox
) -> None:
    first = started(place)
    healthy.faults = Faults(slow=200_000)

    second = place.collect("--kind", "other", by=(HARVEST,))
    _, err = first.communicate(timeout=60)

    assert (second.code, first.returncode) == (0, 0), second.err + err
    fetched = [entry.path for run in (1, 2) for entry in place.files(run)]
    assert len(fetched) == len(set(fetched))
    assert place.inside("check").code == 0


# another wish after the first one


def test_a_higher_target_goes_on_and_fetches_nothing_twice(begun: Place) -> None:
    stored = begun.stored()

    more = begun.collect(target=10)

    assert more.json["selected"] == len(begun.selection()) == 10
    assert asked_for(begun)
    assert not stored & asked_for(begun)


def test_a_stricter_gate_later_gives_what_it_would_have_given_at_once(
    begun: Place, place: Place, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'tag = "{SUBJECT}"\ntarget = {TARGET}\nsites = ["danbooru"]\n[gates]\nshort_side = 1024\n'
    )
    stored = begun.stored()

    later, at_once = (one.inside("run", str(recipe), "--json") for one in (begun, place))

    assert later.json["selected"] == at_once.json["selected"] == TARGET
    assert min(short_sides(begun) + short_sides(place)) >= 1024
    assert not stored & asked_for(begun)
    assert rejected_by(begun, "short_side") == rejected_by(place, "short_side")


def short_sides(place: Place) -> list[int]:
    """Of the selected pictures, in pixels as measured."""
    hashes = [sha256 for _, sha256 in place.selection()]
    facts = dict(place.rows("select sha256, facts from measurements"))
    told = [json.loads(facts[sha256]) for sha256 in hashes]
    return [min(one["width"], one["height"]) for one in told]


def rejected_by(place: Place, gate: str) -> set[str]:
    return {key for key, row in place.states().items() if row[2] == gate}


def test_one_more_site_joins_a_harvest(begun: Place, cache: Path) -> None:
    stored = begun.stored()
    with sandbox(cache, posts=60, seed=2) as other:
        begun.sites["other"] = other

        more = begun.collect(target=10)

        assert more.json["selected"] == 10
        paths = {entry.path for entry in begun.files()}
    assert not stored & {f"danbooru:{post}" for post in posts_at(begun.sites["danbooru"], paths)}
    assert any(key.startswith("other:") for key in begun.states())


def posts_at(site: Sandbox, paths: set[str]) -> set[int | None]:
    """Which posts of a sandbox were asked for under these paths."""
    return {entry.post for entry in site.requests if entry.path in paths}


# bad input: one sentence, the documented exit code, nothing lost

WRONG = [
    (4, "no tag", ["--tag", " ", "--site", "danbooru"]),
    (4, f"did you mean {SUBJECT}", ["--tag", "hakurei_reim", "--site", "danbooru"]),
    (4, "danbooru", ["--tag", SUBJECT, "--site", "danboru"]),
    (4, "from 1 to", ["--tag", SUBJECT, "--target", "0", "--site", "danbooru"]),
    (2, "--targett", ["--tag", SUBJECT, "--targett", "5"]),
    (2, "--tag", ["--target", "5"]),
    (4, "never asks", ["--tag", SUBJECT, "--with", "loli", "--site", "danbooru"]),
    (2, "no harvest 9", ["status", "9"]),
    (2, "no picture", ["why", "danbooru:1"]),
    (4, "nosuch.toml", ["run", "nosuch.toml"]),
]


@pytest.mark.parametrize(("code", "words", "arguments"), WRONG, ids=[row[1] for row in WRONG])
def test_wrong_input_is_told_in_a_sentence(
    code: int, words: str, arguments: list[str], full: Place
) -> None:
    before = full.selection()

    done = full.inside(*arguments)

    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert full.selection() == before


def test_a_wrong_config_key_is_told_with_the_nearest_one(place: Place) -> None:
    place.more = 'librari = "x"\n'

    done = place.collect()

    assert (done.code, done.out) == (4, "")
    assert "librari" in done.err
    assert "did you mean 'library'" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("where", ["a-file/library", "/proc/nowhere"])
def test_a_library_that_cannot_be_written_is_told(where: str, place: Place, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("somebody's")
    config, library = str(place.configure()), str(tmp_path / where)

    done = place.collect("--config", config, "--library", library)

    assert (done.code, done.out) == (5, "")
    assert len(done.err.splitlines()) == 1
    assert (tmp_path / "a-file").read_text() == "somebody's"


def test_a_catalog_that_is_none_is_told(place: Place) -> None:
    place.folder.mkdir()
    (place.folder / "catalog.db").write_text("dear diary, " * 1000)

    done = place.collect()

    assert (done.code, done.out) == (5, "")
    assert len(done.err.splitlines()) == 1
    assert "dear diary" in (place.folder / "catalog.db").read_text()


def test_a_catalog_of_a_newer_version_is_told_and_left_alone(begun: Place) -> None:
    begun.rows(
        "insert into _sqlite_migrations (migration_set, name, applied_at)"
        " values ('harvester', 'm999_later', '')"
    )

    done = begun.collect()

    assert (done.code, done.out) == (5, "")
    assert "newer version" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_site_that_is_down_is_told(place: Place, healthy: Sandbox) -> None:
    healthy.faults = Faults(down=True)

    done = place.collect()

    assert done.code == 6
    assert "danbooru" in done.err
    assert "Traceback" not in done.err
    healthy.faults = Faults()
    assert place.collect().code == 0


@pytest.fixture(params=[1500, 2600], ids=["catalog", "pictures"])
def tiny_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that holds next to nothing; only root on Linux can make one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_gone_on_from(tiny_disk: Path, site: Sandbox, full: Place) -> None:
    place = Place(tiny_disk / "library", {"danbooru": site})

    done = place.collect()
    mount = ["mount", "-o", "remount,size=50m", str(tiny_disk)]
    subprocess.run(mount, check=True)

    assert (done.code, done.out) == (5, ""), done.err
    assert {"full", "space"} & set(done.err.replace(";", " ").split())
    assert "Traceback" not in done.err
    assert place.collect().code == 0
    assert place.selection() == full.selection()


# stopping


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_is_quick_clean_and_gone_on_from(
    number: signal.Signals, code: int, place: Place, healthy: Sandbox
) -> None:
    handle = started(place)
    children = psutil.Process(handle.pid).children(recursive=True)
    begun = time.monotonic()

    handle.send_signal(number)
    _, err = handle.communicate(timeout=20)

    assert time.monotonic() - begun < 2
    assert handle.returncode == code
    assert "goes on" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not any(child.is_running() for child in children)
    healthy.faults = Faults()
    assert place.collect().json["selected"] == TARGET


# trouble on the way


TROUBLE = {
    "503": Faults(busy=4, retry_after=1),
    "429": Faults(limited=2, retry_after=1),
    "broken": Faults(drop_every=1, drop_after=20_000),
    "slow": Faults(slow=150_000),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_on_the_way_changes_nothing_in_the_end(
    name: str, full: Place, cache: Path, tmp_path: Path
) -> None:
    with sandbox(cache) as site:
        place = Place(tmp_path / "library", {"danbooru": site})
        site.faults = TROUBLE[name]

        done = place.collect()

    assert done.code == 0, done.err
    assert place.selection() == full.selection()
    assert place.states() == full.states()


# the demo


def test_the_demo_shows_the_whole_job(place: Place) -> None:
    done = place.run("demo", "--target", "6", "--posts", "200")

    assert done.code == 0, done.err
    assert done.out.startswith("harvest 1")
    assert "finding candidates" in done.err
    assert "finding candidates" not in done.out


def test_a_demo_that_came_short_goes_on_by_itself(place: Place) -> None:
    done = place.run("demo", "--target", "40", "--posts", "60")

    assert done.code == 3
    assert f"next        harvest demo --target 40 --posts 60 --library {place.folder}" in done.out
    assert "resume" not in done.out
    assert "retry" not in done.out


def test_the_demo_tells_its_result_as_json(place: Place) -> None:
    done = place.run("demo", "--target", "6", "--posts", "200", "--json")

    assert done.json["selected"] == 6
    assert len(list(Path(done.json["folder"]).glob("*.txt"))) == 6


def test_resume_goes_on_with_the_harvest_that_is_named(site: Sandbox, tmp_path: Path) -> None:
    place = Place(tmp_path / "library", {"danbooru": site})
    place.collect()
    place.collect("--new")

    again = place.run("resume", "1", "--json")

    assert (again.code, again.json["harvest"]) == (0, 1)
