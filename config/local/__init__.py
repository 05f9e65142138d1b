"""The local mode: everything on one machine under one command, `manage.py up`, on the engines of a cluster."""
