"""What a real browser shows of a page: all its pictures, once it was scrolled and its tabs were opened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from harvester.config import Browser
from harvester.errors import Blocked, Busy, Guarded, NeedsBrowser, Refused
from harvester.model import Request
from harvester.net import Patience, ask, host_of
from tests.loopback import PNG, Heard, Say
from tests.rendering import CONTACT, Desk, desk, page, required

SPACE = "<div style='height:1500px'></div>"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One browser for all tests here: each has pages of its own."""
    required()
    with desk(tmp_path_factory.mktemp("render")) as made:
        yield made


# ---- pictures ---------------------------------------------------------------------------------


def test_a_rendered_page_is_told_as_it_stands_with_the_pictures_it_loaded(here: Desk) -> None:
    script = "<script>document.body.insertAdjacentHTML('beforeend', '<img src=b.png>')</script>"
    reply = here.show("/plain/", page(f"<img src=a.png>{script}", X_Told="yes"))

    assert (reply.kind, reply.status, reply.url) == ("render", 200, f"{here.url}/plain/")
    assert reply.headers["x-told"] == "yes"
    assert '<img src="b.png">' in reply.text
    assert here.seen(reply) == ["/plain/a.png", "/plain/b.png"]


def test_everything_the_browser_asks_says_who_asks(here: Desk) -> None:
    here.show("/agent/", page("<img src=a.png><script src=a.js></script>"))

    told = {h.headers["User-Agent"] for h in here.server.heard if h.path.startswith("/agent/")}
    assert len(here.asked("/agent/")) == 3
    assert all(agent.startswith("lora-harvester/") and CONTACT in agent for agent in told)


def test_pictures_that_come_only_on_scrolling_are_seen(here: Desk) -> None:
    script = """<script>addEventListener('scroll', () => {
        const n = Math.floor(scrollY / 1500);
        if (n && !document.getElementById(n))
            document.body.insertAdjacentHTML('beforeend', `<img id=${n} src=${n}.png>`);
    })</script>"""
    reply = here.show("/scroll/", page(SPACE * 6 + script))

    assert set(here.seen(reply)) >= {f"/scroll/{number}.png" for number in (1, 2, 3, 4)}


def test_a_lazy_address_is_loaded_when_it_comes_into_view(here: Desk) -> None:
    script = """<script>const eye = new IntersectionObserver(found => found.forEach(one => {
        if (one.isIntersecting) one.target.src = one.target.dataset.src;
    })); document.querySelectorAll('img').forEach(one => eye.observe(one))</script>"""
    pictures = "".join(f"{SPACE}<img data-src={number}.png>" for number in range(8))
    reply = here.show("/lazy/", page(pictures + script))

    assert here.seen(reply) == [f"/lazy/{number}.png" for number in range(8)]


def test_an_endless_page_is_scrolled_to_its_end(here: Desk) -> None:
    def more(heard: Heard) -> Say:
        number = int(heard.path.partition("=")[2])
        return Say(b"" if number > 6 else f"<img src={number}.png>{SPACE}".encode())

    script = """<script>let n = 0, busy = false, end = false;
      const more = async () => {
        if (busy || end || innerHeight + scrollY < document.body.scrollHeight - 50) return;
        busy = true;
        const text = await (await fetch('more?page=' + ++n)).text();
        end = !text; busy = false;
        document.body.insertAdjacentHTML('beforeend', text);
      };
      addEventListener('scroll', more); more();</script>"""
    here.put("/endless/more", more)
    reply = here.show("/endless/", page(SPACE + script))

    assert set(here.seen(reply)) == {f"/endless/{number}.png" for number in range(1, 7)}
    assert here.asked("/endless/more")[-1] == "/endless/more?page=7"


def test_a_box_that_scrolls_within_a_page_is_scrolled(here: Desk) -> None:
    inside = "".join(f"<img loading=lazy src={n}.png height=900>{SPACE}" for n in range(6))
    box = f"<div style='height:100vh;overflow-y:auto'>{inside}</div>"
    reply = here.show("/box/", page(f"<style>body{{margin:0;overflow:hidden}}</style>{box}"))

    assert here.seen(reply) == [f"/box/{number}.png" for number in range(6)]


