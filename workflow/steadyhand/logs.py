"""Where a job's words go: to its log file, with times, and its warnings and errors too."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from steadyhand.errors import UserError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def log_to(path: str | Path) -> Iterator[logging.Logger]:
    """Send log records and warnings of a job to `path`; an error is written there in full.

    A `UserError` ends the job with its one line on standard error, and so does a full disk.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # JAX tells of each accelerator that this machine does not have, in the words of an error.
    logging.getLogger("jax").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    logger = logging.getLogger("steadyhand")
    try:
        yield logger
    except UserError as error:
        _end(logger, str(error))
    except OSError as error:
        if error.errno not in _FULL:
            logger.exception("the job failed")
            raise
        _end(logger, f"{error.filename or path}: {error.strerror}; make room and run it again")
    except BaseException:
        logger.exception("the job failed")
        raise
    finally:
        root.removeHandler(handler)
        handler.close()


def _end(logger: logging.Logger, said: str) -> NoReturn:
    logger.error("%s", said)
    print(f"error: {said}", file=sys.stderr)
    sys.exit(1)
