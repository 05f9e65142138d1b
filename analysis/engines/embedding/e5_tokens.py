"""The tokenizer of multilingual E5 as a sentencepiece model: the weight file's pieces, under their own ids."""

from pathlib import Path
from typing import Any

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from analysis.engines.embedding.e5_weights import Weights

_NORMALIZATION = "nmt_nfkc"  # of XLM-RoBERTa, whose tokenizer it is
_protocol: Any = sentencepiece_model_pb2  # its classes are made when it is imported


def write(weights: Weights, path: Path) -> None:
    model, kind = _protocol.ModelProto(), _protocol.ModelProto.SentencePiece
    for piece, score in zip(weights.pieces, weights.scores.tolist(), strict=True):
        model.pieces.add(piece=piece, score=score, type=kind.CONTROL if piece == "<mask>" else kind.NORMAL)
    for number in (weights.bos, weights.eos, weights.pad):
        model.pieces[number].type = kind.CONTROL  # what no text can spell
    model.pieces[weights.unknown].type = kind.UNKNOWN
    spec = model.trainer_spec
    spec.model_type = _protocol.TrainerSpec.UNIGRAM
    spec.bos_id, spec.eos_id, spec.pad_id, spec.unk_id = weights.bos, weights.eos, weights.pad, weights.unknown
    normalizer = sentencepiece.SentencePieceNormalizer(rule_name=_NORMALIZATION)
    rules = _protocol.ModelProto.FromString(normalizer.serialized_model_proto()).normalizer_spec
    model.normalizer_spec.CopyFrom(rules)
    path.write_bytes(model.SerializeToString())
