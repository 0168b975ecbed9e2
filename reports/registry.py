"""Every report there is; a new one is a line here. The page, the worker and the schedules know no other."""

from __future__ import annotations

from typing import Final

from domain.errors import Words
from models import ComplaintStatus
from reports import case_reports, grouped_reports, rating_report, recurrence, summary_report
from reports.report import Report

BY_RECEIPT: Final = "นับเรื่องตามปีงบประมาณที่รับเรื่อง สถานะและตัวเลขเป็นของวันที่จัดทำ"
CLOCK: Final = "เวลาที่หยุดนับ (รอผู้ร้อง รอวัสดุ รอเข้าแผน รอหน่วยงานภายนอก) ไม่คิดในกำหนด"

REPORTS: Final[dict[str, Report]] = {
    report.key: report
    for report in (
        Report(
            key="summary",
            title=Words("รายงานสรุปเรื่องร้องทุกข์", "Summary of complaints"),
            about=Words(
                "จำนวนเรื่องแยกตามประเภท เขต ชุมชน หน่วยงาน ช่องทาง เดือน และปี พร้อมกราฟในไฟล์",
                "How many complaints by type, place, department, channel, month and year, with charts",
            ),
            readers=Words("ผู้บริหาร และการรายงานประจำเดือน", "Executives, and monthly reporting"),
            columns=summary_report.COLUMNS,
            make=summary_report.summary,
            definitions=(BY_RECEIPT, "ไม่นับเรื่องที่ถอน เรื่องซ้ำ และเรื่องที่ไม่ทราบวันที่รับ"),
            has_cases=False,
            book=summary_report.write_book,
            page="report.index_view",
        ),
        Report(
            key="cases",
            title=Words("รายงานทั้งหมด", "All complaints"),
            about=Words(
                "ทุกเรื่องของหน่วยงานผู้รับผิดชอบตามปีงบประมาณ พร้อมผลและคะแนน",
                "Every complaint of the responsible unit by fiscal year, with result and rating",
            ),
            readers=Words("หน่วยงานเจ้าของเรื่อง และผู้วิเคราะห์ข้อมูล", "Responsible units and analysts"),
            columns=case_reports.ALL_COLUMNS,
            make=case_reports.all_cases,
            definitions=(BY_RECEIPT,),
        ),
        Report(
            key="awaiting_plan",
            title=Words("รายงานเรื่องรอเข้าแผน", "Awaiting the plan"),
            about=Words(
                "เรื่องที่รองบประมาณ วัสดุ หรือเครื่องมือ รอมานานเท่าใด และเกิดซ้ำกี่ครั้ง",
                "What waits for money, material or equipment, how long, and how often it came back",
            ),
            readers=Words("งานแผนและงบประมาณ", "Planning and budget"),
            columns=case_reports.PLAN_COLUMNS,
            make=case_reports.awaiting_plan,
            definitions=(
                BY_RECEIPT,
                recurrence.SAME_SPOT,
                "“เกิดขึ้น (ครั้ง)” นับทุกปีเท่าที่ผู้จัดทำมีสิทธิ์เห็น",
            ),
            narrow={"status": frozenset({ComplaintStatus.AWAITING_PLAN})},
        ),
        Report(
            key="register",
            title=Words("ทะเบียนคุมเรื่องร้องทุกข์", "Register of complaints"),
            about=Words(
                "ทะเบียนรับเรื่องเรียงตามวันที่รับ มีลำดับที่ สำหรับเก็บและตรวจประเมิน",
                "The register in the order of receipt with running numbers, for the files and for assessors",
            ),
            readers=Words("งานสารบรรณ และผู้ตรวจประเมิน", "Records office and assessors"),
            columns=case_reports.REGISTER_COLUMNS,
            make=case_reports.register,
            definitions=(BY_RECEIPT, "ลำดับที่นับตามวันที่รับเรื่องของรายการที่เลือก"),
        ),
        Report(
            key="workload",
            title=Words("ภาระงานเจ้าหน้าที่", "Officers' workload"),
            about=Words(
                "เรื่องในมือขณะนี้ เกินกำหนด และผลงานในปีของเจ้าหน้าที่แต่ละคน",
                "What each officer has in hand, what is late, and what he finished in the years",
            ),
            readers=Words("หัวหน้าหน่วยงาน", "Heads of departments"),
            columns=grouped_reports.WORKLOAD_COLUMNS,
            make=grouped_reports.workload,
            definitions=("สามคอลัมน์แรกนับเรื่องในมือขณะนี้ของทุกปี ที่เหลือนับเรื่องที่รับในปีที่เลือก", CLOCK),
            has_cases=False,
        ),
        Report(
            key="promises",
            title=Words("ระยะเวลาที่รักษาได้ตามประเภท", "Promised times kept, by subtype"),
            about=Words(
                "แต่ละตัวย่อย่อยเสร็จทันกำหนดกี่เรื่อง ไม่ทันกี่เรื่อง ใช้เวลาเฉลี่ยเท่าใด",
                "How many cases of each subtype were in time or late, and how long they took",
            ),
            readers=Words("ผู้บริหาร และผู้กำหนดระยะเวลาให้บริการ", "Executives, and who sets the times"),
            columns=grouped_reports.DURATION_COLUMNS,
            make=grouped_reports.promises,
            definitions=(BY_RECEIPT, CLOCK),
            has_cases=False,
        ),
        Report(
            key="durations",
            title=Words("ระยะเวลารายเรื่อง", "Promised times, case by case"),
            about=Words(
                "แต่ละเรื่องใช้เวลาเท่าใด หยุดนับกี่วัน ทันหรือเกินกำหนดกี่วัน",
                "How long each case took, how long its clock stood still, and how late it was",
            ),
            readers=Words("หัวหน้าหน่วยงาน และผู้ตรวจประเมิน", "Heads of departments and assessors"),
            columns=case_reports.DURATION_COLUMNS,
            make=case_reports.durations,
            definitions=(BY_RECEIPT, CLOCK, "เฉพาะเรื่องที่มีกำหนด ไม่รวมเรื่องที่ไม่รับ ถอน หรือซ้ำ"),
        ),
        Report(
            key="ratings",
            title=Words("ความพึงพอใจและความเห็น", "Ratings and comments"),
            about=Words(
                "คะแนน 1–5 และความเห็นของผู้ร้องทุกครั้ง ส่วนกลางเห็นทั้งหมด หน่วยงานเห็นของตน",
                "Every rating with its comment; the centre sees all, a department its own",
            ),
            readers=Words("หน่วยรับเรื่องกลาง และหัวหน้าหน่วยงาน", "The centre and heads of departments"),
            columns=rating_report.COLUMNS,
            make=rating_report.ratings,
            definitions=(BY_RECEIPT, "คะแนนเฉลี่ยในหน้าผลการดำเนินงานนับเฉพาะคะแนนล่าสุดของแต่ละเรื่อง"),
        ),
        Report(
            key="recurring",
            title=Words("เรื่องซ้ำซาก", "Recurring troubles"),
            about=Words(
                "จุดที่เรื่องเดิมกลับมาอีกหลังแก้แล้ว เรียงจากที่เกิดบ่อยที่สุด ดูบนแผนที่ได้ด้วย GeoJSON",
                "Spots where the same trouble came back after it was finished, the most frequent first",
            ),
            readers=Words("งานแผน และหน่วยงานที่แก้ปัญหาถาวร", "Planning, and who mends for good"),
            columns=recurrence.COLUMNS,
            make=recurrence.recurring,
            definitions=(recurrence.DEFINITION, recurrence.SAME_SPOT),
        ),
    )
}
"""By key, in the order of the page."""
