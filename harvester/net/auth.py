"""Credentials: where they come from, how they are put on a request, how they are kept out of everything else."""

from __future__ import annotations

import base64
import html
import importlib
import importlib.util
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from harvester.errors import NeedsKey, RecipeError
from harvester.model import Auth, AuthKind, Pairs

HIDDEN = "***"
_SHORTEST = 4  # shorter values are hidden by their parameter's name only: "1" stands in every URL
_SINGULAR = 8  # longer values are hidden in lower case too, which hosts are written in
_PUBLIC = frozenset({"login", "user", "user_id", "username", "account", "name"})


Lookup = Callable[[str, str], str | None]
"""What a keyring holds for a service and a name in it."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one site's requests are signed with; `values` by the credential's own name, `origin` where they are from."""

    site: str
    auth: Auth = field(default_factory=Auth)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    origin: str = ""

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
        """Header fields that sign a request. The wire name `Authorization: Bearer` also tells the scheme.

        A login with a token of its own (`username`, `password`) is sent as `Token` with both in Base64.
        """
        wire = self._wire()
        if self.auth.kind is AuthKind.LOGIN and "username" in wire:
            return (("Authorization", f"Token {_basic(wire)}"),)
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
        if "password" in (wire := self._wire()):
            plain.append(_basic(wire))
        forms = {form for value in plain for form in _forms(value)}
        return tuple(sorted(forms, key=len, reverse=True))


def credentials(
    site: str,
    auth: Auth,
    env: Mapping[str, str],
    file: Path | None,
    keyring: Lookup | None = None,
) -> Account:
    """This site's account: the environment wins over the file, the file over the keyring.

    Half an account is an error, none may be fine.
    """
    wanted = tuple(auth.keys.values())
    table = _table(site, wanted, file) if wanted and file is not None else {}
    values: dict[str, str] = {}
    origins: dict[str, None] = {}
    for name in wanted:
        ways = (
            ("environment", lambda name: env.get(_variable(site, name))),
            ("file", table.get),
            ("keyring", lambda name: keyring(SERVICE.format(site), name) if keyring else None),
        )
        values[name], origin = _first(name, ways)
        origins[origin] = None
    missing = tuple(name for name, value in values.items() if not value)
    if missing and len(missing) < len(wanted):
        raise NeedsKey(_how(site, auth, missing))
    if auth.kind in _IN_HEADERS:
        _check_header(site, values)
    return Account(site, auth, {} if missing else values, "" if missing else " + ".join(origins))


SERVICE = "lora-harvester:{}"
"""What a site's entry in the keyring is called."""

_IN_HEADERS = frozenset({AuthKind.HEADER, AuthKind.LOGIN, AuthKind.AGENT})


def variables(site: str, auth: Auth) -> tuple[str, ...]:
    """The environment variables that this site's account may be given by."""
    return tuple(_variable(site, name) for name in auth.keys.values())


def system_keyring() -> Lookup | None:
    """The keyring of the desktop, where the package `keyring` is installed and one is unlocked."""
    if importlib.util.find_spec("keyring") is None:
        return None
    module, errors = importlib.import_module("keyring"), importlib.import_module("keyring.errors")

    def look(service: str, name: str) -> str | None:
        try:
            found = module.get_password(service, name)
        except errors.KeyringError:  # locked, or a machine without any
            return None
        return None if found is None else str(found)

    return look


def _first(name: str, ways: Iterable[tuple[str, Callable[[str], str | None]]]) -> tuple[str, str]:
    """The first value there is, without blanks around it, and where it is from."""
    for origin, way in ways:
        if value := (way(name) or "").strip():
            return value, origin
    return "", ""


def _check_header(site: str, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if not (value.isascii() and value.isprintable()) and value:
            raise RecipeError(
                f"the {name} of {site} holds characters that cannot be sent; copy it once more"
            )


@cache
def _forms(value: str) -> frozenset[str]:
    """How servers write a value that they echo: as it is, in addresses, in HTML, and all of these in JSON."""
    quoted = (quote(value, ""), quote_plus(value), quote(value))
    small = (re.sub("%..", lambda code: code[0].lower(), form) for form in quoted)
    lower = (value.lower(),) if len(value) >= _SINGULAR else ()
    plain = (value, html.escape(value), html.escape(value, quote=False), *quoted, *small, *lower)
    written = {
        json.dumps(form, ensure_ascii=only)[1:-1] for form in plain for only in (True, False)
    }
    return frozenset({*plain, *written, *(form.replace("/", "\\/") for form in written)})


def _table(site: str, wanted: tuple[str, ...], file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise RecipeError(f"{file} can be read by others; run: chmod 600 {file}")
    try:
        tables: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(f"{file} cannot be read ({error.strerror}); check its rights") from None
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
