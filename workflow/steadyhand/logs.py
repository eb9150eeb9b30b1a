"""Where a job's words go: to its log file, with times, and its warnings and errors too."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steadyhand.errors import UserError


@contextmanager
def log_to(path: str | Path) -> Iterator[logging.Logger]:
    """Send log records and warnings of a job to `path`; an error is written there in full.

    A `UserError` ends the job with its one line on standard error.
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
        logger.error("%s", error)
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except BaseException:
        logger.exception("the job failed")
        raise
    finally:
        root.removeHandler(handler)
        handler.close()
