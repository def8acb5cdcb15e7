"""Optional packages: one line that says what to install where one is missing."""

from __future__ import annotations

from importlib.util import find_spec


def require(extra: str, *modules: str) -> None:
    """Raise ImportError, with what to install, unless every module can be found.

    Args:
        extra: the extra of the distribution that brings them.
        modules: their import names.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ImportError(f'{" and ".join(missing)} not found: pip install "libbinet[{extra}]"')
