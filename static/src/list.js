// Lists: the whole row opens, keys move (j k x Enter, by place on the keyboard), choosing rows, sticky heads.

const english = document.documentElement.lang === "en";
const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");
const LAST = "last-row:";

export function start(root) {
  for (const table of root.querySelectorAll("[data-list]")) if (!table.dataset.ready) prepare(table);
}

function prepare(table) {
  table.dataset.ready = "";
  addWayBack(table);
  fit(table);
  openOnClick(table);
  markLast(table);
  choosing(table);
}

// Links of a filtered list lead back to it; without script they lead back to the whole list.
function addWayBack(table) {
  if (!location.search) return;
  for (const link of table.querySelectorAll(".row-link, .acts a")) {
    const target = new URL(link.href);
    if (target.origin !== location.origin || !target.searchParams.has("id") || target.searchParams.has("url")) continue;
    target.searchParams.set("url", location.pathname + location.search);
    link.href = target;
  }
}

// A head can stick to the window only where the table needs no sideways scrolling of its own.
function fit(table) {
  const box = table.closest(".sheet-scroll");
  if (!box) return;
  const measure = () => {
    box.classList.remove("is-fitting");
    box.classList.toggle("is-fitting", table.scrollWidth <= box.clientWidth + 1);
  };
  new ResizeObserver(measure).observe(box.parentElement);
}

function openOnClick(table) {
  table.addEventListener("click", (event) => {
    if (event.target.closest("a, button, input, label, select, summary") || String(getSelection())) return;
    const link = event.target.closest("tr[data-href]")?.querySelector(".row-link");
    if (!link) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });
  table.addEventListener("click", (event) => {
    const link = event.target.closest(".row-link");
    if (link) sessionStorage.setItem(LAST + location.pathname, link.pathname + link.search.replace(/([?&])url=[^&]*/, "$1"));
  });
}

// Coming back, the row opened last is marked.
function markLast(table) {
  const last = sessionStorage.getItem(LAST + location.pathname);
  if (!last) return;
  for (const link of table.querySelectorAll(".row-link")) {
    if (link.pathname + link.search.replace(/([?&])url=[^&]*/, "$1") === last) link.closest("tr").classList.add("is-current");
  }
}

const rows = () => [...document.querySelectorAll("[data-list] tbody tr")];

function step(by) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.classList.contains("is-current"));
  const next = all[Math.max(0, Math.min(all.length - 1, now < 0 ? (by > 0 ? 0 : all.length - 1) : now + by))];
  all[now]?.classList.remove("is-current");
  next.classList.add("is-current");
  const link = next.querySelector(".row-link");
  link ? link.focus({ preventScroll: true }) : next.querySelector("a, input")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || typing(event.target)) return;
  if (document.documentElement.dataset.keys === "off") return;
  const current = () => document.querySelector("[data-list] tr.is-current");
  if (event.code === "KeyJ") step(1);
  else if (event.code === "KeyK") step(-1);
  else if (event.code === "KeyX") current()?.querySelector('input[name="rowid"]')?.click();
  else if (event.code === "Enter" && event.target === document.body) current()?.querySelector(".row-link")?.click();
  else return;
  event.preventDefault();
});

function choosing(table) {
  const boxes = [...table.querySelectorAll('input[name="rowid"]')];
  const all = table.querySelector("[data-pick-all]");
  const said = document.querySelector("[data-selected]");
  if (!boxes.length) return;
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    if (all) {
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    if (said) said.textContent = english ? `${chosen} selected` : `เลือกแล้ว ${chosen} รายการ`;
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      count();
    });
  }
  for (const box of boxes) box.addEventListener("change", count);
  count();
}
