from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0003_keys_expire'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='idempotencykey',
            name='body',
        ),
        migrations.AddField(
            model_name='idempotencykey',
            name='body',
            field=models.TextField(blank=True, default='', help_text='JSON, to the byte as it was sent'),
        ),
    ]
