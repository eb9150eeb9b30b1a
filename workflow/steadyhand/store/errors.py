"""What is wrong with a file of results, and how to mend it."""

from pathlib import Path

from steadyhand.errors import UserError


class ArtefactError(UserError):
    """A file of results that is not what it says it is."""

    def __init__(self, path: Path | str, problem: str):
        self.path = Path(path)
        self.problem = problem
        super().__init__(f"{path}: {problem}; delete the file and run snakemake to make it again")
