// The counter's form and the case page's forms: lists that depend on one another, the words of the save
// button, what lies around the pin, and keys. Without this module every list stands there in full.

import { dependents, filterable } from "./dependents.js";

const form = document.querySelector("#entry");

if (form) dependents(form);

function saveWords() {
  const place = document.querySelector("#save-words");
  const officer = form.elements.assignee_id;
  if (!place || !officer) return;
  const option = officer.selectedOptions[0];
  const reached = (place.dataset.hears ? 1 : 0) + (option?.dataset.line ? 1 : 0);
  const parts = [place.dataset.plain];
  if (!officer.value) parts.push(place.dataset.waits);
  if (reached) parts.push(place.dataset.line.replace("{}", reached));
  place.textContent = parts.join(" · ");
}

function communitiesOfZone() {
  const zone = form.elements.zone_id;
  const narrow = filterable(form.elements.community_id);
  if (!zone || !narrow) return;
  const hasOwn = (value) => [...form.elements.community_id.querySelectorAll("[data-zone]")].some((option) => option.dataset.zone === value);
  const follow = () => narrow((option) => !zone.value || !option.dataset.zone || option.dataset.zone === zone.value || !hasOwnZone.has(zone.value));
  const hasOwnZone = new Set([...zone.options].map((option) => option.value).filter(hasOwn));
  zone.addEventListener("change", follow);
}

// A telephone number in the story of somebody who wants to stay unknown: said while it is typed, moved on a press.
const NUMBER = /(?<![\d-])(?:\+66|0)[ .-]?(?:[689](?:[ .-]?\d){8}|[23457](?:[ .-]?\d){7})(?!\d)/;
const arabic = (text) => text.replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0x0e50);

function watchNumbers() {
  const story = form.elements.story;
  const warning = document.querySelector("[data-number-warning]");
  const move = document.querySelector("[data-move-number]");
  if (!story || !warning || !move) return;
  const look = () => {
    const isShared = form.elements.who?.value === "shared";
    warning.hidden = !(isShared && NUMBER.test(arabic(story.value)));
    move.hidden = Boolean(form.elements.callback_phone?.value);
  };
  move.addEventListener("click", () => {
    const found = NUMBER.exec(arabic(story.value));
    const place = form.elements.callback_phone;
    if (!found || !place) return;
    place.value = found[0];
    story.value = story.value.slice(0, found.index) + move.dataset.place + story.value.slice(found.index + found[0].length);
    look();
    story.focus();
  });
  story.addEventListener("input", look);
  form.addEventListener("input", (event) => event.target.name === "callback_phone" && look());
  document.addEventListener("htmx:after:swap", look);
  look();
}

// A card's number with its dashes, as it stands on the card, once it is whole.
function cardNumber(input) {
  const digits = arabic(input.value).replace(/[ .-]/g, "");
  if (/^\d{13}$/.test(digits)) input.value = digits.replace(/^(\d)(\d{4})(\d{5})(\d{2})(\d)$/, "$1-$2-$3-$4-$5");
}

// Whom the phone found is read out, and the writing goes on where it stopped.
function goOn() {
  const card = document.querySelector("#who [data-found]");
  const said = document.querySelector("[data-said-found]");
  if (!card || card.dataset.greeted) return;
  card.dataset.greeted = "1";
  if (said) said.textContent = [...card.querySelectorAll("p")].slice(0, 2).map((line) => line.textContent.trim().replace(/\s+/g, " ")).join(" ");
  if (document.activeElement !== document.body && !document.activeElement?.closest("#who")) return;
  (form.elements.story?.value ? card : form.elements.story)?.focus();
}

// Alt and the number of a section lead to its first box. By place on the keyboard: a Thai layout types other signs.
const SECTIONS = {
  Digit1: () => form.querySelector("[data-find-phone]") ?? form.querySelector("#who button"),
  Digit2: () => form.elements.story,
  Digit3: () => form.elements.road_name,
  Digit4: () => (form.elements.category_id?.value ? form.elements.subcategory_id : form.elements.category_id),
  Digit5: () => form.elements.assignee_id,
};

function jump(event) {
  if (!event.altKey || event.ctrlKey || event.metaKey || !(event.code in SECTIONS)) return;
  const box = SECTIONS[event.code]();
  if (!box) return;
  event.preventDefault();
  box.scrollIntoView({ block: "center" });
  if (box.tomselect) box.tomselect.focus();
  else box.focus();
}

// What may be the same trouble is looked for again when something that decides it has changed.
function lookForNear() {
  const look = () => form.dispatchEvent(new Event("near:look"));
  form.addEventListener("photos:change", look);
  for (const name of ["category_id", "subcategory_id"]) form.elements[name]?.addEventListener("change", look);
  for (const name of ["latitude", "longitude"]) form.elements[name]?.addEventListener("change", look);
}

// The focus goes once to what wants it; a part swapped in later must not pull it back there.
document.addEventListener("focusin", (event) => event.target.removeAttribute?.("data-focus"));
document.activeElement?.removeAttribute("data-focus");

if (form) {
  communitiesOfZone();
  watchNumbers();
  lookForNear();
  document.addEventListener("keydown", jump);
  document.addEventListener("htmx:after:swap", goOn);
  form.addEventListener("change", (event) => event.target.matches("[data-national-id]") && cardNumber(event.target));
  form.addEventListener("officer:change", saveWords);
  form.elements.assignee_id?.addEventListener("change", saveWords);
  document.addEventListener("htmx:after:swap", saveWords);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      form.querySelector("[data-save]").click();
    } else if (event.target.matches("[data-find-phone]")) {
      event.preventDefault();
      form.querySelector('#who [name="act"][value="find"]').click();
    } else if (event.target.matches("input:not([type='file'], [type='checkbox'], [type='radio'])")) {
      event.preventDefault(); // Enter in another box must not send the form half filled.
    }
  });
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-save]") && sent) event.preventDefault();
    else if (event.submitter?.matches("[data-save]")) {
      sent = true;
      event.submitter.setAttribute("aria-busy", "true");
      setTimeout(() => (sent = false), 8000); // The browser may have stayed here: going back, or no answer.
    }
  });
  addEventListener("pageshow", () => (sent = false));
}
