"""Reads what a harvest went through: its revisions and exports. Rounds are in `harvests`, runs in `runs`."""

from __future__ import annotations

from dataclasses import dataclass

from harvester.catalog import codec
from harvester.catalog.core import Catalog
from harvester.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Revision:
    """One recipe a harvest had; `relaxed` is how many steps of `--relax` it has taken."""

    number: int
    recipe: Recipe
    created: float
    relaxed: int


@dataclass(frozen=True, slots=True)
class Written:
    """One export: where to, in which layout, how many pictures."""

    revision: int
    format: str
    folder: str
    pictures: int
    at: float


def revisions(catalog: Catalog, harvest: int) -> list[Revision]:
    """A harvest's revisions, oldest first."""
    rows = catalog.rows("select * from revisions where harvest_id = ? order by number", (harvest,))
    return [
        Revision(
            row["number"], codec.load(row["recipe"], Recipe), row["created_at"], row["relaxed"]
        )
        for row in rows
    ]


def exported(catalog: Catalog, harvest: int, folder: str) -> list[list[str]]:
    """The keys of the pictures in each export of a harvest into one folder, oldest first."""
    rows = catalog.rows(
        "select pictures from exports where harvest_id = ? and folder = ? order by id",
        (harvest, folder),
    )
    return [codec.load(row["pictures"], list[str]) for row in rows]


def exports(catalog: Catalog, harvest: int) -> list[Written]:
    """The exports of a harvest, oldest first."""
    rows = catalog.rows(
        "select revision, format, folder, json_array_length(pictures) as pictures, written_at"
        " from exports where harvest_id = ? order by id",
        (harvest,),
    )
    return [
        Written(row["revision"], row["format"], row["folder"], row["pictures"], row["written_at"])
        for row in rows
    ]
