"""Workers and the web server load the embedder before it is needed; a server that is away is no reason to stop."""

import threading

import pytest
import structlog
from django.core.management import CommandError, call_command

from analysis import warming
from analysis.engines import embedding
from analysis.engines.embedding import e5_files


class Counting:
    """An embedder that remembers what it was asked."""

    name, dimensions = "counting", 3
    asked: list = []  # noqa: RUF012 - the tests look into it

    def passages(self, texts):
        raise AssertionError

    def queries(self, texts):
        self.asked.append(list(texts))


class Broken(Counting):
    """One whose server is away."""

    def queries(self, texts):
        raise OSError


@pytest.fixture
def asked(settings):
    settings.EMBEDDER = f"{__name__}.Counting"
    Counting.asked.clear()
    return Counting.asked


@pytest.mark.parametrize(("queues", "times"), [({"embed", "default"}, 1), ({"default"}, 0), ({"webhooks"}, 0)])
def test_workers_that_embed_load_it(asked, queues, times):
    warming._warm(queues)
    assert len(asked) == times


def test_the_web_server_loads_it_without_waiting_for_it(asked):
    warming.warm_web()
    for thread in threading.enumerate():
        if thread.name == "warm-up":
            thread.join(20)
    assert len(asked) == 1
    assert embedding.current().name == "counting"


def test_one_that_fails_is_logged(settings):
    settings.EMBEDDER = f"{__name__}.Broken"
    with structlog.testing.capture_logs() as logs:
        warming._warm_embedder()
    assert [(entry["event"], entry["error"]) for entry in logs] == [("warm_up_failed", "OSError")]


def test_models_are_built_ahead_by_a_command(capsys, settings, tmp_path):
    call_command("build_models")
    assert f"/{e5_files.NAME}." in capsys.readouterr().out
    (tmp_path / "file").touch()
    settings.MODELS_DIR = tmp_path / "file"
    e5_files.folder.cache_clear()
    try:
        with pytest.raises(CommandError, match="MODELS_DIR"):
            call_command("build_models")
    finally:
        e5_files.folder.cache_clear()