@pytest.mark.parametrize(
    "tab",
    [
        "<button role=tab onclick='open_({n})'>x</button>",
        "<li class=tabber__tab onclick='open_({n})'>x</li>",
        "<li class=wds-tabs__tab onclick='open_({n})'><div><a href='#'>x</a></div></li>",
    ],
    ids=["role", "tabber", "fandom"],
)
def test_tabs_are_opened(here: Desk, tab: str) -> None:
    where = f"/tabs{abs(hash(tab))}/"
    script = """<script>function open_(n) {
        document.getElementById('panel').innerHTML = `<img loading=lazy src=${n}.png>`; }</script>"""
    tabs = "".join(tab.format(n=number) for number in (1, 2, 3))
    reply = here.show(where, page(f"{tabs}{SPACE * 2}<div id=panel></div>{script}"))

    assert set(here.seen(reply)) == {f"{where}{number}.png" for number in (1, 2, 3)}


def test_tabs_that_are_built_anew_on_every_click_are_all_opened(here: Desk) -> None:
    script = """<script>
      const draw = () => { bar.innerHTML = [1, 2, 3].map(
        n => `<b role=tab onclick='draw(); panel.innerHTML = "<img src=${n}.png>"'>x</b>`).join('') };
      const bar = document.getElementById('bar'), panel = document.getElementById('panel');
      draw()</script>"""
    reply = here.show("/anew/", page(f"<div id=bar></div><div id=panel></div>{script}"))

    assert set(here.seen(reply)) == {f"/anew/{number}.png" for number in (1, 2, 3)}


def test_three_hundred_pictures_are_seen_in_the_order_of_the_page(here: Desk) -> None:
    numbers = range(300)
    pictures = "".join(f"<img loading=lazy width=200 height=200 src={n}.png>" for n in numbers)
    reply = here.show("/many/", page(pictures))

    assert here.seen(reply) == [f"/many/{number}.png" for number in numbers]


def test_a_picture_that_does_not_come_is_not_seen(here: Desk) -> None:
    here.put("/gone/a.png", Say(b"gone", 404, {"Content-Type": "image/png"}))
    reply = here.show("/gone/", page("<img src=a.png><img src=b.png>"))

    assert here.seen(reply) == ["/gone/b.png"]


def test_a_picture_is_told_by_the_address_the_page_has_for_it(here: Desk) -> None:
    here.put("/moved/a.png", Say(status=302, headers={"Location": "/moved/elsewhere.png"}))
    reply = here.show("/moved/", page("<img src=a.png>"))

    assert here.seen(reply) == ["/moved/a.png"]


def test_cookies_of_the_page_are_held_by_the_browser(here: Desk) -> None:
    def picture(heard: Heard) -> Say:
        known = "session=1" in heard.headers.get("Cookie", "")
        return Say(
            PNG[:900] if known else b"", 200 if known else 403, {"Content-Type": "image/png"}
        )

    here.put("/cookie/a.png", picture)
    reply = here.show("/cookie/", page("<img src=a.png>", Set_Cookie="session=1; Path=/cookie"))

    assert here.seen(reply) == ["/cookie/a.png"]


# ---- pages that lead on, or are none ----------------------------------------------------------


def test_a_page_that_was_redirected_is_shown_at_its_own_address(here: Desk) -> None:
    here.put("/from", Say(status=301, headers={"Location": "/to/"}))
    here.put("/to/", page("<img src=a.png>"))
    reply = here.show("/from")

    assert reply.url == f"{here.url}/to/"
    assert here.seen(reply) == ["/to/a.png"]


def test_a_page_that_leads_on_by_a_script_is_followed_through_our_own_client(here: Desk) -> None:
    here.put("/leads/hop", Say(status=302, headers={"Location": "/leads/there/"}))
    here.put("/leads/there/", page("<img src=a.png>"))
    reply = here.show("/leads/", page("<script>location.replace('hop')</script>"))

    assert reply.url == f"{here.url}/leads/there/"
    assert here.seen(reply) == ["/leads/there/a.png"]


def test_an_opened_tab_that_is_a_link_leads_nowhere(here: Desk) -> None:
    here.put("/link/other", page("other"))
    tabs = "<a role=tab href=other>x</a><a role=tab target=_blank href=other>y</a>"
    reply = here.show("/link/", page(f"{tabs}<img src=a.png>"))

    assert here.asked("/link/other") == []
    assert reply.url == f"{here.url}/link/"
    assert here.seen(reply) == ["/link/a.png"]


