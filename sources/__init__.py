"""The built-in families. A new family is one module here and one line in FAMILIES."""

FAMILIES = {
    "danbooru": "sources.danbooru:Danbooru",
    "e621": "sources.e621:E621",
    "gelbooru025": "sources.gelbooru025:Gelbooru025",
    "gelbooru02": "sources.gelbooru02:Gelbooru02",
    "gelbooru01": "sources.gelbooru01:Gelbooru01",
    "moebooru": "sources.moebooru:Moebooru",
    "philomena": "sources.philomena:Philomena",
    "twibooru": "sources.twibooru:Twibooru",
    "shimmie2": "sources.shimmie2:Shimmie2",
    "szurubooru": "sources.szurubooru:Szurubooru",
    "zerochan": "sources.zerochan:Zerochan",
    "animepictures": "sources.animepictures:AnimePictures",
    "sankaku": "sources.sankaku:Sankaku",
    "wallhaven": "sources.wallhaven:Wallhaven",
    "mediawiki": "sources.mediawiki:MediaWiki",
    "webpage": "sources.webpage:WebPage",
    "localfolder": "sources.localfolder:LocalFolder",
}
