# ruff: noqa: E501 (a table of command lines)
"""Run every way with and without monitorcli, and print a table of what was recorded and what differs.

    python table.py [PYTHON...]     with these interpreters; the one that runs this if none is named

The returns that the script printed are compared with those recorded, one by one. `output`
is `same` when stdout, stderr but for our own lines, and the exit status are, or says which of the differences that
docs/recording.md names there is. Exit status 1 if any row is not right.

In the environment: ONLY=part of a way's name; VERBOSE=1 shows outputs that differ; COMMAND="python x.py" makes
the table of this one command, whose returns are what RETURNS finds, a regular expression with a group.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RETURNS = os.environ.get("RETURNS", r"^(?:\.|unseeded )?return (\S+)")
# What differs from run to run anyhow: addresses, times, progress bars, draws that nothing was seeded for.
CHANGING = re.compile(
    r"0x[0-9a-f]+|in [0-9.]+s|pid=[0-9]+|[0-9.]+ seconds|SPS: [0-9]+|__[0-9]{10}\b"
    r"|^.*(it/s|s/it).*\n|^ +(\n|\Z)|^unseeded .*\n",
    re.M,
)
# What docs/recording.md says will show on stderr.
NAMED = {
    "same but for our line in a traceback": r'^  File "[^"]*monitorcli/monitor/[^\n]*\n    .*\n( +[\^~]+\n)?',
    "same but for Python's warning of SDL's thread": r"^.* is multi-threaded, use of fork\(\) may .*\n  .*\n",
}


def main() -> None:
    if command := shlex.split(os.environ.get("COMMAND", "")):
        print("| command | episodes | recorded | returns | output |\n|---|---:|---:|---|---|")
        sys.exit(not row(" ".join([Path(command[0]).name, *command[1:]]), command))
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
    if not has_package(python, "pygame"):
        lacking += " make_human"
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
        ("python -X dev", [python, "-X", "dev", ways, "make"]),
        ("cProfile", ["sh", "-c", f"{python} -m cProfile -o /dev/null {ways} make"]),
        ("runpy", [python, "-c", f"import runpy, sys; sys.argv = ['x', 'make']; runpy.run_path({ways!r}, run_name='__main__')"]),
        ("nohup, env, nice", ["nice", "env", "X=1", python, ways, "make"]),
    ]  # fmt: skip
    torchrun = f"{python} -m torch.distributed.run --nproc-per-node=2 {ways} make | sort"
    coverage = f"COVERAGE_FILE=$(mktemp) {python} -m coverage run {ways} make"
    found += [
        (name, command)
        for name, package, command in [
            ("pytest", "pytest", [python, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", ways]),
            ("coverage run", "coverage", ["sh", "-c", coverage]),
            ("ipython", "IPython", [python, "-m", "IPython", "--colors=NoColor", ways, "make"]),
            ("uv run", "uv", [python, "-m", "uv", "run", "--offline", "--no-project", "--python", python, ways, "make"]),
            ("torchrun", "torch", ["sh", "-c", torchrun]),
        ]
        if has_package(python, package)
    ]  # fmt: skip
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
            [sys.executable, "-m", "monitorcli", "start", str(runs), "--video", "first:2", "--", *command]
        )
        rows = output([sys.executable, "-m", "monitorcli", "inspect", str(runs), "--format", "csv"]).stdout
    own = sorted(float(number) for number in re.findall(RETURNS, done.stdout, re.M))
    recorded = sorted(
        float(episode["return"])
        for episode in csv.DictReader(io.StringIO(rows))
        if episode["end"] in ("terminated", "truncated")
    )
    equal = len(own) == len(recorded) and all(map(close, own, recorded))
    right, differs = difference(alone, done)
    print(
        f"| {name} | {len(own)} | {len(recorded)} | {'equal' if equal else 'DIFFER'} | {differs} |",
        flush=True,
    )
    return equal and right and bool(own)


def close(own: float, recorded: float) -> bool:
    """Equal but for the float32 that many scripts sum up in."""
    return math.isclose(own, recorded, rel_tol=1e-5, abs_tol=1e-3)


def difference(
    alone: subprocess.CompletedProcess[str], done: subprocess.CompletedProcess[str]
) -> tuple[bool, str]:
    """Whether the outputs are as promised, and how they differ."""
    ours = re.sub(r"^monitorcli: .*\n(  .*\n)*", "", done.stderr, flags=re.M)
    found = []
    if CHANGING.sub("", alone.stdout) != CHANGING.sub("", done.stdout):
        found.append("stdout")
    if alone.returncode != done.returncode:
        found.append(f"exit {alone.returncode} -> {done.returncode}")
    if CHANGING.sub("", alone.stderr) != CHANGING.sub("", ours):
        for name, pattern in NAMED.items():
            less = re.sub(pattern, "", ours, flags=re.M)
            if not found and CHANGING.sub("", alone.stderr) == CHANGING.sub("", less):
                return True, name
        found.append("stderr")
    if found and os.environ.get("VERBOSE"):
        print("---", alone.stdout, alone.stderr, "---", done.stdout, done.stderr, sep="\n")
    return not found, ", ".join(found) or "same"


def output(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "SDL_VIDEODRIVER": "dummy",
        "PYTHONPATH": str(HERE),
    }
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )


if __name__ == "__main__":
    main()
