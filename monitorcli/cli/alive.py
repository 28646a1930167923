"""Whether somebody is still writing into a directory that is to be cleared."""

from __future__ import annotations

from pathlib import Path

from monitorcli.errors import DirectoryInUse, NoRecording


def refuse_alive(directory: Path) -> None:
    """Raise DirectoryInUse, naming the process, while a run in the directory is alive."""
    from monitorcli.recording import read

    try:
        runs = read(directory).runs
    except NoRecording:
        return
    for run in runs:
        if run.state == "running":
            lease = run.how.get("lease", {})
            raise DirectoryInUse(
                f"{directory} is being written by process {lease.get('pid')} on {lease.get('host')} "
                f"(run {run.number}).",
                "Wait for it, or stop it first.",
            )
