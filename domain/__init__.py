"""The rules: functions of (session, actor, ...) that know no web, never commit and never send."""
