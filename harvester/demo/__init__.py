"""The sandbox: a site on loopback that speaks Danbooru's dialect and draws its own pictures."""

from harvester.demo.posts import Post, Truth, content
from harvester.demo.process import Options, Process, start_process
from harvester.demo.server import Entry, Faults, Sandbox
from harvester.demo.world import World, truth

__all__ = [
    "Entry",
    "Faults",
    "Options",
    "Post",
    "Process",
    "Sandbox",
    "Truth",
    "World",
    "content",
    "start_process",
    "truth",
]
