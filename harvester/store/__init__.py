"""Content-addressed files: each written once and named by what is in it."""

from harvester.store.local import LocalStore, unusable

__all__ = ["LocalStore", "unusable"]
