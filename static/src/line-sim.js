// Phones that keep themselves up to date. Without this file every button still works by its form.

import { closeSheets, openSheet, showNote, startPanels } from "./line-sim-panels.js";

const POLL_MILLISECONDS = 1000;
const root = document.body;
const seen = new WeakMap(); // What each part showed last, so that only what changed is drawn again.
const ends = new WeakMap(); // How far down each chat was, when it was last brought to its end.
let asking = null;

const sides = () => [...document.querySelectorAll("[data-phone]")];
const sideOf = (node) => node.closest("[data-phone]");

// News ---------------------------------------------------------------------------------------------------------

/** Ask for news of all phones at once and show it; the server answers 204 when there is none. */
async function refresh() {
  const address = new URL(root.dataset.news, window.location.href);
  for (const side of sides()) address.searchParams.append("v", side.dataset.version);
  address.searchParams.set("desk", root.dataset.deskVersion);
  const reply = await fetch(address);
  if (reply.status !== 200) return;
  const news = await reply.json();
  for (const [number, phone] of Object.entries(news.phones)) show(document.getElementById(`phone-${number}`), phone);
  root.dataset.deskVersion = news.desk.version;
  swap(document.querySelector("[data-desk-now]"), news.desk.html);
}

/** One question at a time; whoever asks meanwhile waits for the one after. */
function ask() {
  asking ??= refresh()
    .catch(() => undefined)
    .finally(() => {
      asking = null;
    });
  return asking;
}

async function askAgain() {
  await asking;
  await ask();
}

function show(side, phone) {
  if (!side) return;
  const chat = side.querySelector("[data-part=chat]");
  const wasAtEnd = isAtEnd(chat) || !chat.dataset.left;
  side.dataset.version = phone.version;
  side.dataset.friend = phone.friend;
  const arrived = mergeTalk(chat, phone.chat);
  swap(side.querySelector("[data-part=chips]"), phone.chips);
  if ((side.dataset.menuId ?? "") !== phone.menu_id) {
    swap(side.querySelector("[data-part=menu]"), phone.menu);
    side.dataset.menuId = phone.menu_id;
    setMode(side, phone.menu_id ? "menu" : "");
  }
  if (wasAtEnd || arrived.mine) toEnd(chat);
  if (arrived.theirs) markUnread(side, arrived.theirs);
}

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

function swap(part, html) {
  if (!part || seen.get(part) === html) return;
  seen.set(part, html);
  part.replaceChildren(parsed(html));
}

/** Bring a chat to its new lines and leave every line alone that stays as it was: nothing jumps or loads twice. */
function mergeTalk(chat, html) {
  const list = chat.querySelector("ol");
  const fresh = [...parsed(html).querySelectorAll("ol > li")];
  const known = new Map([...list.children].map((line) => [line.dataset.key, line]));
  const arrived = { mine: 0, theirs: 0 };
  const lines = fresh.map((line) => {
    const before = known.get(line.dataset.key);
    if (before && isSame(before, line)) return before;
    if (!before && line.classList.contains("is-mine")) arrived.mine += 1;
    if (!before && line.classList.contains("is-theirs") && line.dataset.key !== "dots") arrived.theirs += 1;
    return line;
  });
  const kept = new Set(lines);
  for (const line of [...list.children]) if (!kept.has(line)) line.remove();
  lines.forEach((line, place) => {
    if (list.children[place] !== line) list.insertBefore(line, list.children[place] ?? null);
  });
  return arrived;
}

/** What a person folded open, or what was loaded since, does not make a line another one. */
function isSame(before, line) {
  const plain = (node) => {
    const copy = node.cloneNode(true);
    for (const fold of copy.querySelectorAll("[open]")) fold.removeAttribute("open");
    for (const token of copy.querySelectorAll("input[name=csrf_token]")) token.setAttribute("value", "");
    return copy;
  };
  return plain(before).isEqualNode(plain(line));
}

const isAtEnd = (chat) => chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60;

const toEnd = (chat) => {
  chat.scrollTop = chat.scrollHeight;
  ends.set(chat, chat.scrollTop);
};

/** Tell whether somebody has scrolled up to read: what merely grew below has not moved anybody. */
const hasLeft = (chat) => !isAtEnd(chat) && chat.scrollTop < (ends.get(chat) ?? Infinity) - 120;

// Unread -------------------------------------------------------------------------------------------------------

const isNarrow = () => window.matchMedia("(max-width: 700px)").matches;
const isLookedAt = (side) => (isNarrow() ? side.classList.contains("is-shown") : side.matches(":hover, :focus-within"));

function markUnread(side, count) {
  if (isLookedAt(side)) return;
  for (const badge of badgesOf(side)) {
    badge.textContent = String(Number(badge.textContent || 0) + count);
    badge.hidden = false;
  }
}

function markRead(side) {
  for (const badge of badgesOf(side)) {
    badge.textContent = "";
    badge.hidden = true;
  }
}

