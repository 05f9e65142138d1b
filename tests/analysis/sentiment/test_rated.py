"""Posts that people rated, out of an archive of archives."""

import hashlib
import io
import json
import tarfile

import pytest

from analysis.sentiment import rated
from analysis.sentiment.texts import bare
from documents.errors import InvalidInput

POSTS = {
    "1": ("Such a lovely day @anonymous http://url_removed", [3, 2, 4, 1]),
    "2": ("It&apos;s Monday &amp; it rains", [0, 0, -1, 1]),
    "3": ("such a LOVELY day!!", [-4, -4, -4, -4]),
    "4": ("The bus was late again", [-2, -1, -3, 0]),
    "5": (":( :(", [-2, -2, -2, -2]),
}


def packed(path, files):
    """An archive of these files: names and bytes."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """As the source distribution has it, with five posts."""
    texts = "".join(f"{number}\t9.9\t{text}\n" for number, (text, _) in POSTS.items())
    ratings = "".join(f"{number}\t9.9\t0.5\t{json.dumps(given)}\n" for number, (_, given) in POSTS.items())
    inner = {
        "hutto_ICWSM_2014/tweets_GroundTruth.txt": b"\xef\xbb\xbf" + texts.encode(),
        "hutto_ICWSM_2014/tweets_anonDataRatings.txt": ratings.encode(),
    }
    path = packed(tmp_path / "inner.tar.gz", inner)
    found = packed(tmp_path / "vaderSentiment-3.3.2.tar.gz", {rated._INNER: path.read_bytes()})
    monkeypatch.setattr(rated, "SHA256", hashlib.sha256(found.read_bytes()).hexdigest())
    return found


def test_posts_come_with_what_their_raters_said(archive):
    found = dict(rated.read(archive))
    assert set(found) == {
        "Such a lovely day @user http",
        "It's Monday & it rains",
        "The bus was late again",
        ":( :(",
    }
    assert found["The bus was late again"] == pytest.approx(rated.shares([-2, -1, -3, 0]))
    assert all(sum(opinion) == pytest.approx(1) for opinion in found.values())


def test_faint_ratings_are_partly_neutral():
    assert rated.shares([4, 2, 0, -3]) == (0.5, 0.25, 0.25)
    positive, neutral, negative = rated.shares([1, 1, 1, -1])
    assert (positive, negative) == (pytest.approx(0.75 * rated._FAINT), pytest.approx(0.25 * rated._FAINT))
    assert neutral == pytest.approx(1 - rated._FAINT)


def test_posts_that_are_measured_on_are_left_out(archive):
    known = {bare("@somebody THE BUS was late, again! https://example.org/x"), bare(":( :(")}
    assert {text for text, _ in rated.read(archive, known)} == {
        "Such a lovely day @user http",
        "It's Monday & it rains",
    }


def test_other_files_are_refused(archive, tmp_path, monkeypatch):
    other = packed(tmp_path / "other.tar.gz", {"a": b"b"})
    for path in (other, tmp_path / "none.tar.gz"):
        with pytest.raises(InvalidInput, match=r"source distribution of vaderSentiment 3\.3\.2") as raised:
            rated.read(path)
        assert raised.value.code == "dataset_unusable"
    monkeypatch.setattr(rated, "SHA256", hashlib.sha256(other.read_bytes()).hexdigest())
    with pytest.raises(InvalidInput, match=r"can't be used"):
        rated.read(other)


def test_folder_is_no_file_of_an_archive(tmp_path):
    folder = tarfile.TarInfo("a")
    folder.type = tarfile.DIRTYPE
    path = tmp_path / "folder.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(folder)
    with tarfile.open(path) as archive, pytest.raises(ValueError, match="a is no file"):
        rated._member(archive, "a")
