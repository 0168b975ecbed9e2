"""The Thai text of every error code: what is wrong and what to do about it.

Plain, polite, short; {placeholders} are the error's parameters. ``messages_en`` holds the same codes.
"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    # General
    "unknown": "ทำรายการไม่สำเร็จ กรุณาลองใหม่ หากยังไม่ได้ให้แจ้งผู้ดูแลระบบ (รหัส {code})",
    "fields_invalid": "กรุณาแก้ไข {count} จุด",
    "field_invalid": "ข้อมูลในช่องนี้ใช้ไม่ได้ กรุณาตรวจสอบอีกครั้ง",
    "field_required": "กรุณากรอกช่องนี้",
    "choice_unknown": "ไม่มีตัวเลือกนี้แล้ว กรุณาเลือกใหม่จากรายการ",
    "choice_required": "กรุณาเลือกหนึ่งรายการ",
    "duplicate_entry": "มีข้อมูลนี้อยู่แล้ว กรุณาใช้ค่าอื่น",
    "stale_row": "มีผู้อื่นแก้ไขข้อมูลนี้ไปก่อน กรุณาเปิดหน้านี้ใหม่ แล้วแก้ไขอีกครั้ง",
    "stale_button": "เรื่องนี้มีการเปลี่ยนแปลงหลังจากส่งปุ่มนี้ กรุณาเปิดดูเรื่องอีกครั้ง",
    "already_done": "“{action}” ทำไปแล้ว โดย {who} เมื่อ {at}",
    "busy": "ระบบกำลังทำงานหนัก ข้อมูลที่กรอกยังอยู่ กรุณารอสักครู่แล้วกดส่งอีกครั้ง",
    "storage_full": "พื้นที่เก็บข้อมูลเต็ม ยังบันทึกไม่ได้ กรุณาแจ้งผู้ดูแลระบบ",
    # Permission and scope
    "not_permitted": "บัญชีนี้ไม่มีสิทธิ์ทำรายการนี้ หากจำเป็นต้องทำ กรุณาแจ้งผู้ดูแลระบบ",
    "not_permitted_action": "บัญชีนี้ไม่มีสิทธิ์ “{action}” หากจำเป็นต้องทำ กรุณาแจ้งผู้ดูแลระบบ",
    "not_permitted_personal_data": "บัญชีนี้ไม่มีสิทธิ์ดูข้อมูลส่วนบุคคล",
    "not_assignee": "เฉพาะผู้รับผิดชอบเรื่องนี้เท่านั้นที่ทำรายการนี้ได้",
    "not_found": "ไม่พบรายการนี้ อาจถูกย้ายหรืออยู่นอกหน่วยงานของคุณ",
    "complaint_not_found": "ไม่พบเรื่องนี้ กรุณาตรวจสอบเลขที่เรื่อง",
    "member_not_found": "ไม่พบสมาชิกรายนี้ กรุณาค้นหาจากเบอร์โทรศัพท์อีกครั้ง",
    "attachment_not_found": "ไม่พบไฟล์นี้ อาจถูกลบไปแล้ว",
    "document_not_found": "ไม่พบเอกสารนี้",
    "tracking_not_found": "รหัสติดตามหรือรหัสผ่านไม่ถูกต้อง กรุณาตรวจสอบจากใบรับเรื่อง",
    # States and actions
    "illegal_transition": "เรื่องนี้อยู่ในสถานะ “{state}” จึงทำ “{action}” ไม่ได้",
    "window_passed": "เกินเวลา {days} วันแล้ว จึงทำ “{action}” ไม่ได้",
    "category_required": "กรุณาเลือกประเภทเรื่อง (ตัวย่อ) ก่อน",
    "subcategory_required": "กรุณาเลือกประเภทย่อย (ตัวย่อย่อย) ก่อน",
    "subcategory_of_other_category": "ประเภทย่อยนี้ไม่อยู่ในประเภทเรื่องที่เลือก กรุณาเลือกใหม่",
    "department_required": "กรุณาเลือกหน่วยงาน",
    "officer_required": "กรุณาเลือกผู้รับผิดชอบ",
    "officer_inactive": "บัญชีของ {name} ปิดใช้งานแล้ว กรุณาเลือกผู้รับผิดชอบคนอื่น",
    "officer_of_other_department": "{name} ไม่ได้อยู่ในหน่วยงานที่รับผิดชอบเรื่องนี้ กรุณาเลือกคนอื่น",
    "reason_required": "กรุณาบอกเหตุผล",
    "story_required": "กรุณาเล่าว่าเกิดอะไรขึ้น",
    "result_required": "กรุณาบอกผลการดำเนินการ",
    "outcome_required": "กรุณาเลือกผลลัพธ์ของเรื่อง",
    "photo_required": "ประเภทเรื่องนี้ต้องมีรูปหลังดำเนินการอย่างน้อย 1 รูป",
    "done_before_received": "วันที่ทำเสร็จต้องไม่ก่อนวันรับเรื่อง ({received})",
    "rating_out_of_range": "กรุณาให้คะแนน 1 ถึง 5",
    "number_series_closed": "ชุดเลขที่ {abbreviation} ปี {year} ปิดแล้ว กรุณาแจ้งผู้ดูแลระบบ",
    # Text and numbers
    "text_too_long": "ข้อความยาว {length:,} ตัวอักษร เกินที่รับได้ {max:,} ตัวอักษร กรุณาย่อลง",
    "text_too_short": "ข้อความสั้นเกินไป กรุณากรอกอย่างน้อย {min:,} ตัวอักษร",
    "number_unreadable": "อ่านตัวเลขไม่ออก กรุณาพิมพ์เฉพาะตัวเลข",
    "number_out_of_range": "กรุณากรอกตัวเลขตั้งแต่ {min:,} ถึง {max:,}",
    "email_invalid": "อีเมลไม่ถูกต้อง ตัวอย่าง somchai@example.com",
    "postal_code_invalid": "รหัสไปรษณีย์ต้องเป็นตัวเลข 5 หลัก เช่น 40000",
    # Dates
    "date_unreadable": "อ่านวันที่ไม่ออก กรุณาพิมพ์ วัน/เดือน/ปี พ.ศ. เช่น {example}",
    "date_ambiguous": "ปี {year} อ่านได้สองแบบ: {reading_be} หรือ {reading_ce} กรุณาพิมพ์ปี พ.ศ. 4 หลัก เช่น {example}",
    "date_impossible": "ไม่มีวันที่นี้: {reason}",
    "date_year_out_of_range": "ปี พ.ศ. {year} อยู่นอกช่วงที่รับได้ ({min} ถึง {max}) กรุณาตรวจสอบปี",
    "date_in_future": "{date} ยังมาไม่ถึง กรุณาใส่วันที่ไม่เกินวันนี้ ({today})",
    "date_too_early": "{date} เร็วเกินไป กรุณาใส่ตั้งแต่ {earliest}",
    "date_range_reversed": "วันเริ่มต้นอยู่หลังวันสิ้นสุด กรุณาสลับวันที่",
    # Phones
    "phone_unreadable": "อ่านเบอร์โทรศัพท์ไม่ออก กรุณาพิมพ์เฉพาะตัวเลข เช่น 0812345678",
    "phone_mobile_length": "เบอร์มือถือต้องมี 10 หลัก แต่ที่พิมพ์มี {length} หลัก",
    "phone_landline_length": "เบอร์บ้านต้องมี 9 หลักรวมรหัสพื้นที่ แต่ที่พิมพ์มี {length} หลัก",
    "phone_unknown": "ไม่รู้จักเบอร์นี้ เบอร์มือถือขึ้นต้นด้วย 06 08 09 เบอร์บ้านขึ้นต้นด้วย 02 03 04 05 07",
    "phone_not_thai": "รับเฉพาะเบอร์ในประเทศไทย (+66)",
    "phone_short": "เบอร์สั้นหรือสายด่วนใช้ในช่องนี้ไม่ได้ กรุณาใส่เบอร์มือถือหรือเบอร์บ้าน",
    "phone_extension": "ช่องนี้ไม่รับเบอร์ต่อ กรุณาพิมพ์เฉพาะเบอร์หลัก",
    "phone_several": "ช่องนี้รับเบอร์เดียว กรุณาใส่เบอร์ที่เหลือในช่องอื่น",
    # National ID
    "national_id_unreadable": "เลขประจำตัวประชาชนต้องเป็นตัวเลขเท่านั้น",
    "national_id_length": "เลขประจำตัวประชาชนต้องมี 13 หลัก แต่ที่พิมพ์มี {length} หลัก",
    "national_id_checksum": "เลขประจำตัวประชาชนไม่ถูกต้อง กรุณาตรวจสอบกับบัตรอีกครั้ง",
    "national_id_repeated": "เลขประจำตัวประชาชนเป็นเลขซ้ำกันทั้งหมดไม่ได้ กรุณากรอกตามบัตร",
    # Places
    "coordinates_incomplete": "กรุณากรอกทั้งละติจูดและลองจิจูด หรือเว้นว่างทั้งสองช่อง",
    "coordinates_unreadable": "อ่านพิกัดไม่ออก กรุณาพิมพ์เป็นตัวเลข เช่น 16.432100, 102.823600",
    "latitude_out_of_range": "ละติจูดต้องอยู่ระหว่าง -90 ถึง 90",
    "longitude_out_of_range": "ลองจิจูดต้องอยู่ระหว่าง -180 ถึง 180",
    "coordinates_zero": "พิกัด 0, 0 ไม่ใช่สถานที่จริง กรุณาปักหมุดบนแผนที่ใหม่",
    "coordinates_swapped": "ละติจูดกับลองจิจูดสลับกัน ควรเป็น {latitude}, {longitude}",
    "coordinates_outside_thailand": "พิกัดนี้อยู่นอกประเทศไทย กรุณาปักหมุดบนแผนที่ใหม่",
    # Accounts
    "username_invalid": "ชื่อผู้ใช้ต้องเป็น a-z และตัวเลขปนกัน 6 ถึง 12 ตัว",
    "username_taken": "มีผู้ใช้ชื่อนี้แล้ว กรุณาตั้งชื่ออื่น",
    "phone_taken": "เบอร์นี้เป็นสมาชิกอยู่แล้ว กรุณาค้นหาจากเบอร์เดิม",
    "password_too_short": "รหัสผ่านต้องยาวอย่างน้อย {min} ตัว",
    "password_too_long": "รหัสผ่านต้องไม่เกิน {max} ตัว",
    "password_too_common": "รหัสผ่านนี้เดาง่ายเกินไป กรุณาตั้งใหม่",
    "password_wrong": "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง",
    "attempts_exceeded": "ลองผิดหลายครั้งเกินไป กรุณารอ {minutes} นาที แล้วลองใหม่",
    # Files; the photo codes are those of photos.py
    "upload_rejected": "รับไฟล์นี้ไม่ได้ กรุณาเลือกไฟล์อื่น",
    "photo_empty": "ไฟล์รูปว่างเปล่า กรุณาเลือกรูปใหม่",
    "photo_too_large": "ไฟล์รูปใหญ่เกิน {megabytes} MB กรุณาย่อรูปหรือเลือกรูปอื่น",
    "photo_not_image": "ไฟล์นี้ไม่ใช่ภาพหรือเอกสารที่รับได้ กรุณาเลือกภาพ JPEG, PNG, WebP, HEIC หรือเอกสาร PDF",
    "photo_truncated": "เปิดรูปไม่ได้ ไฟล์อาจเสียหรือส่งมาไม่ครบ กรุณาส่งใหม่",
    "photo_too_many_pixels": "รูปมีความละเอียดเกิน {megapixels} ล้านพิกเซล กรุณาย่อรูปก่อน",
}
