// <div data-photos> around a plain <input type="file" multiple>: shows what was chosen before it is sent.
//   data-max-files   how many (20)         data-max-mb    largest file in MB (15)
//   data-max-all-mb  largest sum in MB (60), where the form sends all files at once
//   data-upload      address that takes one file ("photo") by POST and answers JSON {id, preview, hint, …}; each
//                    is then made lighter, sent as it is chosen, and the form sends the ids
//   data-base        address below which <id>/turn, <id>/caption and <id>/release lie; data-token for the last
//   data-name        name of the fields that carry those ids (photo_ids)
// Tells the page: photos:change (something was added or went), photo-place with {latitude, longitude, taken_at}.

import { Tile, say } from "./photo-tile.js";
import { Sender } from "./photo-sender.js";

const MB = 1024 * 1024;
const size = (bytes) => (bytes < MB ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / MB).toFixed(1)} MB`);

export function start(root) {
  for (const box of root.querySelectorAll("[data-photos]")) if (!box.photos) box.photos = new Photos(box);
}

class Photos {
  constructor(box) {
    this.box = box;
    this.input = box.querySelector('input[type="file"]');
    this.most = Number(box.dataset.maxFiles || 20);
    this.largest = Number(box.dataset.maxMb || 15);
    this.allOfThem = Number(box.dataset.maxAllMb || 60);
    this.sender = box.dataset.upload ? new Sender(box.dataset) : null;
    this.items = [];
    this.makeList();
    const line = document.createElement("div");
    line.className = "pick-line";
    this.input.replaceWith(line);
    line.append(this.makeButton(), this.said);
    this.list.before(line, this.trouble);
    for (const kept of box.querySelectorAll("[data-photo-kept]")) this.adopt(kept);
    this.input.addEventListener("change", () => this.add([...this.input.files]));
    this.dropping();
    this.input.form?.addEventListener("submit", (event) => this.beforeSend(event));
    this.input.form?.addEventListener("paste", (event) => this.paste(event));
    addEventListener("online", () => this.items.filter((item) => item.lost).forEach((item) => this.send(item)));
    if (this.input.files.length) this.add([...this.input.files]); // The browser kept them after going back.
    this.tell();
  }

  makeList() {
    this.list = this.box.querySelector(".photo-list") ?? document.createElement("ul");
    this.list.className = "photo-list";
    if (!this.list.isConnected) this.box.append(this.list);
    this.said = document.createElement("p");
    this.said.className = "hint";
    this.said.setAttribute("role", "status");
    this.trouble = document.createElement("p");
    this.trouble.className = "error";
    this.trouble.hidden = true;
    this.trouble.setAttribute("role", "alert");
  }

  // The browser's own button speaks the browser's language and says "no file chosen".
  makeButton() {
    const button = document.createElement("label");
    button.className = "btn";
    button.htmlFor = this.input.id;
    const words = document.createElement("span");
    words.textContent = say("เลือกรูปหรือถ่ายรูป", "Choose or take photos");
    this.input.classList.add("visually-hidden-input");
    button.append(words, this.input);
    return button;
  }

  // A photo sent earlier (a draft): its row, its hidden field and its caption are there already.
  adopt(row) {
    const item = { name: row.dataset.photoKept, size: 0, id: row.dataset.photoId ?? row.querySelector("input")?.value };
    item.tile = new Tile(item, row);
    this.items.push(item);
    this.wire(item);
  }

  add(files) {
    const bad = [];
    for (const file of files) {
      if (this.items.some((item) => item.file && item.name === file.name && item.size === file.size)) continue;
      const why = this.refusal(file);
      if (why) {
        bad.push(why);
        continue;
      }
      const item = { file, name: file.name, size: file.size };
      item.tile = new Tile(item);
      item.tile.note(size(file.size));
      this.items.push(item);
      this.list.append(item.tile.row);
      this.wire(item);
      if (this.sender) this.send(item);
    }
    this.complain(bad.join(" · "));
    this.keep();
    this.tell();
  }

  refusal(file) {
    const sum = this.items.reduce((all, item) => all + item.size, file.size);
    if (this.items.length >= this.most) return say(`“${file.name}” เกินจำนวน แนบได้ไม่เกิน ${this.most} ไฟล์`, `${file.name}: not more than ${this.most} files`);
    if (file.size > this.largest * MB) return say(`“${file.name}” ใหญ่ ${size(file.size)} เกิน ${this.largest} MB`, `${file.name} is ${size(file.size)}, more than ${this.largest} MB`);
    if (file.size === 0) return say(`“${file.name}” เป็นไฟล์ว่าง`, `${file.name} is empty`);
    if (!this.sender && sum > this.allOfThem * MB) return say(`“${file.name}” ทำให้รวมกันเกิน ${this.allOfThem} MB`, `${file.name}: together more than ${this.allOfThem} MB`);
    return "";
  }

  complain(words) {
    this.trouble.textContent = words;
    this.trouble.hidden = !words;
  }

  // Without an upload address the form's own field must hold exactly what is listed.
  keep() {
    const hold = new DataTransfer();
    if (!this.sender) for (const item of this.items) if (item.file) hold.items.add(item.file);
    this.input.files = hold.files;
  }

  tell() {
    const sum = this.items.reduce((all, item) => all + item.size, 0);
    const count = this.items.length;
    const sent = this.items.filter((item) => item.id).length;
    const limit = say(`แนบได้ไม่เกิน ${this.most} ไฟล์ ไฟล์ละไม่เกิน ${this.largest} MB`, `Up to ${this.most} files of ${this.largest} MB each`);
    const chosen = say(`เลือกแล้ว ${count} จาก ${this.most} ไฟล์${sum ? ` รวม ${size(sum)}` : ""}`, `${count} of ${this.most} files${sum ? `, ${size(sum)}` : ""}`);
    const going = this.sender && sent < count ? say(` · ส่งแล้ว ${sent}`, ` · ${sent} sent`) : "";
    this.said.textContent = count ? chosen + going : limit;
    this.list.hidden = !count;
  }

  wire(item) {
    item.tile.onRemove = () => this.remove(item);
    item.tile.onAgain = () => this.send(item);
    if (!this.sender?.base) return;
    item.tile.onTurn = (way) => this.change(item, () => this.sender.post(`${item.id}/turn`, { way }));
    item.tile.onCaption = (caption) => this.change(item, () => this.sender.post(`${item.id}/caption`, { caption }));
    if (item.id) item.tile.tools();
  }

  async change(item, ask) {
    const done = item.tile.busy();
    try {
      item.tile.show(await ask());
      this.complain("");
    } catch (error) {
      this.complain(`“${item.name}” ${error.message}`);
    }
    done();
  }

  remove(item) {
    const place = this.items.indexOf(item);
    if (place < 0) return;
    this.items.splice(place, 1);
    item.tile.row.remove();
    item.removed = true;
    item.sending?.cancel?.();
    // What cannot be told now is let go when the form is sent: it lists what it keeps.
    if (item.id && this.sender?.base) this.sender.release(item.id).catch(() => {});
    this.keep();
    this.tell();
    const next = this.items[Math.min(place, this.items.length - 1)];
    (next?.tile.row.querySelector("button") ?? this.input).focus();
    this.box.dispatchEvent(new CustomEvent("photos:change", { bubbles: true }));
  }

  send(item) {
    item.failed = item.lost = false;
    item.tile.sending();
    item.sending = this.sender.send(item, (part) => item.tile.progress(part));
    item.done = item.sending.then(
      (facts) => this.arrived(item, facts),
      (error) => this.missed(item, error),
    );
  }

  arrived(item, facts) {
    if (item.removed) return this.sender.base && this.sender.release(facts.id).catch(() => {});
    if (this.items.some((other) => other !== item && other.id === facts.id)) {
      this.items.splice(this.items.indexOf(item), 1); // The same picture twice is kept once.
      item.tile.row.remove();
      this.complain(say(`“${item.name}” เป็นภาพเดียวกับที่แนบไว้แล้ว`, `${item.name} is attached already`));
      return this.tell();
    }
    item.id = facts.id;
    item.tile.arrived(facts, this.box.dataset.name || "photo_ids", size(item.size));
    if (this.sender.base) item.tile.tools();
    this.tell();
    this.box.dispatchEvent(new CustomEvent("photos:change", { bubbles: true, detail: facts }));
    if (facts.hint) this.box.dispatchEvent(new CustomEvent("photo-place", { bubbles: true, detail: facts.hint }));
  }

  missed(item, error) {
    if (item.removed) return;
    item.failed = true;
    item.lost = Boolean(error.lost);
    item.tile.missed(error.message);
    this.tell();
  }

  async beforeSend(event) {
    if (!this.sender || this.passing) return;
    const isSave = !event.submitter?.formNoValidate;
    const waiting = this.items.filter((item) => item.sending && !item.id && !item.failed);
    const failed = this.items.filter((item) => item.failed);
    if (!waiting.length && !(failed.length && isSave)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    if (waiting.length) {
      this.said.textContent = say(`รอส่งรูปอีก ${waiting.length} ไฟล์…`, `Waiting for ${waiting.length} files…`);
      await Promise.all(waiting.map((item) => item.done));
      this.tell();
    }
    const lost = this.items.filter((item) => item.failed);
    if (lost.length && isSave) {
      this.complain(say(`ยังส่งไม่สำเร็จ ${lost.length} ไฟล์ กรุณากดส่งใหม่ หรือเอาออกก่อนบันทึก`, `${lost.length} files were not sent. Send them again or remove them before saving`));
      lost[0].tile.row.querySelector("button")?.focus();
      return;
    }
    this.passing = true;
    this.input.form.requestSubmit(button);
    this.passing = false;
  }

  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  }

  dropping() {
    const over = (event, on) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      this.box.classList.toggle("is-over", on);
    };
    this.box.classList.add("drop");
    this.box.addEventListener("dragover", (event) => over(event, true));
    this.box.addEventListener("dragleave", (event) => over(event, false));
    this.box.addEventListener("drop", (event) => {
      over(event, false);
      this.add([...event.dataTransfer.files]);
    });
  }
}
