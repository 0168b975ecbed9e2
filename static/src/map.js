// The map of complaints. The server answers with points while they are few, with clusters while they are many;
// the address keeps what is looked at (?at=latitude,longitude,zoom), so that a link shows the same place.

const english = document.documentElement.lang === "en";
const here = new URL("../vendor/leaflet/", import.meta.url);
const WAIT = 200;
const SIZES = [[10, 34], [100, 42], [1000, 50], [Infinity, 60]];
const number = new Intl.NumberFormat(english ? "en" : "th-TH-u-nu-latn");

const words = english
  ? { zones: "Zones", communities: "Communities", outline: "Municipality", zoomIn: "Zoom in", zoomOut: "Zoom out", cases: (n) => `${n} complaints in view`, groups: (n, m) => `${n} complaints in ${m} groups; zoom in to see them`, open: (n, m) => `${n} complaints, ${m} not finished`, none: "No complaint with a pin in view", failed: "The map could not be read; the table below is complete" }
  : { zones: "เขต", communities: "ชุมชน", outline: "ขอบเขตเทศบาล", zoomIn: "ขยาย", zoomOut: "ย่อ", cases: (n) => `แสดง ${n} เรื่องในแผนที่ส่วนนี้`, groups: (n, m) => `${n} เรื่อง รวมเป็น ${m} กลุ่ม ขยายแผนที่เพื่อดูทีละเรื่อง`, open: (n, m) => `${n} เรื่อง ยังไม่เสร็จ ${m} เรื่อง`, none: "ไม่มีเรื่องที่ปักหมุดในแผนที่ส่วนนี้", failed: "อ่านแผนที่ไม่ได้ ตารางด้านล่างยังครบถ้วน" };

const fetchFile = (make) => new Promise((resolve, reject) => {
  const element = make();
  element.onload = resolve;
  element.onerror = reject;
  element.tagName === "LINK" ? document.head.prepend(element) : document.head.append(element);
});
const sheet = (name) => fetchFile(() => Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL(name, here).pathname }));
const script = (name) => fetchFile(() => Object.assign(document.createElement("script"), { src: new URL(name, here).pathname }));

class CaseMap {
  constructor(box) {
    this.box = box;
    this.data = box.dataset;
    this.said = document.getElementById("map-said");
  }

  async begin() {
    this.box.hidden = false;
    try {
      await Promise.all([sheet("markercluster.css"), sheet("leaflet.css"), script("leaflet.js")]);
      await script("markercluster.js");
    } catch {
      this.box.hidden = true;
      this.said.textContent = words.failed;
      return;
    }
    const L = window.L;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const maxZoom = Number(this.data.maxZoom) || 19;
    this.map = L.map(this.box.firstElementChild, { attributionControl: Boolean(this.data.attribution), zoomControl: false, maxZoom, zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm });
    L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(this.map);
    this.map.attributionControl?.setPrefix(false);
    if (this.data.tiles) L.tileLayer(this.data.tiles, { attribution: this.data.attribution, maxZoom }).addTo(this.map);
    this.layer = L.layerGroup().addTo(this.map);
    this.look();
    this.map.on("moveend", () => this.moved());
    await Promise.all([this.drawAreas(), this.draw()]);
  }

  // Begin where the address says, else where the municipality is.
  look() {
    const at = (new URLSearchParams(location.search).get("at") ?? "").split(",").map(Number);
    const centre = this.data.centre.split(",").map(Number);
    if (at.length === 3 && at.every(Number.isFinite) && Math.abs(at[0]) <= 90 && Math.abs(at[1]) <= 180) this.map.setView([at[0], at[1]], at[2]);
    else this.map.setView(centre, Number(this.data.zoom) || 13);
  }

