"""Errors that a user can mend: one line that says where, what, and what is allowed."""


class UserError(Exception):
    """A mistake in a study, a file or a command line; its text is shown without traceback."""
