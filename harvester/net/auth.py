"""Credentials: where they come from, how they are put on a request, how they are kept out of everything else."""

from __future__ import annotations

import base64
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from harvester.errors import NeedsKey, RecipeError
from harvester.model import Auth, AuthKind, Pairs

HIDDEN = "***"
_SHORTEST = 4  # shorter values are hidden by their parameter's name only: "1" stands in every URL
_PUBLIC = frozenset({"login", "user", "user_id", "username", "account", "name"})


@dataclass(frozen=True, slots=True)
class Account:
    """What one site's requests are signed with; `values` by the credential's own name."""

    site: str
    auth: Auth = field(default_factory=Auth)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def ready(self) -> None:
        """Complain before anything is sent if this site answers nobody without an account."""
        if self.auth.required and not self.values:
            raise NeedsKey(_how(self.site, self.auth, tuple(self.auth.keys.values())))

    @property
    def agent(self) -> str:
        """What the site wants to read in the User-Agent."""
        if self.auth.kind is not AuthKind.AGENT:
            return ""
        return "".join(f" - {value}" for value in self.values.values())

    @property
    def params(self) -> Pairs:
        """Query parameters that sign a request."""
        return tuple(self._wire().items()) if self.auth.kind is AuthKind.QUERY else ()

    @property
    def headers(self) -> Pairs:
        """Header fields that sign a request. The wire name `Authorization: Bearer` also tells the scheme."""
        wire = self._wire()
        if self.auth.kind is AuthKind.BASIC and wire:
            return (("Authorization", f"Basic {_basic(wire)}"),)
        if self.auth.kind in {AuthKind.HEADER, AuthKind.LOGIN}:
            return tuple(_header(name, value) for name, value in wire.items())
        return ()

    def redact(self, text: str) -> str:
        """The text without any secret of this account."""
        for secret in self._secrets():
            text = text.replace(secret, HIDDEN)
        if self.values and self.auth.kind is AuthKind.QUERY:
            names = "|".join(re.escape(name) for name in self.auth.keys)
            text = re.sub(rf"([?&;](?:{names})=)[^&\s#'\"]*", rf"\g<1>{HIDDEN}", text)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """A reply's body without any secret that it echoes."""
        for secret in self._secrets():
            body = body.replace(secret.encode(), HIDDEN.encode())
        return body

    def _wire(self) -> dict[str, str]:
        known = self.auth.keys.items()
        return {wire: self.values[name] for wire, name in known if name in self.values}

    def _secrets(self) -> tuple[str, ...]:
        """Every form a secret may have on the wire, longest first. Account names alone are none."""
        plain = [
            value
            for name, value in self.values.items()
            if name not in _PUBLIC and len(value) >= _SHORTEST
        ]
        forms = {form for value in plain for form in (value, quote(value, ""), quote_plus(value))}
        if self.auth.kind is AuthKind.BASIC and self.values:
            forms.add(_basic(self._wire()))
        return tuple(sorted(forms, key=len, reverse=True))


def credentials(site: str, auth: Auth, env: Mapping[str, str], file: Path | None) -> Account:
    """This site's account: the environment wins over the file, half an account is an error, none may be fine."""
    wanted = tuple(auth.keys.values())
    table = _table(site, wanted, file) if wanted and file is not None else {}
    values = {name: env.get(_variable(site, name)) or table.get(name, "") for name in wanted}
    missing = tuple(name for name, value in values.items() if not value)
    if missing and len(missing) < len(wanted):
        raise NeedsKey(_how(site, auth, missing))
    return Account(site, auth, {} if missing else values)


def _table(site: str, wanted: tuple[str, ...], file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise RecipeError(f"{file} can be read by others; run: chmod 600 {file}")
    try:
        tables: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise RecipeError(f"{file} is not valid TOML: {error}") from None
    table = tables.get(site, {})
    if not isinstance(table, dict):
        raise RecipeError(f"{file}: {site} must be a table: [{site}]")
    for name in table:
        if name not in wanted:
            raise RecipeError(f"{file}: [{site}] has no key {name!r}; it knows {', '.join(wanted)}")
    return {name: str(value) for name, value in table.items()}


def _variable(site: str, name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", f"HARVEST_{site}_{name}".upper())


def _how(site: str, auth: Auth, missing: tuple[str, ...]) -> str:
    variables = " and ".join(_variable(site, name) for name in missing)
    lines = ", ".join(f'{name} = "…"' for name in auth.keys.values())
    return (
        f"{site} needs an account: set {variables}, or write [{site}] {lines} "
        "into credentials.toml in the config folder (chmod 600)"
    )


def _basic(wire: Mapping[str, str]) -> str:
    pair = f"{wire.get('username', '')}:{wire.get('password', '')}"
    return base64.b64encode(pair.encode()).decode()


def _header(name: str, value: str) -> tuple[str, str]:
    field_name, _, scheme = name.partition(":")
    return field_name.strip(), f"{scheme.strip()} {value}".strip()
