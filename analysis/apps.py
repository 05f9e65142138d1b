"""What was found."""

from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    name = "analysis"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from analysis import stages
        from analysis.answers import logbook
        from analysis.models import ChunkDraft
        from jobs import maintenance

        stages.register_all()
        logbook.register()
        maintenance.BUFFERS["chunk_drafts"] = ChunkDraft
