"""A page in the browser reaches nothing that our own client would not: addresses, methods, protocols."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from harvester.config import Browser
from harvester.errors import Guarded
from harvester.net import chromium, guard
from tests.loopback import Say, Server, serving
from tests.rendering import Desk, Told, Web, desk, page, required


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One browser for all tests here: each has pages of its own."""
    required()
    with desk(tmp_path_factory.mktemp("guard")) as made:
        yield made


@pytest.fixture
def neighbour() -> Iterator[Server]:
    """Another server of this machine, which nobody configured."""
    with serving(Web()) as server:
        yield server


# ---- addresses --------------------------------------------------------------------------------


def test_a_page_reaches_no_private_address(here: Desk, neighbour: Server) -> None:
    there = neighbour.url
    here.put("/away.png", Say(status=302, headers={"Location": f"{there}/redirected.png"}))
    here.put("/away/", Say(status=302, headers={"Location": f"{there}/framed"}))
    socket_url = there.replace("http", "ws")
    script = f"""<script>
      fetch('{there}/fetched', {{mode: 'no-cors'}}).catch(() => 0);
      const x = new XMLHttpRequest(); x.open('GET', '{there}/xhr'); x.send();
      try {{ new WebSocket('{socket_url}/socket') }} catch (e) {{}}
      try {{ new EventSource('{there}/events') }} catch (e) {{}}
      import('{there}/module.js').catch(() => 0);
      const w = new Worker(URL.createObjectURL(new Blob(
        ["try {{ new WebSocket('{socket_url}/worker') }} catch (e) {{}}; fetch('{there}/worker')"])));
      </script>"""
    body = f"""<img src={there}/a.png><iframe src={there}/frame></iframe><img src=/away.png>
      <iframe src=/away/></iframe><script src={there}/a.js></script><link rel=stylesheet
      href={there}/a.css><video src={there}/a.mp4></video><object data={there}/a.html></object>
      <link rel=preconnect href={there}><link rel=prefetch href={there}/b.png>
      <img src=b.png style="background: url({there}/c.png)">{script}"""
    reply = here.show("/private/", page(body))

    assert here.seen(reply) == ["/private/b.png"]
    assert neighbour.heard == []


def test_a_page_may_not_lead_to_a_private_address(here: Desk, neighbour: Server) -> None:
    with pytest.raises(Guarded, match="is a private address"):
        here.show("/lead/", page(f"<script>location = '{neighbour.url}/'</script>"))

    assert neighbour.heard == []


def test_a_redirect_of_the_page_to_a_private_address_is_refused(
    here: Desk, neighbour: Server
) -> None:
    here.put("/out", Say(status=302, headers={"Location": f"{neighbour.url}/"}))

    with pytest.raises(Guarded, match="is a private address"):
        here.show("/out")
    assert neighbour.heard == []


def test_names_are_looked_up_by_the_proxy_and_judged_by_their_address(
    tmp_path: Path, neighbour: Server
) -> None:
    required()
    resolver = Told("127.0.0.1")
    with desk(tmp_path, resolver=resolver) as one:
        away = f"http://innocent.example:{neighbour.port}/a.png"
        reply = one.show("/", page(f"<img src={away}><img src=b.png>"))

        assert one.seen(reply) == ["/b.png"]
    assert resolver.names == ["innocent.example"]
    assert neighbour.heard == []


def test_the_address_that_was_judged_is_the_one_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, neighbour: Server
) -> None:
    required()
    public = "127.0.0.2"  # plays an address of the internet; 127.0.0.1 stays what it is
    monkeypatch.setattr(guard, "allowed", lambda address: address == public)
    away = f"http://rebinding.example:{neighbour.port}/a.png"
    resolver = Told(public, "127.0.0.1")
    with (
        closing(socket.create_server((public, neighbour.port))) as outside,
        desk(tmp_path, resolver=resolver, browser=Browser(max_seconds=5)) as one,
    ):
        outside.settimeout(30)
        one.show("/first", page(f"<img src={away}><img src=b.png>"))
        came, _ = outside.accept()
        came.close()
        one.show("/again", page(f"<img src={away}><img src=c.png>"))

    assert resolver.names[0] == "rebinding.example"
    assert len(resolver.names) >= 2
    assert neighbour.heard == []


def test_the_sites_own_name_may_have_a_private_address(tmp_path: Path) -> None:
    required()
    resolver = Told("127.0.0.1")
    with desk(tmp_path, host="gallery.test", resolver=resolver) as one:
        reply = one.show("/", page("<img src=a.png>"))

        assert reply.seen == (f"{one.url}/a.png",)
    assert set(resolver.names) == {"gallery.test"}


def test_pictures_of_other_hosts_are_loaded_where_they_lie_in_the_internet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, neighbour: Server
) -> None:
    required()
    monkeypatch.setattr(guard, "allowed", lambda address: True)  # loopback plays the internet
    away = [f"http://{name}.example:{neighbour.port}/a.png" for name in ("one", "two")]
    with desk(tmp_path, resolver=Told("127.0.0.1")) as one:
        reply = one.show("/", page("".join(f"<img src={url}>" for url in away)))

    assert list(reply.seen) == away


