// <th-date>: a plain text box for a day, helped by a long form below it and a Buddhist calendar.
// The server's parser (domain/thai_dates.py) is the truth; read() mirrors its rules so that it can be shown early.
// Attributes: min and max, days as YYYY-MM-DD. The form sends exactly what was typed.

const english = document.documentElement.lang === "en";
const MONTHS = ["มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน", "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม"];
const SHORT = ["มค", "กพ", "มีค", "เมย", "พค", "มิย", "กค", "สค", "กย", "ตค", "พย", "ธค"];
const ENGLISH = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEK = english ? ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"] : ["จ", "อ", "พ", "พฤ", "ศ", "ส", "อา"];
const WEEKDAYS = english
  ? ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  : ["จันทร์", "อังคาร", "พุธ", "พฤหัสบดี", "ศุกร์", "เสาร์", "อาทิตย์"];
const ERA = 543;
const FIRST = 2400;
const LAST = 2699;
const DAY = 86400000;
const YEARS_BACK = 110;
const YEARS_AHEAD = 10;

const words = new Map([["sept", 9]]);
MONTHS.forEach((name, i) => {
  for (const word of [name, name.replace(/(คม|ยน|พันธ์)$/, ""), SHORT[i], ENGLISH[i].toLowerCase(), ENGLISH[i].slice(0, 3).toLowerCase()]) {
    words.set(word, i + 1);
  }
});

const pad = (number) => String(number).padStart(2, "0");
const daysIn = (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate();
const make = (year, month, day) => new Date(Date.UTC(year, month - 1, day));
const iso = (date) => date.toISOString().slice(0, 10);
const typed = (date) => `${pad(date.getUTCDate())}/${pad(date.getUTCMonth() + 1)}/${date.getUTCFullYear() + ERA}`;

export function today() {
  return new Date(`${new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Bangkok", year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date())}T00:00:00Z`);
}

export function long(date) {
  const day = date.getUTCDate();
  const month = date.getUTCMonth();
  const year = date.getUTCFullYear();
  return english ? `${day} ${ENGLISH[month]} ${year} (B.E. ${year + ERA})` : `${day} ${MONTHS[month]} ${year + ERA}`;
}

function parts(text) {
  let plain = text.replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0x0e50).trim().replace(/\s+/g, " ").toLowerCase();
  plain = plain.replace(/พ\. ?ศ\. ?|พศ ?/g, "").replace(/^วันที่/, "").trim();
  let found = plain.match(/^(\d{4}) ?[-/. ] ?(\d{1,2}) ?[-/. ] ?(\d{1,2})$/);
  if (found) return { year: found[1], month: +found[2], day: +found[3], iso: /^\d{4}-\d{2}-\d{2}$/.test(plain) };
  found = plain.match(/^(\d{1,2}) ?[-/. ] ?(\d{1,2}) ?[-/. ] ?(\d{2}|\d{4})$/);
  if (found) return { year: found[3], month: +found[2], day: +found[1] };
  found = plain.match(/^(\d{1,2})[-/,. ]*([ก-๎a-z][ก-๎a-z. ]*?)[-/,. ]*(\d{2}|\d{4})$/);
  if (!found) return null;
  const month = words.get(found[2].replace(/[. ]/g, "").replace("ฏ", "ฎ"));
  return month ? { year: found[3], month, day: +found[1] } : null;
}

// {date} when it can be read, {problem} when it can be read and is refused, {} when it cannot be read (yet).
export function read(text, { min, max } = {}) {
  const part = parts(text);
  if (!part || (part.year.length === 4 && part.year < "1000")) return {};
  const year = +part.year;
  if (part.year.length === 4 && year >= FIRST) return real(part, year - ERA, min, max);
  if (part.iso) return real(part, year, min, max);
  return { problem: ambiguous(part, year) };
}

function real(part, year, min, max) {
  const why = impossible(part, year);
  if (why) return { problem: why };
  if (year + ERA < FIRST || year + ERA > LAST) {
    return { problem: english ? `B.E. ${year + ERA} is not between ${FIRST} and ${LAST}` : `ปี พ.ศ. ${year + ERA} อยู่นอกช่วง ${FIRST} ถึง ${LAST}` };
  }
  const date = make(year, part.month, part.day);
  if (max && iso(date) > max) return { date, problem: english ? `${long(date)}: not later than ${long(new Date(max))}` : `${long(date)} ต้องไม่เกิน ${long(new Date(max))}` };
  if (min && iso(date) < min) return { date, problem: english ? `${long(date)}: not before ${long(new Date(min))}` : `${long(date)} ต้องไม่ก่อน ${long(new Date(min))}` };
  return { date };
}

