"""maintain"""

from prefect import flow


@flow(name="maintain", persist_result=False)
def maintain(dry_run: bool = False) -> None:
    """x"""
