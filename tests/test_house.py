"""The architecture: who may import whom, who may print, what a command needs before it starts."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from monitorcli.format import log
from monitorcli.format.ends import ENDS, KINDS
from monitorcli.format.modes import MODES

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "monitorcli"
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py"))

# A layer, the layers it may import from, and what it may import from outside the standard library.
# The order of the rows is the order of the house: no row names one above it. docs/architecture.md.
LAYERS = {
    "__main__": ({"cli"}, set()),
    "cli": (
        {
            "attach",
            "evaluate",
            "report",
            "recording",
            "summary",
            "monitor",
            "video",
            "format",
            "errors",
            "__init__",
        },
        {"click", "rich", "numpy"},
    ),
    # The names that users import, each fetched from its home when asked for.
    "__init__": ({"evaluate", "recording", "monitor", "errors"}, set()),
    "attach": ({"monitor", "video", "format", "errors", "__init__"}, {"numpy", "gymnasium"}),
    # Reads a recording (and its seeds, as `format` has them) to know which episodes are still missing.
    "evaluate": (
        {"recording", "summary", "monitor", "video", "format", "errors", "reference", "__init__"},
        {"numpy", "gymnasium"},
    ),
    # Renders a Recording, so it knows what one is.
    "report": ({"recording", "summary", "format", "errors", "__init__"}, {"numpy"}),
    "recording": ({"summary", "format", "errors", "__init__"}, {"numpy"}),
    "summary": ({"format", "errors"}, {"numpy"}),
    "monitor": ({"video", "format", "errors", "__init__"}, {"numpy", "gymnasium"}),
    "video": ({"format", "reference", "errors"}, {"numpy"}),
    "reference": ({"errors"}, set()),
    "format": ({"errors"}, {"numpy"}),
    "errors": (set(), set()),
}

# Allowed beside that, but only inside a function: what the rest of the module works without.
LAZY = {
    "monitorcli/video/ffmpeg.py": {"imageio_ffmpeg"},
    "monitorcli/cli/options.py": {"gymnasium"},  # completes the names of environments
    "monitorcli/recording/frame.py": {"pandas"},
    "monitorcli/report/as_parquet.py": {"pyarrow"},
    "monitorcli/evaluate/engines/ray_cluster.py": {"ray"},
    "monitorcli/evaluate/engines/ray_engine.py": {"ray"},
    "monitorcli/evaluate/policies/networks.py": {"onnxruntime", "torch"},
    "monitorcli/evaluate/policies/sb3.py": {"torch"},
}


# Allowed beside that, but only `if TYPE_CHECKING`: a layer above that is handed in and never fetched.
TYPES = {"summary": {"recording"}}


class Import(NamedTuple):
    """One imported module, and when: "at once", "in a function" or "for types"."""

    name: str
    when: str


def imports_of(module):
    """Every import of a file; of `from package import x` the module x, where x is one of ours."""
    yield from _imports_in(ast.parse((ROOT / module).read_text(encoding="utf-8")), "at once")


def _imports_in(node, when):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        when = "in a function"
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        when = "for types"
    for name in _names(node):
        yield Import(name, when)
    for child in ast.iter_child_nodes(node):
        yield from _imports_in(child, when)


def _names(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    assert node.level == 0, "ruff's TID252 keeps imports absolute"
    below = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return [below[name] if below[name] in OURS else node.module for name in below]


def _dotted(module):
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


OURS = {_dotted(module) for module in MODULES}


def layer_of(dotted):
    """`cli` of `monitorcli.cli.start`; `__init__` of `monitorcli` itself."""
    return [*dotted.split("."), "__init__"][1]


def test_every_module_stands_in_the_table():
    assert {layer_of(_dotted(module)) for module in MODULES} <= set(LAYERS)


def test_the_table_goes_one_way():
    # `__init__` is a package's front door and a layer of its own: whoever runs has imported it already.
    order = list(LAYERS)
    for number, (below, _) in enumerate(LAYERS.values()):
        assert below - {"__init__"} <= set(order[number + 1 :])


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_the_layers_below_it(module):
    layer = layer_of(_dotted(module))
    ours = [found for found in imports_of(module) if found.name.split(".")[0] == "monitorcli"]
    above = {found for found in ours if layer_of(found.name) not in LAYERS[layer][0] | {layer}}
    assert [found for found in above if found.when != "for types"] == []
    assert {layer_of(found.name) for found in above} <= TYPES.get(layer, set())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_needs_only_the_packages_its_layer_may_need(module):
    allowed = LAYERS[layer_of(_dotted(module))][1]
    known = sys.stdlib_module_names | allowed | {"monitorcli"}
    outside = [found for found in imports_of(module) if found.name.split(".")[0] not in known]
    assert [found for found in outside if found.when == "at once"] == []
    assert {found.name.split(".")[0] for found in outside} <= LAZY.get(module, set())


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith("monitorcli/cli/")])
def test_only_the_command_line_prints(module):
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [name.lineno for name in called if isinstance(name, ast.Name) and name.id == "print"] == []


@pytest.mark.parametrize(
    "module", [module for module in MODULES if not module.startswith("monitorcli/format/")]
)
def test_only_the_format_spells_a_files_name(module):
    """Sentences may name files, and docstrings; what is looked for or written is asked of format/names.py."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said]
    spelt = re.compile(r"openaigym\.(run|episode|manifest|video|tmp)|\.(stats|manifest|meta)\.json")
    assert [text.lineno for text in texts if isinstance(text.value, str) and spelt.search(text.value)] == []


