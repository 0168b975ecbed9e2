// What the parts of the map picker share: Leaflet fetched once, words, pictures of the icon sheet.

export const english = document.documentElement.lang === "en";
const here = new URL("../vendor/leaflet/", import.meta.url);
let ready;

export function fetchLeaflet() {
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

export function symbol(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${new URL("../icons.svg", here).pathname}#${name}`);
  svg.append(use);
  return svg;
}

// The pin is filled, so that it stands out on any map: the tip lies at (12, 22) of 24.
export function pinShape() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const drop = document.createElementNS(space, "path");
  drop.setAttribute("d", "M12 22C12 22 20 14.6 20 9.6A8 8 0 1 0 4 9.6C4 14.6 12 22 12 22Z");
  const eye = document.createElementNS(space, "circle");
  for (const [name, value] of Object.entries({ class: "map-pin-eye", cx: "12", cy: "9.6", r: "2.6" })) eye.setAttribute(name, value);
  svg.append(drop, eye);
  return svg;
}

export function button(icon, label, act, css = "btn btn-small") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = css;
  if (icon) made.append(symbol(icon));
  made.append(label);
  made.addEventListener("click", act);
  return made;
}

const text = (input) => input.value.replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0x0e50).trim();

// A plain number of degrees; anything else is for the server to read.
export function degrees(input) {
  return /^[+-]?\d{1,3}(\.\d+)?$/.test(text(input)) ? Number(text(input)) : null;
}

export const isPoint = (lat, lon) => Number.isFinite(lat) && Number.isFinite(lon) && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;

const METRES = 111195;
export const north = (metres) => metres / METRES;
export const east = (metres, lat) => metres / (METRES * Math.max(0.01, Math.cos((lat * Math.PI) / 180)));

export function metresBetween(one, other) {
  const tall = (one[0] - other[0]) * METRES;
  const wide = (one[1] - other[1]) * METRES * Math.cos((one[0] * Math.PI) / 180);
  return Math.hypot(tall, wide);
}

export const words = english
  ? {
      map: "Map: click to drop the pin, Enter drops it in the middle", pin: (at) => `Pin at ${at}; arrow keys move it by one metre, with Shift by ten`,
      zoomIn: "Zoom in", zoomOut: "Zoom out", mine: "My position", centre: "Pin at the centre", remove: "Remove the pin", back: "Former pin", full: "Full screen", notFull: "Leave full screen",
      looking: "Looking for your position…", notAllowed: "The browser may not read your position; click the map instead", notFound: "Position not found; click the map instead",
      rough: (m) => `Rough position (within ${m} m): drag the pin to the spot`, exact: (m) => `Position within ${m} m`, noTiles: "The map's pictures cannot be read; our own lines remain",
      fingers: "Move the map with two fingers", photo: (at) => `A photo was taken here${at}`, byPhoto: "Pin where the photo was taken", notPhoto: "Not here",
      roughCommunity: "Pinned at the middle of the community: drag it to the spot", roughRoad: "Pinned at an earlier complaint on this road: drag it to the spot", noRoadPin: "No pin on this road yet: click the map",
      chosenElse: (name) => `But ${name} is chosen.`, instead: (at) => `Use ${at}`, far: (label, query) => `Search “${query}” at ${label}`, hits: (n) => `${n} found`, failed: "The search does not answer; click the map instead", asking: "Searching…",
    }
  : {
      map: "แผนที่ กดเพื่อปักหมุด หรือกด Enter เพื่อปักกลางแผนที่", pin: (at) => `หมุดที่ ${at} ปุ่มลูกศรย้ายทีละ 1 เมตร กด Shift ด้วยย้ายทีละ 10 เมตร`,
      zoomIn: "ขยาย", zoomOut: "ย่อ", mine: "ตำแหน่งของฉัน", centre: "ปักหมุดกลางแผนที่", remove: "เอาหมุดออก", back: "คืนหมุดเดิม", full: "เต็มจอ", notFull: "ออกจากเต็มจอ",
      looking: "กำลังหาตำแหน่ง…", notAllowed: "เบราว์เซอร์ไม่ได้รับอนุญาตให้อ่านตำแหน่ง กดบนแผนที่แทน", notFound: "หาตำแหน่งไม่ได้ กดบนแผนที่แทน",
      rough: (m) => `ตำแหน่งคร่าว ๆ คลาดได้ ${m} ม. ลากหมุดให้ตรงจุด`, exact: (m) => `ตำแหน่งคลาดไม่เกิน ${m} ม.`, noTiles: "อ่านภาพแผนที่ไม่ได้ ใช้เส้นเขตของเทศบาลแทน",
      fingers: "เลื่อนแผนที่ด้วยสองนิ้ว", photo: (at) => `ภาพถ่ายที่นี่${at}`, byPhoto: "ปักหมุดตามภาพ", notPhoto: "ไม่ใช่ที่นี่",
      roughCommunity: "ปักไว้ที่กลางชุมชน ลากหมุดให้ตรงจุด", roughRoad: "ปักไว้ตามเรื่องก่อนหน้าบนถนนนี้ ลากหมุดให้ตรงจุด", noRoadPin: "ยังไม่เคยปักหมุดบนถนนนี้ กดบนแผนที่เพื่อปัก",
      chosenElse: (name) => `แต่เลือก${name}ไว้`, instead: (at) => `ใช้ ${at}`, far: (label, query) => `ค้น “${query}” ที่ ${label}`, hits: (n) => `พบ ${n} รายการ`, failed: "ค้นหาไม่ได้ในขณะนี้ กดบนแผนที่แทน", asking: "กำลังค้น…",
    };
