"""The page of a build in a real browser: it runs no foreign script, fits, and has two themes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rootbuild.history import folder
from rootbuild.history.page.page import page
from tests.history.recorded_builds import full

pytestmark = pytest.mark.engine

# Flags that keep Chromium from looking for its maker's hosts.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--virtual-time-budget=2000"),
)
# Added to the page: writes what can be seen of it into an element of its own.
PROBE = """
<script>
addEventListener("load", () => {
  const look = () => getComputedStyle(document.body).backgroundColor;
  const before = look();
  document.getElementById("theme").click();
  const bar = document.querySelector(".bar.done").getBoundingClientRect();
  document.querySelector(".graph a").focus();
  location.hash = "#step-3";
  setTimeout(() => {
    const told = {
      before, after: look(), title: document.title,
      wider: document.documentElement.scrollWidth - innerWidth,
      bar: [bar.width, bar.height],
      open: document.getElementById("step-3").open,
      nodes: document.querySelectorAll(".node").length,
      loaded: performance.getEntriesByType("resource").map((entry) => entry.name),
    };
    const found = document.createElement("pre");
    found.id = "told";
    found.textContent = JSON.stringify(told);
    document.body.append(found);
  }, 100);
});
</script></body>"""


def look(where: Path, *, width: int, dark: bool) -> dict[str, Any]:
    """Open the page of the only record in a window of that width; gives what the probe tells."""
    program = shutil.which("chromium") or pytest.fail("there is no chromium: use `make test`")
    text = page(next(folder.records(where))).replace("</body>", PROBE)
    file = where / "page.html"
    file.write_text(text)
    scheme = 0 if dark else 1
    profile = where / f"profile-{width}-{dark}"
    argv = (
        *(program, *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},1200"),
        *(f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom", file.as_uri()),
    )
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120)
    _, mark, rest = done.stdout.partition('<pre id="told">')
    assert mark, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads(rest.partition("</pre>")[0].replace("&amp;", "&"))
    return found


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (500, True)])
def test_in_a_browser(width: int, dark: bool, tmp_path: Path) -> None:
    full(tmp_path, tags=("app",))
    found = look(tmp_path, width=width, dark=dark)
    light_ground, dark_ground = "rgb(246, 247, 249)", "rgb(17, 21, 28)"
    pair = (dark_ground, light_ground) if dark else (light_ground, dark_ground)
    assert (found["before"], found["after"]) == pair
    assert found["title"] == "app · build"  # what a step has printed did not run
    assert found["wider"] <= 0
    assert found["loaded"] == []
    assert min(found["bar"]) > 2
    assert found["nodes"] == 3
    assert found["open"] is True
