"""The verbs of ``manage.py`` that run inside the application; one file each in ``commands/``.

The application does not know its commands: a serving process need not load them.
"""

from __future__ import annotations

from flask.cli import FlaskGroup

from app import create_app
from commands.database import upgrade_command
from commands.demo import demo_command
from commands.doctor import doctor_command
from commands.import_complaints import import_command
from commands.serve import run_command
from commands.user import user_group
from commands.worker import worker_command
from commands.workflow_page import workflow_page_command

COMMANDS = (
    demo_command,
    run_command,
    worker_command,
    doctor_command,
    import_command,
    user_group,
    upgrade_command,
    workflow_page_command,
)

# Flask's own commands stay out: its "run" is a development server.
group = FlaskGroup(name="manage.py", create_app=create_app, add_default_commands=False)
for verb in COMMANDS:
    group.add_command(verb)

if __name__ == "__main__":
    group.main(prog_name="manage.py")