function impossible(part, year) {
  if (part.month < 1 || part.month > 12) return english ? "A year has 12 months: type the day before the month" : "ปีหนึ่งมี 12 เดือน พิมพ์วันก่อนเดือน";
  const last = daysIn(year, part.month);
  if (part.day >= 1 && part.day <= last) return null;
  const of = part.month === 2 ? ` ${english ? year : year + ERA}` : "";
  return english ? `${ENGLISH[part.month - 1]}${of} has ${last} days` : `เดือน${MONTHS[part.month - 1]}${of} มี ${last} วัน`;
}

function ambiguous(part, year) {
  if (part.month < 1 || part.month > 12) return impossible(part, year);
  const short = part.year.length === 2;
  const now = today().getUTCFullYear();
  const buddhist = short ? 2500 + year : year;
  const christian = short ? (2000 + year <= now ? 2000 + year : 1900 + year) : year;
  const name = english ? ENGLISH[part.month - 1] : MONTHS[part.month - 1];
  const likely = (short ? buddhist : christian + ERA) >= FIRST ? (short ? buddhist : christian + ERA) : buddhist;
  const example = `${pad(part.day)}/${pad(part.month)}/${likely}`;
  return english
    ? `Year ${part.year} can be read in two ways: ${part.day} ${name} B.E. ${buddhist} or ${part.day} ${name} ${christian} (B.E. ${christian + ERA}). Type the Buddhist year in four digits, such as ${example}`
    : `ปี ${part.year} อ่านได้สองแบบ: ${part.day} ${name} พ.ศ. ${buddhist} หรือ ${part.day} ${name} ค.ศ. ${christian} (พ.ศ. ${christian + ERA}) พิมพ์ปี พ.ศ. 4 หลัก เช่น ${example}`;
}

let serial = 0;

