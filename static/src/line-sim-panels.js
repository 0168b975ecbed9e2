// The panels of a phone: they come up from its bottom, take the focus and give it back.

const openers = new WeakMap();

/** Open the panel a link names, in place of any other one of that phone. */
export function openSheet(link) {
  const sheet = document.getElementById(link.dataset.open);
  const side = sheet.closest("[data-phone]");
  const before = side.querySelector("[data-sheet].is-open");
  const opener = before ? openers.get(before) : link;
  closeSheets(side, { giveBack: false });
  for (const fold of side.querySelectorAll("details[data-fold][open]")) fold.open = false;
  lift(sheet, opener);
}

function lift(sheet, opener) {
  openers.set(sheet, opener);
  sheet.classList.add("is-open");
  sheet.focus({ preventScroll: true });
}

/** Close what is open on a phone; the focus goes back to where it came from. */
export function closeSheets(side, { giveBack = true } = {}) {
  for (const sheet of side.querySelectorAll("[data-sheet].is-open")) {
    const held = sheet.contains(document.activeElement);
    sheet.classList.remove("is-open");
    if (giveBack && held) openers.get(sheet)?.focus({ preventScroll: true });
  }
  if (document.querySelector("[data-sheet]:target")) window.location.replace("#");
}

/** Say on the phone what it did: it is calling a number, it opened an address, it copied a text. */
export function showNote(side, word, what) {
  const note = side.querySelector("[data-note]");
  const said = note.querySelector("[data-note-what]");
  note.querySelector("[data-note-word]").textContent = note.dataset[word];
  said.textContent = what;
  said.classList.toggle("is-number", word === "calling");
  note.classList.toggle("is-calling", word === "calling");
  note.querySelector("[data-note-end]").textContent = word === "calling" ? note.dataset.hangUp : note.dataset.end;
  closeSheets(side, { giveBack: false });
  lift(note, document.activeElement);
}

/** Listen for what closes panels and folds: ✕, Escape, a press beside them. */
export function startPanels() {
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (close) {
      event.preventDefault();
      closeSheets(close.closest("[data-phone]"));
    }
    for (const fold of document.querySelectorAll("details[data-fold][open]")) {
      if (!fold.contains(event.target)) fold.open = false;
    }
    const chat = event.target.closest("[data-part=chat]");
    if (chat && !event.target.closest("a, button, summary")) closeSheets(chat.closest("[data-phone]"));
  });
  // A day is chosen where its button stands: what unfolds below the edge comes up.
  const unfold = (event) => {
    if (event.target.matches("[data-part=chat] details.pick[open]")) event.target.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("toggle", unfold, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const fold of document.querySelectorAll("details[data-fold][open]")) {
      fold.open = false;
      if (fold.contains(document.activeElement)) fold.querySelector("summary").focus();
    }
    for (const side of document.querySelectorAll("[data-phone]")) closeSheets(side);
  });
}