# ---- methods and protocols --------------------------------------------------------------------


def test_nothing_is_sent_but_questions(here: Desk) -> None:
    script = """<script>
      fetch('/post/fetched', {method: 'POST', body: 'x'}).catch(() => 0);
      navigator.sendBeacon('/post/beacon', 'x');
      document.getElementById('a').click();
      document.querySelectorAll('form').forEach(one => one.submit());
      fetch('/post/good.png');</script>"""
    forms = "<form method=post action=/post/form></form><form action=/post/get></form>"
    here.show("/post/", page(f"<a id=a ping=/post/ping href=#x>x</a>{forms}{script}"))

    assert sorted(here.asked("/post/")) == ["/post/", "/post/good.png"]
    assert {heard.method for heard in here.server.heard} == {"GET"}


def test_pages_are_not_asked_for_before_anybody_wants_them(here: Desk) -> None:
    rules = """<script type=speculationrules>{
      "prefetch": [{"urls": ["/ahead/prefetch"], "eagerness": "immediate"}],
      "prerender": [{"urls": ["/ahead/prerender"], "eagerness": "immediate"}]}</script>
      <link rel=prefetch href=/ahead/linked><link rel=prerender href=/ahead/rendered>
      <script>const later = document.createElement('script'); later.type = 'speculationrules';
      later.textContent = '{"prefetch": [{"urls": ["/ahead/later"], "eagerness": "immediate"}]}';
      document.head.append(later)</script>"""
    here.show("/ahead/", page(f"{rules}<img src=a.png>"))

    assert here.asked("/ahead/") == ["/ahead/", "/ahead/a.png"]


def test_media_fonts_and_trackers_are_not_loaded(here: Desk) -> None:
    style = "<style>@font-face{font-family:f;src:url(f.woff2)} p{font-family:f}</style>"
    body = """<p>text</p><video src=v.mp4 autoplay></video><audio src=a.mp3 autoplay></audio>
      <link rel=manifest href=m.json><img src=b.png>
      <script src=http://www.google-analytics.com/ga.js></script>"""
    reply = here.show("/media/", page(body, head=style))

    assert here.asked("/media/") == ["/media/", "/media/b.png"]
    assert here.seen(reply) == ["/media/b.png"]


def test_service_workers_are_not_installed(here: Desk) -> None:
    here.put("/worker/sw.js", Say(b"1", headers={"Content-Type": "text/javascript"}))
    script = """<script>navigator.serviceWorker.register('/worker/sw.js').then(
      () => { document.title = 'installed' }, () => { document.title = 'refused' });</script>"""
    here.show("/worker/", page(script))

    assert "/worker/sw.js" not in here.asked()


def test_what_is_served_as_a_download_is_not_taken(here: Desk) -> None:
    file = Say(b"x" * 1000, headers={"Content-Type": "application/zip"})
    here.put("/load/a.zip", file)
    body = """<a id=a href=/load/a.zip download>x</a><iframe src=/load/a.zip></iframe>
      <img src=/load/b.png><script>document.getElementById('a').click();
      location = '/load/a.zip'</script>"""
    reply = here.show("/load/", page(body))

    assert reply.url == f"{here.url}/load/"
    assert here.seen(reply) == ["/load/b.png"]


STUN = """<script>const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}});
  peer.createDataChannel('x');
  peer.createOffer().then(offer => peer.setLocalDescription(offer));
  setTimeout(() => {{ document.title = peer.iceGatheringState }}, 1500);
  setInterval(() => fetch('/tick.png'), 200);</script>"""


def test_webrtc_sends_nothing_past_the_proxy(tmp_path: Path) -> None:
    required()
    with (
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as heard,
        desk(tmp_path, browser=Browser(max_seconds=4)) as one,
    ):
        heard.bind(("127.0.0.1", 0))
        heard.setblocking(False)
        reply = one.show("/", page(STUN.format(port=heard.getsockname()[1])))

        assert "<title>complete</title>" in reply.text  # it has tried
        with pytest.raises(BlockingIOError):
            heard.recv(2048)


def test_pictures_over_tls_come_through_a_tunnel_of_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    required()
    monkeypatch.setattr(guard, "allowed", lambda address: True)  # loopback plays the internet
    trusting = (*chromium.SWITCHES, "--ignore-certificate-errors")  # nobody vouches for a test
    monkeypatch.setattr(chromium, "SWITCHES", trusting)
    with encrypted(tmp_path) as there:
        away = f"https://cdn.example:{there.port}/a.png"
        resolver = Told("127.0.0.1")
        with desk(tmp_path, resolver=resolver) as one:
            reply = one.show("/", page(f"<img src={away}>"))

    assert reply.seen == (away,)
    assert resolver.names == ["cdn.example"]
    assert [heard.path for heard in there.heard] == ["/a.png"]


@contextmanager
def encrypted(folder: Path) -> Iterator[Server]:
    """A server that speaks TLS, with a certificate of its own making."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=cdn.example", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *names], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with serving(Web(), context=context) as server:
        yield server
