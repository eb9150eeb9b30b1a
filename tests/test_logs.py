"""What a job writes to its log."""

import errno
import logging

import pytest
from steadyhand.errors import UserError
from steadyhand.logs import log_to


def test_our_words_are_there_and_the_chatter_of_jax_is_not(tmp_path):
    with log_to(tmp_path / "job.log") as log:
        log.info("%d batches", 3)
        logging.getLogger("jax._src.xla_bridge").info("no backend 'tpu'")
        logging.getLogger("jax._src.xla_bridge").warning("no backend 'gpu'")
    text = (tmp_path / "job.log").read_text()
    assert "INFO steadyhand: 3 batches" in text
    assert "gpu" in text and "tpu" not in text


def test_a_user_error_is_one_line_and_another_is_told_in_full(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended, log_to(tmp_path / "user.log"):
        raise UserError("seed: is -1; allowed: 0 or more")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: seed: is -1; allowed: 0 or more\n"
    assert "Traceback" not in (tmp_path / "user.log").read_text()
    with pytest.raises(ZeroDivisionError), log_to(tmp_path / "fault.log"):
        raise ZeroDivisionError
    assert "Traceback" in (tmp_path / "fault.log").read_text()


def test_a_full_disk_ends_a_job_with_one_line(tmp_path, capsys):
    log = tmp_path / "job.log"
    with pytest.raises(SystemExit) as ended, log_to(log):
        raise OSError(errno.ENOSPC, "No space left on device", "states/x.nc")
    assert ended.value.code == 1
    said = "error: states/x.nc: No space left on device; make room and run it again\n"
    assert capsys.readouterr().err == said
    assert "No space left on device" in log.read_text()
    with pytest.raises(FileNotFoundError), log_to(log):
        raise FileNotFoundError(errno.ENOENT, "No such file", "x")
    assert "Traceback" in log.read_text()
