"""manage.py process"""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

SAMPLES = Path(settings.BASE_DIR) / "documents" / "samples"

pytestmark = pytest.mark.django_db(transaction=True)


def process(*args) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("process", *args, stdout=out)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    return out.getvalue(), code


def test_json_tells_what_was_read_and_what_was_refused(sam, worker, tmp_path):
    empty = tmp_path / "empty.pdf"
    empty.touch()
    out, code = process(str(SAMPLES / "ubl.xml"), str(empty), "--json")
    read, refused = json.loads(out)
    assert code == 1
    assert read["status"] == "done"
    assert read["result"]["document_type"] == "invoice"
    assert read["result"]["fields"]["total"]["source"] == "xml"
    assert refused["status"] == "refused"
    assert refused["error"]["code"] == "empty_file"


def test_a_table_for_people(sam, worker, capsys):
    _, code = process(str(SAMPLES / "ubl.xml"))
    assert code == 0
    assert "invoice" in capsys.readouterr().out


def test_nobody_to_give_it_to(db):
    with pytest.raises(CommandError, match="add_user"):
        process(str(SAMPLES / "ubl.xml"))


def test_a_file_that_is_not_there(sam):
    with pytest.raises(CommandError, match="can't be read"):
        process("nowhere.pdf")


def test_waiting_ends(sam):
    out, code = process(str(SAMPLES / "ubl.xml"), "--json", "--timeout", "0.2")
    assert code == 1
    assert json.loads(out)[0]["status"] == "queued"
