// The small map of a case on the municipality's tiles; without them the server's drawing stays.

const here = new URL("../vendor/leaflet/", import.meta.url);

function fetchLeaflet() {
  return new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("leaflet.css", here).pathname;
    document.head.prepend(sheet);
    const script = document.createElement("script");
    script.src = new URL("leaflet.js", here).pathname;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

async function draw(box) {
  try {
    await fetchLeaflet();
  } catch {
    return;
  }
  const L = window.L;
  const at = [Number(box.dataset.lat), Number(box.dataset.lon)];
  box.replaceChildren();
  const map = L.map(box, { scrollWheelZoom: false, attributionControl: Boolean(box.dataset.attribution) }).setView(at, 16);
  map.attributionControl?.setPrefix(false);
  L.tileLayer(box.dataset.tiles, { attribution: box.dataset.attribution ?? "" }).addTo(map);
  L.circleMarker(at, { radius: 9, className: "map-zone", fillOpacity: 0.8 }).addTo(map);
}

for (const box of document.querySelectorAll("[data-small-map][data-tiles]")) draw(box);