class ThDate extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.said) return;
    this.number = ++serial;
    this.said = document.createElement("p");
    this.said.className = "th-date-said";
    this.said.id = `th-date-${this.number}`;
    this.said.setAttribute("role", "status");
    this.input.setAttribute("aria-describedby", [this.input.getAttribute("aria-describedby"), this.said.id].filter(Boolean).join(" "));
    const line = document.createElement("div");
    line.className = "th-date-line";
    this.input.replaceWith(line);
    line.append(this.input);
    if ("popover" in HTMLElement.prototype) line.append(this.makeButton());
    this.append(this.said);
    this.input.addEventListener("input", () => this.say(false));
    this.input.addEventListener("change", () => this.say(true));
    this.say(Boolean(this.input.value));
  }

  get limits() {
    return { min: this.getAttribute("min") || undefined, max: this.getAttribute("max") || undefined };
  }

  get date() {
    return read(this.input.value, this.limits).date ?? null;
  }

  say(isDone) {
    const text = this.input.value.trim();
    const { date, problem } = text ? read(text, this.limits) : {};
    const example = typed(today());
    const unread = english ? `Cannot read this date. Day/month/Buddhist year, such as ${example}` : `อ่านวันที่ไม่ออก พิมพ์ วัน/เดือน/ปี พ.ศ. เช่น ${example}`;
    this.said.textContent = problem ?? (date ? long(date) : text && isDone ? unread : "");
    this.said.classList.toggle("is-bad", Boolean(problem || (text && isDone && !date)));
  }

  makeButton() {
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "btn btn-icon";
    const label = this.closest("form, body").querySelector(`label[for="${CSS.escape(this.input.id)}"]`)?.textContent.trim() ?? "";
    this.button.setAttribute("aria-label", `${english ? "Calendar" : "ปฏิทิน"} ${label}`.trim());
    this.button.setAttribute("aria-haspopup", "dialog");
    this.button.append(symbol("calendar"));
    this.button.addEventListener("click", () => this.open());
    return this.button;
  }

  open() {
    this.calendar ??= this.makeCalendar();
    this.shown = this.date ?? this.nearest(today());
    this.draw();
    this.calendar.showPopover();
    const at = this.button.getBoundingClientRect();
    const box = this.calendar.getBoundingClientRect();
    const below = at.bottom + box.height + 8 < innerHeight;
    this.calendar.style.inset = "auto";
    this.calendar.style.top = `${Math.max(8, below ? at.bottom + 4 : Math.min(at.top - box.height - 4, innerHeight - box.height - 8))}px`;
    this.calendar.style.left = `${Math.max(8, Math.min(at.right - box.width, innerWidth - box.width - 8))}px`;
    this.focusDay();
  }

  nearest(date) {
    const { min, max } = this.limits;
    if (max && iso(date) > max) return new Date(max);
    if (min && iso(date) < min) return new Date(min);
    return date;
  }

  makeCalendar() {
    const box = document.createElement("div");
    box.className = "th-date-calendar";
    box.popover = "auto";
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", this.button.getAttribute("aria-label"));
    const head = document.createElement("div");
    head.className = "th-date-head";
    this.month = choice(english ? "Month" : "เดือน", (english ? ENGLISH : MONTHS).map((name, i) => [i, name]));
    const now = today().getUTCFullYear();
    const from = this.limits.min ? +this.limits.min.slice(0, 4) : now - YEARS_BACK;
    const to = this.limits.max ? +this.limits.max.slice(0, 4) : now + YEARS_AHEAD;
    const years = Array.from({ length: to - from + 1 }, (_, i) => [to - i, String(to - i + ERA)]);
    this.year = choice(english ? "Buddhist year" : "ปี พ.ศ.", years);
    const back = arrow("chevron-left", english ? "Month before" : "เดือนก่อน");
    const on = arrow("chevron-right", english ? "Month after" : "เดือนถัดไป");
    head.append(back, this.month, this.year, on);
    this.grid = document.createElement("table");
    box.append(head, this.grid);
    this.append(box);
    back.addEventListener("click", () => this.go(this.monthOn(-1), false));
    on.addEventListener("click", () => this.go(this.monthOn(1), false));
    const jump = () => this.go(this.sameDay(+this.year.value, +this.month.value + 1), false);
    this.month.addEventListener("change", jump);
    this.year.addEventListener("change", jump);
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.grid.addEventListener("click", (event) => {
      const day = event.target.closest("button[data-day]");
      if (day) this.pick(new Date(day.dataset.day));
    });
    return box;
  }

  sameDay(year, month) {
    return make(year, month, Math.min(this.shown.getUTCDate(), daysIn(year, month)));
  }

  monthOn(by) {
    const first = make(this.shown.getUTCFullYear(), this.shown.getUTCMonth() + 1 + by, 1);
    return this.sameDay(first.getUTCFullYear(), first.getUTCMonth() + 1);
  }

  go(date, focus = true) {
    this.shown = this.nearest(date);
    this.draw();
    if (focus) this.focusDay();
  }

  draw() {
    const year = this.shown.getUTCFullYear();
    const month = this.shown.getUTCMonth();
    this.month.value = month;
    if (![...this.year.options].some((option) => +option.value === year)) this.year.prepend(new Option(String(year + ERA), year));
    this.year.value = year;
    const first = make(year, month + 1, 1);
    const lead = (first.getUTCDay() + 6) % 7;
    const chosen = this.date && iso(this.date);
    const { min, max } = this.limits;
    const head = document.createElement("tr");
    WEEK.forEach((name, i) => {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.abbr = WEEKDAYS[i];
      cell.textContent = name;
      head.append(cell);
    });
    const weeks = [];
    for (let place = 0; place < lead + daysIn(year, month + 1); place += 1) {
      if (place % 7 === 0) weeks.push(document.createElement("tr"));
      const cell = document.createElement("td");
      if (place >= lead) {
        const date = new Date(first.getTime() + (place - lead) * DAY);
        const key = iso(date);
        const day = document.createElement("button");
        day.type = "button";
        day.dataset.day = key;
        day.textContent = date.getUTCDate();
        day.setAttribute("aria-label", long(date));
        day.setAttribute("aria-pressed", String(key === chosen));
        if (key === iso(today())) day.setAttribute("aria-current", "date");
        day.disabled = Boolean((max && key > max) || (min && key < min));
        day.tabIndex = key === iso(this.shown) ? 0 : -1;
        cell.append(day);
      }
      weeks.at(-1).append(cell);
    }
    const thead = document.createElement("thead");
    thead.append(head);
    const tbody = document.createElement("tbody");
    tbody.append(...weeks);
    this.grid.replaceChildren(thead, tbody);
  }

  focusDay() {
    this.grid.querySelector('button[tabindex="0"]')?.focus();
  }

  key(event) {
    const weekday = (this.shown.getUTCDay() + 6) % 7;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -weekday, End: 6 - weekday };
    if (event.key in steps) this.go(new Date(this.shown.getTime() + steps[event.key] * DAY));
    else if (event.key === "PageUp") this.go(event.shiftKey ? this.sameDay(this.shown.getUTCFullYear() - 1, this.shown.getUTCMonth() + 1) : this.monthOn(-1));
    else if (event.key === "PageDown") this.go(event.shiftKey ? this.sameDay(this.shown.getUTCFullYear() + 1, this.shown.getUTCMonth() + 1) : this.monthOn(1));
    else return;
    event.preventDefault();
  }

  pick(date) {
    this.input.value = typed(date);
    this.calendar.hidePopover();
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.input.focus();
  }
}

function symbol(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${new URL("../vendor/icons.svg", import.meta.url).pathname}#${name}`);
  svg.append(use);
  return svg;
}

function arrow(name, label) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.setAttribute("aria-label", label);
  button.append(symbol(name));
  return button;
}

function choice(label, options) {
  const select = document.createElement("select");
  select.className = "form-select";
  select.setAttribute("aria-label", label);
  select.append(...options.map(([value, text]) => new Option(text, value)));
  return select;
}

if (!customElements.get("th-date")) customElements.define("th-date", ThDate);
