"""Which language a text is written in. py3langid (a small linear model, shipped with its package) on the text itself.

The only importer of py3langid.
"""

import re
from functools import cache
from typing import Any

from tasks.text import words

_CODE = re.compile(r"^\s*([a-zA-Z]{2,3})(?:[-_].*)?\s*$")
# Below this many words the declared language is the better witness.
_ENOUGH_WORDS = 25
_SAMPLE = 1600


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def declared_code(value: str | None) -> str | None:
    """The two- or three-letter code of a declared language ("en-US", "de_DE"); None when it is none."""
    match = _CODE.match(value or "")
    return match.group(1).lower() if match else None


def detect(text: str, declared: str | None) -> str | None:
    """The ISO 639-1 code of the text's language; the declared one where the text is too short to tell."""
    sample = text[:_SAMPLE]
    if len(words(sample)) < _ENOUGH_WORDS:
        return declared or (str(_identifier().classify(sample)[0]) if len(sample) >= 40 else None)
    code, probability = _identifier().classify(sample)
    return str(code) if probability >= 0.6 or not declared else declared


def warm_up() -> None:
    """Load the model (about 0.3 s once a process)."""
    _identifier()
