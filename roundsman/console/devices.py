"""What a browser calls itself, in words by which people recognise their own (pure)."""

from typing import Final

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)
_LONGEST: Final = 40


def device_name(device: str) -> str:
    """Say which browser on what: 'Chrome, Android'; of what is no browser the beginning of its own name."""
    known = [next((name for mark, name in marks if mark in device), None) for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in known if name is not None) or device[:_LONGEST]
