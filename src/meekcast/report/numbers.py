"""Numbers as a reader reads them: one place decides what is nothing."""

from __future__ import annotations

DUST = 1e-12
"""What is smaller than this is the rounding of a computation, and is shown as 0."""


def number_text(value: float, digits: int = 4) -> str:
    """A number with so many significant digits.

    Parameters
    ----------
    value : float
        The number, in a unit in which 1 is neither tiny nor huge.
    digits : int, default 4
        Significant digits.

    Returns
    -------
    str
        "0" for what is below `DUST`; the documents (``--json``) have it in full.

    Examples
    --------
    >>> number_text(2.40004), number_text(1e-15), number_text(-3.1e-16), number_text(1e26, 3), number_text(float("inf"))
    ('2.4', '0', '0', '1e+26', 'inf')
    """
    return "0" if abs(value) < DUST else f"{value:.{digits}g}"


def bytes_text(size: float) -> str:
    """A number of bytes.

    Examples
    --------
    >>> bytes_text(1.35e9), bytes_text(2.5e6), bytes_text(1200)
    ('1.4 GB', '2.5 MB', '1.2 kB')
    """
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
