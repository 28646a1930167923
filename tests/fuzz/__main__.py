"""Damage monitor directories in every way there is, and look at them in every way monitorcli has.

python tests/fuzz [--directories N] [--seed S] [--keep DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random

from act import act
from corpus import corpus
from look import look
from mutate import mutate
from nodes import store
from watch import Hang, Watch, limit_memory, peak_memory

FORBIDDEN = (
    "crashes",
    "hangs",
    "answers that are wrong or unsafe",
    "files touched outside",
    "canaries changed",
    "runs of a stranger's code",
)

STRANGER = """
import pathlib
pathlib.Path(__file__).with_name("ran").touch()
act = None
"""


class Fuzz:
    """Damaged directories one after another in a folder, and what came of them."""

    def __init__(self, folder: Path, keep: Path | None = None) -> None:
        self._directory, self._keep = folder / "run", keep
        self._canary = folder / "canary.json"
        self._canary.write_text('{"CANARY": "CANARY"}')
        (folder / "stranger.py").write_text(STRANGER)
        sys.path.insert(0, str(folder))
        self._trace = folder / "ran"
        self._corpus = corpus(folder)
        self._watch = Watch(
            self._directory, also=(sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]))
        )
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0
        for tree in self._corpus:  # imports what is imported late, and must not find a thing
            store(tree, self._directory)
            assert not list(look(self._directory))
            assert not list(act(self._directory))

    def one(self, number: int) -> list[str]:
        """What is wrong with directory `number`."""
        random = Random(number)
        tree = mutate(random, self._corpus, str(self._canary))
        store(tree, self._directory)
        wrong, started = [], time.perf_counter()
        try:
            with self._watch.watching():
                wrong = [
                    f"answers that are wrong or unsafe: {sentence}" for sentence in look(self._directory)
                ]
            with self._watch.watching(changing=True):
                wrong += [
                    f"answers that are wrong or unsafe: {sentence}" for sentence in act(self._directory)
                ]
        except Hang:
            wrong = [f"hangs: {''.join(traceback.format_exc().splitlines()[-6:-3])}"]
        except Exception:  # noqa: BLE001 - this is what is looked for
            wrong = [f"crashes: {' '.join(traceback.format_exc().split()[-40:])}"]
        self.slowest = max(self.slowest, time.perf_counter() - started)
        wrong += [f"files touched outside: {path}" for path in self._watch.outside]
        self._watch.outside.clear()
        if self._canary.read_text() != '{"CANARY": "CANARY"}':
            wrong.append("canaries changed: canary.json")
        if self._trace.exists():
            wrong.append("runs of a stranger's code: the trace is there")
            self._trace.unlink()
            sys.modules.pop("stranger", None)
        self.counts["directories"] += 1
        self.counts.update({found.partition(":")[0] for found in wrong})
        if wrong and self._keep:
            store(tree, self._keep / str(number))
        return wrong


def main() -> int:
    """Fuzz as much as asked; 1 when something forbidden happened."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--directories", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="copy there every directory in which something is wrong")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("error")
    limit_memory()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        fuzz = Fuzz(Path(folder), asked.keep)
        for number in range(asked.seed, asked.seed + asked.directories):
            for wrong in fuzz.one(number):
                print(f"{number}: {wrong}", file=sys.stderr, flush=True)
    for name in ("directories", *FORBIDDEN):
        print(f"{fuzz.counts[name]:>10,}  {name}")
    print(f"{peak_memory() / 1e6:>10,.0f}  MB of memory at most")
    print(f"{fuzz.slowest:>10.2f}  s for the slowest")
    print(f"{time.monotonic() - started:>10,.0f}  s in all")
    return int(any(fuzz.counts[name] for name in FORBIDDEN))


if __name__ == "__main__":
    sys.exit(main())
