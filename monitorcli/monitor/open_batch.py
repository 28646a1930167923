"""The batch that a writer is filling: the end of its log, written under Gym's names when asked."""

from __future__ import annotations

import contextlib
from typing import Callable

from monitorcli.format.json_files import write_json
from monitorcli.format.manifest import BatchToSeal, WriterFiles, WrittenManifest
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.open_log import Log


class OpenBatch:
    """One writer's batches, one after the other. Without a lock: that is the writer's."""

    def __init__(
        self, directory: FollowedDirectory, log: Log, files: WriterFiles, notify: Callable[[str], None]
    ) -> None:
        self._directory, self._log, self._files, self._notify = directory, log, files, notify
        self.videos: list[tuple[str, str]] = []  # of this batch: pairs of film and meta file
        self.first_reset: float | None = None  # of the writer, in seconds since the epoch
        self.lost = 0  # episodes that the disk refused
        self.closed = False  # the writer ends properly with this batch
        self._number = 0
        self._sealed = 0  # records in batches that will not change any more
        self._manifest: WrittenManifest

    def seal(self) -> None:
        """Write the batch and its manifest for the last time, and begin the next.

        When the disk refuses, the batch stays open. Only the first waits for the disk: then a power cut
        leaves a manifest that says whose the log is, and `recovery` writes again, from the log, what was
        torn.
        """
        count = self.try_to_write(durable=self._number == 0)
        if count is not None:
            self._number += 1
            self._sealed += count
            self.videos = []

    def try_to_write(self, durable: bool = True) -> int | None:
        """`write`, but when the disk refuses, that is said, and None comes back."""
        try:
            return self.write(durable)
        except FileNotFoundError:
            self._notify(f"{self._directory.name}: the recording was removed; the run goes on.")
        except OSError as error:
            self._notify(
                f"{self._directory.name}: an episode batch could not be written ({error.strerror}); "
                "the episode log has its episodes."
            )
            self._note_loss()
        return None

    def write(self, durable: bool) -> int:
        """Write the batch as it is now, and its manifest; how many records it has. Raises OSError."""
        records = self._log.read(self._sealed)
        self._log.correct_header(self._sealed + len(records))
        part = BatchToSeal(
            self._number, self._sealed, records, self.videos, self.first_reset, self.lost, self.closed
        )
        if durable:
            self._log.sync()  # first, so that no batch has what the log has not
        files = self._files._replace(directory=self._directory.path())
        self._manifest = files.write(part, durable)
        return len(records)

    def _note_loss(self) -> None:
        """Say in the last manifest how many episodes the disk refused; a full one has room for that."""
        self._manifest.document["monitorcli"]["lost"] = self.lost
        with contextlib.suppress(OSError):
            write_json(*self._manifest)
