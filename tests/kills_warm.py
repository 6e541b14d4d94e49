"""Imported by the process that `tests.kills` forks from: the models are loaded once, not once a kill."""

from flows.steps import WARM_UP

for _load in WARM_UP:
    _load()
