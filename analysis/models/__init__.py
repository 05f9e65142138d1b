"""What was found: results, what was learned from corrections, what can be searched, and the verdicts on reviews."""

from analysis.models.learning import CustomType, Habit, LlmCall, ModelVersion
from analysis.models.pictures import Picture, PictureDraft, PictureSet
from analysis.models.postings import Posting, Segment
from analysis.models.results import Correction, Field, Result
from analysis.models.reviews import Label, ReviewBatch, ReviewCorrection, ReviewPart, ReviewRow
from analysis.models.search import Chunk, ChunkDraft, QueryLog

__all__ = [
    "Chunk",
    "ChunkDraft",
    "Correction",
    "CustomType",
    "Field",
    "Habit",
    "Label",
    "LlmCall",
    "ModelVersion",
    "Picture",
    "PictureDraft",
    "PictureSet",
    "Posting",
    "QueryLog",
    "Result",
    "ReviewBatch",
    "ReviewCorrection",
    "ReviewPart",
    "ReviewRow",
    "Segment",
]
