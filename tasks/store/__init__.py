"""The store: the only place that imports duckdb. A file a subject; every function takes an open connection or the settings."""
