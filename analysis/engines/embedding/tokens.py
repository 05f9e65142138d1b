"""The tokenizer of multilingual E5 as a sentencepiece model: the weight file's pieces, under their own ids."""

from functools import cache
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as protocol

from analysis.engines.embedding.e5_weights import Weights

FILE = "tokenizer.model"

_NORMALIZATION = "nmt_nfkc"  # of XLM-RoBERTa, whose tokenizer it is


def write(weights: Weights, folder: Path) -> None:
    """The model's file, in `folder`."""
    model = protocol.ModelProto()
    kind = protocol.ModelProto.SentencePiece
    for number, (piece, score) in enumerate(zip(weights.pieces, weights.scores.tolist(), strict=True)):
        model.pieces.add(piece=piece, score=score, type=kind.NORMAL)
        if number in (weights.bos, weights.eos, weights.pad) or piece == "<mask>":
            model.pieces[number].type = kind.CONTROL  # what a text can't spell
    model.pieces[weights.unknown].type = kind.UNKNOWN
    model.trainer_spec.model_type = protocol.TrainerSpec.UNIGRAM
    model.trainer_spec.unk_id, model.trainer_spec.pad_id = weights.unknown, weights.pad
    model.trainer_spec.bos_id, model.trainer_spec.eos_id = weights.bos, weights.eos
    normalizer = sentencepiece.SentencePieceNormalizer(rule_name=_NORMALIZATION)
    model.normalizer_spec.ParseFromString(_normalizer_spec(normalizer))
    (folder / FILE).write_bytes(model.SerializeToString())


def _normalizer_spec(normalizer: sentencepiece.SentencePieceNormalizer) -> bytes:
    whole = protocol.ModelProto.FromString(normalizer.serialized_model_proto())
    return bytes(whole.normalizer_spec.SerializeToString())


@cache
def tokenizer() -> sentencepiece.SentencePieceProcessor:
    """Loaded once in each process; its `encode` may be called by many threads. Raises Unavailable."""
    from analysis.engines.embedding import e5_files

    return sentencepiece.SentencePieceProcessor(model_file=str(e5_files.folder() / FILE))
