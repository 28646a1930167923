"""Make the README's pictures from the recording that `make demo` leaves in build/demo.

docs/inspect.svg    what `monitorcli inspect` prints, as it looks, drawn by the command's own code
docs/episode.gif    its longest film
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from rich.console import Console

from monitorcli.cli import style
from monitorcli.recording import read
from monitorcli.report import as_table, make_report
from monitorcli.video.ffmpeg import find_ffmpeg

WIDTH = 80


def picture(directory: Path) -> str:
    """The table of the recording in `directory` as SVG."""
    console = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        _environ={},
    )
    style.show(as_table.lines(make_report([read(directory)]), WIDTH), console)
    return console.export_svg(title=f"monitorcli inspect {directory}")


def film(directory: Path, target: Path) -> None:
    """The recording's longest film as a GIF that loops."""
    longest = max(read(directory).videos, key=lambda video: video.size)
    filters = "fps=25,scale=300:-1,split[a][b];[a]palettegen=max_colors=16[p];[b][p]paletteuse=dither=none"
    command = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-y", "-i", str(directory / longest.name)]
    subprocess.run([*command, "-vf", filters, str(target)], check=True)


if __name__ == "__main__":
    DEMO, HERE = Path("build/demo"), Path(__file__).parent
    (HERE / "inspect.svg").write_text(picture(DEMO), encoding="utf-8")
    film(DEMO, HERE / "episode.gif")
