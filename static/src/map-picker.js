// <map-picker>: a map beside two text boxes of degrees, which stay the truth and work without it.
// Inside it stand an input marked data-lat and one marked data-lon. Attributes, all optional:
//   areas            address of GeoJSON: edge, zones and communities, told apart by properties.kind
//   around           address that reads a pin and says what lies around it (map-around.js)
//   tiles  attribution  max-zoom   a tile server; without one only our own lines are drawn
//   center zoom      where to look before there is a pin or an edge ("16.43,102.83")
// A [data-place-search] inside it finds places by name (map-search.js). The event photo-place on the document
// (detail {latitude, longitude, taken_at}) offers where a photo was taken; it never moves the pin by itself.
// Tells "pin:moved" with detail {lat, lon} whenever the pin moved.

import { Around } from "./map-around.js";
import { degrees, east, fetchLeaflet, isPoint, button, north, pinShape, symbol, words } from "./map-parts.js";
import { PhotoHints } from "./map-photos.js";
import { PlaceSearch } from "./map-search.js";

const PLACES = 6;
const THAILAND = [[5.6, 97.3], [20.5, 105.7]];
const NEAR_ZOOM = 16; // From here on communities are named.
const ROUGH = 60; // Metres from which on a position needs a person's hand.
const STEP_WAIT = 250;
const ARROWS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
const touch = matchMedia("(pointer: coarse)");

