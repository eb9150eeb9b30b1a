"""The training of a stack as a job: checkpoints, progress, requests to stop, and what it leaves."""

import logging
from typing import TYPE_CHECKING, Any

import jax

from steadyhand.checkpoints import Checkpoints, checkpoint_folder
from steadyhand.errors import UserError
from steadyhand.interruption import noticing_signals
from steadyhand.pairing import salt_of
from steadyhand.progress.record import progress_file
from steadyhand.progress.reporter import Reporter
from steadyhand.provenance import versions
from steadyhand.train import Attendance, train_stack
from steadyhand.trained import write_stack

if TYPE_CHECKING:
    from steadyhand.stacks import Plan


def train_attended(
    plan: "Plan",
    code: str,
    archive: str,
    receipt: str,
    checkpoint_every: int,
    log: logging.Logger,
) -> None:
    """Train a stack from where it was left, and write its archive and receipt.

    **Arguments:** `code`: the hash of what the training code means: no training goes on with
    another one; `checkpoint_every`: batches between two checkpoints, which stand beside the
    archive until it is complete.

    Raises `Interrupted` when asked to stop by a signal, `UserError` if `checkpoint_every` is not
    positive.
    """
    if checkpoint_every < 1:
        raise UserError(f"batches_per_checkpoint: is {checkpoint_every}; allowed: 1 or more")
    specs: list[dict[str, Any]] = list(plan["members"].values())
    checkpoints = Checkpoints(checkpoint_folder(archive), _identity(plan, code), log)
    resumed = checkpoints.newest()
    with noticing_signals() as is_stopping:
        reporter = Reporter(
            progress_file(archive),
            plan["stack_id"],
            models=len(specs),
            networks=sum(spec["replicates"] for spec in specs),
            batches=specs[0]["schedule"]["n_batches"],
            batches_done=resumed.batches_done if resumed else 0,
            log=log,
        )
        with reporter:
            attendance = Attendance(
                report=reporter.report,
                save=checkpoints.save,
                save_every=checkpoint_every,
                is_stopping=is_stopping,
            )
            trained = train_stack(specs, [salt_of(spec) for spec in specs], attendance, resumed)
            write_stack(archive, receipt, plan, trained)
    checkpoints.remove()


def _identity(plan: "Plan", code: str) -> dict[str, Any]:
    """All that decides the bytes of a training: with another of it, none is gone on with."""
    return {
        "stack_id": plan["stack_id"],
        "code": code,
        "versions": versions(),
        "platform": jax.default_backend(),
    }
