"""What is wrong with a whole file: the codes of ``spreadsheets.read_sheet`` with their words."""

from __future__ import annotations

from domain.errors import add_message

add_message(
    "sheet_kind_needed",
    thai="กรุณาเลือกก่อนว่าไฟล์นี้เป็นข้อมูลอะไร",
    english="Please choose first what the file holds",
)
add_message("sheet_empty_file", thai="กรุณาเลือกไฟล์ Excel ก่อน", english="Please choose an Excel file first")
add_message(
    "sheet_file_too_large",
    thai="ไฟล์ใหญ่เกิน {megabytes} MB กรุณาลบรูปภาพหรือแผ่นงานที่ไม่ใช้ หรือแบ่งเป็นหลายไฟล์",
    english="The file is over {megabytes} MB: remove pictures and unused sheets, or divide it",
)
add_message(
    "sheet_not_excel",
    thai="ไฟล์นี้ไม่ใช่ Excel (.xlsx) หากเป็น .csv ให้เปิดใน Excel แล้วบันทึกเป็น “Excel Workbook (.xlsx)”",
    english="This is no Excel file (.xlsx). Open a .csv in Excel and save it as Excel Workbook (.xlsx)",
)
add_message(
    "sheet_not_xlsx",
    thai="ไฟล์ตารางแบบนี้ (.ods หรือ .xlsb) ยังอ่านไม่ได้ กรุณาเปิดแล้วบันทึกเป็น “Excel Workbook (.xlsx)”",
    english="A file of this kind (.ods, .xlsb) cannot be read: open it and save it as Excel Workbook (.xlsx)",
)
add_message(
    "sheet_old_excel",
    thai="ไฟล์นี้เป็น Excel รุ่นเก่า (.xls) กรุณาเปิดแล้วบันทึกเป็น “Excel Workbook (.xlsx)”",
    english="This is an old Excel file (.xls): open it and save it as Excel Workbook (.xlsx)",
)
add_message(
    "sheet_encrypted",
    thai="ไฟล์นี้ตั้งรหัสผ่านไว้ กรุณาเปิดใน Excel เอารหัสผ่านออก แล้วบันทึกใหม่",
    english="The file is locked by a password: open it in Excel, remove the password and save it again",
)
add_message(
    "sheet_with_macros",
    thai="ไฟล์นี้มีมาโคร (.xlsm) จึงไม่รับ กรุณาบันทึกเป็น “Excel Workbook (.xlsx)” ซึ่งไม่มีมาโคร",
    english="The file holds macros (.xlsm): save it as Excel Workbook (.xlsx), which has none",
)
add_message(
    "sheet_broken",
    thai="เปิดไฟล์ไม่ได้ ไฟล์อาจเสียหรือส่งมาไม่ครบ กรุณาเปิดใน Excel แล้วบันทึกใหม่ก่อนอัปโหลดอีกครั้ง",
    english="The file cannot be opened; it may be damaged: open it in Excel, save it again and try once more",
)
add_message(
    "sheet_too_heavy",
    thai="ข้อมูลในไฟล์มากเกินกว่าจะอ่านได้ กรุณาคัดลอกเฉพาะตารางไปไว้ในไฟล์ใหม่ หรือแบ่งเป็นหลายไฟล์",
    english="The file holds more than can be read: copy only the table into a new file, or divide it",
)
add_message(
    "sheet_without_headings",
    thai="ไม่พบหัวตารางที่รู้จักใน 20 แถวแรกของแผ่นงานใด กรุณาใช้แบบฟอร์มที่ดาวน์โหลดจากหน้านี้",
    english="No sheet has headings we know in its first 20 rows: use the template from this page",
)
add_message(
    "sheet_too_many_rows",
    thai="มีข้อมูลถึงแถว {row:,} รับได้ไม่เกิน {rows:,} แถว กรุณาลบแถวว่างที่อยู่ระหว่างกลาง หรือแบ่งเป็นหลายไฟล์",
    english="There are data down to row {row:,}; at most {rows:,} rows are taken: divide the file",
)
add_message(
    "sheet_too_many_columns",
    thai="มีข้อมูลที่ช่อง {cell} รับได้ไม่เกิน {columns} คอลัมน์ กรุณาลบคอลัมน์ที่ไม่เกี่ยวข้อง",
    english="There are data in {cell}; at most {columns} columns are taken: delete those that do not belong",
)
add_message(
    "sheet_no_rows",
    thai="พบหัวตารางที่แถว {row} แต่ไม่มีข้อมูลใต้หัวตาราง กรุณากรอกข้อมูลแล้วอัปโหลดใหม่",
    english="The headings are in row {row}, but nothing stands below them: fill in rows and upload it again",
)
