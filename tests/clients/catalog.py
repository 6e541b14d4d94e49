"""Reads an export through its catalog: catalog.py BASE SQL [S3 ENDPOINT], JSON out. BASE ends with /; nothing local is read."""

import json
import sys
from importlib.resources import files

import duckdb


def main(base: str, sql: str, endpoint: str = "") -> object:
    """The rows of the query over the catalog's views, and how many rows of one day are found by partition."""
    with duckdb.connect() as connection:
        extension = next((files("duckdb_extension_httpfs") / "extensions").rglob("httpfs.duckdb_extension"))
        connection.load_extension(str(extension))
        connection.execute("SET TimeZone = 'UTC'")
        if endpoint:
            connection.execute(
                f"CREATE SECRET (TYPE s3, KEY_ID 'test', SECRET 'test', REGION 'us-east-1', ENDPOINT '{endpoint}', "
                "USE_SSL false, URL_STYLE 'path')"
            )
        catalog = connection.execute("SELECT content FROM read_text(?)", [f"{base}catalog.sql"]).fetchall()[0][0]
        connection.execute("SET VARIABLE newsfold = ?", [base])
        connection.execute(catalog)
        return [list(row) for row in connection.execute(sql).fetchall()]


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
