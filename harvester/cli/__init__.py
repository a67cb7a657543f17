"""The command line: parse, call, print. The only code that prints, exits, or maps an error to an exit code."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from harvester.errors import Exit, HarvestError


class Terminated(KeyboardInterrupt):
    """SIGTERM: the same clean stop as Ctrl-C, with its own exit code."""


def main() -> None:
    """Entry point of `harvest`."""
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
        _say(f"harvest: {error}")
        return error.exit_code
    except BrokenPipeError:
        return _closed()
    return int(code or Exit.DONE)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _stopped(stop: BaseException) -> int:
    cause = stop if isinstance(stop, Terminated) else stop.__context__
    terminated = isinstance(cause, Terminated)
    _say(
        "harvest: stopped; everything so far is kept. The same command, or `harvest resume`, goes on."
    )
    return Exit.TERMINATED if terminated else Exit.INTERRUPTED


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _closed() -> int:
    """Whoever read our output went away; nothing is left to say."""
    sys.stderr.close()
    return Exit.DONE
