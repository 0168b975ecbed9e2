"""One case: read it, do the next thing with it, look at its papers. Outside the scope it is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, current_app, flash, make_response, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin_views.base import SecureView, needs
from admin_views.case_copies import open_copy, stored_copy
from admin_views.case_forms import action_forms, result_form, typed_texts
from admin_views.case_page import case_page, find_case
from admin_views.complaint_forms import AcceptForm, ActionForm, DirectForm, RejectForm, ResultForm, RevealForm
from admin_views.complaint_place import map_facts
from admin_views.database_errors import explain
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.uploads import form_token, take_photos
from documents.drawings import draw_map
from domain import complaints as verbs
from domain.attachments import MAX_PHOTOS, held_photos
from domain.errors import AlreadyDone, Busy, DomainError, FieldErrors, InvalidField, NotFound, StorageFull
from domain.labels import word
from domain.permissions import Permission
from domain.placing import zone_outlines
from domain.revealing import reveal_complainant
from domain.workflow import Action
from extensions import db, write_transaction
from models import AttachmentStage, Complaint
from sandbox import SandboxFailed

Verb = Callable[[Session], Complaint]

MAP_PIXELS = (480, 267)


class CaseView(SecureView):
    """The case page and one address for each thing that can be done with a case."""

    def __init__(self) -> None:
        self._default_view = "case"
        super().__init__(name=_l("เรื่องร้องทุกข์"), endpoint="complaint_case", url="/admin/complaint")

    @expose("/<public_code>")
    @needs(Permission.COMPLAINT_READ)
    def case(self, public_code: str) -> Any:
        """Show the case."""
        return self._page(self._found(public_code))

    # What can be done ------------------------------------------------------------------------------------

    @expose("/<public_code>/accept", methods=("POST",))
    @needs(Permission.COMPLAINT_ACCEPT)
    def accept(self, public_code: str) -> Any:
        """Take a submitted case on."""
        form = AcceptForm()
        return self._act(
            public_code,
            Action.ACCEPT,
            form,
            lambda session, complaint_id: verbs.accept(
                session,
                current_actor(),
                complaint_id,
                category_id=form.category_id.data,
                subcategory_id=form.subcategory_id.data,
                expected_seq=form.expected_seq.data,
            ),
        )

    @expose("/<public_code>/direct", methods=("POST",))
    @needs(Permission.COMPLAINT_DIRECT)
    def direct(self, public_code: str) -> Any:
        """Order: subtype and officer."""
        form = DirectForm()
        return self._act(
            public_code,
            Action.DIRECT,
            form,
            lambda session, complaint_id: verbs.direct(
                session,
                current_actor(),
                complaint_id,
                subcategory_id=form.subcategory_id.data,
                assignee_id=form.assignee_id.data,
                note=form.note.data or "",
                expected_seq=form.expected_seq.data,
            ),
        )

    @expose("/<public_code>/acknowledge", methods=("POST",))
    @needs(Permission.COMPLAINT_ACKNOWLEDGE)
    def acknowledge(self, public_code: str) -> Any:
        """Say that the order was seen."""
        return self._press(public_code, Action.ACKNOWLEDGE, verbs.acknowledge)

    @expose("/<public_code>/start", methods=("POST",))
    @needs(Permission.COMPLAINT_START)
    def start(self, public_code: str) -> Any:
        """Begin the work."""
        return self._press(public_code, Action.START, verbs.start)

    @expose("/<public_code>/close", methods=("POST",))
    @needs(Permission.COMPLAINT_CLOSE)
    def close(self, public_code: str) -> Any:
        """Close a resolved case."""
        return self._press(public_code, Action.CLOSE, verbs.close)

    @expose("/<public_code>/reject", methods=("POST",))
    @needs(Permission.COMPLAINT_REJECT)
    def reject(self, public_code: str) -> Any:
        """Decline a case with a reason."""
        form = RejectForm()
        return self._act(
            public_code,
            Action.REJECT,
            form,
            lambda session, complaint_id: verbs.reject(
                session,
                current_actor(),
                complaint_id,
                reason=form.reason.data or "",
                expected_seq=form.expected_seq.data,
            ),
        )

    @expose("/<public_code>/result", methods=("GET", "POST"))
    @needs(Permission.COMPLAINT_RECORD_RESULT)
    def record_result(self, public_code: str) -> Any:
        """Record what was done, on a page of its own."""
        complaint = self._found(public_code)
        if request.method != "POST":
            return self._result_page(complaint, result_form(complaint))
        form = ResultForm()
        form.form_token.data = form_token(form.form_token.data)
        try:
            refused = take_photos(form.form_token.data, AttachmentStage.AFTER)
        except DomainError as error:
            form.place_errors(error)
            return self._result_page(complaint, form, status=503)
        if "remove_photo" in request.form:
            return self._result_page(complaint, form, refused=refused)
        if not form.validate() or refused:
            return self._result_page(complaint, form, status=422, refused=refused)
        return self._act(
            public_code,
            Action.RECORD_RESULT,
            form,
            lambda session, complaint_id: verbs.record_result(
                session,
                current_actor(),
                complaint_id,
                done_date=form.done_date.data,
                result_text=form.result_text.data or "",
                outcome=form.outcome.data,
                photo_token=str(form.form_token.data),
                expected_seq=form.expected_seq.data,
            ),
        )

    @expose("/<public_code>/reveal", methods=("POST",))
    @needs(Permission.MEMBER_REVEAL)
    def reveal(self, public_code: str) -> Any:
        """Show who brought the case in full, once; the reason stays in the timeline."""
        complaint, form = self._found(public_code), RevealForm()
        if not form.validate():
            return self._page(complaint, 422, reveal_form=form)
        vault, complaint_id = current_app.extensions["vault"], complaint.id
        try:
            with write_transaction() as session:
                shown = reveal_complainant(
                    session, current_actor(), vault, complaint_id, form.reason.data or ""
                )
        except (DomainError, SQLAlchemyError) as error:
            form.place_errors(self._readable(error))
            return self._page(self._found(public_code), 422, reveal_form=form)
        return self._page(self._found(public_code), revealed=shown)

    # Papers and pictures ---------------------------------------------------------------------------------

    @expose("/<public_code>/copy")
    @needs(Permission.COMPLAINT_PRINT)
    def copy(self, public_code: str) -> Response:
        """Send the PDF copy as the case stands; made now when no worker has made it yet."""
        return open_copy(current_actor(), self._found(public_code))

    @expose("/<public_code>/copy/<int:version>")
    @needs(Permission.COMPLAINT_PRINT)
    def copy_version(self, public_code: str, version: int) -> Response:
        """Send an archived copy."""
        return stored_copy(current_actor(), self._found(public_code), version)

    @expose("/<public_code>/map.jpg")
    @needs(Permission.COMPLAINT_READ)
    def map(self, public_code: str) -> Response:
        """Draw the small map: zones and pin."""
        complaint = self._found(public_code)
        if complaint.latitude is None or complaint.longitude is None:
            abort(404)
        pin = (float(complaint.latitude), float(complaint.longitude))
        outlines = zone_outlines(_session())
        db.session.rollback()  # Drawing happens in a child: no transaction stays open meanwhile.
        try:
            picture = draw_map(outlines, pin, current_app.extensions["sandbox"], MAP_PIXELS)
        except SandboxFailed:
            abort(503)
        return Response(picture, mimetype="image/jpeg")

    # Underneath ------------------------------------------------------------------------------------------

    def _found(self, public_code: str) -> Complaint:
        complaint = find_case(_session(), current_actor(), public_code)
        if complaint is None:
            abort(404)
        return complaint

    def _press(self, public_code: str, action: Action, verb: Callable[..., Complaint]) -> Any:
        form = ActionForm()
        return self._act(
            public_code,
            action,
            form,
            lambda session, complaint_id: verb(
                session, current_actor(), complaint_id, expected_seq=form.expected_seq.data
            ),
        )

    def _act(
        self,
        public_code: str,
        action: Action,
        form: ActionForm,
        verb: Callable[[Session, int], Complaint],
    ) -> Any:
        """Do one thing with a case in one transaction and go back to it; a refusal keeps what was typed."""
        complaint_id = self._found(public_code).id
        if not form.validate():
            return self._show_refused(public_code, action, form, 422)
        try:
            with write_transaction() as session:
                verb(session, complaint_id)
        except NotFound:
            abort(404)
        except (DomainError, SQLAlchemyError) as error:
            return self._not_done(public_code, action, form, self._readable(error))
        flash(_("%(action)sแล้ว", action=word(action, language())), "success")
        return redirect(url_for(".case", public_code=public_code), 303)

    def _not_done(self, public_code: str, action: Action, form: ActionForm, problem: DomainError) -> Any:
        if isinstance(problem, InvalidField | FieldErrors):
            form.place_errors(problem)
            return self._show_refused(public_code, action, form, 422)
        flash(problem.message_in(language()), "info" if isinstance(problem, AlreadyDone) else "warning")
        status = 503 if isinstance(problem, Busy | StorageFull) else 409
        if not typed_texts(form) and status == 409:
            return redirect(url_for(".case", public_code=public_code), 303)
        return self._show_refused(public_code, action, form, status)

    def _show_refused(self, public_code: str, action: Action, form: ActionForm, status: int) -> Any:
        complaint = self._found(public_code)
        if isinstance(form, ResultForm):
            return self._result_page(complaint, form, status=status)
        return self._page(complaint, status, typed={action: form})

    def _readable(self, error: DomainError | SQLAlchemyError) -> DomainError:
        return error if isinstance(error, DomainError) else explain(error, Complaint.__table__)

    def _page(
        self,
        complaint: Complaint,
        status: int = 200,
        *,
        typed: dict[Action, ActionForm] | None = None,
        **more: Any,
    ) -> Response:
        session, actor = _session(), current_actor()
        page = case_page(session, actor, complaint)
        forms = action_forms(session, actor, complaint, page.actions, typed or {})
        lost = [
            text
            for action, form in (typed or {}).items()
            if action not in forms
            for text in typed_texts(form)
        ]
        response = make_response(
            self.render(
                "admin/complaint/case.html",
                page=page,
                complaint=complaint,
                forms_of=forms,
                opened=set(typed or {}) & set(forms),
                lost_texts=lost,
                reveal_form=more.get("reveal_form") or RevealForm(formdata=None),
                revealed=more.get("revealed"),
                place_map=map_facts(),
            ),
            status,
        )
        return _with_retry(response)

    def _result_page(
        self, complaint: Complaint, form: ResultForm, status: int = 200, refused: list[Any] | None = None
    ) -> Response:
        session, actor = _session(), current_actor()
        page = case_page(session, actor, complaint)
        form.expected_seq.data = complaint.state_seq if status == 409 else form.expected_seq.data
        response = make_response(
            self.render(
                "admin/complaint/result.html",
                page=page,
                complaint=complaint,
                form=form,
                may_record=Action.RECORD_RESULT in page.actions,
                held=held_photos(session, actor, str(form.form_token.data)),
                refused=refused or [],
                most_photos=MAX_PHOTOS,
            ),
            status,
        )
        return _with_retry(response)


def _with_retry(response: Response) -> Response:
    if response.status_code == 503:
        response.headers["Retry-After"] = "5"
    return response


def _session() -> Session:
    return db.session()


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(CaseView())