@pytest.mark.parametrize(
    "module", [module for module in MODULES if not module.startswith("monitorcli/format/")]
)
def test_only_the_format_has_words_for_codes(module):
    """Tables from codes to words, and lists of the words, are asked of format/ends.py or format/modes.py."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    tables = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    entries = [entry for table in tables for entry in (*table.keys, *table.values) if entry is not None]
    assert [entry.lineno for entry in entries if CODES & {*map(_last_name, ast.walk(entry))}] == []
    lists = [node for node in ast.walk(tree) if isinstance(node, (ast.List, ast.Set, ast.Tuple))]
    assert [one.lineno for one in lists if len(WORDS & {*map(_text, one.elts)}) > 1] == []
    # A letter for a mode says nothing to whoever reads it.
    assert [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in MODES.values()
    ] == []


CODES = {name for name in vars(log) if re.match("(END|CUT|SEED)_[A-Z]", name)}
WORDS = {*KINDS, *MODES}


def _last_name(node):
    """`END_UNKNOWN` of `log.END_UNKNOWN`."""
    return getattr(node, "attr", getattr(node, "id", None))


def _text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@pytest.mark.parametrize("script", sorted(path.name for path in PACKAGE.rglob("*.js")))
def test_no_script_of_the_page_has_words_for_codes(script):
    """They come with the page, from `page/columns.py`."""
    text = next(PACKAGE.rglob(script)).read_text(encoding="utf-8")
    said = WORDS | {end.short for end in ENDS.values()}
    assert [words for words in said if re.search(rf"""["'`]{re.escape(words)}["'`]""", text)] == []


def test_no_modules_import_each_other_in_a_circle():
    # Whenever they do it, for types too. But the front door names for types what it fetches when asked.
    graph = {
        _dotted(module): {found.name for found in imports_of(module) if found.name in OURS - {"monitorcli"}}
        for module in MODULES
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1][::-1]))


def imported_by(*arguments, cwd):
    """The top-level packages that `python -m monitorcli ARGUMENTS` has imported when it is over."""
    command = [sys.executable, "-X", "importtime", "-m", "monitorcli", *arguments]
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    lines = result.stderr.splitlines()
    assert result.returncode == 0, "\n".join(line for line in lines if not line.startswith("import time:"))
    return {
        line.rpartition("|")[2].strip().split(".")[0] for line in lines if line.startswith("import time:")
    }


def test_help_imports_nothing_that_is_slow(tmp_path):
    packages = imported_by("--help", cwd=tmp_path)
    assert "click" in packages
    assert not packages & {"numpy", "gymnasium", "imageio_ffmpeg", "rich"}


@pytest.mark.parametrize("form", ["table", "json"])
def test_inspect_needs_no_gymnasium_and_no_encoder(tmp_path, form):
    _record(tmp_path / "run")
    packages = imported_by("inspect", "--format", form, str(tmp_path / "run"), cwd=tmp_path)
    assert "numpy" in packages
    assert not packages & {"gymnasium", "imageio_ffmpeg", "pygame"}


def _record(directory):
    import gymnasium

    from monitorcli import Monitor

    env = Monitor(gymnasium.make("CartPole-v1"), str(directory), video_callable=False)
    env.reset(seed=0)
    while not any(env.step(0)[2:4]):
        pass
    env.close()


def _commands():
    # The tests above have something to say even while the command line does not import.
    try:
        from monitorcli.cli import main
    except ImportError:
        return {}
    return dict(main.commands)


def test_there_are_exactly_four_commands():
    assert sorted(_commands()) == ["clear", "inspect", "resume", "start"]


@pytest.mark.parametrize("command", _commands().values(), ids=list(_commands()))
class TestEveryCommand:
    def test_has_help(self, command):
        assert command.get_short_help_str()

    def test_has_an_example(self, command):
        assert f"monitorcli {command.name} " in (command.epilog or "")

    def test_explains_each_option(self, command):
        options = [param for param in command.params if isinstance(param, click.Option) and not param.hidden]
        assert [option.opts for option in options if not option.help] == []

    def test_takes_each_option_from_the_variable_of_its_name(self, command):
        prefix = f"MONITORCLI_{command.name.upper()}_"
        for option in command.params:
            if isinstance(option, click.Option):
                spelling = max(option.opts, key=len).lstrip("-").replace("-", "_").upper()
                assert (option.envvar or prefix + option.name.upper()) == prefix + spelling

    def test_has_a_place_in_the_docs(self, command):
        page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
        assert f"\n## monitorcli {command.name}\n" in page
