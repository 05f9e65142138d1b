"""The index of words, and the index of vectors of the shipped embedder."""

import django.contrib.postgres.fields
import django.db.models.deletion
import documents.rls
from django.db import migrations, models

# Vectors of other embedders, of other dimensions, are found without an index until `manage.py index_vectors` makes theirs.
VECTORS = """
CREATE INDEX analysis_chunk_vector_384 ON analysis_chunk
USING hnsw ((vector::halfvec(384)) halfvec_cosine_ops) WITH (m = 16, ef_construction = 64)
WHERE vector_dims(vector) = 384
"""


class Migration(migrations.Migration):

    dependencies = [
        ('analysis', '0005_search'),
        ('documents', '0004_answers_to_the_byte'),
    ]

    operations = [
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chunks', models.PositiveIntegerField(help_text='passages in it, deleted ones included')),
                ('words', models.PositiveBigIntegerField(help_text='the lengths of its passages, summed up')),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), default=list, help_text='ISO 639-1, of its passages', size=None)),
                ('embedders', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), default=list, help_text="that made its passages' vectors", size=None)),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='documents.document')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='documents.workspace')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('pk', models.CompositePrimaryKey('workspace_id', 'word', 'segment_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('word', models.CharField(db_collation='C', max_length=64)),
                ('entries', models.BinaryField()),
                ('workspace', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='documents.workspace')),
                ('segment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analysis.segment')),
            ],
        ),
        migrations.AddIndex(
            model_name='segment',
            index=models.Index(fields=['workspace'], include=('chunks', 'words'), name='analysis_segment_sums'),
        ),
        migrations.AddConstraint(
            model_name='segment',
            constraint=documents.rls.RowLevelSecurity(column='workspace_id', name='analysis_segment_rls', own_column='', roles=('staff',)),
        ),
        migrations.AddConstraint(
            model_name='posting',
            constraint=documents.rls.RowLevelSecurity(column='workspace_id', name='analysis_posting_rls', own_column='', roles=('staff',)),
        ),
        # They are read whole and hardly shrink: compressing them costs more than it saves.
        migrations.RunSQL("ALTER TABLE analysis_posting ALTER COLUMN entries SET STORAGE EXTERNAL", migrations.RunSQL.noop),
        migrations.RunSQL(VECTORS, "DROP INDEX IF EXISTS analysis_chunk_vector_384"),
    ]
