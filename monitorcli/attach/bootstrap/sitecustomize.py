"""Runs first in every Python that a recorded command starts. Waits for Gymnasium, then attaches to it.

The import of other environment libraries is only reported, to explain why nothing was recorded.

Python finds this file because `monitorcli start` puts its folder on PYTHONPATH. An installed monitorcli
also has monitorcli.pth, which runs this file in a Python that ignores PYTHONPATH. It imports little, and
only from the standard library: every interpreter of the command runs it, and most do not need it.
"""

import os
import sys

_RECORDED = ("gymnasium.envs.registration", "gym.envs.registration", "envpool.registration")
# Whose environments are not Gymnasium's, or not only.
_OTHERS = """
    brax craftax dm_control dm_env gym3 gymnax isaacgym jumanji mlagents_envs mujoco_playground
    pettingzoo pgx procgen pyspiel
"""


class _Waiting:
    """An import finder that notices certain modules, and acts when each has been imported."""

    def __init__(self):
        self.awaited = dict.fromkeys(_OTHERS.split(), _report_library)
        self.awaited.update(dict.fromkeys(_RECORDED, _attach))

    def find_spec(self, name, path=None, target=None):
        if name not in self.awaited:
            return None
        act = self.awaited.pop(name)
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                act(module)

            spec.loader.exec_module = exec_module
        return spec


def _attach(registration):
    try:
        _find_monitorcli()
        from monitorcli.attach.hook import attach

        attach(registration)
    except Exception as error:  # the script must run whatever becomes of its recording
        _report_status("remark", "not recorded: %s: %s" % (type(error).__name__, error))


def _report_library(library):
    _report_status("library", library.__name__)


def _find_monitorcli():
    """Let `import monitorcli` find the package that started the command, and nothing else beside it."""
    if "monitorcli" in sys.modules:
        return
    from importlib.util import module_from_spec, spec_from_file_location

    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    spec = spec_from_file_location(
        "monitorcli", os.path.join(home, "__init__.py"), submodule_search_locations=[home]
    )
    module = sys.modules["monitorcli"] = module_from_spec(spec)
    spec.loader.exec_module(module)


def _report_status(kind, text):
    """Append a line for `monitorcli start` to read; see attach/status_log.py."""
    path = os.environ.get("MONITORCLI_TRAIL")
    if path:
        try:
            file = os.open(path, os.O_WRONLY | os.O_APPEND)
            os.write(file, ("%s %d %s\n" % (kind, os.getpid(), text)).encode("utf-8", "replace"))
            os.close(file)
        except OSError:
            pass


def _run_shadowed():
    """Run the user's own sitecustomize, which this one hides, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in sys.path:
        path = os.path.join(folder, "sitecustomize.py")
        if os.path.abspath(folder) != here and os.path.isfile(path):
            from importlib.util import module_from_spec, spec_from_file_location

            spec = spec_from_file_location("sitecustomize", path)
            spec.loader.exec_module(module_from_spec(spec))
            return


# By name, because the class is another one each time that this file runs.
if "MONITORCLI_TRAIL" in os.environ and "_Waiting" not in [type(each).__name__ for each in sys.meta_path]:
    _report_status("python", sys.executable)
    sys.meta_path.insert(0, _Waiting())
if __name__ == "sitecustomize":
    _run_shadowed()