class MapPicker extends HTMLElement {
  connectedCallback() {
    if (this.place) return;
    this.lat = this.querySelector("[data-lat]");
    this.lon = this.querySelector("[data-lon]");
    if (!this.lat || !this.lon) return;
    this.place = document.createElement("div");
    this.place.className = "map";
    this.place.setAttribute("role", "application");
    this.place.setAttribute("aria-label", words.map);
    this.tools = document.createElement("div");
    this.tools.className = "map-tools";
    this.said = document.createElement("p");
    this.said.className = "hint map-said";
    this.said.setAttribute("role", "status");
    const finder = this.querySelector("[data-place-search]");
    this.prepend(...(finder ? [finder] : []), this.place, this.tools, this.said);
    if (this.getAttribute("around")) this.around = new Around(this);
    if (finder) this.search = new PlaceSearch(this, finder);
    this.photos = new PhotoHints(this);
    for (const input of [this.lat, this.lon]) input.addEventListener("change", () => this.typed());
    for (const input of [this.lat, this.lon]) input.addEventListener("paste", (event) => this.pasted(event));
    this.addEventListener("keydown", (event) => this.pressed(event));
    this.watcher = new IntersectionObserver((seen) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      this.watcher.disconnect();
      this.begin();
    }, { rootMargin: "200px" });
    this.watcher.observe(this.place);
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
    this.photos?.stop();
    if (this.classList.contains("is-full")) this.setFull(false);
    this.map?.remove();
  }

  async begin() {
    try {
      await fetchLeaflet();
    } catch {
      this.place.remove(); // The boxes below still work.
      return;
    }
    const L = window.L;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const moves = { zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm };
    this.map = L.map(this.place, { ...moves, attributionControl: Boolean(this.getAttribute("attribution")), zoomControl: false, scrollWheelZoom: false, dragging: !touch.matches, maxZoom: Number(this.getAttribute("max-zoom") || 19) });
    L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(this.map);
    this.map.attributionControl?.setPrefix(false);
    if (this.getAttribute("tiles")) this.lay(L);
    const centre = (this.getAttribute("center") ?? "").split(",").map(Number);
    if (centre.length === 2 && centre.every(Number.isFinite)) this.map.setView(centre, Number(this.getAttribute("zoom") || 13));
    else this.map.fitBounds(THAILAND);
    this.map.on("click", (event) => this.put(event.latlng.lat, event.latlng.lng));
    this.map.on("focus", () => this.map.scrollWheelZoom.enable());
    this.map.on("blur", () => this.map.scrollWheelZoom.disable());
    const near = () => this.place.classList.toggle("is-near", this.map.getZoom() >= NEAR_ZOOM);
    this.map.on("zoomend", near);
    near();
    this.watchFingers();
    this.makeTools();
    this.follow();
    if (this.pin) this.map.setView(this.pin.getLatLng(), NEAR_ZOOM);
    this.photos.draw();
    await this.draw();
  }

  lay(L) {
    const layer = L.tileLayer(this.getAttribute("tiles"), { attribution: this.getAttribute("attribution") ?? "", maxZoom: this.map.options.maxZoom }).addTo(this.map);
    this.place.classList.add("has-tiles");
    layer.once("tileerror", () => this.tell(words.noTiles));
  }

  makeTools() {
    const tool = (icon, label, act) => {
      const made = button(icon, label, act);
      this.tools.append(made);
      return made;
    };
    if (navigator.geolocation && isSecureContext) tool("current-location", words.mine, () => this.locate());
    tool("map-pin", words.centre, () => this.putInTheMiddle());
    this.clearer = tool("x", words.remove, () => this.clear());
    this.backer = tool("arrow-back-up", words.back, () => this.goBack());
    this.full = tool("maximize", words.full, () => this.setFull(!this.classList.contains("is-full")));
    this.showTools();
  }

  showTools() {
    if (!this.clearer) return;
    this.clearer.hidden = !this.pin;
    this.backer.hidden = !this.former;
  }

  tell(text) {
    this.said.textContent = text;
  }

  // One finger scrolls the page, two move the map; full screen has no page to scroll.
  watchFingers() {
    const note = document.createElement("div");
    note.className = "map-fingers";
    note.setAttribute("aria-hidden", "true");
    note.textContent = words.fingers;
    this.place.append(note);
    let from = null;
    this.place.addEventListener("touchstart", (event) => {
      from = event.touches.length === 1 && !event.target.closest(".leaflet-marker-icon, .leaflet-control") ? event.touches[0] : null;
    }, { passive: true });
    this.place.addEventListener("touchmove", (event) => {
      if (!from || event.touches.length !== 1 || this.map.dragging.enabled()) return;
      const moved = Math.hypot(event.touches[0].clientX - from.clientX, event.touches[0].clientY - from.clientY);
      if (moved < 12) return;
      note.classList.add("is-shown");
      clearTimeout(this.noteTimer);
      this.noteTimer = setTimeout(() => note.classList.remove("is-shown"), 1500);
    }, { passive: true });
  }

  setFull(on) {
    if (on === this.classList.contains("is-full")) return;
    this.classList.toggle("is-full", on);
    document.documentElement.classList.toggle("has-full-map", on);
    if (on) {
      this.setAttribute("role", "dialog");
      this.setAttribute("aria-modal", "true");
      this.setAttribute("aria-label", words.full);
    } else for (const name of ["role", "aria-modal", "aria-label"]) this.removeAttribute(name);
    this.keepBehind(on);
    this.full?.replaceChildren(symbol(on ? "minimize" : "maximize"), on ? words.notFull : words.full);
    if (touch.matches) this.map?.dragging[on ? "enable" : "disable"]();
    this.map?.invalidateSize();
    if (this.pin) this.map.panTo(this.pin.getLatLng(), { animate: false });
    this.full?.focus();
  }

  // What lies behind a full screen takes no focus.
  keepBehind(on) {
    if (!on) {
      for (const part of this.behind ?? []) part.inert = false;
      this.behind = [];
      return;
    }
    this.behind = [];
    for (let inner = this; inner !== document.body && inner.parentElement; inner = inner.parentElement) {
      for (const part of inner.parentElement.children) {
        if (part === inner || part.inert || /^(SCRIPT|LINK|STYLE)$/.test(part.tagName)) continue;
        part.inert = true;
        this.behind.push(part);
      }
    }
  }

  pressed(event) {
    if (event.key === "Escape" && this.classList.contains("is-full")) {
      event.preventDefault();
      this.setFull(false);
    } else if (event.key === "Enter" && (event.target === this.lat || event.target === this.lon)) {
      this.typed(); // The form keeps Enter from sending it half filled.
    } else if (event.key === "Enter" && event.target === this.place && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.putInTheMiddle();
      this.pin?.getElement()?.focus();
    }
  }

  locate() {
    this.tell(words.looking);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const metres = Math.max(1, Math.round(coords.accuracy));
        this.put(coords.latitude, coords.longitude);
        this.map.setView([coords.latitude, coords.longitude], metres > ROUGH ? 16 : 18);
        this.ring?.remove();
        this.ring = window.L.circle([coords.latitude, coords.longitude], { radius: metres, interactive: false, className: "map-accuracy" }).addTo(this.map);
        this.tell(metres > ROUGH ? words.rough(metres.toLocaleString("en")) : words.exact(metres));
      },
      (problem) => this.tell(problem.code === 1 ? words.notAllowed : words.notFound),
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
    );
  }

  // Draw the pin where the boxes say.
  follow() {
    if (!this.map) return;
    const lat = degrees(this.lat);
    const lon = degrees(this.lon);
    if (lat === null || lon === null || !isPoint(lat, lon)) {
      this.pin?.remove();
      this.pin = null;
    } else {
      this.show(lat, lon);
      this.look(lat, lon);
    }
    this.showTools();
  }

  look(lat, lon) {
    if (!this.map.getBounds().contains([lat, lon]) || this.map.getZoom() < 13) this.map.setView([lat, lon], Math.max(this.map.getZoom(), 16));
  }

  // Somebody typed into a box: the server reads whatever is no plain number.
  async typed() {
    if (this.isMoving) return;
    const lat = degrees(this.lat);
    const lon = degrees(this.lon);
    this.follow();
    if (lat !== null && lon !== null && isPoint(lat, lon)) {
      this.around?.ask(lat, lon);
      return;
    }
    const empty = [this.lat, this.lon].filter((input) => !input.value.trim()).length;
    if (empty === 2) this.around?.withdraw();
    else if (empty === 1 && (lat !== null || lon !== null)) this.around?.tell(""); // The other half is still to come.
    else if (this.around) await this.read(this.lat.value, this.lon.value);
  }

  pasted(event) {
    const text = event.clipboardData?.getData("text").trim() ?? "";
    if (!this.around || !text || /^[+-]?[\d๐-๙.]+$/.test(text)) return;
    event.preventDefault(); // A whole place goes into both boxes, whatever stood there.
    this.read(text, "").then((isRead) => {
      if (!isRead) event.target.value = text;
    });
  }

  async read(lat, lon) {
    const facts = await this.around.read(lat, lon);
    if (!facts?.latitude) return false;
    this.put(Number(facts.latitude), Number(facts.longitude), { facts });
    this.look(Number(facts.latitude), Number(facts.longitude));
    return true;
  }

  show(lat, lon) {
    const L = window.L;
    if (this.pin) this.pin.setLatLng([lat, lon]);
    else {
      const icon = L.divIcon({ className: "map-pin", html: pinShape(), iconSize: [40, 40], iconAnchor: [20, 37] });
      this.pin = L.marker([lat, lon], { icon, draggable: true, autoPan: true, bubblingMouseEvents: false }).addTo(this.map);
      this.pin.on("dragend", () => {
        const at = this.pin.getLatLng();
        this.put(at.lat, at.lng);
      });
      this.pin.getElement().addEventListener("keydown", (event) => this.nudge(event));
    }
    this.pin.getElement().setAttribute("aria-label", words.pin(`${lat.toFixed(PLACES)}, ${lon.toFixed(PLACES)}`));
  }

  // Arrow keys on the pin: a metre, with Shift ten.
  nudge(event) {
    const way = ARROWS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // Else the map would move as well.
    const step = event.shiftKey ? 10 : 1;
    const { lat, lng } = this.pin.getLatLng();
    const next = [lat + north(step * way[0]), lng + east(step * way[1], lat)];
    this.put(...next, { isStep: true });
    if (!this.map.getBounds().pad(-0.1).contains(next)) this.map.panTo(next);
  }

  putInTheMiddle() {
    const { lat, lng } = this.map.getCenter();
    this.put(lat, lng);
  }

  // Move the pin; steps of the arrow keys do not each become the "former pin".
  put(lat, lon, { isStep = false, facts = null } = {}) {
    if (!isPoint(lat, lon)) return;
    if (!isStep) this.remember();
    this.ring?.remove();
    this.tell("");
    this.lat.value = lat.toFixed(PLACES);
    this.lon.value = lon.toFixed(PLACES);
    if (this.map) this.show(lat, lon);
    this.showTools();
    this.changed(isStep ? STEP_WAIT : 0);
    if (facts) this.around?.use(facts);
    else this.around?.ask(lat, lon);
    this.dispatchEvent(new CustomEvent("pin:moved", { bubbles: true, detail: { lat, lon } }));
  }

  remember() {
    const former = [degrees(this.lat), degrees(this.lon)];
    this.former = former.includes(null) ? null : former;
  }

  goBack() {
    if (!this.former) return;
    const [lat, lon] = this.former;
    this.put(lat, lon);
    this.look(lat, lon);
    this.focusSomething();
  }

  clear() {
    this.remember();
    this.lat.value = "";
    this.lon.value = "";
    this.ring?.remove();
    this.tell("");
    this.follow();
    this.changed();
    this.around?.withdraw();
    this.dispatchEvent(new CustomEvent("pin:moved", { bubbles: true, detail: { lat: null, lon: null } }));
    this.focusSomething();
  }

  focusSomething() {
    (this.pin?.getElement() ?? this.place).focus();
  }

  // Others hear of it as if the boxes had been typed into; of a run of arrow keys once, at its end.
  changed(wait = 0) {
    const send = (name) => {
      this.isMoving = true;
      for (const input of [this.lat, this.lon]) input.dispatchEvent(new Event(name, { bubbles: true }));
      this.isMoving = false;
    };
    send("input");
    clearTimeout(this.changeTimer);
    if (wait) this.changeTimer = setTimeout(send, wait, "change");
    else send("change");
  }

  async draw() {
    const url = this.getAttribute("areas");
    if (!url) return;
    const L = window.L;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/geo+json, application/json" } });
      if (!answer.ok) return;
      const { features } = await answer.json();
      const of = (kind) => features.filter((feature) => feature.properties.kind === kind);
      // Names lie in a pane below the pin.
      const named = (feature, shape, css, more) => shape.bindTooltip(feature.properties.name, { permanent: true, direction: "center", pane: "shadowPane", className: css, ...more });
      const zones = L.geoJSON(of("zone"), { interactive: false, style: { className: "map-zone" }, onEachFeature: (feature, shape) => named(feature, shape, "map-name") }).addTo(this.map);
      const edge = L.geoJSON(of("outline"), { interactive: false, style: { className: "map-outline" } }).addTo(this.map);
      L.geoJSON(of("community"), {
        pointToLayer: (_feature, at) => L.circleMarker(at, { radius: 3, interactive: false, className: "map-community" }),
        onEachFeature: (feature, shape) => named(feature, shape, "map-community-name", { direction: "right", offset: [4, 0] }),
      }).addTo(this.map);
      const whole = edge.getBounds().isValid() ? edge.getBounds() : zones.getBounds();
      if (!this.pin && whole.isValid()) this.map.fitBounds(whole, { padding: [12, 12] });
    } catch {
      // The map still works without its lines.
    }
  }
}

if (!customElements.get("map-picker")) customElements.define("map-picker", MapPicker);