@pytest.mark.parametrize(
    "answer",
    [
        page("no such page", status=404),
        Say(PNG[:900], headers={"Content-Type": "image/png"}),
        page("x", Content_Disposition="attachment; filename=a.html"),
    ],
    ids=["404", "picture", "download"],
)
def test_what_is_no_page_is_told_without_a_browser(here: Desk, answer: Say) -> None:
    before = here.net.browser.pages
    reply = here.show("/none", answer)

    assert (reply.kind, reply.body, reply.seen) == ("render", answer.body, ())
    assert here.net.browser.pages == before


def test_a_form_is_never_sent_by_the_browser(here: Desk) -> None:
    request = Request("here", f"{here.url}/form", kind="render", method="POST")

    with pytest.raises(Guarded, match="a form is not sent"):
        here.wait(ask(here.net, here.source, request))


# ---- what a site does not want ----------------------------------------------------------------

CHALLENGE = {"status": 403, "Server": "cloudflare"}
CHECK = (
    "<script>window._cf_chl_opt = {}; document.title = 'wait'</script><button>I am human</button>"
)


def test_a_challenge_is_left_alone_before_a_browser_sees_it(here: Desk) -> None:
    here.put("/challenge/", page(CHECK + "<img src=a.png>", status=403, Server="cloudflare"))
    before = here.net.browser.pages

    with pytest.raises(Blocked, match="Cloudflare challenge"):
        here.show("/challenge/")
    assert here.asked("/challenge/") == ["/challenge/"]
    assert here.net.browser.pages == before


def test_a_challenge_that_a_page_leads_to_is_left_alone(here: Desk) -> None:
    here.put("/trap/check", page(CHECK + "<img src=b.png>", status=403, Server="cloudflare"))

    with pytest.raises(Blocked, match="Cloudflare challenge"):
        here.show("/trap/", page("<script>location = 'check'</script>"))
    assert "/trap/b.png" not in here.asked("/trap/")


def test_what_robots_txt_forbids_is_asked_neither_as_a_page_nor_by_a_page(tmp_path: Path) -> None:
    required()
    rules = b"User-agent: *\nDisallow: /private"
    script = "<script>fetch('/private/data'); new Image().src = '/b.png'</script>"
    with desk(tmp_path) as one:
        one.put("/robots.txt", Say(rules))
        one.put("/hop", Say(status=302, headers={"Location": "/private/hop"}))
        with pytest.raises(Refused, match=r"robots\.txt"):
            one.show("/private/", page("x"))
        frames = "<iframe src=/private/frame></iframe><iframe src=/hop></iframe>"
        reply = one.show("/open", page(frames + script))

        assert one.seen(reply) == ["/b.png"]
        assert one.asked("/private") == []
        assert one.asked("/robots.txt") == ["/robots.txt"]


def test_pages_in_frames_keep_the_pace_of_their_host(tmp_path: Path) -> None:
    required()
    times: list[float] = []

    def frame(heard: Heard) -> Say:
        times.append(time.monotonic())
        return page("framed")

    with desk(tmp_path, interval=2.0) as one:
        one.put("/f1", frame)
        one.put("/f2", frame)
        one.show("/", page("<iframe src=/f1></iframe><iframe src=/f2></iframe>"))

    assert len(times) == 2
    # asked two seconds apart; on a busy machine the first may arrive late, without a pace both do at once
    assert abs(times[1] - times[0]) > 1.5


def test_a_host_that_wants_a_pause_gets_it(here: Desk) -> None:
    busy = Say(status=429, headers={"Content-Type": "image/png", "Retry-After": "1"})
    here.put("/pause/a.png", busy)
    here.show("/pause/", page("<img src=a.png>"))
    started = time.monotonic()

    here.wait(here.net.budget.turn(host_of(here.url), 0))

    assert time.monotonic() - started < 5
    assert here.asked("/pause/a.png") == ["/pause/a.png"]


# ---- caps -------------------------------------------------------------------------------------


