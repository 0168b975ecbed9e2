"""The verbs of ``manage.py`` that run inside the application; one file each in ``commands/``.

The application does not know its commands: a serving process need not load them.
"""

from __future__ import annotations

from typing import IO, Any

import click
from flask import Flask
from flask.cli import FlaskGroup, NoAppException

from app import create_app
from commands.backup import backup_command, restore_command
from commands.configuration import configuration_group
from commands.database import upgrade_command
from commands.demo import demo_command
from commands.doctor import doctor_command
from commands.import_complaints import import_command
from commands.serve import run_command
from commands.user import user_group
from commands.worker import worker_command
from commands.workflow_page import workflow_page_command
from config import ConfigError

COMMANDS = (
    demo_command,
    run_command,
    worker_command,
    doctor_command,
    backup_command,
    restore_command,
    import_command,
    user_group,
    configuration_group,
    upgrade_command,
    workflow_page_command,
)


class CannotStart(NoAppException):
    """The environment is not fit to start with: said in plain words, one line for each problem."""

    exit_code = 1

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["ยังเริ่มระบบไม่ได้ กรุณาแก้ค่าต่อไปนี้ก่อน (ดู .env.example)", *problems]))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the problems without click's usage lines: the command was right, its surroundings are not."""
        click.echo("\n  ✗ ".join(self.format_message().splitlines()), file=file, err=file is None)


def started_app() -> Flask:
    """Build the application for a command.

    Raises:
        CannotStart: the environment is not fit to start with; click prints it and ends with exit code 1.
    """
    try:
        return create_app()
    except ConfigError as error:
        raise CannotStart(error.problems) from error


# Flask's own commands stay out: its "run" is a development server.
group = FlaskGroup(name="manage.py", create_app=started_app, add_default_commands=False)
for verb in COMMANDS:
    group.add_command(verb)

if __name__ == "__main__":
    group.main(prog_name="manage.py")
