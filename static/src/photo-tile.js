// One photo in the list of a form: picture, name, how far it has come, caption, turning, removing.

const english = document.documentElement.lang === "en";
export const say = (thai, other) => (english ? other : thai);

export class Tile {
  constructor(item, row) {
    this.item = item;
    this.row = row ?? this.build();
    this.words = this.row.querySelector(".note");
    if (row) this.adopt();
  }

  build() {
    const row = make("li");
    const name = make("span", "name", this.item.name);
    name.title = this.item.name;
    row.append(this.picture(), name, make("span", "muted note"));
    this.remover = button(say("เอาออก", "Remove"), `${say("เอาออก", "Remove")} ${this.item.name}`, () => this.onRemove());
    row.append(this.remover);
    return row;
  }

  // The server's own buttons would send the form: with this script they need not.
  adopt() {
    this.row.addEventListener("click", (event) => {
      const pressed = event.target.closest("button");
      if (pressed?.dataset.remove === undefined && !(pressed?.dataset.turn && this.onTurn)) return;
      event.preventDefault();
      if (pressed.dataset.remove === undefined) this.onTurn(pressed.dataset.turn);
      else this.onRemove();
    });
    this.row.querySelector('[name^="caption_"]')?.addEventListener("change", (event) => this.onCaption?.(event.target.value));
  }

  picture() {
    const picture = make("img");
    picture.alt = "";
    const url = URL.createObjectURL(this.item.file);
    const done = () => URL.revokeObjectURL(url);
    picture.addEventListener("load", done, { once: true });
    picture.addEventListener("error", () => {
      done();
      picture.replaceWith(make("span", "no-picture", this.item.name.split(".").pop().slice(0, 5).toUpperCase()));
    }, { once: true });
    picture.src = url;
    return picture;
  }

  note(words) {
    this.words.textContent = words;
  }

  sending() {
    this.row.classList.remove("is-bad");
    this.again?.remove();
    this.bar ??= make("progress");
    this.bar.max = 1;
    this.bar.removeAttribute("value");
    this.bar.setAttribute("aria-label", `${say("กำลังส่ง", "Sending")} ${this.item.name}`);
    this.words.after(this.bar);
    this.note(say("รอส่ง…", "Waiting…"));
  }

  progress(part) {
    if (part >= 1) this.bar.removeAttribute("value"); // The server is at work.
    else this.bar.value = part;
    this.note(part < 1 ? `${say("กำลังส่ง", "Sending")} ${Math.round(part * 100)}%` : say("กำลังประมวลผล…", "Processing…"));
  }

  arrived(facts, name, size) {
    this.bar?.remove();
    const field = make("input");
    Object.assign(field, { type: "hidden", name, value: facts.id });
    this.row.append(field);
    this.size = size;
    this.show(facts);
  }

  // What the server made of it: upright, also where the browser cannot draw the file itself.
  show(facts) {
    const old = this.row.querySelector("img, .no-picture");
    const picture = old.matches("img") ? old : make("img");
    picture.alt = "";
    picture.src = facts.preview;
    if (picture !== old) old.replaceWith(picture);
    this.isPaper = Boolean(facts.pages);
    const parts = [this.isPaper ? say(`เอกสาร ${facts.pages} หน้า`, `${facts.pages} pages`) : this.size];
    if (this.size) parts.push(say("ส่งแล้ว", "sent"));
    if (facts.hint?.latitude) parts.push(say("มีพิกัดที่ถ่าย", "has its place"));
    if (this.size) this.note(parts.filter(Boolean).join(" · "));
  }

  missed(words) {
    this.bar?.remove();
    this.row.classList.add("is-bad");
    this.note(words || say("ส่งไม่สำเร็จ", "Not sent"));
    this.again = button(say("ส่งใหม่", "Send again"), `${say("ส่งใหม่", "Send again")} ${this.item.name}`, () => this.onAgain());
    this.remover.before(this.again);
  }

  // Caption and turning, once the server has the photo.
  tools() {
    if (this.row.querySelector(".tools")) return;
    const caption = make("input", "form-control");
    Object.assign(caption, { name: `caption_${this.item.id}`, maxLength: 300, autocomplete: "off", placeholder: say("คำบรรยาย", "Caption") });
    caption.setAttribute("aria-label", `${say("คำบรรยายของ", "Caption of")} ${this.item.name}`);
    caption.addEventListener("change", () => this.onCaption(caption.value));
    const row = make("span", "tools");
    if (!this.isPaper) {
      row.append(
        button("↺", `${say("หมุนซ้าย", "Turn left")} ${this.item.name}`, () => this.onTurn("left")),
        button("↻", `${say("หมุนขวา", "Turn right")} ${this.item.name}`, () => this.onTurn("right")),
      );
    }
    row.append(this.remover);
    this.row.append(caption, row);
  }

  busy() {
    this.row.setAttribute("aria-busy", "true");
    const buttons = [...this.row.querySelectorAll("button")];
    for (const each of buttons) each.disabled = true;
    const focused = document.activeElement;
    return () => {
      this.row.removeAttribute("aria-busy");
      for (const each of buttons) each.disabled = false;
      if (buttons.includes(focused)) focused.focus();
    };
  }
}

function make(kind, style = "", words = "") {
  const element = document.createElement(kind);
  if (style) element.className = style;
  if (words) element.textContent = words;
  return element;
}

function button(words, label, press) {
  const made = make("button", "btn btn-small", words);
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.addEventListener("click", press);
  return made;
}
