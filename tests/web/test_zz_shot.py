import pytest
from helpers.browser import DESK, PHONE, axe, browser, live, open_page
from domain.members import MemberEntry, create_member
from extensions import write_transaction
@pytest.fixture
def backend(sqlite_backend): return sqlite_backend
def test_shot(open_page, app, act_as):
    a=act_as("central")
    with write_transaction() as w: create_member(w,a,app.extensions["vault"],MemberEntry(phone="0935727903",first_name="สมชาย",last_name="ใจดี",email="s@example.com",subdistrict_code="400101"))
    p=open_page("/admin/account", DESK, "admin"); o=p.url.partition("/admin/")[0]
    p.goto(o+"/admin/role/edit/?id=2"); p.set_viewport_size({"width":1366,"height":1700}); p.screenshot(path="/tmp/mine/roles.png")
    p.goto(o+"/admin/message-template/edit/?id=1"); p.screenshot(path="/tmp/mine/tpl.png")
    q=open_page("/admin/account", PHONE, "central"); q.goto(o+"/admin/member/edit/?id=2"); q.set_viewport_size({"width":390,"height":1700});q.screenshot(path="/tmp/mine/mem.png")
