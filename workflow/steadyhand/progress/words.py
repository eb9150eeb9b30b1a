"""The progress of a stack in words: in a log, in a line on the terminal, in a table."""

from steadyhand.progress.record import Record

SHORT_ID = 8
"""Digits of an id where room is scarce; `steadyhand show` takes them."""


def log_line(record: Record) -> str:
    """One line of a job's log."""
    parts = [_loss(record), *_pace(record), f"{_diverged(record)} networks diverged"]
    return f"batch {record.batches_done} of {record.batches}: {', '.join(parts)}"


def live_line(record: Record) -> str:
    """One line on the terminal, where the first words matter most: it may be cut off."""
    percent = 100 * record.batches_done // max(record.batches, 1)
    parts = [
        f"stack {record.stack_id[:SHORT_ID]}",
        f"batch {record.batches_done}/{record.batches} ({percent}%)",
        *_pace(record),
        _loss(record),
    ]
    if record.diverged:
        parts.append(f"{_diverged(record)} diverged")
    return "  ".join(parts)


def short_loss(record: Record) -> str:
    """The mean loss, or a dash."""
    return "-" if record.mean_loss is None else f"{record.mean_loss:.4g}"


def short_pace(record: Record) -> str:
    """Batches a second, or a dash."""
    pace = record.batches_per_second
    return "-" if pace is None else f"{pace:.0f}" if pace >= 100 else f"{pace:.3g}"


def duration(seconds: float) -> str:
    """A time [s] in its two largest units at most, as nobody knows it better."""
    minutes, hours, days = (int(seconds // it) for it in (60, 3600, 86400))
    if minutes == 0:
        return f"{int(seconds)} s"
    if hours == 0:
        return f"{minutes} min" if minutes >= 5 else f"{minutes} min {int(seconds % 60)} s"
    if days == 0:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"


def _loss(record: Record) -> str:
    if record.mean_loss is None:
        return "no finite loss"
    return f"mean loss {short_loss(record)}"


def _pace(record: Record) -> list[str]:
    known = [] if record.batches_per_second is None else [f"{short_pace(record)} batches/s"]
    if record.seconds_left is not None:
        known.append(f"{duration(record.seconds_left)} left")
    return known


def _diverged(record: Record) -> str:
    return f"{record.diverged} of {record.networks}"
