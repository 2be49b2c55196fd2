"""How hard words are to read: Flesch-Kincaid for English, Fernández Huerta for Spanish."""

from __future__ import annotations

import re

SENTENCE = re.compile(r"[.!?:\n]+")
WORD = re.compile(r"[A-Za-zÁÉÍÓÚÜÑáéíóúüñ']+")


def english_grade(text: str) -> float:
    """Return the US school grade of a text by Flesch-Kincaid; grade 7 is about twelve years old."""
    sentences, words = _split(text)
    syllables = sum(_english_syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def spanish_ease(text: str) -> float:
    """Return the ease of a Spanish text by Fernández Huerta: 60 to 70 is plain, 100 the easiest."""
    sentences, words = _split(text)
    syllables = sum(_spanish_syllables(word) for word in words)
    return 206.84 - 60 * syllables / len(words) - 1.02 * len(words) / len(sentences)


def _split(text: str) -> tuple[list[str], list[str]]:
    sentences = [each for each in SENTENCE.split(text) if WORD.search(each)]
    words = WORD.findall(text)
    assert sentences
    assert words
    return sentences, words


def _english_syllables(word: str) -> int:
    word = word.lower().strip("'")
    count = len(re.findall(r"[aeiouy]+", word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and count > 1:
        count -= 1
    if word.endswith("ed") and not word.endswith(("ted", "ded")) and count > 1:
        count -= 1
    return max(count, 1)


def _spanish_syllables(word: str) -> int:
    return max(len(re.findall(r"[aeo]?[iuü]?[aeoáéíóú]|[iuüy]+|[aeoáéíóú]", word.lower())), 1)
