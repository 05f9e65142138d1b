"""Building once for all, finding damage, and saying what is missing."""

import threading

import pytest
import structlog

from analysis.engines.embedding import e5_files
from documents.errors import Unavailable

find = e5_files.folder.__wrapped__  # each call looks anew


def test_two_at_once_build_once_and_what_is_damaged_is_built_anew(settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "models"
    assert not e5_files.are_built()
    with structlog.testing.capture_logs() as logs:
        threads = [threading.Thread(target=find) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [entry["event"] for entry in logs] == ["embedder_building"]
        place = find()
        assert len(logs) == 1
    assert e5_files.are_built()
    assert {path.name for path in settings.MODELS_DIR.iterdir()} == {".lock", e5_files.folder().name}
    (settings.MODELS_DIR / ".lock").unlink()
    assert find() == place
    assert not (settings.MODELS_DIR / ".lock").exists()  # the folder may be one that can only be read
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in place.iterdir())

    with (place / e5_files.ENCODER).open("r+b") as file:
        file.seek(1000)
        file.write(b"damage")
    assert not e5_files.are_built()
    assert find() == place
    assert e5_files.are_built()


def test_a_file_that_went_away_is_missed(settings, tmp_path):
    settings.MODELS_DIR = tmp_path
    place = tmp_path / e5_files._FOLDER
    place.mkdir()
    (place / "SHA256SUMS").write_text(f"{'0' * 64}  tokenizer.model\n")
    assert not e5_files.are_built()


def failure() -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        find()
    return caught.value


def test_a_folder_that_cant_be_written_is_named(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.MODELS_DIR = tmp_path / "file" / "models"
    assert failure().code == "model_not_built"


def test_weights_must_be_there_and_be_the_known_ones(settings, tmp_path, monkeypatch):
    settings.MODELS_DIR = tmp_path
    monkeypatch.setattr(e5_files, "_WEIGHTS", "e5.h")  # another file of that package
    assert failure().code == "model_changed"
    monkeypatch.setattr(e5_files, "_WEIGHTS", "none.bin")
    assert failure().code == "model_missing"
    monkeypatch.setattr(e5_files, "_PACKAGE", "no_such_package")
    assert failure().code == "model_missing"
