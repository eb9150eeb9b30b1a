"""`python -m steadyhand`: the command line without its entry point."""

from steadyhand.cli import main

if __name__ == "__main__":
    main()
