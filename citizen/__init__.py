"""What citizens see on the web without LINE: the front page and following a complaint."""
