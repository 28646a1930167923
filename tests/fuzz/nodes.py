"""What can lie in a directory under a name, and putting it there."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import NamedTuple


class Link(NamedTuple):
    """A symbolic link."""

    target: str


class Special(NamedTuple):
    """A FIFO, a device or a socket's name; a FIFO where devices may not be made."""

    kind: int
    device: int = 0


class Hole(NamedTuple):
    """A file that claims to be `size` bytes long after its head."""

    head: bytes
    size: int


class Folder(NamedTuple):
    """A directory in place of a file."""


Node = bytes | Link | Special | Hole | Folder
Tree = dict[str, Node]

ZERO = Special(stat.S_IFCHR, os.makedev(1, 5))
FIFO = Special(stat.S_IFIFO)


def load(directory: Path) -> Tree:
    """The regular files of a directory."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.is_file()}


def store(tree: Tree, directory: Path) -> None:
    """Make the directory hold exactly these; names that the file system refuses are left out."""
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir()
    for name, node in tree.items():
        try:
            _put(node, os.path.join(os.fsencode(directory), os.fsencode(name)))
        except (OSError, ValueError):
            continue


def _put(node: Node, path: bytes) -> None:
    if isinstance(node, bytes):
        with open(path, "wb") as file:
            file.write(node)
    elif isinstance(node, Link):
        os.symlink(os.fsencode(node.target), path)
    elif isinstance(node, Hole):
        with open(path, "wb") as file:
            file.write(node.head)
            file.truncate(node.size)
    elif isinstance(node, Folder):
        os.mkdir(path)
    else:
        try:
            os.mknod(path, 0o600 | node.kind, node.device)
        except PermissionError:
            os.mkfifo(path)
