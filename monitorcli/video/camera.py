"""Render environments without the script noticing: what rendering changes in them is hidden from it."""

from __future__ import annotations

import contextlib
import inspect
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from monitorcli.video.offscreen import drawing, window

# One frame a call, taken only when asked for; `rgb_array_list` would render every step.
_FILMABLE: tuple[str, ...] = ("rgb_array", "ansi")
FILMED = (*_FILMABLE, "human")  # of the last, what its window shows
# Wrappers that hand `render` on, after checks of their own that are not for us.
_CHECKS = {"PassiveEnvChecker", "OrderEnforcing"}

# The mode that we had an environment made with, where the script gave none. The environment itself
# says None, as it would without us, except while we render.
_ours: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()

# Kinds of environments, and whether rendering one ever gave a picture; the others raised at once, and
# are not asked again, because MuJoCo without OpenGL raises once and then ends the process.
_pictured: dict[Any, bool] = {}


class Camera(NamedTuple):
    """How to render an environment: its render mode (the script's or ours), and a function that renders."""

    mode: str | None
    render: Callable[[], Any]


def made_to_render(
    make: Callable[..., Any], registration: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`make(*args, **kwargs)` with a `render_mode` that the script did not give; None if impossible.

    `make` may be `make_vec`, where it makes one object; else it calls `make` itself, for each environment.
    If None, the caller makes the environment as the script asked, so that an error is the script's own.
    The environment and its spec do not show the added mode, so that a copy is made as the script asked.
    """
    mode = _mode(make, registration, args, kwargs)
    if mode is None:
        return None
    try:
        env = make(*args, **{**kwargs, "render_mode": mode})
    except Exception:  # which the script might never have seen: its environment does not render
        return None
    base = env.unwrapped
    if base.spec is not None and base.spec.kwargs.get("render_mode") == mode:
        if "render_mode" in kwargs:
            base.spec.kwargs["render_mode"] = None
        else:
            del base.spec.kwargs["render_mode"]
    try:
        if base.render_mode == mode:
            base.render_mode = None
            _ours[base] = mode
    except (AttributeError, TypeError):  # it cannot be set, or the environment cannot be remembered
        with contextlib.suppress(AttributeError):
            base.render_mode = mode
    return env


def camera(env: Any) -> Camera:
    """A camera for `env`. What rendering creates in the environment is removed from it between frames."""
    base = getattr(env, "unwrapped", env)
    ours = _our_mode(base)
    mode = ours or getattr(env, "render_mode", None)
    source = weakref.ref(env if mode == "human" else _renderer(env))
    aside: dict[str, Any] = {}

    def render() -> Any:
        rendered = source()
        if rendered is None:
            return None
        if mode == "human":  # it has drawn itself; rendering again would flicker, and cost the user's time
            return window()
        with drawing(), _tidied(rendered.unwrapped, aside, ours):
            return _first_or_never(rendered)

    return Camera(mode, render)


def cannot_render(env: Any) -> bool:
    """Whether rendering environments of this kind has raised and never succeeded."""
    return _pictured.get(_kind(env.unwrapped)) is False


def _first_or_never(env: Any) -> Any:
    kind = _kind(env.unwrapped)
    try:
        picture = env.render()
    except Exception:
        _pictured.setdefault(kind, False)
        raise
    _pictured[kind] = True
    return picture


def _kind(base: Any) -> Any:
    """The class directly below `Env`. MuJoCo's environments have one in common, as they share OpenGL."""
    classes = type(base).__mro__
    above = next((n for n, found in enumerate(classes) if found.__name__ == "Env"), 0)
    return classes[max(above - 1, 0)]


def _our_mode(base: Any) -> str | None:
    try:
        return _ours.get(base)
    except TypeError:
        return None


def _renderer(env: Any) -> Any:
    """The object whose `render` does the work: below wrappers that only check or pass on."""
    while "env" in vars(env) and hasattr(env, "unwrapped"):
        classes = type(env).__mro__
        defined = next((base for base in classes if "render" in vars(base)), None)
        if defined is None or not (defined.__name__ in _CHECKS or defined.__name__ == "Wrapper"):
            break
        env = env.env
    return env


@contextlib.contextmanager
def _tidied(base: Any, aside: dict[str, Any], mode: str | None) -> Iterator[None]:
    """Context manager: the environment has the surfaces that our rendering made only while inside.

    They cannot be copied or pickled, and a script would find them where it expects None.
    """
    own = vars(base)
    had = {name for name, value in own.items() if value is not None}
    empty = own.keys() - had
    own.update((name, value) for name, value in aside.items() if name not in had)
    if mode is not None:
        base.render_mode = mode
    try:
        yield
    finally:
        if mode is not None:
            base.render_mode = None
        aside.clear()
        for name in [name for name, value in own.items() if value is not None and name not in had]:
            aside[name] = own.pop(name)
            if name in empty:
                own[name] = None


def _mode(
    make: Callable[..., Any], registration: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> str | None:
    """The render mode to add. None if one was given, none is suitable, or the constructor takes none."""
    if kwargs.get("render_mode") is not None:
        return None
    try:
        wanted = args[0] if args else kwargs["id"]
        find = getattr(registration, "_find_spec", registration.spec)
        spec = wanted if isinstance(wanted, registration.EnvSpec) else find(wanted)
        if spec.kwargs.get("render_mode") is not None:
            return None
        own = inspect.signature(make).parameters
        given = {**spec.kwargs, **{name: value for name, value in kwargs.items() if name not in own}}
        creator, filmable = spec.entry_point, _FILMABLE
        if "vectorization_mode" in own:
            asked = inspect.signature(make).bind(*args, **kwargs)
            asked.apply_defaults()
            creator, filmable = _vector_class(spec, asked.arguments), _FILMABLE[:1]
            given = {"num_envs": asked.arguments["num_envs"], **given}
            given.pop("vectorization_mode", None)
        if not callable(creator):
            load: Any = getattr(registration, "load_env_creator", None) or registration.load
            creator = load(creator)
        modes = creator.metadata.get("render_modes", ())
        mode = next((mode for mode in filmable if mode in modes), None)
        if mode is not None:
            _bind(creator, {**given, "render_mode": mode})
    except Exception:  # `make` will say it better
        return None
    return mode


def _vector_class(spec: Any, asked: Mapping[str, Any]) -> Any:
    """What `make_vec` makes one object of; None if it makes several, and calls `make` for each."""
    how = spec.kwargs.get("vectorization_mode", asked["vectorization_mode"])
    by_itself = how is None or getattr(how, "value", how) == "vector_entry_point"
    return spec.vector_entry_point if by_itself else None


def _bind(creator: Any, kwargs: dict[str, Any]) -> None:
    """Raise TypeError if `creator` is known not to accept these arguments."""
    try:
        signature = inspect.signature(creator)
    except ValueError:  # it is not written in Python
        return
    signature.bind(**kwargs)
