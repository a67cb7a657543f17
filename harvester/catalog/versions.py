"""The names of all migrations, so that a catalog which has them is opened without loading what makes them."""

from __future__ import annotations

NAMES = (
    "m001_library_facts",
    "m002_harvest_facts",
    "m003_judged_revisions",
    "m004_relaxed_members",
    "m005_runs",
    "m006_big_libraries",
)
"""In their order; a test holds them to `schema`."""
