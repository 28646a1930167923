"""Put a recorder together: the files it writes, what records episodes, and what records steps."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.monitor.episode_recorder import EpisodeRecorder
from monitorcli.monitor.step_recorder import RecordedCalls, record_steps
from monitorcli.monitor.tracer import Tracer
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.video.filming import Filming
from monitorcli.video.schedule import Schedule, never

if TYPE_CHECKING:
    from monitorcli.monitor.run import RunFile  # the recorded script has no need of it


class EnvironmentRecorder(NamedTuple):
    """What records one environment: its episodes, and the `step` and `reset` to call in place of its own."""

    episodes: EpisodeRecorder
    steps: RecordedCalls

    def close(self) -> None:
        """Record a running episode as cut, then close the files."""
        self.steps.stop(log.CUT_CLOSED)
        self.episodes.close()


class RecordingOptions(NamedTuple):
    """How to record: what to film, the mode's code, who is told of trouble; `strict` as in `record_steps`.

    `traced` chooses episodes by their numbers.
    """

    filming: Filming
    mode: bytes
    notify: Callable[[str], None]
    strict: bool = False
    traced: Schedule = never


def shared_recorder(
    env: Any, open_writer: Callable[[EpisodeRecorder], EpisodeWriter], options: RecordingOptions
) -> EnvironmentRecorder:
    """A recorder into files that several environments may share; they are opened at the first reset."""
    # Holds on to nothing but the episodes: what holds the steps holds the environment, for ever.
    episodes = EpisodeRecorder(env, 0, lambda: open_writer(episodes), options.filming, options.notify)
    return _recorder(env, episodes, options)


def own_recorder(
    env: Any, about: Environment, run: RunFile, target: Target, options: RecordingOptions
) -> EnvironmentRecorder:
    """A recorder into files of its own, opened now.

    Raises BadRequest for a bad uid, and DirectoryUnusable when the disk refuses; then the run's claim
    is taken back.
    """
    open_writer = functools.partial(EpisodeWriter, target, about, options.notify)
    episodes = EpisodeRecorder(env, 0, open_writer, options.filming, options.notify)
    try:
        episodes.open()
    except OSError as error:
        raise run.give_up(error) from None
    return _recorder(env, episodes, options)


def _recorder(env: Any, episodes: EpisodeRecorder, options: RecordingOptions) -> EnvironmentRecorder:
    episodes.mode = options.mode
    if options.traced is not never:
        episodes.tracer = Tracer(options.traced, episodes.env)
    return EnvironmentRecorder(episodes, record_steps(env, episodes, options.strict))
