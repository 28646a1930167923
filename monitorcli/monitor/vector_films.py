"""The films of a vector environment that is one object: of each slot its own, all from one `render()`."""

from __future__ import annotations

import functools
import weakref
from typing import Any, Callable

import numpy as np

from monitorcli.errors import EncoderFailed
from monitorcli.format import log
from monitorcli.monitor.notices import once
from monitorcli.monitor.step_result import kind_of
from monitorcli.monitor.vector_step_result import as_array
from monitorcli.video.camera import Camera, camera, cannot_render
from monitorcli.video.filming import Filming, Films, FilmsWriter
from monitorcli.video.keep import Outcome

# Films of one environment that run at the same time. Each has an encoder, a process of 97 MB.
MOST_AT_ONCE = 8
# Slots that are rendered for films that nobody asked for. Each costs its picture in every frame, in time and
# memory: CartPole's own class takes 1.4 MB a slot for as long as it lives.
MOST_SLOTS = 64

_FULL = (
    f"not every episode that was chosen is filmed: of {{}} environments that are one object at most "
    f"{MOST_AT_ONCE} are filmed at the same time."
)


class Pictures:
    """A picture of each slot, all from one `render()`, and kept until they are forgotten.

    What raises once, or is no picture for each slot, is not asked again.
    """

    def __init__(self, env: Any, count: int, bounded: bool) -> None:
        """If `bounded`, many slots are not rendered. Raises EncoderFailed if there is nothing to take."""
        mode, self._render = camera(env)
        if mode != "rgb_array":
            raise EncoderFailed(f"its render_mode is {mode!r}; films of all its slots need 'rgb_array'")
        if bounded and count > MOST_SLOTS:
            raise EncoderFailed(f"a frame of it is {count:,} pictures; --video cubic films it all the same")
        if cannot_render(env):  # asking again may end the process
            raise EncoderFailed("render() of its kind has raised before")
        self._count = count
        self._advice = _advice(env)
        self._taken: Any = None
        self.failure = ""

    def forget(self) -> None:
        """The environment has changed: render again when the next picture is wanted."""
        self._taken = None

    def of(self, slot: int) -> Any:
        """The picture of this slot, a uint8 array; raises EncoderFailed if there is none."""
        if not self.failure and self._taken is None:
            try:
                self._taken = self._pictures(self._render())
            except Exception as error:
                raised = (
                    "" if isinstance(error, EncoderFailed) else f"render() raised {type(error).__name__}: "
                )
                self.failure = f"{raised}{error}".strip(" :.") + self._advice
        if self.failure:
            raise EncoderFailed(self.failure)
        return self._taken[slot]

    def _pictures(self, given: Any) -> Any:
        if not isinstance(given, (list, tuple)):
            found = as_array(given)
            if found.ndim == 4 and len(found) == self._count and found.dtype == np.uint8:
                return found
        elif len(given) == self._count:
            pictures = [as_array(picture) for picture in given]
            if all(picture.ndim in (2, 3) and picture.dtype == np.uint8 for picture in pictures):
                return pictures
        raise EncoderFailed(
            f"render() gave {kind_of(given)}, not a uint8 picture for each of {self._count:,}"
        )


class VectorFilms:
    """One `Films` for each slot that was asked about, and one `Pictures` for all of them."""

    def __init__(self, env: Any, count: int, filming: Filming, notify: Callable[[str], None]) -> None:
        self._env = weakref.ref(env)
        self._count = count
        self._filming = filming
        self._notify = once(notify)
        self._pictures: Pictures | None = None
        self._films: dict[int, Films] = {}
        self._fresh = np.zeros(count, np.bool_)  # slots whose episode has not been asked about
        self.wanted = filming.wanted
        self.running: set[int] = set()  # slots with a film

    def began(self, which: Any) -> bool:
        """Episodes began in these slots. Returns whether `begin` is to be called before the next step."""
        self._fresh[which] = self.wanted
        return self.wanted

    def begin(self, writer: Callable[[], FilmsWriter], numbers: Any) -> None:
        """Begin the films of those that began; `numbers` has all slots' episodes. Call before each step."""
        fresh = self._fresh.nonzero()[0]
        self._fresh[fresh] = False
        for slot in fresh.tolist():
            if self.wanted:
                films = self._films.get(slot) or self._new(slot)
                if films.begin(writer(), int(numbers[slot]), self._env()):
                    self.running.add(slot)
                self.wanted = films.wanted
        self.forget()

    def capture(self, over: Any = None) -> None:
        """After a step: a frame for each running film, but for the slots in `over`, if any."""
        self.forget()
        for slot in self.running:
            if over is None or not over[slot]:
                self._films[slot].capture()
        if self._pictures and self._pictures.failure:
            self.wanted = False

    def forget(self) -> None:
        """The environment has changed, or is about to, so that pictures of it are old."""
        if self._pictures:
            self._pictures.forget()

    def end(self, writer: FilmsWriter, records: Any) -> None:
        """These episodes, of dtype `log.RECORD`, have ended."""
        self._fresh[records["slot"]] = False
        for at, (slot, length) in enumerate(zip(records["slot"].tolist(), records["length"].tolist())):
            if slot in self.running or (not length and slot in self._films):
                self.running.discard(slot)
                number, total, code, success, mode = records[_OUTCOME][at].tolist()
                outcome = Outcome(0, total, code < log.CUT_RESET, success, mode)
                self._films[slot].end(writer, length, number, outcome)

    def stop(self, writer: FilmsWriter) -> None:
        """Nothing more is recorded: films of episodes without a step are left, and are dropped."""
        self.wanted = False
        self._fresh[:] = False
        for slot in self.running:
            self._films[slot].end(writer, 0, None)
        self.running.clear()

    def disown(self) -> None:
        """Forget the films that run, because this process was forked and they are its parent's."""
        self.running.clear()
        for films in self._films.values():
            films.disown()

    def _new(self, slot: int) -> Films:
        take = functools.partial(self._camera, slot)
        films = self._films[slot] = Films(self._filming, self._notify, take, self._has_room)
        return films

    def _camera(self, slot: int, env: Any) -> Camera:
        """Takes a picture at once, so that an environment without any has no films, and no broken one."""
        if self._pictures is None:
            self._pictures = Pictures(env, self._count, self._filming.options.bounded)
        self._pictures.of(slot)
        return Camera("rgb_array", functools.partial(self._pictures.of, slot))

    def _has_room(self) -> bool:
        films = (self._films[slot].running for slot in self.running)
        if sum(film is not None and not film.over for film in films) < MOST_AT_ONCE:
            return True
        self._notify(_FULL.format(f"{self._count:,}"))
        return False


_OUTCOME = ["number", "return", "end", "success", "mode"]


def _advice(env: Any) -> str:
    """What can be filmed of the same environment, if `make_vec` made it and can make several instead."""
    spec = getattr(env.unwrapped, "spec", None)
    how = (getattr(spec, "kwargs", None) or {}).get("vectorization_mode")
    several = how is not None and getattr(spec, "entry_point", None) is not None
    return '; make_vec(..., vectorization_mode="sync") can be filmed' if several else ""
