"""The front-end files: npm fetches them from a lock file; none is in git, none comes from a CDN."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

import assets

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = assets.read_manifest(ROOT)
EXACT = re.compile(r"\d+\.\d+\.\d+")
ADDRESS = re.compile(r"(?:https?:)?//[a-z0-9][a-z0-9.-]*\.[a-z]{2,}", re.IGNORECASE)
NAMESPACE = "http://www.w3.org/2000/svg"
OWN = ROOT / "static" / "src"

FAKE_NPM = """
import pathlib, sys
assert sys.argv[1] == "ci", sys.argv
with pathlib.Path(sys.argv[0]).with_name("calls").open("a") as calls: calls.write("x")
here = pathlib.Path("node_modules")
for name, text in {
    "thing/dist/thing.js": "go()\\n//# sourceMappingURL=thing.js.map\\n",
    "thing/dist/thing.css": '@charset "UTF-8";a{color:red}',
    "thing/LICENSE": "do as you like",
    "drawings/LICENSE": "do as you like",
    "drawings/outline/bell.svg": '<svg\\n class="x"><path stroke="none" d="M0" /><path d="M1 1" /></svg>',
}.items():
    (here / name).parent.mkdir(parents=True, exist_ok=True)
    (here / name).write_text(text)
"""
TOY_MANIFEST = """
[[package]]
name = "thing"
licence = "MIT"
licence_file = "LICENSE"
layer = "low"
files = { "dist/thing.js" = "thing.js", "dist/thing.css" = "css/thing.css" }
[icons]
package = "drawings"
licence = "MIT"
licence_file = "LICENSE"
folder = "outline"
target = "icons.svg"
stroke = "1.75"
names = ["bell"]
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A project of one package and one icon, whose npm is a script."""
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    shutil.copyfile(ROOT / "assets.py", tmp_path / "assets.py")
    (tmp_path / "assets.toml").write_text(TOY_MANIFEST)
    (tmp_path / "npm.py").write_text(FAKE_NPM)
    return tmp_path


def npm_of(toy: Path) -> list[str]:
    return [sys.executable, str(toy / "npm.py")]


def made(toy: Path) -> dict[str, object]:
    return json.loads((toy / "static/vendor/manifest.json").read_text())


def test_every_promised_file_arrives_with_its_hash_and_its_licence(toy: Path) -> None:
    assets.build(toy, npm_of(toy))
    promised = assets.served_files(assets.read_manifest(toy))
    assert sorted(made(toy)["files"]) == promised
    assert all((toy / "static/vendor" / name).is_file() for name in promised)
    assert made(toy)["licences"] == {"thing": "MIT", "drawings": "MIT"}
    assert (toy / "static/vendor/licences/thing.txt").read_text() == "do as you like"


def test_a_source_map_line_is_cut_off_because_the_map_is_not_served(toy: Path) -> None:
    assets.build(toy, npm_of(toy))
    assert "sourceMappingURL" not in (toy / "static/vendor/thing.js").read_text()


def test_a_frameworks_style_sheet_goes_into_a_layer_so_that_ours_wins(toy: Path) -> None:
    assets.build(toy, npm_of(toy))
    css = (toy / "static/vendor/css/thing.css").read_text()
    assert css == '@charset "UTF-8";@layer low{a{color:red}}\n'


def test_the_sprite_holds_each_icon_as_a_symbol_without_its_empty_frame(toy: Path) -> None:
    assets.build(toy, npm_of(toy))
    sprite = (toy / "static/vendor/icons.svg").read_text()
    assert '<symbol id="bell"' in sprite
    assert 'stroke-width="1.75"' in sprite
    assert 'stroke="none"' not in sprite
    assert "M1 1" in sprite


def test_a_second_build_of_the_same_versions_does_not_call_npm(toy: Path) -> None:
    assets.build(toy, npm_of(toy))
    assets.build(toy, npm_of(toy))
    assert (toy / "calls").read_text() == "x"
    assert assets.is_built(toy)


@pytest.mark.parametrize("name", ["package-lock.json", "assets.toml", "assets.py"])
def test_a_changed_source_makes_the_next_build_start_again(toy: Path, name: str) -> None:
    assets.build(toy, npm_of(toy))
    with (toy / name).open("a") as stream:
        stream.write("\n\n" if name != "package-lock.json" else " ")
    assert not assets.is_built(toy)
    assets.build(toy, npm_of(toy))
    assert (toy / "calls").read_text() == "xx"


def test_a_lost_file_makes_the_next_build_start_again(toy: Path) -> None:
    assets.build(toy, npm_of(toy))
    (toy / "static/vendor/thing.js").unlink()
    assert not assets.is_built(toy)


def test_a_failing_npm_is_told_in_its_own_words_and_the_old_files_stay(toy: Path) -> None:
    assets.build(toy, npm_of(toy))
    (toy / "package-lock.json").write_text("{ }")
    (toy / "npm.py").write_text("import sys; print('npm error ENOTFOUND registry'); sys.exit(1)")
    with pytest.raises(assets.AssetsError, match="ENOTFOUND registry"):
        assets.build(toy, npm_of(toy))
    assert (toy / "static/vendor/thing.js").is_file()


def test_a_machine_without_npm_is_told_what_is_needed(toy: Path) -> None:
    with pytest.raises(assets.AssetsError, match="need Node with npm"):
        assets.build(toy, ["no-such-npm"])


def test_a_file_that_left_its_package_is_named(toy: Path) -> None:
    (toy / "assets.toml").write_text(TOY_MANIFEST.replace("dist/thing.js", "dist/gone.js"))
    with pytest.raises(assets.AssetsError, match=r"gone\.js"):
        assets.build(toy, npm_of(toy))
    assert not (toy / "static/vendor").exists()


def test_versions_are_exact_and_the_lock_file_agrees() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all(EXACT.fullmatch(version) for version in wanted.values())
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in package for name, package in locked.items() if name)


def test_every_package_is_served_and_every_served_package_is_asked_for() -> None:
    named = {package["name"] for package in MANIFEST["package"]} | {MANIFEST["icons"]["package"]}
    assert named == set(json.loads((ROOT / "package.json").read_text())["dependencies"])


def test_pages_ask_only_for_vendor_files_of_the_manifest() -> None:
    served = set(assets.served_files(MANIFEST))
    asked = {
        (path.relative_to(ROOT).as_posix(), name)
        for folder, pattern in ((ROOT / "templates", "*.html"), (OWN, "*.css"))
        for path in folder.rglob(pattern)
        for name in re.findall(r"vendor/([\w./-]+\.\w+)", path.read_text(encoding="utf-8"))
    }
    assert {name for _path, name in asked}, "the pattern found nothing: the test is blind"
    assert not [pair for pair in asked if pair[1] not in served]


def test_no_page_no_style_and_no_script_names_another_host() -> None:
    files = [*(ROOT / "templates").rglob("*.html"), *OWN.rglob("*.css"), *OWN.rglob("*.js")]
    foreign = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in files
        for found in ADDRESS.findall(path.read_text(encoding="utf-8").replace(NAMESPACE, ""))
    ]
    assert not foreign


def test_nothing_of_a_third_party_lies_in_git() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"node_modules/", "static/vendor/"} <= set(ignored)
