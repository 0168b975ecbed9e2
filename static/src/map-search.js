// The search for a place: names while they are typed, coordinates and links as they are pasted.
// Without this module the button beside the box sends the form, and the answer is a list of buttons.

import { english, symbol, words } from "./map-parts.js";

const WAIT = 180;
const ICONS = { road: "road", zone: "map-2", pin: "map-pin", community: "building-community", far: "search" };

export class PlaceSearch {
  constructor(picker, box) {
    this.picker = picker;
    this.box = box;
    this.url = box.dataset.url;
    this.input = box.querySelector("input");
    for (const plain of box.querySelectorAll("[data-plain-search], [data-plain-hits]")) plain.remove();
    box.hidden = false;
    this.hits = [];
    this.at = -1;
    this.makeList();
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("focus", () => this.hits.length && this.open(true));
    box.addEventListener("focusout", (event) => !box.contains(event.relatedTarget) && this.open(false));
  }

  makeList() {
    this.list = document.createElement("ul");
    this.list.className = "place-hits";
    this.list.id = `${this.input.id}-hits`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", english ? "Places found" : "สถานที่ที่พบ");
    this.list.hidden = true;
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // Keep the focus in the box.
    this.said = document.createElement("p");
    this.said.className = "hint place-said";
    this.said.setAttribute("role", "status");
    this.input.after(this.list);
    this.box.append(this.said);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) this.input.setAttribute(name, value);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask(far = false) {
    clearTimeout(this.timer);
    this.asking?.abort();
    const query = this.input.value.trim();
    this.asked = query;
    if (!query) {
      this.show([], "", "");
      return;
    }
    this.asking = new AbortController();
    const address = new URL(this.url, location.href);
    address.search = new URLSearchParams(far ? { q: query, far: "1" } : { q: query });
    if (far) this.said.textContent = words.asking;
    try {
      const answer = await fetch(address, { signal: this.asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      this.show(found.hits, found.said, found.far);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.asked = null;
      this.show([], words.failed, "");
    }
  }

  show(hits, said, far) {
    this.hits = far ? [...hits, { kind: "far", name: words.far(far, this.asked), hint: "", fields: {} }] : hits;
    this.list.replaceChildren(...this.hits.map((hit, index) => this.row(hit, index)));
    this.said.textContent = said || (hits.length ? words.hits(hits.length) : "");
    this.mark(-1);
    this.open(this.hits.length > 0 && this.box.contains(document.activeElement));
  }

  row(hit, index) {
    const row = document.createElement("li");
    row.id = `${this.list.id}-${index}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    const name = document.createElement("span");
    name.textContent = hit.name;
    row.append(symbol(ICONS[hit.kind] ?? "map-pin"), name);
    if (hit.hint) {
      const hint = document.createElement("span");
      hint.className = "muted";
      hint.textContent = hit.hint;
      row.append(hint);
    }
    row.addEventListener("click", () => this.pick(hit));
    return row;
  }

  open(on) {
    this.list.hidden = !on;
    this.input.setAttribute("aria-expanded", String(on));
    if (!on) this.mark(-1);
  }

  mark(at) {
    this.at = at;
    for (const [index, row] of [...this.list.children].entries()) row.setAttribute("aria-selected", String(index === at));
    const row = this.list.children[at];
    if (row) {
      this.input.setAttribute("aria-activedescendant", row.id);
      row.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  async pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const { key } = event;
    if ((key === "ArrowDown" || key === "ArrowUp") && this.hits.length) {
      event.preventDefault();
      if (this.list.hidden) this.open(true);
      const count = this.hits.length;
      if (key === "ArrowDown") this.mark((this.at + 1) % count);
      else this.mark(this.at <= 0 ? count - 1 : this.at - 1);
    } else if (key === "Escape" && (!this.list.hidden || this.input.value)) {
      event.preventDefault();
      event.stopPropagation(); // The first Esc closes the list, a later one leaves full screen.
      if (this.list.hidden) {
        this.input.value = "";
        this.show([], "", "");
      } else this.open(false);
    } else if (key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      if (this.asked !== this.input.value.trim()) await this.ask();
      const hit = this.hits[Math.max(this.at, 0)];
      if (hit) this.pick(hit);
    }
  }

  pick(hit) {
    if (hit.kind === "far") {
      this.ask(true);
      return;
    }
    this.open(false);
    this.said.textContent = "";
    const { fields } = hit;
    const road = this.picker.closest("form")?.elements.road_name;
    if (fields.road_name && road && !road.value.trim()) {
      road.value = fields.road_name;
      road.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (fields.latitude) this.picker.put(Number(fields.latitude), Number(fields.longitude));
    if (hit.kind !== "pin") this.picker.around?.choose(fields);
    this.look(hit);
    const note = { community: fields.latitude && words.roughCommunity, road: fields.latitude ? words.roughRoad : words.noRoadPin }[hit.kind];
    if (note) this.picker.tell(note);
  }

  look({ fields, area }) {
    const { map } = this.picker;
    if (!map) return;
    if (fields.latitude) map.setView([Number(fields.latitude), Number(fields.longitude)], Math.max(map.getZoom(), 17));
    else if (area) map.fitBounds([[area[0], area[1]], [area[2], area[3]]], { padding: [12, 12] });
  }
}
