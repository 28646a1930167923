# ruff: noqa: E501 (a table of command lines)
"""Run every way with and without monitorcli, and print a table of what was recorded and what differs.

    python table.py [PYTHON...]     with these interpreters; the one that runs this if none is named

An episode counts as equal when its return, as the script printed it, is among those recorded. `output`
is `same` when stdout, stderr but for our own lines, and the exit status are. Exit status 1 if any row is not right.
"""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What differs from run to run anyhow.
CHANGING = re.compile(r"0x[0-9a-f]+|in [0-9.]+s|pid=[0-9]+|[0-9.]+ seconds")


def main() -> None:
    pythons = sys.argv[1:] or [sys.executable]
    only = os.environ.get("ONLY", "")
    wrong = 0
    for python in pythons:
        print(f"\n{about(python)}\n")
        print("| way | episodes | recorded | returns | output |\n|---|---:|---:|---|---|")
        for name, command in commands(python):
            if only in name:
                wrong += not row(name, command)
    sys.exit(wrong > 0)


def about(python: str) -> str:
    code = (
        "import sys, importlib.util as u\nm = 'gymnasium' if u.find_spec('gymnasium') else 'gym'\n"
        "print('Python', sys.version.split()[0] + ',', m, __import__(m).__version__)"
    )
    return output([python, "-c", code]).stdout.strip()


def commands(python: str) -> list[tuple[str, list[str]]]:
    """Every way that this interpreter has the packages for, by name."""
    ways, packages = str(HERE / "ways.py"), str(HERE / "packages.py")
    has = f"import sys; sys.path.insert(0, {str(HERE)!r}); import ways; g = ways.gym\n"
    names = output([python, "-c", has + "print(*ways.WAYS, g.__name__, g.__version__)"]).stdout.split()
    version, library = names.pop(), names.pop()
    lacking = "make_vec vector_statistics a2c" if version.startswith("0.") else ""
    lacking += " pool_fork" if sys.platform == "win32" else ""
    if tuple(map(int, version.split(".")[:2])) < (1, 1):
        lacking += " same_step disabled"
    if library == "gym":
        lacking += " spec_make"
    found = [
        (name, [python, ways, name]) for name in names if not any(part in name for part in lacking.split())
    ]
    code = f"from {library} import make\nimport sys; sys.path.insert(0, {str(HERE)!r})\nimport ways\nways.play(make('CartPole-v1'))"
    found += [
        ("python -c", [python, "-c", code]),
        ("python -m", [python, "-m", "ways", "make"]),
        ("from stdin", ["sh", "-c", f"{python} - <<'END'\n{code}\nEND"]),
        ("bash, twice", ["bash", "-c", f"{python} {ways} make; {python} {ways} make_with_options"]),
        ("import envs.registration", [python, "-c", code.replace(f"from {library} import", f"from {library}.envs.registration import")]),
        ("python -O -u -W error", [python, "-O", "-u", "-W", "error::UserWarning", ways, "make"]),
        ("cProfile", ["sh", "-c", f"{python} -m cProfile -o /dev/null {ways} make"]),
        ("runpy", [python, "-c", f"import runpy, sys; sys.argv = ['x', 'make']; runpy.run_path({ways!r}, run_name='__main__')"]),
        ("nohup, env, nice", ["nice", "env", "X=1", python, ways, "make"]),
    ]  # fmt: skip
    if has_package(python, "pytest"):
        found.append(("pytest", [python, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", ways]))
    if has_package(python, "torch"):
        found.append(
            ("torchrun", [python, "-m", "torch.distributed.run", "--nproc-per-node=2", ways, "make"])
        )
    listed = output(
        [python, "-c", has + "import packages as p\nfor n, (k, _) in p.WAYS.items(): print(n, k)"]
    ).stdout
    found += [
        (name, [python, packages, name])
        for name, package in map(str.split, listed.splitlines())
        if has_package(python, package)
    ]
    return found


def has_package(python: str, name: str) -> bool:
    return (
        output([python, "-c", f"import importlib.util as u; exit(not u.find_spec({name!r}))"]).returncode == 0
    )


def row(name: str, command: list[str]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        alone = output(command)
        done = output(
            [sys.executable, "-m", "monitorcli", "start", str(runs), "--video", "first:1", "--", *command]
        )
        rows = output([sys.executable, "-m", "monitorcli", "inspect", str(runs), "--format", "csv"]).stdout
    own = sorted(float(number) for number in re.findall(r"^\.?return (\S+)", alone.stdout, re.M))
    recorded = sorted(
        float(episode["return"])
        for episode in csv.DictReader(io.StringIO(rows))
        if episode["end"] in ("terminated", "truncated")
    )
    equal = len(own) == len(recorded) and all(abs(a - b) < 1e-3 for a, b in zip(own, recorded, strict=False))
    differs = difference(alone, done)
    print(
        f"| {name} | {len(own)} | {len(recorded)} | {'equal' if equal else 'DIFFER'} | {differs or 'same'} |",
        flush=True,
    )
    return equal and not differs and bool(own)


def difference(alone: subprocess.CompletedProcess[str], done: subprocess.CompletedProcess[str]) -> str:
    ours = re.sub(r"^monitorcli: .*\n(  .*\n)*", "", done.stderr, flags=re.M)
    found = []
    if CHANGING.sub("", alone.stdout) != CHANGING.sub("", done.stdout):
        found.append("stdout")
    if CHANGING.sub("", alone.stderr) != CHANGING.sub("", ours):
        found.append("stderr")
    if alone.returncode != done.returncode:
        found.append(f"exit {alone.returncode} -> {done.returncode}")
    if found and os.environ.get("VERBOSE"):
        print("---", alone.stdout, alone.stderr, "---", done.stdout, done.stderr, sep="\n")
    return ", ".join(found)


def output(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "SDL_VIDEODRIVER": "dummy",
        "SDL_AUDIODRIVER": "dummy",
        "PYTHONPATH": str(HERE),
    }
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )


if __name__ == "__main__":
    main()
