// Load a module only where the page has something for it, and again after htmx brought something new.

const NEEDS = [
  ["th-date", () => import("./th-date.js")],
  ["map-picker", () => import("./map-picker.js")],
  ["[data-confirm]", () => import("./confirm.js")],
  ["select[data-choose]", () => import("./choose.js")],
  ["input[data-suggest]", () => import("./suggest.js")],
  ["[data-photos]", () => import("./photos.js")],
  ["[data-gallery]", () => import("./viewer.js")],
  ["form[data-draft], form[data-warn]", () => import("./draft.js")],
  ["form[data-dependents]", () => import("./dependents.js")],
  ["[data-list]", () => import("./list.js")],
  ["[data-inline]", () => import("./inline-rows.js")],
];
const AGAIN_AFTER = 8000;

async function load(root) {
  for (const [selector, get] of NEEDS) {
    if (!root.querySelector(selector)) continue;
    try {
      const module = await get();
      module.start?.(root);
    } catch (error) {
      console.warn(`${selector} stays plain: ${error.message}`); // The others must not wait for it.
    }
  }
}

function focusErrors(root) {
  root.querySelector("[data-focus]")?.focus();
}

// A second press while the first is under way sends nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post" || event.submitter?.hasAttribute("formaction")) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "1";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => {
    delete form.dataset.sending;
    event.submitter?.removeAttribute("aria-busy");
  }, AGAIN_AFTER);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) delete form.dataset.sending;
});

load(document);
focusErrors(document);
document.addEventListener("htmx:after:swap", () => {
  load(document);
  focusErrors(document);
});
