"""The built-in families. A new family is one module here and one line in FAMILIES."""

FAMILIES = {
    "danbooru": "sources.danbooru:Danbooru",
    "mediawiki": "sources.mediawiki:MediaWiki",
}
