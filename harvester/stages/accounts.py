"""The user's accounts on sites: from the environment, the credentials file, the keyring, in this order."""

from __future__ import annotations

import os
from collections.abc import Iterable

from harvester import config as configs
from harvester import registry
from harvester.errors import NeedsKey
from harvester.model import AuthKind
from harvester.net import Account, credentials, system_keyring
from harvester.ports import Source

FILE = "credentials.toml"


def accounts(adapters: Iterable[Source]) -> dict[str, Account]:
    """Site -> what its requests are signed with. NeedsKey where half of an account is missing."""
    file = configs.folder() / FILE
    found = file if file.is_file() else None
    keyring = system_keyring()
    return {
        one.site.name: credentials(one.site.name, one.auth, os.environ, found, keyring)
        for one in adapters
    }


def key_of(adapter: Source) -> str:
    """Whether a site has a key and where it is from, in a few words; never the key."""
    if adapter.auth.kind is AuthKind.NONE:
        return "none needed"
    try:
        origin = accounts([adapter])[adapter.site.name].origin
    except NeedsKey:
        return "half of it is missing"
    return origin or ("missing, and needed" if registry.auth(adapter).required else "not set")
