// Opens the photos of a <div data-gallery> in a dialog: arrows, Home and End, Esc; before beside after.
//   a[data-view="before" or "after"]   a photo; data-title, data-caption and data-taken say what it is
// Without script each link opens its photo in a new tab.

const english = document.documentElement.lang === "en";
const say = (thai, other) => (english ? other : thai);
const SWIPE = 50;
let viewer;

export function start(root) {
  for (const gallery of root.querySelectorAll("[data-gallery]")) {
    if (gallery.viewed) continue;
    gallery.viewed = true;
    gallery.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-view]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      viewer ??= new Viewer();
      viewer.open(gallery, link);
    });
  }
}

class Viewer {
  constructor() {
    this.box = make("dialog", "viewer");
    this.box.setAttribute("aria-labelledby", "viewer-title");
    this.title = make("h2");
    this.title.id = "viewer-title";
    this.title.setAttribute("aria-live", "polite");
    this.both = button(say("เทียบก่อน–หลัง", "Before and after"), () => this.compare(!this.comparing));
    this.full = make("a", "btn btn-small", say("เปิดแท็บใหม่", "Open in a new tab"));
    this.full.target = "_blank";
    this.full.rel = "noopener";
    const close = button("✕", () => this.box.close());
    close.setAttribute("aria-label", say("ปิด", "Close"));
    const head = make("div", "viewer-head");
    head.append(this.title, this.both, this.full, close);
    this.stage = make("div", "viewer-stage");
    this.back = button("‹", () => this.step(-1));
    this.back.setAttribute("aria-label", say("ภาพก่อนหน้า", "Previous photo"));
    this.next = button("›", () => this.step(1));
    this.next.setAttribute("aria-label", say("ภาพถัดไป", "Next photo"));
    this.place = make("div", "viewer-pictures");
    this.stage.append(this.back, this.place, this.next);
    this.box.append(head, this.stage);
    document.body.append(this.box);
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => event.target === this.box && this.box.close());
    this.box.addEventListener("close", () => this.opener?.focus());
    this.swiping();
  }

  open(gallery, link) {
    this.links = [...gallery.querySelectorAll("a[data-view]")];
    this.before = this.links.filter((each) => each.dataset.view === "before");
    this.after = this.links.filter((each) => each.dataset.view === "after");
    this.both.hidden = !(this.before.length && this.after.length);
    this.opener = link;
    this.at = this.links.indexOf(link);
    this.box.showModal();
    this.compare(false);
  }

  compare(on) {
    if (on) {
      const link = this.links[this.at];
      this.at = Math.max(0, (link.dataset.view === "after" ? this.after : this.before).indexOf(link));
    } else if (this.comparing) {
      this.at = Math.min(this.at, this.before.length - 1);
    }
    this.comparing = on;
    this.both.setAttribute("aria-pressed", String(on));
    this.draw();
  }

  get count() {
    return this.comparing ? Math.max(this.before.length, this.after.length) : this.links.length;
  }

  step(by) {
    this.go(this.at + by);
  }

  go(to) {
    this.at = Math.min(Math.max(to, 0), this.count - 1);
    this.draw();
  }

  draw() {
    const last = (list) => list[Math.min(this.at, list.length - 1)];
    const shown = this.comparing ? [last(this.before), last(this.after)] : [this.links[this.at]];
    this.place.replaceChildren(...shown.map((link) => this.figure(link)));
    this.place.classList.toggle("is-pair", this.comparing);
    const what = this.comparing ? say("ก่อนและหลังดำเนินการ", "Before and after the work") : shown[0].dataset.title;
    this.title.textContent = `${what} · ${this.at + 1}/${this.count}`;
    this.full.href = shown[0].href;
    this.full.hidden = this.comparing;
    for (const [each, end] of [[this.back, this.at === 0], [this.next, this.at === this.count - 1]]) {
      if (end && document.activeElement === each) this.box.querySelector(".viewer-head button:last-child").focus();
      each.disabled = end;
    }
  }

  figure(link) {
    const figure = make("figure");
    const picture = make("img");
    picture.src = link.href;
    picture.alt = link.querySelector("img")?.alt ?? "";
    picture.addEventListener("error", () => picture.replaceWith(make("p", "no-picture", say("เปิดภาพไม่ได้", "The photo cannot be shown"))));
    const words = [this.comparing ? link.dataset.title : "", link.dataset.caption, link.dataset.taken ? `${say("ถ่ายเมื่อ", "Taken")} ${link.dataset.taken}` : ""];
    figure.append(picture, make("figcaption", "", words.filter(Boolean).join(" · ")));
    return figure;
  }

  key(event) {
    const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.go(to);
  }

  swiping() {
    let from = null;
    this.stage.addEventListener("pointerdown", (event) => (from = event.pointerType === "mouse" ? null : event.clientX));
    this.stage.addEventListener("pointerup", (event) => {
      if (from !== null && Math.abs(event.clientX - from) > SWIPE) this.step(event.clientX < from ? 1 : -1);
      from = null;
    });
  }
}

function make(kind, style = "", words = "") {
  const element = document.createElement(kind);
  if (style) element.className = style;
  if (words) element.textContent = words;
  return element;
}

function button(words, press) {
  const made = make("button", "btn btn-small", words);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}
