"""The command `roundsman`, which `python -m roundsman` is too.

Processes that help with an import read this module again, so it must not import the command line before it runs it.
"""


def main() -> None:
    """Run the command line of this process."""
    from roundsman.cli.main import run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
