"""Policies that are one network in a file: TorchScript and ONNX.

The network gets a batch of one observation; its first output is the action.
"""

from __future__ import annotations

import warnings
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
    def __init__(self, asked: PolicyRequest, env: Any, kind: str) -> None:
        if not asked.deterministic:
            raise BadRequest(f"--stochastic is not for {asked.reference}: a network gives one action.")
        if not isinstance(env.observation_space.shape, tuple):
            raise BadRequest(
                f"{asked.reference} takes one array, and the observations are {env.observation_space}.",
                "To make one of several:  --wrapper gymnasium.wrappers:FlattenObservation",
            )
        super().__init__(asked, env, kind, [asked.reference])


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

    def _action(self, observation: Any) -> Any:
        import torch

        values = np.asarray(observation)
        kind = np.float32 if values.dtype.kind == "f" else values.dtype
        with torch.no_grad():
            given = self._network(torch.from_numpy(values[None].astype(kind)))
        first = given[0] if isinstance(given, (tuple, list)) else given
        return first.numpy()[0]


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

    def _action(self, observation: Any) -> Any:
        values = np.asarray(observation)[None].astype(self._type)
        return self._session.run([self._output], {self._input: values})[0][0]
