"""Bylines in the forms that newspapers write: whom they name, and which agency."""

import pytest

from tasks.person_names import agency_of, split_names

BYLINES = [
    # (the byline, its persons, its agencies)
    ("Press Trust of India", [], ["PTI"]),
    ("Agence France-Presse", [], ["AFP"]),
    ("Deutsche Presse-Agentur", [], ["dpa"]),
    ("Xinhua News Agency", [], ["Xinhua"]),
    ("AP staff", [], ["Associated Press"]),
    ("dpa/afp", [], ["dpa", "AFP"]),
    ("By Marta Lopen (avec AFP)", ["Marta Lopen"], ["AFP"]),
    ("Le Courrier avec AFP", ["Le Courrier"], ["AFP"]),
    ("Marta Lopen with AFP", ["Marta Lopen"], ["AFP"]),
    ("Marta Lopen (AP)", ["Marta Lopen"], ["Associated Press"]),
    ("Mit Material von dpa", [], ["dpa"]),
    ("with files from The Canadian Press", [], ["The Canadian Press"]),
    ("Marta Lopen with inputs from PTI", ["Marta Lopen"], ["PTI"]),
    ("Marta Lopen (Norvik)", ["Marta Lopen"], []),
    ("By Marta Lopen in Norvik", ["Marta Lopen"], []),
    ("Marta Lopen, Photographs by John Rook", ["Marta Lopen"], []),
    ("Photographs by John Rook", [], []),
    ("Video by Ann Poole", [], []),
    ("Text: Eva Rook, Foto: Jan Rook", ["Eva Rook"], []),
    ("Words by Ann Poole; photography by Jo Rook", ["Ann Poole"], []),
    ("Marta Lopen @mlopen", ["Marta Lopen"], []),
    ("@mlopen", [], []),
    ("The Editorial Team", [], []),
    ("By Agencies", [], []),
    ("News Desk", [], []),
    ("Con Ingersoll", ["Con Ingersoll"], []),
    ("Via Metzger", ["Via Metzger"], []),
]


@pytest.mark.parametrize(("byline", "persons", "agencies"), BYLINES, ids=[byline for byline, _, _ in BYLINES])
def test_who_a_byline_names(byline: str, persons: list[str], agencies: list[str]) -> None:
    names = split_names(byline)
    assert [name for name in names if not agency_of(name)] == persons
    assert [agency_of(name) for name in names if agency_of(name)] == agencies
