"""One case: read it, do the next thing with it, look at its papers. Outside the scope it is not there."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, flash, make_response, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin_views.action_forms import (
    ACTION_FORMS,
    OWN_PAGE,
    ActionForm,
    CorrectForm,
    PhotoActionForm,
    ResultForm,
    RevealForm,
    UndoForm,
)
from admin_views.base import SecureView, needs
from admin_views.case_copies import open_copy
from admin_views.case_forms import fresh_form, offer, originals, typed_texts, verb_facts
from admin_views.case_page import case_page, find_case, moved_case
from admin_views.complaint_place import map_facts
from admin_views.database_errors import refusal_of
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.photo_intake import form_token, take_photos
from documents.drawings import draw_map
from domain import complaints as verbs
from domain.attachments import MAX_PHOTOS, held_photos
from domain.errors import AlreadyDone, Busy, DomainError, FieldErrors, InvalidField, NotFound, StorageFull
from domain.labels import word
from domain.permissions import Permission
from domain.placing import zone_outlines
from domain.revealing import reveal_complainant
from domain.undoing import undone_token
from domain.workflow import Action, transition_for
from extensions import db, write_transaction
from models import Complaint
from sandbox import SandboxFailed
from web_tools import form_errors

MAP_PIXELS = (480, 267)
ACTS = ",".join(sorted(action.value for action in ACTION_FORMS if action not in OWN_PAGE))


class CaseView(SecureView):
    """The case page and one address for each thing that can be done with a case."""

    def __init__(self) -> None:
        self._default_view = "case"
        super().__init__(name=_l("เรื่องร้องทุกข์"), endpoint="complaint_case", url="/admin/complaint")

    @expose("/<public_code>")
    @needs(Permission.COMPLAINT_READ)
    def case(self, public_code: str) -> Any:
        """Show the case, with the form of the act in ``?do=`` opened."""
        complaint = find_case(_session(), current_actor(), public_code)
        if complaint is None:
            return self._moved_away(public_code)
        wanted = request.args.get("do", "")
        action = Action(wanted) if wanted in ACTS.split(",") else None
        return self._page(complaint, opened=action)

    # What can be done ------------------------------------------------------------------------------------

    @expose(f"/<public_code>/<any({ACTS}):action>", methods=("POST",))
    @needs(Permission.COMPLAINT_READ)
    def act(self, public_code: str, action: str) -> Any:
        """Do one thing of the table with the case; the verb asks for its own permission."""
        wanted = Action(action)
        permission = transition_for(wanted).permission
        if permission is None or not current_actor().can(permission):
            abort(403)
        return self._act(public_code, wanted, ACTION_FORMS[wanted]())

    @expose("/<public_code>/result", methods=("GET", "POST"))
    @needs(Permission.COMPLAINT_RECORD_RESULT)
    def record_result(self, public_code: str) -> Any:
        """Record what was done, on a page of its own."""
        return self._result(public_code, Action.RECORD_RESULT, ResultForm)

    @expose("/<public_code>/correct", methods=("GET", "POST"))
    @needs(Permission.COMPLAINT_CORRECT)
    def correct_result(self, public_code: str) -> Any:
        """Correct the recorded result or add photos to it (000-65)."""
        return self._result(public_code, Action.CORRECT_RESULT, CorrectForm)

    @expose("/<public_code>/undo", methods=("POST",))
    @needs(Permission.COMPLAINT_READ)
    def undo(self, public_code: str) -> Any:
        """Take back one's own last act, even where the case has left one's reach."""
        form = UndoForm()
        try:
            with write_transaction() as session:
                event = moved_case(session, current_actor(), public_code, form.event_id.data)
                action, token = event.kind, undone_token(event)
                verbs.undo(session, current_actor(), event.complaint_id, event_id=event.id)
        except NotFound:
            abort(404)
        except (DomainError, SQLAlchemyError) as error:
            problem = self._readable(error)
            flash(problem.message_in(language()), "info" if isinstance(problem, AlreadyDone) else "warning")
            return redirect(url_for(".case", public_code=public_code), 303)
        flash(_("เลิกทำ “%(action)s” แล้ว", action=word(action, language())), "success")
        if action in OWN_PAGE:  # The photos wait there for the next try.
            return redirect(url_for(f".{OWN_PAGE[action]}", public_code=public_code, again=token), 303)
        return redirect(url_for(".case", public_code=public_code), 303)

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

    def _act(self, public_code: str, action: Action, form: ActionForm) -> Any:
        """Do one thing with a case in one transaction and go back to it; a refusal keeps what was typed."""
        complaint_id = self._found(public_code).id
        if isinstance(form, PhotoActionForm):
            answer = self._take_photos(public_code, action, form)
            if answer is not None:
                return answer
        if not form.validate():
            return self._refused(public_code, action, form, 422)
        try:
            with write_transaction() as session:
                facts = verb_facts(session, current_actor(), action, form)
                getattr(verbs, action.value)(session, current_actor(), complaint_id, **facts)
        except NotFound as error:
            if error.field is None:
                abort(404)
            return self._not_done(public_code, action, form, error)
        except (DomainError, SQLAlchemyError) as error:
            return self._not_done(public_code, action, form, self._readable(error))
        flash(_("%(action)sแล้ว", action=word(action, language())), "success")
        return redirect(url_for(".case", public_code=public_code), 303)

    def _take_photos(self, public_code: str, action: Action, form: PhotoActionForm) -> Any:
        """Hold the photos sent along; return a page where one was refused or taken out, else None."""
        form.form_token.data = form_token(form.form_token.data)
        assert form.stage is not None  # noqa: S101 - every form with photos says what they show
        try:
            refused = take_photos(form.form_token.data, form.stage)
        except DomainError as error:
            form.place_errors(error)
            return self._refused(public_code, action, form, 503)
        if refused or "remove_photo" in request.form:
            return self._refused(public_code, action, form, 422 if refused else 200, refused)
        return None

    def _not_done(self, public_code: str, action: Action, form: ActionForm, problem: DomainError) -> Any:
        if isinstance(problem, InvalidField | FieldErrors | NotFound):
            form.place_errors(problem)
            return self._refused(public_code, action, form, 422)
        flash(problem.message_in(language()), "info" if isinstance(problem, AlreadyDone) else "warning")
        status = 503 if isinstance(problem, Busy | StorageFull) else 409
        if not typed_texts(form) and status == 409:
            return redirect(url_for(".case", public_code=public_code), 303)
        return self._refused(public_code, action, form, status)

    def _refused(
        self,
        public_code: str,
        action: Action,
        form: ActionForm,
        status: int,
        refused: list[Any] | None = None,
    ) -> Any:
        complaint = self._found(public_code)
        if isinstance(form, ResultForm):
            return self._result_page(complaint, action, form, status, refused)
        return self._page(complaint, status, opened=action, form=form, refused=refused)

    def _readable(self, error: DomainError | SQLAlchemyError) -> DomainError:
        return refusal_of(error, Complaint.__table__)

    # Pages -----------------------------------------------------------------------------------------------

    def _page(
        self,
        complaint: Complaint,
        status: int = 200,
        *,
        opened: Action | None = None,
        form: ActionForm | None = None,
        **more: Any,
    ) -> Response:
        """Show the case; ``form`` is what was just sent and refused, of the act ``opened``."""
        session, actor = _session(), current_actor()
        page = case_page(session, actor, complaint)
        is_offered = opened in page.actions
        lost = typed_texts(form) if form is not None and not is_offered else []
        if form is not None and not is_offered:
            _say_errors(form)
        if opened is not None and is_offered:
            form = form or fresh_form(opened, complaint)
            form.expected_seq.data = complaint.state_seq  # Who sees the page again has seen the state of now.
            offer(session, actor, complaint, form)
        is_photo_form = is_offered and isinstance(form, PhotoActionForm)
        is_step = "HX-Request" in request.headers  # A script that opens the form in place.
        response = make_response(
            self.render(
                "admin/complaint/_act.html" if is_step else "admin/complaint/case.html",
                page=page,
                complaint=complaint,
                opened=opened if is_offered else None,
                form=form if is_offered else None,
                originals=originals(session, actor, complaint) if opened is Action.MERGE else [],
                held=held_photos(session, actor, str(form.form_token.data)) if is_photo_form else [],
                most_photos=MAX_PHOTOS,
                refused=more.get("refused") or [],
                lost_texts=lost,
                reveal_form=more.get("reveal_form") or RevealForm(formdata=None),
                revealed=more.get("revealed"),
                place_map=map_facts(),
            ),
            status,
        )
        return _with_retry(response)

    def _result(self, public_code: str, action: Action, kind: type[ResultForm]) -> Any:
        if request.method != "POST":
            complaint = self._found(public_code)
            form = fresh_form(action, complaint, token=request.args.get("again"))
            return self._result_page(complaint, action, form)
        return self._act(public_code, action, kind())

    def _result_page(
        self,
        complaint: Complaint,
        action: Action,
        form: ActionForm,
        status: int = 200,
        refused: list[Any] | None = None,
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
                action=action,
                may_record=action in page.actions,
                held=held_photos(session, actor, str(form.form_token.data)),
                refused=refused or [],
                most_photos=MAX_PHOTOS,
            ),
            status,
        )
        return _with_retry(response)

    def _moved_away(self, public_code: str) -> str:
        """Say that one's own act moved the case out of one's reach, as long as it can be undone."""
        try:
            event = moved_case(_session(), current_actor(), public_code)
        except NotFound:
            abort(404)
        return self.render("admin/complaint/moved.html", event=event, public_code=public_code)


def _say_errors(form: ActionForm) -> None:
    """Say what was wrong with a form the page does not show again, such as the one below a photo."""
    for _place, text in form_errors(form):
        flash(text, "warning")


def _with_retry(response: Response) -> Response:
    if response.status_code == 503:
        response.headers["Retry-After"] = "5"
    return response


def _session() -> Session:
    return db.session()


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(CaseView())
