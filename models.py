"""The data model, in reading order. Import every class from here.

Start with Complaint. A Member brings it, a Category and a Zone lead it to a Department,
ComplaintEvent rows tell its whole story, OutboxMessage rows tell people about it.
Columns and constraints: tables/<noun>.py. Rules that change rows: domain/<noun>.py.
"""

from tables.attachments import Attachment as Attachment  # ภาพและเอกสาร
from tables.base import Base as Base
from tables.base import UtcDateTime as UtcDateTime
from tables.catalogue import Category as Category  # ตัวย่อ
from tables.catalogue import Channel as Channel  # ช่องทางการแจ้ง
from tables.catalogue import ImportMapping as ImportMapping  # ตารางแปลงคำนำเข้า
from tables.catalogue import Subcategory as Subcategory  # ตัวย่อย่อย
from tables.chat import ChatDraft as ChatDraft  # ร่างในแชต
from tables.chat import ChatPhoto as ChatPhoto  # ภาพจากแชต
from tables.chat import ChatPicture as ChatPicture  # ภาพที่แสดงในแชต
from tables.chat import LineRequest as LineRequest  # คำขอทาง LINE
from tables.clock import ClockPause as ClockPause  # ช่วงหยุดนับเวลา
from tables.complaints import ActionResult as ActionResult  # ผลการดำเนินงาน
from tables.complaints import Assignment as Assignment  # การมอบหมาย
from tables.complaints import Complaint as Complaint  # คำร้องทุกข์
from tables.complaints import ComplaintEvent as ComplaintEvent  # ความเคลื่อนไหว
from tables.complaints import ComplaintFollower as ComplaintFollower  # ผู้ติดตามเรื่อง
from tables.complaints import Rating as Rating  # ความพึงพอใจ
from tables.delivery import AuditEntry as AuditEntry  # บันทึกการใช้งาน
from tables.delivery import Job as Job  # งานเบื้องหลัง
from tables.delivery import MessageTemplate as MessageTemplate  # ข้อความแจ้งเตือน
from tables.delivery import Notification as Notification  # กระดิ่ง
from tables.delivery import OutboxMessage as OutboxMessage  # ข้อความขาออก
from tables.delivery import Schedule as Schedule  # ตารางงานประจำ
from tables.delivery import WebhookReceipt as WebhookReceipt  # ใบรับเหตุการณ์ LINE
from tables.entry import Draft as Draft  # ร่าง
from tables.entry import FormToken as FormToken  # กุญแจฟอร์ม
from tables.enums import AttachmentStage as AttachmentStage
from tables.enums import AuditAction as AuditAction
from tables.enums import ChannelGroup as ChannelGroup
from tables.enums import ChatDraftKind as ChatDraftKind
from tables.enums import ComplaintKind as ComplaintKind
from tables.enums import ComplaintStatus as ComplaintStatus
from tables.enums import ConsentPurpose as ConsentPurpose
from tables.enums import DeliveryState as DeliveryState
from tables.enums import DepartmentKind as DepartmentKind
from tables.enums import Disclosure as Disclosure
from tables.enums import DurationUnit as DurationUnit
from tables.enums import EventKind as EventKind
from tables.enums import Figure as Figure
from tables.enums import HolidayKind as HolidayKind
from tables.enums import JobKind as JobKind
from tables.enums import LineChannel as LineChannel
from tables.enums import LineRequestKind as LineRequestKind
from tables.enums import LineRequestState as LineRequestState
from tables.enums import LineState as LineState
from tables.enums import LinkPurpose as LinkPurpose
from tables.enums import MessagePriority as MessagePriority
from tables.enums import OutboxChannel as OutboxChannel
from tables.enums import Outcome as Outcome
from tables.enums import PauseReason as PauseReason
from tables.enums import PlanReason as PlanReason
from tables.enums import QuestionKind as QuestionKind
from tables.enums import RichMenuKind as RichMenuKind
from tables.enums import Scope as Scope
from tables.enums import SheetKind as SheetKind
from tables.enums import SheetState as SheetState
from tables.enums import StatusKind as StatusKind
from tables.enums import Urgency as Urgency
from tables.figures import CaseChange as CaseChange  # ความเปลี่ยนแปลงของยอด
from tables.figures import CaseCount as CaseCount  # ยอดนับเรื่อง
from tables.figures import CasePartCount as CasePartCount  # ยอดนับเรื่องตามรายการ
from tables.figures import Measures as Measures
from tables.line import LineConnection as LineConnection  # การเชื่อมต่อ LINE
from tables.line import LineUsage as LineUsage  # ข้อความ LINE ต่อวัน
from tables.line import RichMenu as RichMenu  # เมนูท้ายแชต
from tables.organisation import Department as Department  # สำนัก/กอง
from tables.organisation import Holiday as Holiday  # วันหยุดราชการ
from tables.organisation import NumberSeries as NumberSeries  # ชุดเลขที่
from tables.paper_enums import CountedPart as CountedPart
from tables.paper_enums import DocumentKind as DocumentKind
from tables.paper_enums import Emblem as Emblem
from tables.paper_enums import Numerals as Numerals
from tables.paper_enums import PaymentWay as PaymentWay
from tables.paper_enums import ScheduleEvery as ScheduleEvery
from tables.papers import Document as Document  # เอกสารที่ออก
from tables.papers import DocumentTemplate as DocumentTemplate  # แม่แบบเอกสาร
from tables.papers import Receipt as Receipt  # ใบเสร็จรับเงิน
from tables.papers import ReceiptBook as ReceiptBook  # เล่มใบเสร็จ
from tables.papers import ReportSchedule as ReportSchedule  # รายงานประจำ
from tables.people import Consent as Consent  # ความยินยอม
from tables.people import LineAccount as LineAccount  # บัญชี LINE
from tables.people import Member as Member  # สมาชิก/ประชาชน
from tables.places import Community as Community  # ชุมชน
from tables.places import Road as Road  # ถนน
from tables.places import Zone as Zone  # เขต
from tables.questions import QuestionAnswer as QuestionAnswer  # คำตอบ
from tables.questions import SubcategoryQuestion as SubcategoryQuestion  # คำถามเฉพาะประเภท
from tables.settings import DataFinding as DataFinding  # สิ่งที่ข้อมูลไม่น่าเป็นไปได้
from tables.settings import LookupStamp as LookupStamp
from tables.settings import Setting as Setting  # ค่าตั้งต้น
from tables.sheets import SheetImport as SheetImport  # การนำเข้าจาก Excel
from tables.staff import AccountLink as AccountLink  # ลิงก์ใช้ครั้งเดียว
from tables.staff import AuthAttempt as AuthAttempt  # การพยายามเข้าระบบ
from tables.staff import Role as Role  # บทบาท
from tables.staff import RoleGrant as RoleGrant  # สิทธิ์ในบทบาท
from tables.staff import StaffUser as StaffUser  # เจ้าหน้าที่
from tables.staff import UserSession as UserSession  # การเข้าใช้งาน
