// <map-picker>: a map beside two text boxes of degrees, which stay the truth and work without it.
// Inside it stand an input marked data-lat and one marked data-lon. Attributes, all optional:
//   outline  zones   addresses of GeoJSON: the municipality's edge, and its zones with properties.name
//   tiles  attribution  max-zoom   a tile server; without one only our own lines are drawn
//   center zoom      where to look before there is a pin or an outline ("16.43,102.83")
// Tells "pin" with detail {lat, lon} when the pin was moved by hand.

const english = document.documentElement.lang === "en";
const here = new URL("../vendor/leaflet/", import.meta.url);
const PLACES = 6;
const THAILAND = [[5.6, 97.3], [20.5, 105.7]];
let ready;

function fetchLeaflet() {
  ready ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("leaflet.css", here).pathname;
    document.head.prepend(sheet); // Before ours, so that ours wins.
    const script = document.createElement("script");
    script.src = new URL("leaflet.js", here).pathname;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return ready;
}

const degrees = (input) => {
  const text = input.value.replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0x0e50).trim();
  return /^[+-]?\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : null;
};

class MapPicker extends HTMLElement {
  connectedCallback() {
    if (this.place) return;
    this.lat = this.querySelector("[data-lat]");
    this.lon = this.querySelector("[data-lon]");
    if (!this.lat || !this.lon) return;
    this.place = document.createElement("div");
    this.place.className = "map";
    this.place.setAttribute("role", "application");
    this.place.setAttribute("aria-label", english ? "Map: click to drop the pin" : "แผนที่ กดเพื่อปักหมุด");
    this.tools = document.createElement("div");
    this.tools.className = "map-tools";
    this.prepend(this.place, this.tools);
    this.watcher = new IntersectionObserver((seen) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      this.watcher.disconnect();
      this.begin();
    }, { rootMargin: "200px" });
    this.watcher.observe(this.place);
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
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
    this.map = L.map(this.place, { attributionControl: Boolean(this.getAttribute("attribution")), zoomControl: false, scrollWheelZoom: false, maxZoom: Number(this.getAttribute("max-zoom") || 19) });
    L.control.zoom({ zoomInTitle: english ? "Zoom in" : "ขยาย", zoomOutTitle: english ? "Zoom out" : "ย่อ" }).addTo(this.map);
    this.map.attributionControl?.setPrefix(false);
    if (this.getAttribute("tiles")) L.tileLayer(this.getAttribute("tiles"), { attribution: this.getAttribute("attribution") ?? "", maxZoom: this.map.options.maxZoom }).addTo(this.map);
    const centre = (this.getAttribute("center") ?? "").split(",").map(Number);
    if (centre.length === 2 && centre.every(Number.isFinite)) this.map.setView(centre, Number(this.getAttribute("zoom") || 13));
    else this.map.fitBounds(THAILAND);
    this.map.on("click", (event) => this.put(event.latlng.lat, event.latlng.lng, true));
    this.map.on("focus", () => this.map.scrollWheelZoom.enable());
    this.map.on("blur", () => this.map.scrollWheelZoom.disable());
    this.makeTools();
    for (const input of [this.lat, this.lon]) input.addEventListener("change", () => this.follow());
    this.follow();
    await Promise.all([this.draw("zones", "map-zone", true), this.draw("outline", "map-outline", false)]);
  }

  makeTools() {
    const tool = (icon, label, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-small";
      button.append(symbol(icon), label);
      button.addEventListener("click", act);
      this.tools.append(button);
      return button;
    };
    if (navigator.geolocation && isSecureContext) tool("current-location", english ? "My position" : "ตำแหน่งของฉัน", () => this.locate());
    tool("map-pin", english ? "Pin at the centre" : "ปักหมุดกลางแผนที่", () => {
      const { lat, lng } = this.map.getCenter();
      this.put(lat, lng, true);
    });
    this.clearer = tool("x", english ? "Remove the pin" : "เอาหมุดออก", () => this.clear());
    const full = tool("maximize", english ? "Full screen" : "เต็มจอ", () => this.setFull(!this.classList.contains("is-full")));
    full.setAttribute("aria-pressed", "false");
    this.full = full;
    this.said = document.createElement("span");
    this.said.className = "hint";
    this.said.setAttribute("role", "status");
    this.tools.append(this.said);
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.setFull(false));
  }

  setFull(on) {
    this.classList.toggle("is-full", on);
    this.full.setAttribute("aria-pressed", String(on));
    this.map.invalidateSize();
  }

  locate() {
    this.said.textContent = english ? "Looking for your position…" : "กำลังหาตำแหน่ง…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.said.textContent = "";
        this.put(coords.latitude, coords.longitude, true);
        this.map.setView([coords.latitude, coords.longitude], Math.max(this.map.getZoom(), 17));
      },
      () => {
        this.said.textContent = english ? "Position not found; click the map instead" : "หาตำแหน่งไม่ได้ กดบนแผนที่แทน";
      },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
    );
  }

  // Draw the pin where the boxes say.
  follow() {
    const lat = degrees(this.lat);
    const lon = degrees(this.lon);
    if (lat === null || lon === null || Math.abs(lat) > 90 || Math.abs(lon) > 180) {
      this.pin?.remove();
      this.pin = null;
    } else {
      this.show(lat, lon);
      if (!this.map.getBounds().contains([lat, lon]) || this.map.getZoom() < 13) this.map.setView([lat, lon], Math.max(this.map.getZoom(), 16));
    }
    this.clearer.hidden = !this.pin;
  }

  show(lat, lon) {
    const L = window.L;
    if (this.pin) {
      this.pin.setLatLng([lat, lon]);
      return;
    }
    const icon = L.divIcon({ className: "map-pin", html: symbol("map-pin"), iconSize: [40, 40], iconAnchor: [20, 37] });
    this.pin = L.marker([lat, lon], { icon, draggable: true, autoPan: true, keyboard: false, alt: english ? "Pin" : "หมุด" }).addTo(this.map);
    this.pin.on("dragend", () => {
      const at = this.pin.getLatLng();
      this.put(at.lat, at.lng, true);
    });
  }

  put(lat, lon, byHand) {
    this.show(lat, lon);
    this.lat.value = lat.toFixed(PLACES);
    this.lon.value = lon.toFixed(PLACES);
    this.clearer.hidden = false;
    for (const input of [this.lat, this.lon]) input.dispatchEvent(new Event("input", { bubbles: true }));
    if (byHand) this.dispatchEvent(new CustomEvent("pin", { bubbles: true, detail: { lat, lon } }));
  }

  clear() {
    this.lat.value = "";
    this.lon.value = "";
    this.follow();
    for (const input of [this.lat, this.lon]) input.dispatchEvent(new Event("input", { bubbles: true }));
    this.dispatchEvent(new CustomEvent("pin", { bubbles: true, detail: { lat: null, lon: null } }));
    this.place.focus();
  }

  async draw(attribute, css, named) {
    const url = this.getAttribute(attribute);
    if (!url) return;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/geo+json, application/json" } });
      if (!answer.ok) return;
      const layer = window.L.geoJSON(await answer.json(), { interactive: false, style: { className: css } }).addTo(this.map);
      layer.bringToBack();
      if (named) layer.eachLayer((part) => part.feature?.properties?.name && part.bindTooltip(part.feature.properties.name, { permanent: true, direction: "center", className: "map-name" }));
      if (!this.pin && !this.hasFitted && layer.getBounds().isValid()) {
        this.hasFitted = true;
        this.map.fitBounds(layer.getBounds(), { padding: [12, 12] });
      }
    } catch {
      // The map still works without its lines.
    }
  }
}

function symbol(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${new URL("../icons.svg", here).pathname}#${name}`);
  svg.append(use);
  return svg;
}

if (!customElements.get("map-picker")) customElements.define("map-picker", MapPicker);
