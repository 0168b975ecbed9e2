"""The gaps of the official papers: their names, what stands there, and what it looks like in a preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A gap of a template.

    Attributes:
        name: As it is written between the braces.
        thai: What stands there.
        english: The same in English.
        sample: What a preview shows; a part makes its own.
        is_part: Made by us: a picture, a table, boxes.
        digits: Its digits follow the template's numerals. Codes, coordinates and what people typed never do.
        fields: For rows of a ``for``: the names of their fields.
        typed: Those of them people typed: their digits stay.
    """

    name: str
    thai: str
    english: str
    sample: str = ""
    is_part: bool = False
    digits: bool = False
    fields: tuple[str, ...] = ()
    typed: frozenset[str] = frozenset()


def _text(name: str, thai: str, english: str, sample: str) -> Placeholder:
    return Placeholder(name, thai, english, sample)


def _fact(name: str, thai: str, english: str, sample: str) -> Placeholder:
    return Placeholder(name, thai, english, sample, digits=True)


def _part(name: str, thai: str, english: str) -> Placeholder:
    return Placeholder(name, thai, english, is_part=True)


TOWN: Final = (
    _text("หัวเรื่อง", "ชื่อเอกสารตามที่ตั้งไว้ในแม่แบบ", "Title of the paper", "แบบคำร้องทุกข์"),
    _part("ตรา", "ตราหัวกระดาษตามที่เลือก", "Emblem chosen for the paper"),
    _part("ช่องลงนาม", "ช่องลงนามตามรายการของเอกสาร", "Boxes to sign in"),
    _text("เทศบาล", "ชื่อเทศบาล", "Name of the town", "เทศบาลเมืองตัวอย่าง"),
    _fact("ที่อยู่เทศบาล", "ที่อยู่สำนักงาน", "Address of the office", "99 ถนนกลางเมือง ตำบลในเมือง อำเภอเมือง"),
    _fact("โทรศัพท์เทศบาล", "โทรศัพท์กลาง", "The town's telephone", "0 4300 0100"),
    _text("อีเมลเทศบาล", "อีเมลกลาง", "The town's e-mail", "town@example.com"),
    _text("เว็บไซต์เทศบาล", "เว็บไซต์", "The town's web site", "https://town.example"),
)

CASE: Final = (
    _fact("เลขที่คำร้อง", "เลขที่คำร้อง", "Complaint number", "ช. 56/2569"),
    _text("รหัสติดตาม", "รหัสติดตามเรื่อง", "Tracking code", "2026-000123"),
    _text("ชื่อเรื่อง", "เรื่องของคำร้อง", "What the complaint is about", "ถนนชำรุด"),
    _fact("วันที่รับเรื่อง", "วันที่รับเรื่อง แบบเต็ม", "Day it was received", "12 กุมภาพันธ์ 2569"),
    _fact("วันเวลารับเรื่อง", "วันและเวลาที่รับเรื่อง แบบย่อ", "Day and time, short", "12 ก.พ. 2569 08.30 น."),
    _fact("เวลารับเรื่อง", "เวลาที่รับเรื่อง", "Time it was received", "08.30 น."),
    _part("รายละเอียด", "เรื่องที่ผู้ร้องเล่า ตามที่บันทึกไว้", "The story as it was written down"),
    _text("ถนน", "ถนนหรือจุดอ้างอิง", "Road", "ถนนกลางเมือง"),
    _text("สถานที่", "สถานที่หรือจุดสังเกต", "Place", "หน้าตลาดสดเทศบาล"),
    _text("ชุมชน", "ชุมชน", "Community", "ชุมชนศรีจันทร์"),
    _fact("เขต", "เขต", "Zone", "เขต 1"),
    _text("พิกัด", "ละติจูด ลองจิจูด", "Latitude and longitude", "16.432105, 102.836410"),
    _text("ช่องทาง", "ช่องทางการแจ้ง", "Channel", "โทรแจ้ง"),
    _fact("ประเภท", "ตัวย่อและชื่อประเภท", "Type", "ช.(1) ถนนชำรุด"),
    _fact("ระยะเวลา", "ระยะเวลาที่สัญญา", "Promised time", "1–3 วันทำการ"),
    _fact("กำหนดเสร็จ", "วันครบกำหนด แบบย่อ", "Due day", "17 ก.พ. 2569"),
    _text("ความเร่งด่วน", "ความเร่งด่วน ว่างเมื่อปกติ", "Urgency, empty when normal", "ด่วน"),
    _text("หน่วยงานรับผิดชอบ", "หน่วยงานรับผิดชอบ", "Responsible department", "สำนักช่าง"),
    _text("ผู้รับผิดชอบ", "ชื่อผู้รับผิดชอบ", "Responsible officer", "นายช่าง ใจดี"),
    _text("สถานะ", "สถานะของเรื่อง", "State", "กำลังดำเนินการ"),
    _text("นายก", "ผู้ที่คำร้องเขียนถึง", "Addressee of a complaint", "นายกเทศมนตรีเมืองตัวอย่าง"),
)

