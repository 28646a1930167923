"""Replay episodes: each in a fresh environment, or after all that its own environment had before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from monitorcli.errors import BadRequest
from monitorcli.evaluate.environment import EnvironmentRequest, make_environment
from monitorcli.evaluate.generators import seed_everything
from monitorcli.format.trace import Trace
from monitorcli.monitor.environment import describe
from monitorcli.recording.model import Recording
from monitorcli.replay.environment import Typed, environment_request, is_plain
from monitorcli.replay.episode import Difference, Record, play
from monitorcli.replay.traces import before, object_of, traces_of


class Replayed(NamedTuple):
    """What came of one row: no `difference` if it is the same to the last bit.

    `way` says why the longer way, over all earlier episodes of its environment, was not gone to its end;
    it is "" where that was not needed.
    """

    row: int
    difference: Difference | None
    way: str = ""

    def sentence(self) -> str:
        """What differs, for a list."""
        assert self.difference is not None
        return f"episode {self.row}: {self.difference.sentence()}{f' ({self.way})' if self.way else ''}."


class Replayer:
    """Makes episodes of a recording again, in environments that the directory or the user names."""

    def __init__(self, recording: Recording, typed: Typed, film: bool = False) -> None:
        """If `film`, environments are made so that they can be rendered."""
        self._recording, self._typed, self._film = recording, typed, film
        self._requests: dict[int, EnvironmentRequest] = {}

    def replay(self, rows: Sequence[int]) -> Iterator[Replayed]:
        """Replay these rows; yield what came of each, those that went the longer way last."""
        traces = traces_of(self._recording, rows)
        left: list[Replayed] = []
        for row in rows:
            with self.fresh(row, traces[row]) as env:
                found = Replayed(row, play(env, traces[row], self.record(row)))
            if found.difference is not None and traces[row].earlier:
                left.append(found)
            else:
                yield found
        for group in {object_of(self._recording, one.row) for one in left}:
            yield from self._the_longer_way(
                [one for one in left if object_of(self._recording, one.row) == group]
            )

    def record(self, row: int) -> Record:
        """What the log says of the episode."""
        episodes = self._recording.episodes
        return Record(float(episodes.episode_return[row]), int(episodes.length[row]), int(episodes.end[row]))

    @contextlib.contextmanager
    def fresh(self, row: int, trace: Trace) -> Iterator[Any]:
        """A new environment, for this row's episode. Raises BadRequest."""
        run = self._recording.runs[self._recording.writers[int(self._recording.episodes.writer[row])].run]
        seed = (trace.random or {}).get("seed")
        evaluated = seed if run.how.get("kind") == "evaluation" and isinstance(seed, int) else None
        if evaluated is not None:
            seed_everything(evaluated)  # as when it was evaluated
        if not is_plain(trace.options):
            raise BadRequest(
                f"episode {row} was reset with options that are more than numbers and plain words, which are "
                "not taken up from a directory."
            )
        env = make_environment(self._request(row), self._film)
        try:
            if evaluated is not None:
                seed_everything(evaluated)
                env.action_space.seed(evaluated)
                env.observation_space.seed(evaluated)
            yield env
        finally:
            env.close()

    @contextlib.contextmanager
    def after_the_earlier(self, row: int) -> Iterator[Any]:
        """A new environment in which all episodes were made that the row's environment had before it.

        Raises BadRequest where that is not possible.
        """
        chain = before(self._recording, row)
        traces = self._whole_chain(chain)
        with self.fresh(chain[0], traces[chain[0]]) as env:
            for place, earlier in enumerate(chain[:-1]):
                found = play(env, traces[earlier], self.record(earlier), restore=place == 0)
                if found is not None:
                    raise BadRequest(f"episode {earlier}, which its environment had before, differs too")
            yield env

    def versions(self, row: int) -> str:
        """Which packages have other versions than were recorded: "numpy 2.1.0 (1.26.4 recorded)"."""
        about = self._recording.series[int(self._recording.episodes.series[row])].environment
        with self.fresh(row, Trace(0, 0)) as env:
            now = describe(env)
        pairs = {**now.versions, "gymnasium": now.gym_version}
        was = {**about.versions, "gymnasium": about.gym_version}
        return ", ".join(
            f"{name} {pairs[name]} ({was[name]} recorded)"
            for name in pairs
            if was.get(name) and was[name] != pairs[name]
        )

    def _the_longer_way(self, left: Sequence[Replayed]) -> Iterator[Replayed]:
        """Make all episodes that one environment had, up to the last of these."""
        wanted = {one.row: one for one in left}
        chain = before(self._recording, max(wanted, key=lambda row: int(self._recording.numbers[row])))
        try:
            traces = self._whole_chain(chain)
        except BadRequest as reason:
            yield from (one._replace(way=str(reason)) for one in left)
            return
        with self.fresh(chain[0], traces[chain[0]]) as env:
            for place, row in enumerate(chain):
                found = play(env, traces[row], self.record(row), restore=place == 0)
                if found is not None:
                    break
                if wanted.pop(row, None):
                    yield Replayed(row, None)
        why = "also with all that its environment did before"
        yield from (one._replace(way=why) for one in wanted.values())

    def _whole_chain(self, chain: Sequence[int]) -> dict[int, Trace]:
        """The traces of all of these rows. Raises BadRequest if some are missing."""
        traces = traces_of(self._recording, chain)
        for place, row in enumerate(chain):
            found = traces.get(row)
            if found is None or found.not_kept or found.earlier != place:
                raise BadRequest(f"of its environment's earlier episodes, {row} has no trace")
        return traces

    def _request(self, row: int) -> EnvironmentRequest:
        number = int(self._recording.episodes.series[row])
        if number not in self._requests:
            about = self._recording.series[number].environment
            self._requests[number] = environment_request(self._recording.directory, about, self._typed)
        return self._requests[number]
