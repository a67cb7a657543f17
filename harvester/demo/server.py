"""The sandbox as a real HTTP/1.1 server on loopback, with faults on demand and a log of every request."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from harvester.demo.dialects import STRICT, Answer, Rules, speak
from harvester.demo.dialects.shared import chosen
from harvester.demo.vault import Vault
from harvester.demo.world import World

CHUNK = 64 * 1024
LAST_PART = 5.0
"""Seconds that the log waits for an answer whose last bytes are on their way; a client that takes none is not waited for."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong. Which request is hit depends on its path and on how often that path was asked, never on order.

    `busy` and `limited`: about one listing in so many answers 503 or 429 the first time it is asked
    (1 = each). `dropped`: these posts' files break off after `drop_after` bytes at the first try;
    `drop_every`: so do about one file in so many. `lost`: about one file in so many answers 404 (1 = each). `slow`: bytes per
    second of a file. `down`: every connection is closed unanswered. 0 is never.
    """

    busy: int = 0
    limited: int = 0
    retry_after: int = 1  # seconds
    dropped: frozenset[int] = frozenset()
    drop_every: int = 0
    drop_after: int = 2048
    lost: int = 0
    slow: int = 0
    down: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One request as the log has it. `bytes` are the body bytes handed to the socket."""

    time: float
    method: str
    path: str
    query: str
    status: int  # 0 = closed unanswered
    bytes: int
    range: str | None
    user_agent: str | None
    post: int | None = None
    aborted: bool = False
    forbidden: bool = False
    breach: str = ""  # which documented limit the request broke


@dataclass(slots=True)
class _Bucket:
    """Requests a second, all clients together."""

    rate: float
    level: float = 0.0
    seen: float = field(default_factory=time.monotonic)

    def takes(self) -> bool:
        now = time.monotonic()
        self.level = max(0.0, self.level - (now - self.seen) * self.rate)
        self.seen = now
        if self.level + 1 > max(1.0, self.rate):
            return False
        self.level += 1
        return True


class Sandbox:
    """The server of one family's dialect. A context manager; `faults` may be replaced while it runs."""

    def __init__(
        self,
        world: World,
        *,
        port: int = 0,
        faults: Faults | None = None,
        log: Path | None = None,
        family: str = "danbooru",
        rules: Rules = STRICT,
    ) -> None:
        self.world, self.faults = world, faults or Faults()
        self.vault = Vault(world)
        self.family = family
        self.dialect = speak(family, self.vault, rules)
        self._asked: Counter[str] = Counter()
        self._entries: list[Entry] = []
        self._log = log.open("a", encoding="utf-8") if log else None
        self._bucket = _Bucket(rules.rate)
        self._lock = threading.Lock()
        self._noted = threading.Condition(self._lock)
        self._ending: set[int] = set()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> tuple[Entry, ...]:
        """Every request so far, in the order they were finished: those at least whose answer somebody has whole."""
        with self._noted:
            self._noted.wait_for(lambda: not self._ending, LAST_PART)
            return tuple(self._entries)

    def start(self) -> Sandbox:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self._log:
            self._log.close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def ending(self) -> None:
        """The running thread is about to send the last of its answer, and will note it."""
        with self._noted:
            self._ending.add(threading.get_ident())

    def note(self, entry: Entry) -> None:
        with self._noted:
            self._entries.append(entry)
            self._ending.discard(threading.get_ident())
            self._noted.notify_all()
            if self._log and not self._log.closed:
                self._log.write(json.dumps(asdict(entry)) + "\n")
                self._log.flush()

    def refusal(self, target: str, times: int) -> Answer | None:
        """The answer of an overloaded site, if this request is to get one."""
        if not self.dialect.is_api(urlsplit(target).path):
            return None
        faults, wait = self.faults, self.faults.retry_after
        if times == 1 and chosen(target, faults.busy):
            return self.dialect.overloaded(503, str(wait))
        if times == 1 and chosen(f"{target}#", faults.limited):
            moment = (datetime.now(UTC) + timedelta(seconds=wait)).replace(microsecond=0)
            return self.dialect.overloaded(429, format_datetime(moment, usegmt=True))
        with self._lock:
            over = self._bucket.rate > 0 and not self._bucket.takes()
        return self.dialect.overloaded(429, str(wait)) if over else None

    def times(self, target: str) -> int:
        """How often this target was asked, this time included."""
        with self._lock:
            self._asked[target] += 1
            return self._asked[target]

    def cut(self, target: str, answer: Answer, times: int) -> int | None:
        """After how many bytes the connection breaks, if it does."""
        if answer.post_id is None or times > 1 or answer.status not in {200, 206}:
            return None
        if answer.post_id in self.faults.dropped or chosen(target, self.faults.drop_every):
            return min(self.faults.drop_after, len(answer.body) - 1)
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news; anything else is a bug worth its trace."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    wbufsize = -1  # head and body leave in one packet where they fit
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """The sandbox keeps its own log."""

    def _serve(self) -> None:
        sandbox, times = self.server.sandbox, self.server.sandbox.times(self.path)
        if sandbox.faults.down:
            self._note(Answer(0, b""), sent=0, aborted=True)
            self._hang_up()
            return
        if self.headers.get("Content-Length", "0") != "0":
            self.close_connection = True  # a body nobody reads: do not take it for the next request
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = sandbox.refusal(self.path, times) or sandbox.dialect.answer(
            self.path, headers, sandbox.url
        )
        if answer.post_id is not None and chosen(self.path, sandbox.faults.lost):
            answer = Answer(404, b"", post_id=answer.post_id)
        self._send(answer, sandbox.cut(self.path, answer, times))

    def _send(self, answer: Answer, cut: int | None) -> None:
        body = b"" if self.command == "HEAD" else answer.body
        sent = 0
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            for part in self._parts(body[:cut], paced=answer.post_id is not None):
                if sent + len(part) == len(body[:cut]):
                    self.server.sandbox.ending()
                self.wfile.write(part)
                self.wfile.flush()
                sent += len(part)
            if not sent:
                self.server.sandbox.ending()
            self.wfile.flush()
        except OSError:
            self._note(answer, sent=sent, aborted=True)
            self._hang_up()
            return
        self._note(answer, sent=sent, aborted=cut is not None)
        if cut is not None:
            self._hang_up()

    def _parts(self, body: bytes, *, paced: bool) -> Iterator[bytes]:
        slow = self.server.sandbox.faults.slow if paced else 0
        size = max(1, slow // 10) if slow else CHUNK
        for start in range(0, len(body), size):
            if slow and start:
                time.sleep(0.1)
            yield body[start : start + size]

    def _hang_up(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client was quicker

    def _note(self, answer: Answer, *, sent: int, aborted: bool) -> None:
        parts = urlsplit(self.path)
        self.server.sandbox.note(
            Entry(
                time.time(),
                self.command,
                parts.path,
                parts.query,
                answer.status,
                sent,
                self.headers.get("Range"),
                self.headers.get("User-Agent"),
                answer.post_id,
                aborted,
                answer.forbidden,
                answer.breach,
            )
        )
