"""Suggests the name that a mistyped word may stand for."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name most like `word`, in either case, or None when none is similar."""
    from difflib import SequenceMatcher  # imported for mistakes only: spectrumctl starts with this

    word = word.lower()
    matcher = SequenceMatcher(b=word, autojunk=False)
    best, best_score = None, 0.6  # difflib's own threshold for a close match
    for name in names:
        matcher.set_seq1(name.lower())
        score = matcher.ratio()
        if len(word) >= 2 and name.lower().startswith(word):
            score = max(score, 0.9)
        if score > best_score:
            best, best_score = name, score
    return best


def unknown(kind: str, word: str, names: Iterable[str]) -> str:
    """Error text for a word that is not in `names`: suggests the nearest, or lists all."""
    names = list(names)
    guess = nearest(word, names)
    hint = f"did you mean '{guess}'?" if guess is not None else f"it is one of {', '.join(names)}"
    return f"unknown {kind} '{word}': {hint}"
