"""XML of strangers: no entities, no network, no huge trees. Pure: bytes in, a tree out."""

import re

from lxml import etree

_BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)")


def defines_entities(content: bytes) -> bool:
    """Whether a document has entities of its own, which are never read: they would be expanded in attributes all the same."""
    return re.search(rb"<!ENTITY", content.replace(b"\0", b""), re.IGNORECASE) is not None


def root_of(content: bytes) -> etree._Element | None:
    """The root element, or None where the bytes are no XML that may be read.

    What can't be read is read again with bare ampersands escaped: recovery alone would drop them from addresses.
    """
    if defines_entities(content):
        return None
    for text, recover in ((content, False), (_BARE_AMPERSAND.sub(b"&amp;", content), True)):
        parser = etree.XMLParser(recover=recover, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(text, parser)
        except (etree.XMLSyntaxError, ValueError):
            continue
        # Recovery may come back with nothing at all, whatever the stubs say.
        return root if isinstance(root, etree._Element) else None
    return None


def name_of(element: etree._Element) -> str:
    """An element's name without its namespace; "" for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
