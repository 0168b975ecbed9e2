"""Fetch the front-end files named in ``assets.toml`` into ``static/vendor``; nothing of them is in git.

Only the standard library: ``manage.py`` runs this before anything is installed. Exact versions come from
``package-lock.json``, whose checksums npm verifies.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SOURCES = ("package.json", "package-lock.json", "assets.toml", "assets.py")
NPM_MINUTES = 10
LAST_LINES = 15


class AssetsError(Exception):
    """The front-end files could not be made; the text says why and what to do."""


def build(root: Path, npm: Sequence[str]) -> None:
    """Make ``static/vendor`` from the npm packages; do nothing when it is already of these versions.

    The new folder takes the place of the old one in one step, so a failure leaves what was there.

    Args:
        root: The project's folder.
        npm: The command that runs npm, such as ``["npm"]``.

    Raises:
        AssetsError: npm failed, or a file named in assets.toml is not in its package.
    """
    stamp = _stamp(root)
    target = root / "static" / "vendor"
    if is_built(root):
        return
    modules = _install(root, npm)
    fresh = target.with_name(f"vendor.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        _fill(fresh, modules, read_manifest(root), stamp)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def is_built(root: Path) -> bool:
    """Tell whether ``static/vendor`` holds every file of the present versions."""
    vendor = root / "static" / "vendor"
    try:
        made = json.loads((vendor / "manifest.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return made.get("stamp") == _stamp(root) and all((vendor / name).is_file() for name in made["files"])


def read_manifest(root: Path) -> dict[str, Any]:
    """Return what assets.toml says."""
    return tomllib.loads((root / "assets.toml").read_text("utf-8"))


def served_files(manifest: dict[str, Any]) -> list[str]:
    """Return the paths below ``static/vendor`` that the manifest promises, licence texts included."""
    names = [name for package in manifest["package"] for name in package["files"].values()]
    names += [_licence_name(part["name"]) for part in manifest["package"] if "licence_file" in part]
    icons = manifest["icons"]
    return sorted([*names, icons["target"], _licence_name(icons["package"])])


def _stamp(root: Path) -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def _install(root: Path, npm: Sequence[str]) -> Path:
    """Run ``npm ci`` in ``build/front`` and return its node_modules."""
    folder = root / "build" / "front"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(root / name, folder / name)
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(  # noqa: S603 - the command is made here, nobody types into it
            command, cwd=folder, capture_output=True, text=True, timeout=60 * NPM_MINUTES, check=False
        )
    except FileNotFoundError as error:
        raise AssetsError(f"{npm[0]} was not found; the front-end files need Node with npm") from error
    except subprocess.TimeoutExpired as error:
        raise AssetsError(f"npm did not finish in {NPM_MINUTES} minutes; is the network slow?") from error
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LAST_LINES:])
        raise AssetsError(f"npm could not install the front-end files (exit {done.returncode}):\n{said}")
    return folder / "node_modules"


def _fill(fresh: Path, modules: Path, manifest: dict[str, Any], stamp: str) -> None:
    licences: dict[str, str] = {}
    for package in manifest["package"]:
        for source, name in package["files"].items():
            _write(fresh / name, _content(modules / package["name"] / source, package.get("layer")))
        _copy_licence(fresh, modules, package["name"], package.get("licence_file"))
        licences[package["name"]] = package["licence"]
    icons = manifest["icons"]
    _write(fresh / icons["target"], _sprite(modules, icons))
    _copy_licence(fresh, modules, icons["package"], icons["licence_file"])
    licences[icons["package"]] = icons["licence"]
    files = {name: _hash(fresh / name) for name in served_files(manifest)}
    made = {"stamp": stamp, "files": files, "licences": licences}
    _write(fresh / "manifest.json", json.dumps(made, indent=1, sort_keys=True).encode())


def _content(source: Path, layer: str | None) -> bytes:
    """Return the file without its source-map line (it would be a 404), style sheets in their layer."""
    try:
        content = source.read_bytes()
    except FileNotFoundError as error:
        raise AssetsError(f"{source} is named in assets.toml but not in the package") from error
    if source.suffix not in {".css", ".js"}:
        return content
    text = re.sub(r"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$", "\n", content.decode())
    return (_layered(text, layer) if layer else text).encode()


def _layered(text: str, layer: str) -> str:
    charset = '@charset "UTF-8";'
    return f"{charset}@layer {layer}{{{text.removeprefix(charset)}}}\n"


def _sprite(modules: Path, icons: dict[str, Any]) -> bytes:
    """Return one SVG with a symbol per icon; colour and size come from the page."""
    return "".join(
        ['<svg xmlns="http://www.w3.org/2000/svg">', *_symbols(modules, icons), "</svg>\n"]
    ).encode()


def _symbols(modules: Path, icons: dict[str, Any]) -> Iterator[str]:
    for name in icons["names"]:
        source = modules / icons["package"] / icons["folder"] / f"{name}.svg"
        try:
            drawing = source.read_text("utf-8")
        except FileNotFoundError as error:
            raise AssetsError(f"there is no icon called {name} in {icons['package']}") from error
        shapes = [
            shape for shape in re.findall(r"<(?!svg|/)[^>]+/>", drawing) if 'stroke="none"' not in shape
        ]
        yield (
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
            f' stroke-width="{icons["stroke"]}" stroke-linecap="round" stroke-linejoin="round">'
            f"{''.join(shapes)}</symbol>"
        )


def _copy_licence(fresh: Path, modules: Path, package: str, licence_file: str | None) -> None:
    if licence_file:
        _write(fresh / _licence_name(package), _content(modules / package / licence_file, None))


def _licence_name(package: str) -> str:
    return f"licences/{package.removeprefix('@').replace('/', '-')}.txt"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
