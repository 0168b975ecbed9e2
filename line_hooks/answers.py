"""Short plain answers to what somebody just pressed or wrote in the chat, Thai and English.

Refusals come from the rules' own messages (``DomainError.message_in``); here stands the rest.
"""

from __future__ import annotations

from string import Formatter
from typing import Final

from domain.errors import Words

ANSWERS: Final[dict[str, Words]] = {
    "acknowledged": Words(
        th="บันทึกแล้วว่าท่านรับทราบเรื่อง {number} ขอบคุณ",
        en="Noted: you have acknowledged complaint {number}. Thank you.",
    ),
    "rated": Words(
        th="ขอบคุณที่ให้ {stars} คะแนน เรื่อง {number}\nกดคะแนนอื่นเพื่อเปลี่ยนได้ภายใน {days} วัน",
        en="Thank you for giving {stars} out of 5 to complaint {number}.\n"
        "You can change it within {days} days by tapping another score.",
    ),
    "unknown_button": Words(
        th="ปุ่มนี้ใช้ไม่ได้แล้ว กรุณาใช้ปุ่มในข้อความล่าสุดของเรื่องนี้",
        en="This button no longer works. Please use the latest message about this complaint.",
    ),
    "private_chat": Words(
        th="กรุณากดปุ่มนี้ในแชตส่วนตัวกับบัญชีนี้ ไม่ใช่ในกลุ่ม",
        en="Please press this button in your own chat with this account, not in a group.",
    ),
    "officer_not_linked": Words(
        th="บัญชี LINE นี้ยังไม่ได้ผูกกับเจ้าหน้าที่ที่ใช้งานอยู่ มีชื่อผู้ใช้แล้ว กด ผูกบัญชี ยังไม่มี พิมพ์ ลงทะเบียน",
        en="This LINE account does not belong to an active officer. Tap Link my account; "
        "without a user name, type register.",
    ),
    "citizen_not_linked": Words(
        th="บัญชี LINE นี้ยังไม่ได้ผูกกับผู้แจ้งเรื่องนี้\nสอบถามเทศบาล โทร {phone}\nติดตามเรื่อง {track_url}",
        en="This LINE account is not linked to whoever reported this.\n"
        "Ask the municipality: {phone}\nFollow a complaint: {track_url}",
    ),
    "citizen_help": Words(
        th="สวัสดี ที่นี่{municipality}\n"
        "พบปัญหาอะไร พิมพ์เล่าหรือส่งภาพมาได้เลย เราจะช่วยแจ้งเรื่องให้\n"
        "ยังไม่มีเจ้าหน้าที่นั่งตอบแชต ถ้าต้องการคุย โทร {phone}\n"
        "ติดตามเรื่องด้วยรหัส {track_url}\n"
        "เหตุฉุกเฉิน โทร {emergency}\n"
        "พิมพ์ เมนู เพื่อดูว่าแชตนี้ทำอะไรได้",
        en="Hello, this is {municipality}.\n"
        "Seen a problem? Tell us or send a photo, and we help you report it.\n"
        "Nobody answers in the chat yet; to talk with us call {phone}\n"
        "Follow a complaint by its code: {track_url}\n"
        "In an emergency call {emergency}\n"
        "Type menu to see what this chat can do.",
    ),
    "staff_help": Words(
        th="แชตนี้รับงาน รายงานผลพร้อมภาพ และดูสถิติได้ ไม่มีใครอ่านข้อความอื่นที่พิมพ์มา\n"
        "พิมพ์ เมนู เพื่อดูคำสั่ง หรือพิมพ์เลขเรื่องเพื่อเปิดเรื่องนั้น",
        en="Here you get your work, report results with photos and see figures; nobody reads anything else.\n"
        "Type menu to see the commands, or the number of a case to open it.",
    ),
    "citizen_welcome": Words(
        th="ยินดีต้อนรับสู่{municipality}\n"
        "พบปัญหาในเมือง พิมพ์เล่าหรือส่งภาพมาได้เลย ไม่ต้องลงทะเบียน\n"
        "ที่นี่ท่านติดตามเรื่อง โทรเบอร์ฉุกเฉิน และดูข่าวกับบริการของเทศบาลได้ด้วย\n"
        "เริ่มที่เมนูด้านล่าง หรือพิมพ์ เมนู · For English type: English",
        en="Welcome to {municipality}.\n"
        "Seen a problem in town? Tell us or send a photo; you need not register.\n"
        "You can also follow your complaint, call emergency numbers, and find news and services.\n"
        "Begin with the menu below, or type menu · ภาษาไทย พิมพ์: ไทย",
    ),
    "staff_welcome": Words(
        th="แชตนี้สำหรับเจ้าหน้าที่ของ{municipality}\n"
        "เมื่อผูกบัญชีแล้ว งานใหม่ เตือนใกล้ครบกำหนด และสรุปประจำวันจะมาที่นี่ กดรับทราบและรายงานผลได้ในแชต\n"
        "กด ผูกบัญชี หรือ ลงทะเบียน เพื่อเริ่ม · For English type: English",
        en="This chat is for officers of {municipality}.\n"
        "Once your account is linked, new work, reminders and the daily summary come here, to be "
        "acknowledged and reported here.\n"
        "Link your account, or register, to begin · ภาษาไทย พิมพ์: ไทย",
    ),
    "member_tied": Words(
        th="ผูก LINE นี้กับ {name} แล้ว\nข่าวของเรื่องที่แจ้งไว้จะมาที่แชตนี้ พิมพ์ ติดตาม เพื่อดูเรื่องทั้งหมด\n"
        "ไม่ใช่ท่าน กรุณาบอกเจ้าหน้าที่หรือโทร {phone}",
        en="This LINE now belongs to {name}.\n"
        "News of your complaints comes to this chat; type follow to see them.\n"
        "Not you? Please tell the officer or call {phone}",
    ),
    "welcome_back": Words(
        th="ยินดีต้อนรับกลับมา แชตนี้พร้อมส่งข่าวถึงท่านอีกครั้ง\nพิมพ์ เมนู เพื่อดูว่าทำอะไรได้",
        en="Welcome back. News will come to this chat again.\nType menu to see what you can do.",
    ),
    "menu": Words(
        th="แชตนี้ทำได้ดังนี้ พิมพ์คำหรือกดปุ่มด้านล่าง",
        en="This is what the chat can do. Type a word or tap a button below.",
    ),
    "language": Words(th="ต่อไปนี้จะตอบเป็นภาษาไทย", en="From now on you are answered in English."),
    "no_right": Words(
        th="ข้อมูลนี้อยู่นอกสิทธิ์ของบัญชีท่าน หากต้องใช้กรุณาแจ้งผู้ดูแลระบบ",
        en="This is beyond the rights of your account. Please ask the administrator if you need it.",
    ),
    "got_sticker": Words(
        th="ขอบคุณสำหรับสติกเกอร์ พิมพ์ เมนู เมื่อต้องการใช้บริการ",
        en="Thank you for the sticker. Type menu whenever you need us.",
    ),
    "got_media": Words(
        th="ได้รับแล้ว แต่แชตนี้ยังเปิดวิดีโอ เสียง และไฟล์ไม่ได้\nแจ้งเรื่องหรือสอบถาม โทร {phone}",
        en="Received, but this chat cannot open videos, sounds or files.\nTo report or ask, call {phone}",
    ),
    "group_note": Words(
        th="ขอบคุณที่เชิญเข้ากลุ่ม บัญชีนี้ทำงานในแชตส่วนตัวเท่านั้น กรุณาเพิ่มเพื่อนแล้วทักในแชตส่วนตัว",
        en="Thank you for the invitation. This account works in private chats only: please add it there.",
    ),
    "draft_gone": Words(
        th="ร่างนี้ส่งหรือยกเลิกไปแล้ว ปุ่มจึงใช้ไม่ได้",
        en="This draft was sent or given up already, so the button no longer works.",
    ),
    "draft_dropped": Words(
        th="ยกเลิกแล้ว ไม่ได้ส่งอะไรออกไป เริ่มใหม่ได้ทุกเมื่อ",
        en="Given up; nothing was sent. You can begin again at any time.",
    ),
    "nothing_begun": Words(
        th="ไม่มีอะไรค้างอยู่ เลือกจากปุ่มด้านล่างได้เลย",
        en="Nothing is waiting. Choose from the buttons below.",
    ),
    "cannot_skip": Words(th="ข้อนี้ข้ามไม่ได้", en="This cannot be left out."),
    "card_outdated": Words(
        th="ข้อมูลเปลี่ยนไปจากการ์ดที่กด กรุณาดูอีกครั้ง",
        en="This has changed since that card. Please look again.",
    ),
    "talk_takes_no_media": Words(
        th="ยังรับวิดีโอ เสียง ไฟล์ และสติกเกอร์ไม่ได้ ส่งเป็นข้อความหรือภาพได้",
        en="Videos, sounds, files and stickers cannot be taken; words and photos can.",
    ),
    "talk_takes_words_only": Words(
        th="ตรงนี้รับเฉพาะข้อความ พิมพ์มาได้เลย", en="Only words can be taken here. Please type them."
    ),
    "add_us_first": Words(
        th="กรุณาเพิ่มบัญชีนี้เป็นเพื่อนก่อน แล้วกด แจ้งเรื่อง อีกครั้ง",
        en="Please add this account as a friend first, then tap Report again.",
    ),
    "ask_story": Words(
        th="เกิดอะไรขึ้น เล่าสั้น ๆ หรือส่งภาพมาก่อนก็ได้",
        en="What happened? Tell us in a few words, or send a photo first.",
    ),
    "ask_story_of_photo": Words(
        th="ในภาพมีปัญหาอะไร เล่าสั้น ๆ",
        en="What is the problem in the photo? A few words will do.",
    ),
    "ask_place": Words(
        th="อยู่ตรงไหน กดส่งตำแหน่ง หรือพิมพ์สถานที่ เช่น หน้าตลาดสด\nมีภาพส่งเพิ่มได้เลย",
        en="Where is it? Send the location, or type the place.\nYou can add photos too.",
    ),
    "ask_phone": Words(
        th="พิมพ์เบอร์โทรที่ให้เจ้าหน้าที่โทรกลับ เช่น 0935727903",
        en="Type a telephone number we may call back.",
    ),
    "place_outside": Words(
        th="ตำแหน่งนี้อยู่นอกเขต{municipality} ถ้าส่งผิดให้ส่งตำแหน่งใหม่ ถ้าถูกแล้วไปต่อได้",
        en="This place lies outside {municipality}. Send another if it is wrong, or go on.",
    ),
    "data_notice": Words(
        th="ใช้ข้อมูลนี้แก้ปัญหาและแจ้งผลท่านเท่านั้น เมื่อกดส่งถือว่ารับทราบ",
        en="Used only to solve the problem and to tell you; sending means you were told.",
    ),
    "case_stands": Words(th="เรียบร้อย เรื่อง {number} · {state}", en="Done. {number} · {state}"),
    "case_stands_until": Words(
        th="เรียบร้อย เรื่อง {number} · {state}\nจะเสร็จภายใน {due}",
        en="Done. {number} · {state}\nPromised by {due}",
    ),
    "comment_kept": Words(
        th="ส่งความเห็นของเรื่อง {number} ถึงทีมงานแล้ว ขอบคุณ",
        en="Your comment on {number} has gone to the team. Thank you.",
    ),
    "case_moved_on": Words(
        th="เรื่อง {number} ตอนนี้: {state} ปุ่มนั้นจึงใช้ไม่ได้แล้ว",
        en="{number} is now: {state}, so that button no longer works.",
    ),
    "result_ask_first": Words(
        th="ส่งภาพหลังทำเสร็จ และพิมพ์สั้น ๆ ว่าทำอะไรไปแล้ว ส่งอะไรก่อนก็ได้",
        en="Send photos of the finished work and say in a few words what was done, in any order.",
    ),
    "result_ask_words": Words(
        th="พิมพ์สั้น ๆ ว่าทำอะไรไปแล้ว ผู้ร้องจะได้อ่าน",
        en="Say in a few words what was done; the citizen will read it.",
    ),
    "result_ask_photo": Words(
        th="เรื่องประเภทนี้ต้องมีภาพหลังทำเสร็จ ส่งภาพได้เลย",
        en="This type needs a photo of the finished work. Please send one.",
    ),
    "result_no_case": Words(
        th="ตอนนี้ไม่มีเรื่องในมือท่านที่รอรายงานผล จึงยังไม่เก็บภาพไว้",
        en="No case of yours waits for its result, so the photo is not kept.",
    ),
    "result_more_cases": Words(
        th="เรื่องอื่น: เปิดการ์ดของเรื่องนั้น แล้วกด รายงานผล",
        en="For another case open its card and tap Record the result.",
    ),
    "result_goes_at_once": Words(
        th="ผู้ร้องจะเห็นข้อความและภาพนี้ทันทีที่ส่ง",
        en="The citizen sees these words and photos as soon as you send.",
    ),
    "result_sent": Words(
        th="ส่งผลเรื่อง {number} แล้ว\nผู้ร้องเห็นผลและให้คะแนนได้ทันที ไม่ต้องกลับไปรายงานหัวหน้า",
        en="The result of {number} is sent.\nThe citizen can see and rate it; your head sees it too.",
    ),
    "result_case_moved": Words(
        th="เรื่อง {number} มีการเปลี่ยนแปลงระหว่างนี้ ดูอีกครั้งแล้วกด ส่งผล",
        en="{number} has changed meanwhile. Look it over and send again.",
    ),
    "case_started": Words(
        th="บันทึกแล้วว่าเริ่มดำเนินการเรื่อง {number}",
        en="Noted: the work on {number} has begun.",
    ),
    "staff_asked": Words(
        th="ส่งคำถามถึงผู้ร้องแล้ว เรื่อง {number}\nคำตอบจะมาที่แชตนี้ ระหว่างรอไม่นับเวลา",
        en="Your question on {number} has gone to the citizen.\n"
        "The answer comes to this chat; the clock stands still meanwhile.",
    ),
    "staff_handed_back": Words(
        th="ส่งคืนเรื่อง {number} แล้ว งานรับเรื่องได้รับเหตุผลของท่าน",
        en="{number} is handed back; the intake has your reason.",
    ),
    "staff_time_asked": Words(
        th="ส่งคำขอเพิ่ม {days} วันทำการ เรื่อง {number} ถึงหัวหน้าแล้ว\nคำตอบจะมาที่แชตนี้",
        en="Your wish for {days} more working days for {number} has gone to your head.\n"
        "The answer comes to this chat.",
    ),
    "staff_time_given": Words(
        th="ขยายเวลาเรื่อง {number} แล้ว กำหนดใหม่ {due}\nผู้ร้องและผู้รับผิดชอบได้รับแจ้งแล้ว",
        en="{number} has more time, until {due}.\nThe citizen and the officer are told.",
    ),
    "staff_time_refused": Words(
        th="ไม่ขยายเวลาเรื่อง {number} ผู้รับผิดชอบได้รับเหตุผลแล้ว",
        en="No more time for {number}; the officer has your reason.",
    ),
    "reported": Words(
        th="ได้รับเรื่องแล้ว รหัสติดตาม {number} จะแจ้งความคืบหน้าทางแชตนี้",
        en="We have received your report, code {number}. News of it comes to this chat.",
    ),
    "register_add_us": Words(
        th="กรุณาเพิ่มบัญชีนี้เป็นเพื่อนก่อน แล้วพิมพ์ ลงทะเบียน อีกครั้ง",
        en="Please add this account as a friend first, then type register again.",
    ),
    "register_done_before": Words(
        th="LINE นี้ลงทะเบียนไว้แล้ว แจ้งเรื่องได้เลย\nข้อมูลไม่ถูกต้อง โทร {phone}",
        en="This LINE is registered already; you can report at any time.\nIf something is wrong call {phone}",
    ),
    "register_name": Words(
        th="ลงทะเบียนกับ{municipality} ใช้เวลา 1 นาที\nพิมพ์ชื่อและนามสกุล เช่น นางมาลี ใจดี",
        en="Register with {municipality}; it takes a minute.\nType your given name and family name.",
    ),
    "register_phone": Words(
        th="เบอร์โทรศัพท์ของท่าน เช่น 0935727903", en="Your telephone number, such as 0935727903."
    ),
    "register_birth": Words(
        th="วันเกิดตามบัตร เช่น 3/3/2500\nใช้หาเรื่องที่ท่านเคยแจ้งไว้ ไม่สะดวกกดข้ามได้",
        en="Your birth date, such as 1957-03-03.\nIt finds what you reported before; you may skip it.",
    ),
    "register_words_only": Words(
        th="ข้อนี้ตอบเป็นข้อความหรือกดปุ่มเท่านั้น", en="Please answer this in words or by a button."
    ),
    "register_notice": Words(
        th="เทศบาลใช้ข้อมูลนี้รับเรื่องและแจ้งผลท่านเท่านั้น เมื่อกดลงทะเบียนถือว่ารับทราบ",
        en="Used only to take your reports and to tell you; registering means you were told.",
    ),
    "register_done": Words(
        th="ลงทะเบียนแล้ว ขอบคุณ แจ้งเรื่องในแชตนี้ได้เลย\nเจ้าหน้าที่จะตรวจข้อมูลกับบัตรเมื่อท่านมาที่เทศบาล หรือโทร {phone}",
        en="Registered, thank you. You can report in this chat at once.\n"
        "An officer checks your data when you come to us, or call {phone}",
    ),
    "register_tied": Words(
        th="ลงทะเบียนแล้ว ขอบคุณ พบเรื่องที่ท่านเคยแจ้งไว้กับเทศบาล\nต่อไปข่าวของเรื่องจะมาที่แชตนี้ พิมพ์ ติดตาม เพื่อดูทั้งหมด",
        en="Registered, thank you. We know you from before.\n"
        "News of your complaints comes to this chat; type follow to see them all.",
    ),
    "officer_ask_add_us": Words(
        th="กรุณาเพิ่มบัญชีนี้เป็นเพื่อนก่อน แล้วกด ลงทะเบียนเจ้าหน้าที่ อีกครั้ง",
        en="Please add this account as a friend first, then tap Register again.",
    ),
    "officer_ask_linked": Words(
        th="LINE นี้เป็นบัญชีเจ้าหน้าที่ของ {name} แล้ว ไม่ต้องลงทะเบียนอีก",
        en="This LINE is the officer's account of {name} already; there is no need to register.",
    ),
    "officer_ask_waits": Words(
        th="ส่งคำขอแล้วเมื่อ {name} กำลังรอศูนย์อนุมัติ เมื่อตัดสินแล้วจะบอกที่แชตนี้",
        en="You asked on {name}; the centre has yet to decide. You will be told in this chat.",
    ),
    "officer_ask_name": Words(
        th="ลงทะเบียนเจ้าหน้าที่ใหม่\nพิมพ์ชื่อและนามสกุล เช่น นายสมชาย ใจดี",
        en="Register as a new officer\nType your given name and family name, such as Somchai Jaidee.",
    ),
    "officer_ask_position": Words(
        th="ตำแหน่งอะไร เช่น นายช่างโยธา", en="What is your position? For example: civil works technician."
    ),
    "officer_ask_phone": Words(
        th="เบอร์โทรที่ศูนย์โทรถามได้ เช่น 0935727903", en="A telephone number the centre may call."
    ),
    "officer_ask_which": Words(
        th="มีหลายหน่วยงานที่ชื่อใกล้เคียง แตะหนึ่งข้อ", en="Several departments come near. Tap one."
    ),
    "officer_ask_no_such": Words(th="ไม่พบหน่วยงานนี้ แตะหนึ่งข้อ", en="There is no such department. Tap one."),
    "officer_ask_words_only": Words(
        th="ข้อนี้ตอบเป็นข้อความหรือกดปุ่มเท่านั้น", en="Please answer this in words or by a button."
    ),
    "officer_ask_notice": Words(
        th="ศูนย์ใช้ข้อมูลนี้ตรวจว่าท่านเป็นเจ้าหน้าที่ แล้วเปิดบัญชีให้",
        en="The centre uses this to see that you work here, and then opens your account.",
    ),
    "officer_asked": Words(
        th="ส่งคำขอแล้ว รอศูนย์อนุมัติ\nเมื่อตัดสินแล้วจะบอกที่แชตนี้ ถ้ารีบ โทร {phone}",
        en="Sent; the centre has to approve it.\nYou will be told in this chat. If it is urgent call {phone}",
    ),
    "photos_received": Words(th="ได้รับ {photos} ภาพแล้ว", en="Photos received: {photos}"),
    "photos_coming": Words(
        th="อีก {count} ภาพกำลังมา ไปต่อได้เลย", en="Photos still coming: {count}. You can go on."
    ),
    "photos_refused": Words(th="ไม่ได้เก็บ {count} ภาพ: {why}", en="Photos not taken: {count}. {why}"),
    "officer_guide": Words(
        th="วิธีใช้แชตนี้\n"
        "1. กด ผูกบัญชี แล้วเข้าสู่ระบบด้วยชื่อผู้ใช้ของท่าน ทำครั้งเดียว\n"
        "2. เมื่อมีงานใหม่ การ์ดจะมาที่นี่ กด รับทราบ เสร็จแล้วกด รายงานผล ส่งภาพและพิมพ์ได้เลย\n"
        "3. พิมพ์ งานของฉัน เกินกำหนด หรือ สถิติ ได้ทุกเมื่อ ไม่เสียค่าข้อความ",
        en="How this chat works\n"
        "1. Tap Link my account and sign in once with your user name.\n"
        "2. New work comes here as a card; tap to acknowledge, then report the result with photos.\n"
        "3. Type my work, overdue or statistics at any time; answers cost nothing.",
    ),
    "ask_administrator": Words(
        th="หากผูกบัญชีไม่ได้ ให้ผู้ดูแลระบบของเทศบาลตรวจว่าบัญชีของท่านเปิดใช้อยู่ และขอลิงก์ตั้งรหัสผ่านใหม่ได้จากผู้ดูแล\n"
        "โทรกลาง {phone}",
        en="If linking fails, ask the municipality's administrator whether your account is active; a new "
        "password link comes from there too.\n"
        "Switchboard {phone}",
    ),
}


def answer(code: str, language: str, **facts: object) -> str:
    """Return the text of an answer; a line that names an empty fact is left out.

    Raises:
        KeyError: no such answer, or a fact is missing.
    """
    text = ANSWERS[code].en if language == "en" else ANSWERS[code].th
    lines = [line for line in text.split("\n") if all(facts[name] not in {"", None} for name in _names(line))]
    return "\n".join(line.format(**facts) for line in lines)


def _names(line: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(line) if name]
