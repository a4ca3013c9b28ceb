"""A publish that runs while the test does things around it."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wsserve"))

from harness import BIN, Running  # noqa: E402

PUBLISH = os.path.join(os.path.abspath(BIN), "publish")


class Publish(Running):
    """publish ARGUMENTS, with a pipe that the test writes into."""

    def __init__(self, *arguments, env=None):
        super().__init__([PUBLISH, *arguments], env, stdin=subprocess.PIPE)
