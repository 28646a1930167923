"""Every error monitorcli raises on purpose.

MonitorError
BadRequest          an argument, option or reference that cannot be used
DirectoryInUse      the directory already holds a recording, or a live writer
NoRecording         nothing to resume, clear, inspect or load
DirectoryUnusable   the directory cannot be made, read or written
BadFile             a file is ours, but unreadable
UnequalEnvironments load_results was asked to merge different environments
GateNotMet          a recording is not what `inspect` was told it must be
VerificationFailed  a directory is not as it was written
NotReplayed        an episode that was made again is not the recorded one
PackageMissing      what was asked for needs a package that is not installed
EncoderFailed       ffmpeg is missing, refused a frame or died
"""


def escaped(text: str) -> str:
    """`text` with every control, escape, bidi, invisible and unassigned character written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


class MonitorError(Exception):
    """A problem the user can act on; `hint` holds the ways out, one a line.

    The message is `escaped`: it names files, and who does not catch it has it printed as it is.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(escaped(message))
        self.hint = hint


class BadRequest(MonitorError):
    """An argument, option or reference that cannot be used."""


class DirectoryInUse(MonitorError):
    """The directory already holds a recording, or a writer in it is alive."""


class NoRecording(MonitorError):
    """There is nothing to resume, clear, inspect or load."""


class DirectoryUnusable(MonitorError):
    """The directory cannot be made, read or written."""


class BadFile(MonitorError):
    """A file is ours by its name, but cannot be understood."""


class UnequalEnvironments(MonitorError):
    """`load_results` merges one environment only; the directory holds several."""


class PackageMissing(MonitorError):
    """What was asked for needs a package that is not installed."""


class VerificationFailed(MonitorError):
    """A directory is not as it was written; exit status 1."""

    status = 1


class NotReplayed(MonitorError):
    """An episode that was made again is not the recorded one; exit status 1."""

    status = 1


class GateNotMet(MonitorError):
    """A recording is not what it must be; the request itself was fine, hence the status."""

    status = 1


class EncoderFailed(MonitorError):
    """ffmpeg is missing, refused a frame or died; costs a video, never the run."""
