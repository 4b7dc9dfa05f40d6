"""A look at finished pages: every link leads somewhere, and nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src", "video": "src", "object": "data",
    "embed": "src", "link": "href", "image": "href",
}  # fmt: skip


class Page(HTMLParser):
    """The anchors of a page, what it links to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if (wanted := LOADS.get(tag)) in given:
            self.loads.append(given[str(wanted)])
        self.loads += re.findall(r"url\([\"']?([^\"')]+)", given.get("style", ""))


def faults(site: Path) -> list[str]:
    """What is wrong with the pages in a folder, as lines of text."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        where = path.relative_to(site)
        found += [f"{where}: loads {url}" for url in page.loads if re.match(r"(?:https?:)?//", url)]
        for url in page.links + page.loads:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                found.append(f"{where}: links to {url}, which is not there")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                found.append(f"{where}: links to {url}, which has no such place")
    for path in sorted(site.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        urls = re.findall(r"(?:@import\s*|url\()\s*[\"']?((?:https?:)?//[^\"')\s]+)", text)
        found += [f"{path.relative_to(site)}: loads {url}" for url in urls]
    return found
