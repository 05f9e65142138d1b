"""What was found."""

from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    name = "analysis"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from analysis import caching, stages
        from analysis.answers import logbook
        from analysis.models import ChunkDraft, PictureDraft
        from analysis.search import merging
        from documents import removal
        from jobs import maintenance

        stages.register_all()
        removal.before_removal.append(caching.forget_document)
        logbook.register()
        maintenance.BUFFERS["chunk_drafts"] = ChunkDraft
        maintenance.BUFFERS["picture_drafts"] = PictureDraft
        maintenance.steps_of_others["words_of_gone_passages"] = merging.purge_all
