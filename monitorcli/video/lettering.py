"""Write short texts into pictures, in capitals of five by seven points, so that no font is needed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Five columns a letter, the topmost point in the lowest bit.
_LETTERS = {
    " ": "0000000000", "(": "001c224100", ")": "0041221c00", "+": "08083e0808", ",": "0050300000",
    "-": "0808080808", ".": "0060600000", "/": "2010080402", "0": "3e5149453e", "1": "00427f4000",
    "2": "4261514946", "3": "2141454b31", "4": "1814127f10", "5": "2745454539", "6": "3c4a494930",
    "7": "0171090503", "8": "3649494936", "9": "064949291e", ":": "0036360000", "?": "0201590906",
    "A": "7e1111117e", "B": "7f49494936", "C": "3e41414122", "D": "7f4141413e", "E": "7f49494941",
    "F": "7f09090901", "G": "3e4149497a", "H": "7f0808087f", "I": "00417f4100", "J": "2040413f01",
    "K": "7f08142241", "L": "7f40404040", "M": "7f021c027f", "N": "7f0408107f", "O": "3e4141413e",
    "P": "7f09090906", "Q": "3e4151215e", "R": "7f09192946", "S": "4649494931", "T": "01017f0101",
    "U": "3f4040403f", "V": "1f2040201f", "W": "3f4038403f", "X": "6314081463", "Y": "0304780403",
    "Z": "6151494543", "_": "4040404040", "#": "147f147f14",
}  # fmt: skip
WIDTH, HEIGHT = 6, 9  # points of a letter with the room around it


def lettered(text: str) -> npt.NDArray[np.bool_]:
    """The text's points, shape (HEIGHT, WIDTH * len(text)); what has no letter is a question mark."""
    points = np.zeros((HEIGHT, WIDTH * len(text)), np.bool_)
    for place, char in enumerate(text.upper()):
        columns = np.frombuffer(bytes.fromhex(_LETTERS.get(char, _LETTERS["?"])), np.uint8)
        rows = (columns[None, :] >> np.arange(7, dtype=np.uint8)[:, None]) & 1
        points[1:8, WIDTH * place : WIDTH * place + 5] = rows
    return points


def labelled(picture: npt.NDArray[np.uint8], text: str) -> npt.NDArray[np.uint8]:
    """A copy of a picture, shape (height, width) or (height, width, channels), with white text on top.

    As large as fits; of a picture that is too small only the part that fits is shown.
    """
    points = lettered(text)
    scale = max(1, min(picture.shape[1] // points.shape[1], picture.shape[0] // (4 * HEIGHT) + 1))
    points = points.repeat(scale, 0).repeat(scale, 1)[: picture.shape[0], : picture.shape[1]]
    found: npt.NDArray[np.uint8] = picture.copy()
    found[: points.shape[0]] = 0
    found[: points.shape[0], : points.shape[1]][points] = 255
    return found
