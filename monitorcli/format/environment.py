"""What the environments of one writer have in common: the key `environment` of its manifests.

Episodes of writers that agree in it, in the environment's id and in the mode, belong to one series.
docs/format.md, "Manifest and episode batch".
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, Mapping, NamedTuple, Tuple

# Versions of the key, newest last. 1: first version, of monitorcli 0.2.
VERSION = 1

# A file, a line in it, and the function that the line is in.
Call = Tuple[str, int, str]

# Calls that are kept of a stack, the innermost ones.
MOST_CALLS = 40

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Environment(NamedTuple):
    """Of one id, made with the same arguments at one place of a script, or for one policy.

    `env_id` and `gym_version` are Gym's `env_info`. `arguments` are those of `make`, as JSON values.
    `made_at` has the calls that led to `make`, innermost first; () when they are not known. `command` is
    what the process was started as; () when that says nothing of the script. `policy` is an evaluation's,
    as it was named, `policy_hash` the SHA-256 of its file, None without one. `versions` has the packages
    that were loaded; a series does not go by it.
    """

    env_id: str
    gym_version: str = ""
    arguments: Mapping[str, Any] = _NOTHING
    made_at: tuple[Call, ...] = ()
    command: tuple[str, ...] = ()
    policy: str | None = None
    policy_hash: str | None = None
    versions: Mapping[str, str] = _NOTHING

    def env_info(self) -> dict[str, str]:
        """Gym's own key."""
        return {"gym_version": self.gym_version, "env_id": self.env_id}

    def document(self) -> dict[str, Any]:
        """Our key, which holds what Gym's does not."""
        own = {name: value for name, value in self._asdict().items() if name not in _GYMS}
        return {"version": VERSION, **own, "arguments": {**self.arguments}, "versions": {**self.versions}}

    def series(self) -> str:
        """What two of one series have alike, as text."""
        arguments = json.dumps({**self.arguments}, sort_keys=True)
        return repr((self.env_id, arguments, self.made_at, self.command, self.policy, self.policy_hash))


_GYMS = ("env_id", "gym_version")


def from_document(env_id: str, gym_version: str, document: Any) -> Environment:
    """What a manifest says, without what is not of the right type. Raises nothing."""
    found = Environment(env_id, gym_version)
    if not isinstance(document, dict):
        return found
    for name in ("arguments", "versions"):
        if isinstance(document.get(name), dict):
            found = found._replace(**{name: document[name]})
    for name in ("policy", "policy_hash"):
        if isinstance(document.get(name), str):
            found = found._replace(**{name: document[name]})
    calls, command = document.get("made_at"), document.get("command")
    if isinstance(calls, list) and all(map(_is_call, calls)):
        found = found._replace(made_at=tuple((call[0], call[1], call[2]) for call in calls[:MOST_CALLS]))
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        found = found._replace(command=tuple(command))
    return found


def _is_call(call: Any) -> bool:
    return (
        isinstance(call, list)
        and len(call) == 3
        and isinstance(call[0], str)
        and type(call[1]) is int
        and isinstance(call[2], str)
    )
