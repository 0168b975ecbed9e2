// What lies around the pin: words, links to see the surroundings, and a proposal of zone and community.
// The pin proposes; what the officer chose stays.

import { button, words } from "./map-parts.js";

const WAIT = 250;

export class Around {
  constructor(picker) {
    this.picker = picker;
    this.url = picker.getAttribute("around");
    this.links = picker.querySelector("[data-map-links]");
    this.line = picker.querySelector("[data-around]");
    this.line?.setAttribute("role", "status");
    this.form = picker.closest("form");
    for (const name of ["zone_id", "community_id"]) {
      this.select(name)?.addEventListener("change", (event) => {
        if (!this.isProposing) delete event.target.dataset.proposed;
      });
    }
  }

  select(name) {
    return this.form?.elements[name] ?? null;
  }

  // Ask a little later: an arrow key held down moves the pin thirty times a second.
  ask(lat, lon) {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = setTimeout(() => this.read(lat.toFixed(6), lon.toFixed(6)).then((facts) => facts && this.use(facts)), WAIT);
  }

  // Let the server read two boxes; null when it could not answer.
  async read(lat, lon) {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = new AbortController();
    const address = new URL(this.url, location.href);
    address.search = new URLSearchParams({ lat: lat.slice(0, 2000), lon: lon.slice(0, 2000) });
    try {
      const answer = await fetch(address, { signal: this.asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return null;
      const facts = await answer.json();
      if (facts.is_bad) this.refuse(facts);
      return facts;
    } catch {
      return null; // The server looks at the pin again when the form is saved.
    }
  }

  refuse(facts) {
    this.tell(facts.said, true);
    this.showLinks(null);
    if (!facts.instead || !this.line) return;
    const { latitude, longitude } = facts.instead;
    this.line.append(" ", button("map-pin", words.instead(`${latitude}, ${longitude}`), () => this.picker.read(`${latitude}, ${longitude}`, "")));
  }

  use(facts) {
    if (facts.is_bad) return;
    this.propose(facts);
    const other = this.chosenElse("zone_id", facts) ?? this.chosenElse("community_id", facts);
    this.tell(other ? `${facts.said} ${words.chosenElse(other)}` : facts.said, facts.is_unsure || Boolean(other));
    this.showLinks(facts.links);
  }

  withdraw() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.tell("");
    this.showLinks(null);
    for (const name of ["community_id", "zone_id"]) if (this.select(name)?.dataset.proposed) this.set(name, "");
  }

  // The name of what the officer chose where the pin says otherwise; null where they agree.
  chosenElse(name, facts) {
    const select = this.select(name);
    if (!select?.value || !facts[name] || select.value === String(facts[name])) return null;
    return select.selectedOptions[0]?.textContent.trim() ?? null;
  }

  // What was found by its name is the officer's own choice: the pin does not change it.
  choose(fields) {
    for (const name of ["zone_id", "community_id"]) {
      if (!fields[name] || !this.select(name)) continue;
      this.set(name, fields[name]);
      delete this.select(name).dataset.proposed;
    }
  }

  propose({ zone_id: zone, community_id: community }) {
    if (!this.isFree("community_id")) return; // A community brings its zone.
    if (this.isFree("zone_id") && zone) this.set("zone_id", zone);
    const fits = !this.select("zone_id") || this.select("zone_id").value === String(zone);
    if (fits && community) this.set("community_id", community);
    else if (this.select("community_id")?.dataset.proposed) this.set("community_id", "");
  }

  isFree(name) {
    const select = this.select(name);
    return !select || !select.value || Boolean(select.dataset.proposed);
  }

  set(name, value) {
    const select = this.select(name);
    const text = String(value);
    if (text && ![...select.options].some((option) => option.value === text)) return;
    this.isProposing = true;
    if (select.tomselect) select.tomselect.setValue(text, true);
    else select.value = text;
    if (text) select.dataset.proposed = "1";
    else delete select.dataset.proposed;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    this.isProposing = false;
  }

  tell(text, isUnsure = false) {
    for (const place of document.querySelectorAll("[data-around]")) {
      place.textContent = text;
      place.classList.toggle("is-unsure", isUnsure);
    }
  }

  showLinks(links) {
    if (!this.links) return;
    this.links.hidden = !links;
    for (const [name, address] of Object.entries(links ?? {})) this.links.querySelector(`[data-link="${name}"]`)?.setAttribute("href", address);
  }
}
