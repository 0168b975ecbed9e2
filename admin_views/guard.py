"""Doors of the back office: every exposed method names its permission, and without one nobody passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, abort, redirect, request, url_for
from flask_admin import BaseView

from admin_views.identity import current_actor
from domain.permissions import Permission
from request_language import language as language

Method = TypeVar("Method", bound=Callable[..., Any])

SIGNED_IN = "signed-in"
"""Stands where a permission would: every officer who is signed in may."""

NEEDS = "needs_permission"


def needs(permission: Permission) -> Callable[[Method], Method]:
    """Name the permission an exposed method asks for; write it below ``@expose``.

    Example::

        @expose("/<int:complaint_id>/accept", methods=("POST",))
        @needs(Permission.COMPLAINT_ACCEPT)
        def accept(self, complaint_id): ...
    """

    def mark(method: Method) -> Method:
        setattr(method, NEEDS, permission)
        return method

    return mark


def needs_sign_in(method: Method) -> Method:
    """Let every signed-in officer in, such as to an own profile page."""
    setattr(method, NEEDS, SIGNED_IN)
    return method


class Guard:
    """What both base views share: closed unless the officer holds what the method asks for."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in dir(cls):
            if hasattr(getattr(cls, name), "_urls") and not cls._has_door(name):
                raise TypeError(f"{cls.__name__}.{name} is exposed without @needs(...)")

    @classmethod
    def _has_door(cls, name: str) -> bool:
        return hasattr(getattr(cls, name), NEEDS)

    @classmethod
    def permission_of(cls, name: str) -> str | None:
        """Return the permission a method asks for, ``SIGNED_IN``, or None: nobody may."""
        found: str | None = getattr(getattr(cls, name, None), NEEDS, None)
        return found

    def is_accessible(self) -> bool:
        """Tell whether the officer may enter at all; by default whether the first page is open to him."""
        return self.admits(self._default_view)  # type: ignore[attr-defined]

    def admits(self, name: str) -> bool:
        """Tell whether the officer of this request may use one exposed method."""
        permission, actor = self.permission_of(name), current_actor()
        if permission is None or actor.kind == "anonymous":
            return False
        return permission == SIGNED_IN or actor.can(permission)

    def _handle_view(self, name: str, **kwargs: Any) -> Response | None:
        """Flask-Admin asks this before every exposed method; it alone would only ask ``is_accessible``."""
        if current_actor().kind == "anonymous":
            return to_sign_in()
        if not self.admits(name):
            abort(403)
        return None

    def _run_view(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run the method once; Flask-Admin would try again after any TypeError and hide its cause."""
        return method(self, *args, **kwargs)


def to_sign_in() -> Response:
    """Send a stranger to the sign-in page, which brings him back to the page he asked for."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    if request.headers.get("HX-Request"):  # A fragment must not be replaced by the sign-in page.
        return Response(status=401, headers={"HX-Redirect": url_for("auth.sign_in")})
    return redirect(url_for("auth.sign_in", next=wanted))  # type: ignore[return-value]


class SecureView(Guard, BaseView):
    """A screen of our own: each exposed method names its permission and calls one domain verb."""