COMPLAINANT: Final = (
    _text("ผู้ร้อง", "ผู้ร้องทุกข์พร้อมอายุ ที่อยู่ และโทรศัพท์", "Complainant in one line", "นายสมชาย ใจดี อายุ 51 ปี"),
    _text("ชื่อผู้ร้อง", "ชื่อผู้ร้อง", "Complainant's name", "นายสมชาย ใจดี"),
    _text("ที่อยู่ผู้ร้อง", "ที่อยู่ผู้ร้อง", "Complainant's address", "12/3 ซ.สุขใจ ต.ในเมือง"),
    _text("อาชีพ", "อาชีพหรือตำแหน่งของผู้ร้อง", "Occupation or position", "ค้าขาย"),
    _text("หน่วยงานผู้ร้อง", "หน่วยงานหรือที่ทำงานของผู้ร้อง", "Complainant's agency", "โรงเรียนบ้านตัวอย่าง"),
    _fact("โทรศัพท์ผู้ร้อง", "โทรศัพท์ผู้ร้อง แสดงบางส่วน", "Complainant's telephone, masked", "081-xxx-5678"),
    _text("อีเมลผู้ร้อง", "อีเมลผู้ร้อง แสดงบางส่วน", "Complainant's e-mail, masked", "so…@example.com"),
)

OUTCOME: Final = (
    _part("ผลการดำเนินงาน", "ผลที่บันทึกไว้ทุกครั้ง พร้อมหัวข้อ", "Every recorded result, with headings"),
    _part("ผลล่าสุด", "ข้อความผลครั้งล่าสุด", "Words of the latest result"),
    _fact("วันที่แล้วเสร็จ", "วันที่ดำเนินการแล้วเสร็จ", "Day it was done", "15 กุมภาพันธ์ 2569"),
    _text("ผลลัพธ์", "ผลลัพธ์", "Outcome", "แก้ไขแล้ว"),
    _text("ผู้บันทึกผล", "ผู้บันทึกผล", "Who recorded the result", "นายช่าง ใจดี"),
)

PICTURES: Final = (
    _part("ภาพก่อนดำเนินการ", "ภาพก่อนดำเนินการ แถวละสองภาพ", "Photos before, two a row"),
    _part("ภาพหลังดำเนินการ", "ภาพหลังดำเนินการ แถวละสองภาพ", "Photos after, two a row"),
    _fact("ภาพที่เหลือ", "จำนวนภาพที่ไม่ได้พิมพ์", "Photos not printed", "มีอีก 3 ภาพในระบบ"),
    _part("รายการแนบ", "รายชื่อไฟล์ที่แนบ", "List of attachments"),
    _part("แผนที่", "แผนที่เล็กของจุดที่แจ้ง", "Small map of the place"),
    _part("คิวอาร์", "คิวอาร์ติดตามเรื่อง", "QR code to the live case"),
)

ORDER: Final = (
    _text("คำสั่ง", "ข้อสั่งการ", "The order", "ดำเนินการตรวจสอบและซ่อมแซมให้แล้วเสร็จตามกำหนด"),
    _fact("วันที่สั่งการ", "วันที่สั่งการ", "Day of the order", "12 กุมภาพันธ์ 2569"),
    _text("ผู้สั่งการ", "ผู้สั่งการ", "Who ordered", "นางหัวหน้า ใจเย็น"),
)

