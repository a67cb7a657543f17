"""Where work runs: on this machine, or on a cluster."""

from harvester.engine.local import LocalEngine

__all__ = ["LocalEngine"]