  moved() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { lat, lng } = this.map.getCenter();
      const address = new URL(location.href);
      address.searchParams.set("at", `${lat.toFixed(5)},${lng.toFixed(5)},${this.map.getZoom()}`);
      history.replaceState(history.state, "", address);
      this.draw();
    }, WAIT);
  }

  async draw() {
    this.asking?.abort();
    this.asking = new AbortController();
    const bounds = this.map.getBounds();
    const address = new URL(this.data.points, location.href);
    address.searchParams.set("bbox", [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((degree) => degree.toFixed(5)).join(","));
    address.searchParams.set("zoom", this.map.getZoom());
    try {
      const answer = await fetch(address, { signal: this.asking.signal, headers: { Accept: "application/geo+json" } });
      if (!answer.ok) throw new Error(answer.status);
      this.show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.said.textContent = words.failed;
    }
  }

  show(found) {
    const L = window.L;
    this.layer.clearLayers();
    const groups = found.features.filter((feature) => "cases" in feature.properties);
    for (const group of groups) this.layer.addLayer(this.group(group));
    if (!groups.length && found.features.length) {
      const near = L.markerClusterGroup({ maxClusterRadius: 36, showCoverageOnHover: false, animate: false, iconCreateFunction: (several) => groupIcon(several.getChildCount(), several.getAllChildMarkers().filter((marker) => marker.isOpen).length) });
      near.addLayers(found.features.map((feature) => this.point(feature, found)));
      this.layer.addLayer(near);
    }
    if (!found.features.length) this.said.textContent = words.none;
    else this.said.textContent = groups.length ? words.groups(number.format(found.cases), groups.length) : words.cases(number.format(found.cases));
  }

  group(feature) {
    const [x, y] = feature.geometry.coordinates;
    const { cases, open } = feature.properties;
    const marker = window.L.marker([y, x], { icon: groupIcon(cases, open), title: words.open(number.format(cases), number.format(open)), riseOnHover: true });
    return pressed(marker, () => this.map.setView([y, x], Math.min(this.map.getZoom() + 2, this.map.getMaxZoom())));
  }

  point(feature, found) {
    const [x, y] = feature.geometry.coordinates;
    const { code, number: label, state, type } = feature.properties;
    const [look, stateWord] = found.states[state];
    const typeWord = found.types[type] ?? "";
    const icon = window.L.divIcon({ className: `map-case shape state-${look}`, iconSize: null });
    const marker = window.L.marker([y, x], { icon, title: `${label} ${typeWord} ${stateWord}`.replace(/ +/g, " "), riseOnHover: true });
    marker.isOpen = ["new", "progress", "waiting"].includes(look);
    // Not bound to the marker: the points are drawn anew when the map moves, and the popup itself moves it.
    return pressed(marker, () => window.L.popup().setLatLng([y, x]).setContent(this.popup(code, label, typeWord, look, stateWord)).openOn(this.map));
  }

  popup(code, label, typeWord, look, stateWord) {
    const box = document.createElement("div");
    const link = Object.assign(document.createElement("a"), { href: this.data.case.replace("__", encodeURIComponent(code)), textContent: label });
    const type = Object.assign(document.createElement("p"), { textContent: typeWord });
    const state = Object.assign(document.createElement("b"), { className: `state state-${look}`, textContent: stateWord });
    box.append(link, ...(typeWord ? [type] : []), state);
    return box;
  }

  async drawAreas() {
    const L = window.L;
    let areas;
    try {
      areas = await (await fetch(this.data.areas)).json();
    } catch {
      return;
    }
    const of = (kind) => areas.features.filter((feature) => feature.properties.kind === kind);
    const zones = L.geoJSON(of("zone"), {
      interactive: false,
      style: { className: "map-zone" },
      onEachFeature: (feature, shape) => shape.bindTooltip(feature.properties.name, { permanent: true, direction: "center", className: "map-name" }),
    });
    const outline = L.geoJSON(of("outline"), { interactive: false, style: { className: "map-outline" } });
    const communities = L.geoJSON(of("community"), {
      pointToLayer: (feature, at) => L.circleMarker(at, { radius: 4, className: "map-community" }).bindTooltip(feature.properties.name),
    });
    zones.addTo(this.map);
    outline.addTo(this.map);
    L.control.layers(null, { [words.zones]: zones, [words.communities]: communities, [words.outline]: outline }, { collapsed: innerWidth < 768 }).addTo(this.map);
  }
}

// Leaflet tells a click, but the Enter key only where it has a popup of its own.
function pressed(marker, act) {
  marker.on("click", act);
  marker.on("keypress", (event) => event.originalEvent.key === "Enter" && act());
  return marker;
}

function groupIcon(cases, open) {
  const size = SIZES.find(([most]) => cases <= most)[1];
  const text = cases >= 10000 ? `${Math.round(cases / 1000)}k` : number.format(cases);
  return window.L.divIcon({ className: `map-group${open ? "" : " is-over"}`, html: text, iconSize: [size, size] });
}

const box = document.getElementById("case-map");
if (box) new CaseMap(box).begin();
