// <div data-photos> around a plain <input type="file" multiple>: shows what was chosen before it is sent.
//   data-max-files   how many (20)         data-max-mb    largest file in MB (15)
//   data-max-all-mb  largest sum in MB (60), where the form sends all files at once
//   data-upload      address that takes one file ("photo") by POST and answers JSON {"id": …}; each photo is
//                    then sent as it is chosen and the form sends the ids
//   data-name        name of the fields that carry those ids (photo_ids)

const english = document.documentElement.lang === "en";
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
    this.url = box.dataset.upload;
    this.items = [];
    this.list = document.createElement("ul");
    this.list.className = "photo-list";
    this.said = document.createElement("p");
    this.said.className = "hint";
    this.said.setAttribute("role", "status");
    this.trouble = document.createElement("p");
    this.trouble.className = "error";
    this.trouble.hidden = true;
    this.trouble.setAttribute("role", "alert");
    const line = document.createElement("div");
    line.className = "pick-line";
    this.input.replaceWith(line);
    line.append(this.makeButton(), this.said);
    box.append(line, this.trouble, this.list);
    for (const kept of box.querySelectorAll("[data-photo-kept]")) this.adopt(kept);
    this.input.addEventListener("change", () => this.add([...this.input.files]));
    this.dropping();
    this.input.form?.addEventListener("submit", (event) => this.beforeSend(event));
    if (this.input.files.length) this.add([...this.input.files]); // The browser kept them after going back.
    this.tell();
  }

  // The browser's own button speaks the browser's language and says "no file chosen".
  makeButton() {
    const button = document.createElement("label");
    button.className = "btn";
    button.htmlFor = this.input.id;
    const words = document.createElement("span");
    words.textContent = english ? "Choose or take photos" : "เลือกรูปหรือถ่ายรูป";
    this.input.classList.add("visually-hidden-input");
    button.append(words, this.input);
    return button;
  }

  // A photo sent earlier (a draft): its hidden field and name are there already.
  adopt(kept) {
    const item = { name: kept.dataset.photoKept, size: 0, id: kept.querySelector("input")?.value, row: kept };
    this.items.push(item);
    // A submit button is the server's business: it forgets the file as well.
    kept.querySelector('button[type="button"]')?.addEventListener("click", () => this.remove(item));
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
      this.items.push(item);
      this.show(item);
      if (this.url) item.sending = this.send(item);
    }
    this.trouble.textContent = bad.join(" · ");
    this.trouble.hidden = !bad.length;
    this.keep();
    this.tell();
  }

  refusal(file) {
    const sum = this.items.reduce((all, item) => all + item.size, file.size);
    if (this.items.length >= this.most) return english ? `${file.name}: not more than ${this.most} photos` : `“${file.name}” เกินจำนวน แนบได้ไม่เกิน ${this.most} รูป`;
    if (file.size > this.largest * MB) return english ? `${file.name} is ${size(file.size)}, more than ${this.largest} MB` : `“${file.name}” ใหญ่ ${size(file.size)} เกิน ${this.largest} MB`;
    if (file.size === 0) return english ? `${file.name} is empty` : `“${file.name}” เป็นไฟล์ว่าง`;
    if (!this.url && sum > this.allOfThem * MB) return english ? `${file.name}: together more than ${this.allOfThem} MB` : `“${file.name}” ทำให้รวมกันเกิน ${this.allOfThem} MB`;
    return "";
  }

  // Without an upload address the form's own field must hold exactly what is listed.
  keep() {
    const hold = new DataTransfer();
    if (!this.url) for (const item of this.items) if (item.file) hold.items.add(item.file);
    this.input.files = hold.files;
  }

  tell() {
    const sum = this.items.reduce((all, item) => all + item.size, 0);
    const count = this.items.length;
    const limit = english ? `Up to ${this.most} photos of ${this.largest} MB each` : `แนบได้ไม่เกิน ${this.most} รูป รูปละไม่เกิน ${this.largest} MB`;
    this.said.textContent = count ? (english ? `${count} of ${this.most} photos${sum ? `, ${size(sum)}` : ""}` : `เลือกแล้ว ${count} จาก ${this.most} รูป${sum ? ` รวม ${size(sum)}` : ""}`) : limit;
  }

  show(item) {
    const row = document.createElement("li");
    const picture = document.createElement("img");
    picture.alt = "";
    const url = URL.createObjectURL(item.file);
    const done = () => URL.revokeObjectURL(url);
    picture.addEventListener("load", done);
    picture.addEventListener("error", () => {
      done();
      const none = document.createElement("span");
      none.className = "no-picture";
      none.textContent = item.name.split(".").pop().slice(0, 5).toUpperCase();
      picture.replaceWith(none);
    });
    picture.src = url;
    const name = document.createElement("span");
    name.className = "name";
    name.title = item.name;
    name.textContent = item.name;
    item.note = document.createElement("span");
    item.note.className = "muted";
    item.note.textContent = size(item.size);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-small";
    remove.textContent = english ? "Remove" : "เอาออก";
    remove.setAttribute("aria-label", `${remove.textContent} ${item.name}`);
    remove.addEventListener("click", () => this.remove(item));
    row.append(picture, name, item.note, remove);
    item.row = row;
    this.list.append(row);
  }

  remove(item) {
    const place = this.items.indexOf(item);
    this.items.splice(place, 1);
    item.row.remove();
    this.keep();
    this.tell();
    const next = this.items[Math.min(place, this.items.length - 1)];
    (next?.row.querySelector("button") ?? this.input).focus();
    this.box.dispatchEvent(new CustomEvent("photos:change", { bubbles: true }));
  }

  async send(item) {
    const data = new FormData();
    data.append("photo", item.file);
    const token = document.querySelector('meta[name="csrf-token"]')?.content ?? this.input.form?.elements.csrf_token?.value ?? "";
    item.note.textContent = english ? "Sending…" : "กำลังส่ง…";
    try {
      const answer = await fetch(this.url, { method: "POST", body: data, headers: { Accept: "application/json", "X-CSRFToken": token } });
      const facts = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(facts.error ?? "");
      item.id = facts.id;
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = this.box.dataset.name || "photo_ids";
      field.value = facts.id;
      item.row.append(field);
      item.note.textContent = `${size(item.size)} · ${english ? "sent" : "ส่งแล้ว"}`;
      this.box.dispatchEvent(new CustomEvent("photos:change", { bubbles: true }));
    } catch (error) {
      item.row.classList.add("is-bad");
      item.note.textContent = error.message || (english ? "Not sent" : "ส่งไม่สำเร็จ");
      const again = document.createElement("button");
      again.type = "button";
      again.className = "btn btn-small";
      again.textContent = english ? "Send again" : "ส่งใหม่";
      again.addEventListener("click", () => {
        again.remove();
        item.row.classList.remove("is-bad");
        item.sending = this.send(item);
      });
      item.row.append(again);
    }
  }

  async beforeSend(event) {
    const waiting = this.items.filter((item) => item.sending && !item.id && !item.row.classList.contains("is-bad"));
    if (!waiting.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.said.textContent = english ? `Waiting for ${waiting.length} photos…` : `รอส่งรูปอีก ${waiting.length} รูป…`;
    const button = event.submitter;
    await Promise.all(waiting.map((item) => item.sending));
    this.tell();
    this.input.form.requestSubmit(button);
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
