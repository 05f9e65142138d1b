"""`manage.py index_vectors`: the index of vectors for an embedder of other dimensions than the shipped one's."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg import sql

from analysis.engines import embedding
from config import roles


class Command(BaseCommand):
    help = (
        "Makes the index for the vectors of EMBEDDER, unless there is one, as DATABASE_OWNER_URL. Searches work "
        "without it, more slowly. It blocks nobody, and can be repeated."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DATABASE_OWNER_URL:
            raise CommandError("Set DATABASE_OWNER_URL (whose role owns the tables).")
        dimensions = embedding.current().dimensions
        name = f"analysis_chunk_vector_{dimensions}"
        statement = sql.SQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON analysis_chunk"
            " USING hnsw ((vector::halfvec({dimensions})) halfvec_cosine_ops) WITH (m = 16, ef_construction = 64)"
            " WHERE vector_dims(vector) = {dimensions}"
        ).format(name=sql.Identifier(name), dimensions=sql.Literal(dimensions))
        with roles.owner_connection(settings.DATABASE_OWNER_URL) as connection:
            connection.execute(statement)
        self.stdout.write(f"{name} is there.")
