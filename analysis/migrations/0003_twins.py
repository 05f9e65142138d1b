"""What two results are known to be twins by: the issuer, and a picture of the page."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analysis", "0002_right_values"),
        ("documents", "0004_answers_to_the_byte"),
        ("jobs", "0009_open_by_priority"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="result",
            name="issuer",
            field=models.CharField(blank=True, help_text="the vendor's name, normalised", max_length=200),
        ),
        migrations.AddField(
            model_name="result",
            name="picture",
            field=models.BigIntegerField(
                blank=True, help_text="perceptual hash of a photographed first page", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="result",
            index=models.Index(
                condition=models.Q(("issuer", ""), _negated=True),
                fields=["workspace", "issuer"],
                name="analysis_result_issuer",
            ),
        ),
        migrations.AddIndex(
            model_name="result",
            index=models.Index(
                condition=models.Q(("picture__isnull", False)),
                fields=["workspace", "picture"],
                name="analysis_result_picture",
            ),
        ),
    ]