LETTER: Final = (
    _fact("เลขที่หนังสือ", "เลขที่หนังสือเต็ม รวมรหัส", "Letter number with its code", "ขก 52001/123"),
    _fact("วันที่หนังสือ", "วันที่ออกหนังสือ", "Day of the letter", "16 กุมภาพันธ์ 2569"),
    _text("ส่วนราชการ", "ส่วนราชการเจ้าของหนังสือ", "Issuing department", "สำนักช่าง เทศบาลเมืองตัวอย่าง"),
    _text("เรื่อง", "เรื่องของหนังสือ", "Subject of the letter", "แจ้งผลการดำเนินการเรื่องร้องทุกข์"),
    _text("เรียน", "ผู้รับหนังสือ", "Addressee", "นายสมชาย ใจดี"),
    _fact("อ้างถึง", "อ้างถึง", "Reference", "คำร้องของท่าน เลขที่ ช. 56/2569 ลงวันที่ 12 กุมภาพันธ์ 2569"),
    _fact("สิ่งที่ส่งมาด้วย", "สิ่งที่ส่งมาด้วย", "Enclosures", "ภาพหลังดำเนินการ จำนวน 2 ภาพ"),
    _part("ข้อความ", "ข้อความที่เจ้าหน้าที่เขียน ทีละย่อหน้า", "What the officer wrote, by paragraphs"),
    _text("ผู้ลงนาม", "ชื่อผู้ลงนาม", "Who signs", "นายตัวอย่าง ลงนาม"),
    _part("ตำแหน่งผู้ลงนาม", "ตำแหน่งผู้ลงนาม ทีละบรรทัด", "Position of who signs, line by line"),
    _text("เจ้าของเรื่อง", "หน่วยงานเจ้าของเรื่อง", "Department in charge", "สำนักช่าง"),
    _fact("โทรเจ้าของเรื่อง", "โทรศัพท์เจ้าของเรื่อง", "Its telephone", "0 4300 0100"),
)

APPOINTMENT: Final = (
    _fact("วันนัด", "วันนัด", "Day of the appointment", "20 กุมภาพันธ์ 2569"),
    _fact("เวลานัด", "เวลานัด", "Time of the appointment", "09.30 น."),
    _text("สถานที่นัด", "สถานที่นัด", "Place of the appointment", "ศูนย์บริการร่วม ชั้น 1"),
    _text("สิ่งที่ต้องนำมา", "สิ่งที่ต้องนำมา", "What to bring", "บัตรประจำตัวประชาชน"),
    _text("ผู้นัด", "เจ้าหน้าที่ที่นัด", "Officer", "นายช่าง ใจดี"),
)

MONEY: Final = (
    _text("เล่มที่", "เล่มที่", "Book", "1"),
    _text("เลขที่", "เลขที่ในเล่ม", "Number", "25"),
    _fact("วันที่รับเงิน", "วันที่รับเงิน", "Day of payment", "16 กุมภาพันธ์ 2569"),
    _text("ได้รับเงินจาก", "ชื่อผู้จ่ายเงิน", "Payer", "นายสมชาย ใจดี"),
    _text("ที่อยู่ผู้จ่าย", "ที่อยู่ผู้จ่ายเงิน", "Payer's address", "12/3 ซ.สุขใจ ต.ในเมือง"),
    Placeholder(
        "รายการ",
        "แถวของรายการ ใช้กับ for: แถว.ลำดับ แถว.รายการ แถว.จำนวนเงิน",
        "Rows for a for: แถว.ลำดับ แถว.รายการ แถว.จำนวนเงิน",
        digits=True,
        fields=("ลำดับ", "รายการ", "จำนวนเงิน"),
        typed=frozenset({"รายการ"}),
    ),
    _fact("รวมเงิน", "รวมเงินเป็นตัวเลข", "Total in figures", "250.00"),
    _text("ตัวอักษร", "รวมเงินเป็นตัวอักษร", "Total in words", "สองร้อยห้าสิบบาทถ้วน"),
    _text("ชำระโดย", "วิธีชำระเงิน", "Way of payment", "เงินสด"),
    _text("หมายเหตุ", "หมายเหตุ", "Note", ""),
    _text("หน่วยงาน", "หน่วยงานที่รับเงิน", "Receiving department", "สำนักช่าง"),
    _text("ผู้รับเงิน", "ชื่อผู้รับเงิน", "Who received it", "นางสาวรับเงิน ถูกต้อง"),
    _text("ตำแหน่งผู้รับเงิน", "ตำแหน่งผู้รับเงิน", "His position", "เจ้าพนักงานจัดเก็บรายได้"),
    _part("คำว่ายกเลิก", "คำว่า ยกเลิก และเหตุผล เมื่อใบเสร็จถูกยกเลิก", "The word cancelled, when it is"),
    _part("คิวอาร์", "คิวอาร์ติดตามเรื่อง เมื่อมีคำร้อง", "QR code, when it belongs to a case"),
)
