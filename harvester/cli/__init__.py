"""The command line: parse, call, print. The only code that prints, exits, or maps an error to an exit code."""

from __future__ import annotations

import io
import signal
import sys
from types import FrameType, TracebackType

from harvester.cli.printing import printable
from harvester.errors import Exit, HarvestError


class Terminated(KeyboardInterrupt):
    """SIGTERM: the same clean stop as Ctrl-C, with its own exit code."""


def main() -> None:
    """Entry point of `harvest`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter gets a ?
    sys.excepthook = _trace
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; its exit code. A bug is left to show its trace."""
    import click

    from harvester.cli.app import harvest

    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = harvest.main(args=arguments, prog_name="harvest", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort) as stop:
        return _stopped(stop)
    except HarvestError as error:
        _say(f"harvest: {error}", *_notes(error))
        return error.exit_code
    except BrokenPipeError:
        return _closed()
    return int(code or Exit.DONE)


def _trace(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A bug's trace as Python prints it; its texts may come from a site."""
    import traceback

    _say(*"".join(traceback.format_exception(kind, error, trace)).splitlines())


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _stopped(stop: BaseException) -> int:
    cause = stop if isinstance(stop, KeyboardInterrupt) else stop.__context__
    again = _notes(cause)
    kept = "; everything so far is kept" if again else ""
    _say(f"harvest: stopped{kept}.", *again)
    return Exit.TERMINATED if isinstance(cause, Terminated) else Exit.INTERRUPTED


def _notes(error: BaseException | None) -> list[str]:
    """What whoever was at work wanted to be said of how to go on."""
    return getattr(error, "__notes__", [])


def _say(*sentences: str) -> None:
    """Sentences on lines of their own; parts of them may come from a site."""
    for sentence in sentences:
        print(printable(sentence), file=sys.stderr)


def _closed() -> int:
    """Whoever read our output went away; nothing is left to say."""
    sys.stderr.close()
    return Exit.DONE
