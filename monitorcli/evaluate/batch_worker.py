"""Runs several episodes at once in one process, with one call of the policy for a step of all of them.

The batch always has the same size: where an episode is missing, its row has what another's has. With four
rows and more an action's bits do not depend on the other rows, nor on its place among them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from monitorcli.errors import BadRequest
from monitorcli.evaluate.episode import seed_episode
from monitorcli.evaluate.generators import GlobalGenerators
from monitorcli.evaluate.job import Job, Pull
from monitorcli.evaluate.outcome import Ended, Outcome, failure
from monitorcli.evaluate.policies import Policy
from monitorcli.evaluate.policies.actions import action_test, no_action
from monitorcli.evaluate.stop import Check
from monitorcli.evaluate.worker import Loaded, Task, Worker


class _Slot:
    """A place in the batch: an environment, the episode in it, and the random generators of that."""

    def __init__(self) -> None:
        self.generators = GlobalGenerators()
        self.env: Any = None
        self.seed: int | None = None  # of the episode that runs
        self.episode: Generator[Any, Any, None] | None = None
        self.observation: Any = None
        self.is_first = True  # whether that is the episode's first observation
        self.is_action: Callable[[Any], bool] = lambda action: False

    def end(self, keep_env: bool) -> None:
        """End the episode, if there is one; cut if it still runs."""
        episode, self.episode, self.seed = self.episode, None, None
        if episode is not None:
            episode.close()
        if self.env is not None and not keep_env:
            env, self.env = self.env, None
            env.close()


class BatchWorker(Worker):
    """Runs as many episodes at once as the plan's `num_envs`."""

    def __init__(self, task: Task, loaded: Loaded, check: Check, notify: Callable[[str], None]) -> None:
        """`check` is called before each step of the batch, and may raise Stopped."""
        super().__init__(task, loaded, check, notify)
        self._reference = task.policy.reference
        self._slots = [_Slot() for _ in range(task.plan.num_envs)]
        self._generators = GlobalGenerators()  # what the policy finds, from which it must not draw
        self._generators.install()
        self._generators.take()

    def run_jobs(self, pull: Pull) -> Iterator[Outcome]:
        """Run the jobs that `pull` gives, and yield what became of each, as `Worker.run_jobs`."""
        try:
            while True:
                yield from self._fill(pull)
                running = [slot for slot in self._slots if slot.episode]
                if not running:
                    return
                self._check()
                for slot, action in self._actions(running):
                    outcome = self._step(slot, action)
                    if outcome is not None:
                        yield outcome
        finally:
            for slot in self._slots:
                slot.end(keep_env=False)

    def _fill(self, pull: Pull) -> Iterator[Outcome]:
        """Begin episodes where there are none, while there are jobs; yield those that failed at once."""
        for slot in self._slots:
            while slot.episode is None:
                job = pull(not any(one.episode for one in self._slots))
                if job is None:
                    return
                if job.recorded and self._writer is None:
                    self.open()
                outcome = self._begin(slot, job)
                if outcome is not None:
                    yield outcome

    def _begin(self, slot: _Slot, job: Job) -> Outcome | None:
        """Begin the job's episode; gives its outcome if that fails."""
        slot.seed, slot.is_first = job.seed, True
        slot.generators.install()
        try:
            if slot.env is None:
                slot.env = self._fresh(job)
            slot.is_action = action_test(slot.env.action_space)
            seed_episode(slot.env, job.seed)
            slot.episode = self._episode(slot.env, job)
            slot.observation = next(slot.episode)
            slot.generators.take()
        except Exception as error:  # noqa: BLE001 - of the environment, whatever it is
            return self._ended(slot, failure(job.seed, error))
        return None

    def _step(self, slot: _Slot, action: Any) -> Outcome | None:
        """Make a step; gives the episode's outcome if it is over. `action` may be what the policy raised."""
        assert slot.episode is not None and slot.seed is not None
        try:
            if isinstance(action, Exception):
                raise action
            if not slot.is_action(action):
                raise no_action(action, slot.env.action_space, self._reference)
            slot.generators.restore()
            slot.observation, slot.is_first = slot.episode.send(action), False
            slot.generators.keep()
        except Exception as error:  # noqa: BLE001 - of the policy or the environment, whatever it is
            return self._ended(slot, failure(slot.seed, error))
        return self._ended(slot, slot.observation) if slot.observation.__class__ is Ended else None

    def _ended(self, slot: _Slot, outcome: Outcome) -> Outcome:
        try:
            slot.end(keep_env=self._task.plan.reuse_env)
        except Exception as error:  # noqa: BLE001 - of the environment, which did not close
            return failure(outcome.seed, error)
        return outcome

    def _actions(self, running: Sequence[_Slot]) -> list[tuple[_Slot, Any]]:
        """An action for each slot that runs, or what the policy raised for it.

        If the whole batch raises, it is tried again without one row after another, so that an episode which
        the policy cannot go on with does not end its neighbours.
        """
        rows = [slot if slot.episode else running[0] for slot in self._slots]
        places = [place for place, slot in enumerate(self._slots) if slot.episode]
        found: Any
        try:
            found = self._asked(rows)
        except Exception as error:  # noqa: BLE001 - of the policy, whatever it is
            found = [error] * len(rows)
            for place in places if len(places) > 1 else ():
                other = running[running[0] is rows[place]]
                with contextlib.suppress(Exception):
                    without = [other if row is rows[place] else row for row in rows]
                    found = list(self._asked(without))
                    found[place] = error
                    break
        return [(self._slots[place], found[place]) for place in places]

    def _asked(self, rows: Sequence[_Slot]) -> Any:
        """What the policy gives for these rows. A row that is not its own slot's begins an episode."""
        pairs = zip(rows, self._slots, strict=True)
        starts = [row.is_first or row is not slot for row, slot in pairs]
        self._generators.restore()
        actions = _actions_for(
            self._policy, [row.observation for row in rows], starts, [row.env for row in rows]
        )
        if self._generators.drawn():
            raise BadRequest(
                f"the policy {self._reference!r} draws random numbers: in a batch each episode would depend "
                "on the others.",
                "Leave --num-envs out. More cores are used with --workers.",
            )
        return actions


def first_action(policy: Policy, env: Any, observation: Any, num_envs: int) -> Any:
    """The action for an episode's first observation, alone or in a batch of so many."""
    if num_envs == 1:
        return policy.act(observation)
    return _actions_for(policy, [observation] * num_envs, [True] * num_envs, [env] * num_envs)[0]


def _actions_for(
    policy: Policy, observations: Sequence[Any], starts: Sequence[bool], envs: Sequence[Any]
) -> Any:
    """What the policy gives for a batch: an action for each observation, unchecked."""
    actions = policy.act_on_batch(_stacked(observations), np.array(starts), envs)
    if np.shape(actions)[:1] != (len(observations),):
        raise BadRequest(
            f"the policy {policy.identity['reference']!r} was given {len(observations)} observations at "
            f"once, and gave actions of shape {np.shape(actions)}.",
            "Its predict takes an array with a row for each, or leave --num-envs out.",
        )
    return actions


def _stacked(observations: Sequence[Any]) -> Any:
    """The observations as rows of an array, or of the arrays in a dictionary."""
    first = observations[0]
    if isinstance(first, Mapping):
        return {key: _stacked([one[key] for one in observations]) for key in first}
    return np.array(observations)
