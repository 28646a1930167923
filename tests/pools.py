"""A stand-in for `envpool.registration`, of the shape of EnvPool 1.2, with episodes that follow `plan`.

Copied into a script's folder as a package, it is what `monitorcli start` takes for EnvPool.
"""

import numpy as np
from gymnasium.vector import VectorEnv


def plan(slot, episode):
    """Length, reward a step, truncated or not, success: staggered, and different in every episode."""
    length = 1 + (7 * slot + 3 * episode + slot * episode) % 11
    return length, 0.5 + slot + 10 * episode, (slot + episode) % 3 == 0, (slot + episode) % 2 == 0


class Pool(VectorEnv):
    """Rows come in an order of their own; a reset's have a reward beside them that belongs to no episode.

    With several `lives`, `elapsed_step` begins anew only when the last one is lost.
    """

    def __init__(self, num_envs=1, batch_size=None, lives=1, max_num_players=1):
        self.num_envs, self.batch_size = num_envs, batch_size
        self.config = {"num_envs": num_envs, "max_num_players": max_num_players}
        self.random = np.random.default_rng(7)
        self.episode, self.at = np.full(num_envs, -1), np.zeros(num_envs, np.int32)
        self.lives, self.before = lives, np.zeros(num_envs, np.int32)  # steps of the lives that were lost
        self.over = np.zeros(num_envs, bool)
        self.sent = np.zeros(0, np.int32)

    def _put(self, slots):
        self.sent = np.append(self.sent, slots).astype(np.int32)

    def _slots(self, env_id):
        return np.arange(self.num_envs) if env_id is None else env_id

    def async_reset(self):
        self.reset_slots(self._slots(None))

    def reset_slots(self, slots):
        self.over[slots] = True
        self._put(slots)

    def reset(self, env_id=None, *, seed=None, options=None):
        self.reset_slots(self._slots(env_id))
        return self.recv(reset=True)

    def send(self, action, env_id=None):
        self._put(self._slots(env_id))

    def step(self, action, env_id=None):
        self.send(action, env_id)
        return self.recv()

    def recv(self, reset=False):
        if self.batch_size:
            self.random.shuffle(self.sent)
        count = self.batch_size or len(self.sent)
        which, self.sent = self.sent[:count], self.sent[count:]
        fresh = self.over[which]
        self.episode[which] += fresh
        self.before[which] += np.where(fresh, self.at[which], 0)
        self.before[which[fresh & (self.episode[which] % self.lives == 0)]] = 0
        self.at[which] = np.where(fresh, 0, self.at[which] + 1)
        planned = [plan(slot, self.episode[slot]) for slot in which]
        length, rewards, truncated, success = (np.array(column) for column in zip(*planned, strict=True))
        self.over[which] = over = self.at[which] == length
        infos = {"env_id": which, "elapsed_step": self.before[which] + self.at[which], "is_success": success}
        if reset:
            return self.at[which], infos
        return self.at[which], rewards.astype(np.float32), over & ~truncated, over & truncated, infos

    def close(self, **kwargs):
        pass

    def xla(self):
        return None, self.recv, self.send, self.step


class EnvRegistry:
    def make(self, task_id, env_type, seed=42, **kwargs):
        return Pool(**kwargs)


registry = EnvRegistry()


def make(task_id, env_type, **kwargs):
    return registry.make(task_id, env_type, **kwargs)
