"""The verbs of ``manage.py``, one file each; ``cli.py`` lists them."""