function badgesOf(side) {
  return document.querySelectorAll(`#${side.id} .owner [data-unread], [data-tab="${side.dataset.phone}"] [data-unread]`);
}

// Doing --------------------------------------------------------------------------------------------------------

const post = (address, body) => fetch(address, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });

/** Take the new form token of a visit that has begun anew in another tab, as opening a case from LINE does. */
async function renewToken(data) {
  const page = new DOMParser().parseFromString(await (await fetch(window.location.href)).text(), "text/html");
  const token = page.querySelector("[name=csrf_token]")?.value;
  if (!token || token === data.get("csrf_token")) return false;
  for (const box of document.querySelectorAll("[name=csrf_token]")) box.value = token;
  data.set("csrf_token", token);
  return true;
}

/** Send a phone's form in the background and say how it went. */
async function send(form, submitter) {
  const status = document.querySelector("[data-answer]");
  const data = new FormData(form, submitter);
  if (submitter) submitter.disabled = true;
  let answer = { answer: "refused" };
  try {
    let reply = await post(form.action, data);
    if (reply.status === 400 && (await renewToken(data))) reply = await post(form.action, data);
    if (reply.ok) answer = await reply.json();
  } catch {
    answer = { answer: "nobody" };
  } finally {
    if (submitter) submitter.disabled = false;
  }
  status.textContent = answer.answer === "copied" ? "" : status.dataset[answer.answer] || "";
  if (["ok", "copied"].includes(answer.answer)) await done(form, answer);
  await askAgain();
}

async function done(form, answer) {
  if (answer.page) {
    window.location.assign(answer.page);
    return;
  }
  const side = sideOf(form);
  if (!form.dataset.desk) form.reset();
  if (!side) return;
  closeSheets(side);
  for (const fold of side.querySelectorAll("details[data-fold][open]")) fold.open = false;
  if (answer.copy) await copy(side, answer.copy);
  if (answer.open) openAddress(side, answer.open, answer.ticket);
  if (answer.fill) fill(side, answer.fill);
}

async function copy(side, text) {
  await navigator.clipboard?.writeText(text).catch(() => undefined);
  showNote(side, "copied", text);
}

function openAddress(side, address, ticket) {
  window.open(ticket, "_blank", "noopener");
  showNote(side, "opened", address);
}

function fill(side, text) {
  setMode(side, "keys");
  const field = side.querySelector("[data-say] input[name=text]");
  field.value = text;
  field.focus();
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-form]")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-fx-link]");
  if (!link) return;
  const side = sideOf(link);
  const address = link.dataset.fxLink;
  if (address.startsWith("tel:")) {
    event.preventDefault();
    showNote(side, "calling", address.slice(4));
  } else {
    showNote(side, "opened", address);
  }
});

// Menu or keyboard, one phone or the other ---------------------------------------------------------------------

function setMode(side, mode) {
  if (mode && side.querySelector("[data-menu]")) side.dataset.mode = mode;
  else delete side.dataset.mode;
  if (mode === "keys") side.querySelector("[data-say] input[name=text]")?.focus();
}

function turnTo(number) {
  for (const side of sides()) side.classList.toggle("is-shown", side.dataset.phone === number);
  for (const tab of document.querySelectorAll("[data-tab]")) {
    if (tab.dataset.tab === number) {
      tab.setAttribute("aria-current", "true");
      window.history.replaceState(null, "", tab.href);
    } else tab.removeAttribute("aria-current");
  }
  const side = document.getElementById(`phone-${number}`);
  toEnd(side.querySelector("[data-part=chat]"));
  markRead(side);
}

document.addEventListener("click", (event) => {
  const mode = event.target.closest("[data-mode-to]");
  const tab = event.target.closest("[data-tab]");
  const open = event.target.closest("[data-open]");
  if (mode) setMode(sideOf(mode), mode.dataset.modeTo);
  if (tab) {
    event.preventDefault();
    turnTo(tab.dataset.tab);
  }
  if (open) {
    event.preventDefault();
    openSheet(open);
  }
});

for (const side of sides()) {
  if (side.querySelector("[data-menu]")) side.dataset.mode = "menu";
  const chat = side.querySelector("[data-part=chat]");
  for (const part of ["chips", "menu"]) seen.set(side.querySelector(`[data-part=${part}]`), null);
  toEnd(chat);
  // A picture above that comes late must not push the newest line out of sight.
  chat.addEventListener("load", () => chat.dataset.left || toEnd(chat), true);
  chat.addEventListener("scroll", () => (chat.dataset.left = hasLeft(chat) ? "1" : ""), { passive: true });
  for (const kind of ["pointerenter", "focusin", "pointerdown"]) side.addEventListener(kind, () => markRead(side));
}
startPanels();
setInterval(() => document.visibilityState === "visible" && ask(), POLL_MILLISECONDS);
