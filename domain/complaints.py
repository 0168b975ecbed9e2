"""What can be done with a complaint: one verb per action of workflow.md. Import every verb from here.

Every verb works in the caller's transaction, locks the complaint, raises ``NotFound`` outside the actor's
scope, ``AlreadyDone`` for a second press, ``IllegalTransition`` and ``NotPermitted`` as ``moves.begin_move``
says, and returns the complaint. How a complaint begins is in ``registration``.
"""

from domain.accepting import accept as accept  # รับเรื่อง
from domain.accepting import acknowledge as acknowledge  # รับทราบ
from domain.accepting import start as start  # เริ่มดำเนินการ
from domain.editing import edit as edit  # แก้ไขข้อมูล
from domain.endings import close as close  # ปิดเรื่อง
from domain.endings import reject as reject  # ไม่รับเรื่อง
from domain.endings import reopen as reopen  # เปิดเรื่องใหม่
from domain.endings import withdraw as withdraw  # ถอนเรื่อง
from domain.evidence import add_evidence as add_evidence  # เพิ่มภาพหรือข้อมูล
from domain.evidence import note as note  # บันทึกภายใน
from domain.evidence import remove_attachment as remove_attachment  # นำไฟล์ออก
from domain.merging import follow as follow  # ติดตามเรื่อง
from domain.merging import merge as merge  # รวมเรื่องซ้ำ
from domain.merging import unfollow as unfollow  # เลิกติดตาม
from domain.merging import unmerge as unmerge  # แยกเรื่องออก
from domain.more_time import ask_more_time as ask_more_time  # ขอขยายเวลา
from domain.more_time import extend as extend  # ขยายเวลา
from domain.more_time import refuse_more_time as refuse_more_time  # ไม่ขยายเวลา
from domain.results import correct_result as correct_result  # แก้ไขผล
from domain.results import rate as rate  # ประเมินความพึงพอใจ
from domain.results import record_result as record_result  # บันทึกผล
from domain.routing import direct as direct  # สั่งการ
from domain.routing import forward as forward  # ส่งต่อหน่วยงาน
from domain.routing import hand_back as hand_back  # ส่งคืน
from domain.routing import reassign as reassign  # เปลี่ยนผู้รับผิดชอบ
from domain.routing import refer_out as refer_out  # ส่งต่อภายนอก
from domain.routing import return_from_referral as return_from_referral  # รับกลับจากภายนอก
from domain.undoing import undo as undo  # เลิกทำ
from domain.waiting import answer as answer  # ผู้ร้องตอบ
from domain.waiting import ask_citizen as ask_citizen  # ขอข้อมูลจากผู้ร้อง
from domain.waiting import lapse as lapse  # ปิดเพราะไม่มีคำตอบ
from domain.waiting import put_on_plan as put_on_plan  # รอเข้าแผน
from domain.waiting import take_off_plan as take_off_plan  # นำออกจากแผน
