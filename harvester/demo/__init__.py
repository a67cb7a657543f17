"""The sandbox: a site on loopback that speaks the dialects of the families and draws its own pictures."""

from harvester.demo.dialects import DIALECTS, Rules, speak
from harvester.demo.posts import Post, Truth, content
from harvester.demo.process import Options, Process, start_process
from harvester.demo.server import Entry, Faults, Sandbox
from harvester.demo.world import World, truth

__all__ = [
    "DIALECTS",
    "Entry",
    "Faults",
    "Options",
    "Post",
    "Process",
    "Rules",
    "Sandbox",
    "Truth",
    "World",
    "content",
    "speak",
    "start_process",
    "truth",
]
