"""Vectors of the passages' sentences. Passages that are there have none until their documents are embedded again."""

from django.db import migrations, models

_STORAGE = "ALTER TABLE {table} ALTER COLUMN sentences SET STORAGE {storage}"


def sentences(model: str) -> list[migrations.operations.base.Operation]:
    table = f"analysis_{model}"
    return [
        migrations.AddField(
            model_name=model,
            name="sentences",
            field=models.BinaryField(null=True, help_text="float16, little-endian, sentences x dimensions"),
        ),
        # Numbers of this kind hardly shrink: trying to would cost more than it saves.
        migrations.RunSQL(_STORAGE.format(table=table, storage="EXTERNAL"), migrations.RunSQL.noop),
    ]


class Migration(migrations.Migration):

    dependencies = [("analysis", "0007_reviews")]

    operations = [*sentences("chunk"), *sentences("chunkdraft")]
