"""A web for the bench: as many article pages as asked for, made of the sample web's, each with words of its own."""

import random
import re
from collections.abc import Callable

from demo.response import Response
from demo.server import Request
from demo.web import site

HOSTS = 8
_WORD = re.compile(r"(?<=>)[^<]{40,}(?=<)")


def article_site(count: int, seed: int = 1) -> tuple[Callable[[Request], Response | None], list[str], list[str]]:
    """(a tree to serve, its hosts, the addresses of its feeds): `count` pages over 8 hosts, one RSS feed a host."""
    pages = [answer for (_, path), answer in sorted(site(2).items()) if _is_article(path, answer)]
    rng = random.Random(seed)
    hosts = [f"bench{number}.example" for number in range(HOSTS)]
    tree: dict[tuple[str, str], Response] = {}
    items: dict[str, list[str]] = {host: [] for host in hosts}
    for number in range(count):
        host, path = hosts[number % HOSTS], f"/story/{number}"
        page = pages[number % len(pages)]
        tree[host, path] = Response(200, page.headers, _shuffled(page.body, rng, host, path))
        items[host].append(f"<item><title>Story {number}</title><link>http://{host}{path}</link><guid>{number}</guid></item>")
    for host in hosts:
        body = f"<rss version='2.0'><channel><title>{host}</title>{''.join(items[host])}</channel></rss>"
        tree[host, "/feed"] = Response(200, {"Content-Type": "application/rss+xml", "ETag": '"1"'}, body.encode())
    feeds = [f"http://{host}/feed" for host in hosts]
    return (lambda request: tree.get((request.host, request.path))), hosts, feeds


def _is_article(path: str, answer: Response) -> bool:
    return answer.status == 200 and b"<article" in answer.body and len(answer.body) > 8000 and path not in ("/", "")


def _shuffled(body: bytes, rng: random.Random, host: str, path: str) -> bytes:
    """The page with the words of its sentences in another order and its own address: no copy of any other."""
    text = body.decode("utf-8", "replace")
    text = re.sub(r'(<link rel="canonical" href=")[^"]*', rf"\g<1>http://{host}{path}", text)
    text = _WORD.sub(lambda match: _mixed(match[0], rng), text)
    return text.encode()


def _mixed(sentence: str, rng: random.Random) -> str:
    words = sentence.split(" ")
    rng.shuffle(words)
    return " ".join(words)
