"""The whole command on pages of a server on loopback: what is asked, in which order, and what never is."""

from __future__ import annotations

import io
import itertools
import random
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from harvester.cli.shapes import SHAPES, misfits
from harvester.model import Query, Site
from harvester.net import Net, ask, guard
from sources.webpage import WebPage
from tests import rendering
from tests.harness import Done, inside, unasked
from tests.loopback import FakeClock, Heard, Say, Server, online, serving

PATTERN = "/gallery/{tag}?p={page}"


@cache
def drawn(seed: int, size: tuple[int, int] = (900, 1200)) -> bytes:
    """A picture like no other: soft colours with crisp shapes."""
    dice = random.Random(seed)
    soft = Image.new("RGB", (4, 4))
    for place in range(16):
        soft.putpixel((place % 4, place // 4), tuple(dice.randrange(60, 220) for _ in range(3)))
    picture = soft.resize((900, 1200), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for _ in range(120):
        x, y = dice.randrange(900), dice.randrange(1200)
        box = (x, y, x + dice.randrange(20, 160), y + dice.randrange(20, 160))
        pen.ellipse(box, fill=tuple(dice.randrange(256) for _ in range(3)), outline="black")
    body = io.BytesIO()
    picture.resize(size).save(body, "PNG")
    return body.getvalue()


def page(html: str, **headers: str) -> Say:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    whole = f"<!doctype html><html><body>{html}</body></html>"
    return Say(whole.encode(), headers={"Content-Type": "text/html; charset=utf-8", **told})


def image(seed: int, size: tuple[int, int] = (900, 1200)) -> Say:
    return Say(drawn(seed, size), headers={"Content-Type": "image/png"})


@dataclass
class Web:
    """A site of pages and pictures by path and query; anything else is not there. A mark that is known costs no body."""

    answers: dict[str, Say] = field(default_factory=dict)

    def __call__(self, heard: Heard) -> Say:
        said = self.answers.get(heard.path, Say(b"nothing here", 404))
        mark = heard.headers.get("If-None-Match")
        return Say(status=304) if mark and mark == said.headers.get("ETag") else said


@dataclass
class Desk:
    """A library that knows one site of pages."""

    library: Path
    web: Web
    server: Server

    def configure(self, url: str, *more: str) -> None:
        table = ['family = "webpage"', f'url = "{self.server.url}{url}"', "interval = 0"]
        text = "\n".join(["[sites.place]", *table, 'rating_default = "general"', *more, ""])
        self.library.mkdir(exist_ok=True)
        (self.library / "harvester.toml").write_text(text + unasked({"place"}), "utf-8")

    def harvest(self, *more: str, target: int = 3) -> Done:
        options = ["--tag", "reimu", "--target", str(target), "--site", "place", "--json"]
        return self.run(*options, *more)

    def run(self, *arguments: str) -> Done:
        return inside("--library", str(self.library), *arguments)

    def asked(self, *methods: str) -> list[str]:
        heard = [one for one in self.server.heard if one.method in (methods or ("GET",))]
        return [one.path for one in heard]


@contextmanager
def desk(folder: Path, answers: Mapping[str, Say]) -> Iterator[Desk]:
    web = Web(dict(answers))
    with serving(web) as server:
        yield Desk(folder / "library", web, server)


GALLERY = {
    "/gallery/reimu?p=1": page(
        '<h1>Reimu</h1><img src="/up/one-300x400.png"><img src="/up/two.png?w=750" alt="Two">',
        ETag='"p1"',
    ),
    "/gallery/reimu?p=2": page(
        '<a href="/view/3"><img src="/t/3.png" width="90" height="120"></a>', ETag='"p2"'
    ),
    "/gallery/reimu?p=3": page("<p>No more.</p>"),
    "/view/3": page('<a href="/full/3.png"><img src="/medium/3.png"></a>'),
    "/up/one.png": image(1),
    "/up/one-300x400.png": image(1, (300, 400)),
    "/up/two.png?w=750": image(2, (750, 1000)),  # and no larger one
    "/full/3.png": image(3),
}


def test_a_gallery_is_walked_asked_for_larger_copies_and_harvested(tmp_path: Path) -> None:
    with desk(tmp_path, GALLERY) as at:
        at.configure(PATTERN)
        done = at.harvest()

        assert done.code == 0, done.err
        assert done.json["selected"] == 3
        pages = ["/robots.txt", *(f"/gallery/reimu?p={number}" for number in (1, 2, 3))]
        assert at.asked()[:4] == pages
        assert sorted(at.asked("HEAD")) == ["/up/one.png", "/up/two.png"]
        files = sorted(at.asked()[4:])
        assert files == ["/full/3.png", "/up/one.png", "/up/two.png?w=750", "/view/3"]


def test_every_request_for_a_file_says_which_page_shows_it(tmp_path: Path) -> None:
    with desk(tmp_path, GALLERY) as at:
        at.configure(PATTERN)
        at.harvest()

        told = {one.path: one.headers.get("Referer", "") for one in at.server.heard}
        assert told["/up/one.png"] == f"{at.server.url}/gallery/reimu?p=1"
        assert told["/full/3.png"] == f"{at.server.url}/view/3"


def test_why_says_which_copy_a_picture_is(tmp_path: Path) -> None:
    with desk(tmp_path, GALLERY) as at:
        at.configure(PATTERN)
        at.harvest()
        one, two = (at.run("why", f"place:/up/{name}.png") for name in ("one", "two"))

        assert f"from {at.server.url}/up/one.png (larger than its page shows it" in one.out
        assert f"from {at.server.url}/up/two.png?w=750 (as its page shows it" in two.out
        told = at.run("why", "place:/up/one.png", "--json").json
        assert misfits(told, SHAPES["why"]) == []


def test_a_run_asks_no_page_twice_and_the_next_one_none(tmp_path: Path) -> None:
    with desk(tmp_path, GALLERY) as at:
        at.configure(PATTERN)
        at.harvest()
        before = len(at.server.heard)
        assert len(set(at.asked())) == len(at.asked())

        assert at.harvest().code == 0
        assert at.asked()[before:] == []


def test_a_page_asked_again_by_another_harvest_costs_no_body(tmp_path: Path) -> None:
    with desk(tmp_path, GALLERY) as at:
        at.configure(PATTERN)
        at.harvest()
        before = len(at.server.heard)
        done = at.harvest("--new")

        assert done.code == 0, done.err
        again = {one.path: one.headers.get("If-None-Match") for one in at.server.heard[before:]}
        assert again["/gallery/reimu?p=1"] == '"p1"'
        assert again["/gallery/reimu?p=2"] == '"p2"'
        assert not [path for path in again if path.endswith(".png") and path in at.asked()[before:]]


def test_a_page_without_a_search_is_the_subjects_whatever_her_names(tmp_path: Path) -> None:
    answers = {"/reimu": page("".join(f'<img src="/{n}.png">' for n in range(3)))}
    answers |= {f"/{number}.png": image(number) for number in range(3)}
    with desk(tmp_path, answers) as at:
        at.configure("/reimu")
        done = at.harvest("--tag", "hakurei reimu", "--tag", "shrine maiden")

        assert done.code == 0, done.err
        assert at.asked().count("/reimu") == 1
        assert done.json["selected"] == 3


def test_a_page_without_a_search_is_asked_only_by_its_name(tmp_path: Path) -> None:
    with desk(tmp_path, {}) as at:
        at.configure("/reimu")
        [row] = [one for one in at.run("sites", "--json").json if one["site"] == "place"]

        assert row["asked"] == "when named"


# ---- what a site does not want -------------------------------------------------------------


def robots(rules: str) -> dict[str, Say]:
    return {"/robots.txt": Say(f"User-agent: *\n{rules}".encode())}


def test_a_page_that_robots_txt_forbids_is_never_asked_for(tmp_path: Path) -> None:
    with desk(tmp_path, {**GALLERY, **robots("Disallow: /gallery/")}) as at:
        at.configure(PATTERN)
        done = at.harvest()

        assert at.asked("GET", "HEAD") == ["/robots.txt"]
        assert done.code == 6
        assert re.search(r"robots.txt of 127\S+ does not allow /gallery/reimu", done.err + done.out)


def test_a_forbidden_page_further_on_or_about_a_picture_is_never_asked_for(tmp_path: Path) -> None:
    rules = robots("Disallow: /view/\nDisallow: /*?p=3")
    with desk(tmp_path, {**GALLERY, **rules}) as at:
        at.configure(PATTERN)
        done = at.harvest(target=2)

        assert done.json["selected"] == 2, done.err
        assert "does not allow /gallery/reimu?p=3" in done.json["trouble"]["place"]
        assert not [path for path in at.asked("GET", "HEAD") if "view" in path or "p=3" in path]
        assert "/gallery/reimu?p=2" in at.asked()


def test_a_page_that_says_noai_gives_no_picture(tmp_path: Path) -> None:
    answers = {
        **GALLERY,
        "/gallery/reimu?p=1": page('<meta name="robots" content="noai"><img src="/up/one.png">'),
    }
    with desk(tmp_path, answers) as at:
        at.configure(PATTERN)
        done = at.harvest()

        assert "noai" in done.err + done.out
        assert at.asked("GET", "HEAD") == ["/robots.txt", "/gallery/reimu?p=1"]


@pytest.mark.parametrize("path", ["/gallery/reimu?p=1", "/gallery/reimu?p=2", "/view/3"])
def test_a_site_that_answers_with_a_challenge_is_blocked_and_left_alone(
    path: str, tmp_path: Path
) -> None:
    check = Say(b"<html>Just a moment</html>", 403, {"cf-mitigated": "challenge"})
    with desk(tmp_path, {**GALLERY, path: check}) as at:
        at.configure(PATTERN)
        done = at.harvest()

        assert "place answers with a Cloudflare challenge" in done.err + done.out
        assert at.asked("GET", "HEAD")[-1] == path
        assert done.code in {3, 6}


def test_the_pause_that_robots_txt_wants_is_kept_between_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "allowed", lambda address: True)  # loopback plays the internet
    time, moments = FakeClock(), []

    def noted(heard: Heard) -> Say:
        moments.append((heard.path, time.time))
        return web(heard)

    web = Web({**GALLERY, **robots("Crawl-delay: 9")})
    with serving(noted) as server:
        site = Site("place", "webpage", server.url + PATTERN, interval=1)
        source = WebPage(site)

        async def walked(net: Net) -> None:
            left = [source.search(Query(("reimu",)))]
            while left:
                left += (await ask(net, source, left.pop())).follow

        online(site, tmp_path, walked, time=time)

    asked = [moment for path, moment in moments if path.startswith("/gallery")]
    assert len(asked) == 3
    assert min(later - sooner for sooner, later in itertools.pairwise(asked)) >= 9


def test_no_byte_and_no_head_is_asked_of_a_picture_that_must_not_be_had(tmp_path: Path) -> None:
    shown = '<img src="/up/one.png?w=300" alt="loli, nude"><a href="/view/3"><img src="/t/3.png" title="shota sex"></a>'
    answers = {**GALLERY, "/gallery/reimu?p=1": page(shown), "/gallery/reimu?p=2": page("")}
    with desk(tmp_path, answers) as at:
        at.configure(PATTERN)
        done = at.harvest()

        assert {one["by"] for one in done.json["reasons"]} == {"minors"}
        assert at.asked("GET", "HEAD") == [
            "/robots.txt",
            "/gallery/reimu?p=1",
            "/gallery/reimu?p=2",
        ]


def test_a_page_about_a_picture_that_says_what_must_not_be_ends_the_questions(
    tmp_path: Path,
) -> None:
    about = page('<img src="/up/one-300x400.png" alt="loli, nude">')
    answers = {**GALLERY, "/view/3": about, "/gallery/reimu?p=1": GALLERY["/gallery/reimu?p=2"]}
    with desk(tmp_path, answers) as at:
        at.configure(PATTERN)
        done = at.harvest()

        assert {one["by"] for one in done.json["reasons"]} == {"minors"}
        assert at.asked("HEAD") == []
        assert at.asked("GET")[-1] == "/view/3"


# ---- adding one ----------------------------------------------------------------------------


@pytest.mark.parametrize("more", [[], ["--family", "webpage"]])
def test_a_pattern_is_added_by_its_address(more: list[str], tmp_path: Path) -> None:
    with desk(tmp_path, GALLERY) as at:
        url = at.server.url + PATTERN
        done = at.run(
            "sites", "add", "mine", "--url", url, "--tag", "reimu", "--option", "interval=0", *more
        )

        assert done.code == 0, done.err
        assert "2 posts on the first page, 2 with a file" in done.out
        assert "rating_default under [sites.mine]" in done.out
        written = tomllib.loads((at.library / "harvester.toml").read_text("utf-8"))
        assert written["sites"]["mine"] == {"family": "webpage", "url": url, "interval": 0}


def test_whoever_names_no_family_is_told_of_the_one_for_any_page(tmp_path: Path) -> None:
    done = inside(
        "--library", str(tmp_path), "sites", "add", "mine", "--url", "http://127.0.0.1:9/a"
    )

    assert done.code == 2
    assert "any page with pictures is of the family webpage" in done.err


# ---- pages that only a browser shows -------------------------------------------------------

SCRIPT = """<div id=app></div><script>
for (const name of ['one', 'two', 'three']) {
  const image = new Image(); image.src = '/made/' + name + '.png'; image.alt = name; app.append(image);
}</script>"""


def test_a_page_made_by_a_script_is_shown_in_a_browser_and_harvested(tmp_path: Path) -> None:
    rendering.required()
    made = {
        f"/made/{name}.png": image(seed) for seed, name in enumerate(("one", "two", "three"), 11)
    }
    with desk(tmp_path, {"/app": page(SCRIPT), **made}) as at:
        at.configure("/app")
        done = at.harvest()

        assert done.code == 0, done.err
        assert done.json["selected"] == 3


def test_the_same_page_gives_nothing_where_the_table_wants_no_browser(tmp_path: Path) -> None:
    with desk(tmp_path, {"/app": page(SCRIPT)}) as at:
        at.configure("/app", "render = false")
        done = at.harvest()

        assert done.code in {3, 6}
        assert at.asked() == ["/robots.txt", "/app"]
