// Where photos were taken, as a hint for the pin: offered, never taken by itself.

import { button, english, isPoint, metresBetween, words } from "./map-parts.js";

const SAME = 30; // Metres within which two photos are of one place.
const MOST = 3;
const THAI = english ? "en-GB-u-ca-gregory" : "th-TH-u-nu-latn";

export class PhotoHints {
  constructor(picker) {
    this.picker = picker;
    this.offers = [];
    this.list = document.createElement("div");
    this.list.className = "map-photos";
    this.list.setAttribute("role", "status");
    picker.said.after(this.list);
    this.hear = (event) => this.take(event.detail ?? {});
    document.addEventListener("photo-place", this.hear);
  }

  stop() {
    document.removeEventListener("photo-place", this.hear);
  }

  take({ latitude, longitude, taken_at: taken }) {
    const at = [Number(latitude), Number(longitude)];
    if (latitude == null || longitude == null || !isPoint(...at) || (at[0] === 0 && at[1] === 0)) return;
    if (this.offers.length >= MOST || this.offers.some((offer) => metresBetween(offer.at, at) < SAME)) return;
    const pin = [this.picker.lat.value, this.picker.lon.value].map(Number);
    if (this.picker.lat.value && isPoint(...pin) && metresBetween(pin, at) < SAME) return; // It stands there already.
    const offer = { at, taken };
    this.offers.push(offer);
    this.show(offer);
    this.draw();
  }

  show(offer) {
    const line = document.createElement("p");
    line.className = "map-photo-offer";
    const said = document.createElement("span");
    said.textContent = words.photo(moment(offer.taken));
    const drop = () => this.drop(offer);
    line.append(
      said,
      button("camera", words.byPhoto, () => {
        this.picker.put(...offer.at);
        if (this.picker.map) this.picker.map.setView(offer.at, Math.max(this.picker.map.getZoom(), 17));
        drop();
      }),
      button("", words.notPhoto, drop, "btn btn-small btn-quiet"),
    );
    offer.line = line;
    this.list.append(line);
  }

  drop(offer) {
    this.offers = this.offers.filter((other) => other !== offer);
    offer.line.remove();
    offer.mark?.remove();
    this.picker.focusSomething();
  }

  draw() {
    if (!this.picker.map) return;
    for (const offer of this.offers) {
      offer.mark ??= window.L.circleMarker(offer.at, { radius: 10, interactive: false, className: "map-photo" })
        .bindTooltip(words.photo(""), { permanent: true, direction: "right", offset: [8, 0], className: "map-photo-name" })
        .addTo(this.picker.map);
      if (!this.picker.pin && this.offers.length === 1) this.picker.map.setView(offer.at, Math.max(this.picker.map.getZoom(), 16));
    }
  }
}

function moment(taken) {
  const time = taken ? new Date(taken) : null;
  if (!time || Number.isNaN(time.getTime())) return "";
  return ` ${new Intl.DateTimeFormat(THAI, { timeZone: "Asia/Bangkok", day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(time)}`;
}
