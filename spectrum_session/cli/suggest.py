"""What somebody may have meant to type."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name most like `word`, or None when none is like it."""
    from difflib import SequenceMatcher  # only a mistake pays for the import

    word = word.lower()
    matcher = SequenceMatcher(b=word, autojunk=False)
    best, best_score = None, 0.6  # difflib's own measure of a close match
    for name in names:
        matcher.set_seq1(name)
        score = matcher.ratio()
        if len(word) >= 2 and name.startswith(word):
            score = max(score, 0.9)
        if score > best_score:
            best, best_score = name, score
    return best


def unknown(what: str, word: str, names: Iterable[str]) -> str:
    """An error text for a word that is none of `names`: with the nearest, else with all."""
    names = list(names)
    guess = nearest(word, names)
    hint = f"did you mean '{guess}'?" if guess is not None else f"it is one of {', '.join(names)}"
    return f"unknown {what} '{word}': {hint}"
