"""As much of JSON Schema (draft 2020-12) as docs/inspect.schema.json uses; an unknown keyword is an error."""

from __future__ import annotations

from typing import Any

_TYPES = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip
_SILENT = {"$schema", "title", "description", "$defs"}


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "$") -> list[str]:
    """Where and how the value breaks the schema; [] when it does not."""
    found: list[str] = []
    for keyword, wanted in schema.items():
        if keyword not in _SILENT:
            found += _KEYWORDS[keyword](value, wanted, schema, root, at)
    return found


def _type(value, wanted, schema, root, at):
    kinds = [wanted] if isinstance(wanted, str) else wanted
    fits = any(
        isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
        for kind in kinds
    )
    return [] if fits else [f"{at}: {value!r} is no {' or '.join(kinds)}"]


def _properties(value, wanted, schema, root, at):
    known = [key for key in value if key in wanted] if isinstance(value, dict) else []
    return [fault for key in known for fault in faults(value[key], wanted[key], root, f"{at}.{key}")]


def _additional(value, wanted, schema, root, at):
    more = (
        [key for key in value if key not in schema.get("properties", {})] if isinstance(value, dict) else []
    )
    if wanted is False:
        return [f"{at}: {key} is not in the schema" for key in more]
    return [fault for key in more for fault in faults(value[key], wanted, root, f"{at}.{key}")]


def _items(value, wanted, schema, root, at):
    items = value if isinstance(value, list) else []
    return [fault for n, item in enumerate(items) for fault in faults(item, wanted, root, f"{at}[{n}]")]


def _any_of(value, wanted, schema, root, at):
    tried = [faults(value, one, root, at) for one in wanted]
    return [] if [] in tried else max(tried, key=lambda found: found[0].count("."))


def _required(value, wanted, schema, root, at):
    missing = [key for key in wanted if key not in value] if isinstance(value, dict) else []
    return [f"{at}: {key} is missing" for key in missing]


def _minimum(value, wanted, at):
    return [f"{at}: {value} is too small"] if isinstance(value, int) and value < wanted else []


_KEYWORDS = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "anyOf": _any_of,
    "required": _required,
    "enum": lambda value, wanted, schema, root, at: (
        [] if value in wanted else [f"{at}: {value!r} is not listed"]
    ),
    "const": lambda value, wanted, schema, root, at: [] if value == wanted else [f"{at}: is {value!r}"],
    "minimum": lambda value, wanted, schema, root, at: _minimum(value, wanted, at),
    "$ref": lambda value, wanted, schema, root, at: faults(
        value, root["$defs"][wanted.removeprefix("#/$defs/")], root, at
    ),
}
