"""Policies that are one network in a file: TorchScript and ONNX.

The network gets a batch of one observation; its first output is the action.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from monitorcli.errors import BadRequest
from monitorcli.evaluate.extras import need
from monitorcli.evaluate.policies.policy import Policy, PolicyRequest

# The types of an ONNX network's input.
_ONNX_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
}


class _Network(Policy):
    takes_batches = True

    def __init__(self, asked: PolicyRequest, env: Any, kind: str) -> None:
        if not asked.deterministic:
            raise BadRequest(f"--stochastic is not for {asked.reference}: a network gives one action.")
        if not isinstance(env.observation_space.shape, tuple):
            raise BadRequest(
                f"{asked.reference} takes one array, and the observations are {env.observation_space}.",
                "To make one of several:  --wrapper gymnasium.wrappers:FlattenObservation",
            )
        super().__init__(asked, env, kind, [asked.reference])

    def act_on_batch(self, observations: Any, starts: Any, envs: Sequence[Any]) -> Any:
        """An action for each observation."""
        return self._run(observations)

    def _action(self, observation: Any) -> Any:
        return self._run(np.asarray(observation)[None])[0]

    def _run(self, observations: Any) -> Any:
        """The network's first output for a batch of observations."""
        raise NotImplementedError

    def _try_batch(self, asked: PolicyRequest, space: Any) -> None:
        """Raise BadRequest if it does not take as many observations at once as it is to be given."""
        if asked.num_envs == 1:
            return
        try:
            rows = len(self._run(np.zeros((asked.num_envs, *space.shape), space.dtype)))
            if rows != asked.num_envs:
                raise ValueError(f"it gives {rows} actions")
        except Exception as error:
            raise BadRequest(
                f"--num-envs {asked.num_envs} is not for {asked.reference}, which does not take that many "
                f"observations at once: {(str(error).strip() or type(error).__name__).splitlines()[-1]}",
                "Export it with a first dimension of any size (dynamic_axes), or leave --num-envs out.",
            ) from error


class TorchScriptPolicy(_Network):
    """What torch.jit.save wrote. Floating-point observations are given as float32."""

    def __init__(self, asked: PolicyRequest, env: Any) -> None:
        need("torch", "torch", asked.reference)
        import torch

        super().__init__(asked, env, "torchscript")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # torch would rather have torch.export
                self._network = torch.jit.load(asked.reference, map_location="cpu").eval()
        except Exception as error:
            raise BadRequest(
                f"{asked.reference} is not TorchScript, as torch.jit.save writes it.",
                "Weights alone are no policy:  torch.jit.save(torch.jit.trace(net, example), 'net.pt')",
            ) from error
        self._try_batch(asked, env.observation_space)

    def _run(self, observations: Any) -> Any:
        import torch

        kind = np.float32 if observations.dtype.kind == "f" else observations.dtype
        with torch.no_grad():
            given = self._network(torch.from_numpy(observations.astype(kind)))
        first = given[0] if isinstance(given, (tuple, list)) else given
        return first.numpy()


class OnnxPolicy(_Network):
    """An ONNX file with one input, run by onnxruntime on one thread."""

    def __init__(self, asked: PolicyRequest, env: Any) -> None:
        need("onnxruntime", "onnx", asked.reference)
        import onnxruntime

        super().__init__(asked, env, "onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                asked.reference, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise BadRequest(f"{asked.reference} cannot be read as ONNX: {error}") from error
        inputs = [(one.name, one.type) for one in self._session.get_inputs()]
        if len(inputs) != 1 or inputs[0][1] not in _ONNX_TYPES:
            told = ", ".join(f"{name} of {kind}" for name, kind in inputs)
            raise BadRequest(f"{asked.reference} takes {told or 'nothing'}, and not one array of numbers.")
        self._input, self._type = inputs[0][0], _ONNX_TYPES[inputs[0][1]]
        self._output = self._session.get_outputs()[0].name
        self._try_batch(asked, env.observation_space)

    def _run(self, observations: Any) -> Any:
        return self._session.run([self._output], {self._input: observations.astype(self._type)})[0]
