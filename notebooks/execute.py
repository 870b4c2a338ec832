"""Execute notebooks in place, so that the same inputs give the same file: no times, no versions, no paths.

python notebooks/execute.py [NOTEBOOK]... [--into FOLDER]
"""

import argparse
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def execute(source: Path, target: Path) -> None:
    """Run a notebook in this folder and write it with its outputs; what went wrong stands in its cells.

    Parameters
    ----------
    source : pathlib.Path
        The notebook.
    target : pathlib.Path
        Where it is written, may be the same.
    """
    notebook = nbformat.read(source, as_version=4)
    try:
        client = NotebookClient(
            notebook,
            timeout=1200,
            kernel_name="python3",
            allow_errors=True,
            record_timing=False,
            resources={"metadata": {"path": str(HERE)}},
        )
        client.execute()
    finally:
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, target)


def main() -> None:
    """Execute those that were named, or all of this folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(HERE.glob("*.ipynb")))
    parser.add_argument("--into", type=Path, help="folder for the results; in place by default")
    options = parser.parse_args()
    for notebook in options.notebooks:
        execute(notebook, options.into / notebook.name if options.into else notebook)


if __name__ == "__main__":
    main()