def test_a_page_that_is_never_quiet_ends_at_its_cap_and_what_was_seen_counts(
    tmp_path: Path,
) -> None:
    required()
    script = """<script>let n = 0; setInterval(() => {
        fetch('tick'); document.body.insertAdjacentHTML('beforeend', `<img src=${++n}.png>`);
    }, 60)</script>"""
    with desk(tmp_path, browser=Browser(max_seconds=3)) as one:
        one.put("/tick", Say(b"x"))
        started = time.monotonic()
        reply = one.show("/", page(script))

        assert len(reply.seen) > 5
        assert "4.png" in reply.text
        assert time.monotonic() - started < 25


def test_a_script_that_never_ends_leaves_the_page_as_the_site_sent_it(tmp_path: Path) -> None:
    required()
    script = "<script>addEventListener('load', () => { for (;;) {} })</script>"
    with desk(tmp_path, browser=Browser(max_seconds=2)) as one:
        reply = one.show("/", page(f"<img src=a.png>{script}"))
        again = one.show("/next", page("<img src=b.png>"))

        assert one.seen(reply) == ["/a.png"]
        assert "for (;;)" in reply.text
        assert one.seen(again) == ["/b.png"]


def test_a_page_loads_no_more_bytes_than_it_may(tmp_path: Path) -> None:
    required()
    big = Say(PNG[:100_000], headers={"Content-Type": "image/png"})
    pictures = "".join(f"<img src=/big?{number}>" for number in range(40))
    with desk(tmp_path, browser=Browser(max_bytes=2_000_000)) as one:
        one.put("/big", big)
        reply = one.show("/", page(pictures))

        assert 0 < len(reply.seen) < 20  # each has a head besides


def test_a_page_asks_no_more_often_than_it_may(tmp_path: Path) -> None:
    required()
    pictures = "".join(f"<img src={number}.png>" for number in range(40))
    with desk(tmp_path, browser=Browser(max_requests=10)) as one:
        reply = one.show("/", page(pictures))

        assert len(reply.seen) == 9  # the page itself is the first
        assert len([path for path in one.asked() if path.endswith(".png")]) == 9


def test_a_run_renders_no_more_pages_than_it_may(tmp_path: Path) -> None:
    required()
    with desk(tmp_path, browser=Browser(max_pages=1)) as one:
        one.show("/", page("x"))
        with pytest.raises(Busy, match="max_pages allows"):
            one.show("/second", page("x"))


# ---- the browser itself -----------------------------------------------------------------------


def test_without_a_browser_one_sentence_names_both_remedies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harvester.net.chromium.installed", lambda: iter(()))

    with desk(tmp_path) as one, pytest.raises(NeedsBrowser) as caught:
        one.show("/", page("<img src=a.png>"))

    assert "sudo apt install chromium" in str(caught.value)
    assert "`playwright install chromium`" in str(caught.value)


def test_a_program_that_is_no_browser_is_told_so(tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)

    with (
        desk(tmp_path, browser=Browser(chromium=str(program))) as one,
        pytest.raises(NeedsBrowser, match="does not start"),
    ):
        one.show("/", page("x"))


def test_a_browser_that_falls_is_replaced(tmp_path: Path) -> None:
    required()
    patience = Patience(attempts=2, longest=0.1)
    with desk(tmp_path, patience=patience) as one:
        one.show("/", page("<img src=a.png>"))
        running = one.net.browser._running
        assert running is not None
        one.wait(running.chromium.close())

        assert one.seen(one.show("/again", page("<img src=b.png>"))) == ["/b.png"]
        assert one.net.browser.restarts == 1


def test_a_browser_is_changed_after_its_number_of_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    required()
    monkeypatch.setattr("harvester.net.browser.PAGES", 1)
    with desk(tmp_path) as one:
        for number in range(3):
            one.show(f"/{number}/", page("<img src=a.png>"))

        assert (one.net.browser.pages, one.net.browser.restarts) == (3, 2)


def test_a_closed_browser_leaves_nothing_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    required()
    with TemporaryDirectory() as folder:  # a short path: Chromium puts a socket below it
        monkeypatch.setenv("TMPDIR", folder)
        with desk(tmp_path) as one:
            one.show("/", page("x"))
            during = [path.name for path in Path(folder).iterdir()]

        assert any("profile" in name for name in during)
        assert list(Path(folder).iterdir()) == []
