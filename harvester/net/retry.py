"""Trying again: full-jitter backoff, both forms of Retry-After, one patience for all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from harvester.errors import Busy, SiteError, Unreachable
from harvester.net.budget import Clock, Waiting, unheard
from harvester.ports import Budget

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often one request is tried, how many seconds it may wait in all, and the longest jittered wait."""

    attempts: int = 5
    seconds: float = 300.0
    longest: float = 60.0


class Again(Exception):
    """One try failed at `host`; `error` is what the caller hears when no further try is made."""

    def __init__(self, host: str, error: SiteError, delay: float | None = None) -> None:
        super().__init__(str(error))
        self.host = host
        self.error = error
        self.delay = delay


ASKED = "Retry-After"
AGAIN = "trying again"


async def retried(
    work: Callable[[], Awaitable[T]],
    *,
    budget: Budget,
    clock: Clock,
    patience: Patience,
    waiting: Waiting = unheard,
) -> T:
    """Do `work` until it raises no `Again`. Each failure makes everybody else wait for that host as well."""
    jitter = wait_random_exponential(multiplier=1, max=patience.longest)

    async def tried() -> T:
        return await work()

    def wait(state: RetryCallState) -> float:
        again = _failure(state)
        delay = again.delay or jitter(state)
        budget.penalty(again.host, delay)
        return delay

    def tell(state: RetryCallState) -> None:
        again = _failure(state)
        waiting(again.host, state.upcoming_sleep, ASKED if again.delay else AGAIN)

    def spent(state: RetryCallState) -> bool:
        waited = state.idle_for + state.upcoming_sleep
        return state.attempt_number >= patience.attempts or waited > patience.seconds

    def give_up(state: RetryCallState) -> T:
        again = _failure(state)
        tries = f"{state.attempt_number} {'try' if state.attempt_number == 1 else 'tries'}"
        if isinstance(again.error, Busy):
            until = datetime.fromtimestamp(clock.now() + state.upcoming_sleep, UTC)
            raise Busy(f"{again.error} ({tries})", until=until)
        raise Unreachable(f"{again.error} ({tries}); the same command later goes on")

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(Again),
        wait=wait,
        stop=spent,
        sleep=clock.sleep,
        retry_error_callback=give_up,
        before_sleep=tell,
    )
    return await retrying(tried)


def _failure(state: RetryCallState) -> Again:
    failure = state.outcome.exception() if state.outcome else None
    if not isinstance(failure, Again):
        raise TypeError(f"retried without a failure: {failure!r}")
    return failure


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a reply's Retry-After asks for, given as seconds or as an HTTP date; None if it tells none."""
    told = headers.get("retry-after", "").strip()
    if told.replace(".", "", 1).isdigit():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment.timestamp() - now, 0.0)


def asked_delay(busy: Busy, headers: Mapping[str, str], now: float) -> float | None:
    """How long a busy site wants to be left alone: what `parse` read, else the reply's header."""
    if busy.after is not None:
        return max(busy.after, 0.0)
    if busy.until is not None:
        return max(busy.until.timestamp() - now, 0.0)
    return retry_after(headers, now)
