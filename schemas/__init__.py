"""WHAT newsfold passes on and keeps: records, reasons, settings, errors and the database's own SQL."""

VERSION = "0.1.0"
