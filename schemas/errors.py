"""One tree of exceptions. Everything that is an outcome (a 404, a refusal) is a value, not an exception.

NewsfoldError
├── UserError                what a person can put right: one sentence, exit code 2, no traceback
│   ├── BadInput             an OPML that is not XML, an address that is no URL, an unknown name
│   ├── BadSetting           an unknown or wrong NEWSFOLD_… setting
│   ├── BadQuery             SQL that DuckDB refuses
│   ├── StoreUnwritable      the folder or file can't be written
│   ├── StoreLocked          another program holds the master file
│   ├── StoreTooNew          the file comes from a newer newsfold
│   ├── StoreDamaged         the master file can't be read, or is gone
│   ├── SearchIndexMissing   DuckDB's fts extension, or the index of `newsfold search`, is not there
│   └── NothingPublished     there is no published file yet
└── TransientError           trying again may help; a @task shell retries on it
"""


class NewsfoldError(Exception):
    """The root of newsfold's own exceptions."""


class UserError(NewsfoldError):
    """A person can put this right. `str(error)` is the one sentence shown to them."""


class BadInput(UserError):
    """What was given can't be used: a file, an address, a name."""


class BadSetting(UserError):
    """A setting is unknown or has a value that can't be used."""


class BadQuery(UserError):
    """DuckDB refused the SQL."""


class StoreUnwritable(UserError):
    """The store's folder or file can't be written."""


class StoreLocked(UserError):
    """Another program holds the master file."""


class StoreTooNew(UserError):
    """The file was written by a newer newsfold."""


class StoreDamaged(UserError):
    """The master file can't be read, or is gone: `newsfold restore` goes back to the last published file."""


class SearchIndexMissing(UserError):
    """DuckDB's fts extension or the index of `newsfold search` is not there."""


class NothingPublished(UserError):
    """No run has published a file yet."""


class TransientError(NewsfoldError):
    """Trying again later may help."""
