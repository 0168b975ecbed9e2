// The forms of a case's acts open in place instead of loading the page anew; the undo bar counts down.

const english = document.documentElement.lang === "en";
const place = document.querySelector("#act");

async function show(address, push) {
  await window.htmx.ajax("GET", address, { target: "#act", swap: "innerHTML" });
  if (new URL(address, location.href).searchParams.has("do") && !place.querySelector("form")) throw new Error("no form came");
  if (push) history.replaceState(null, "", address);
  mark(new URL(address, location.href).searchParams.get("do"));
  const title = place.querySelector("#act-title");
  title?.scrollIntoView({ block: "nearest" });
  (place.querySelector("textarea, select, input:not([type=hidden])") ?? title)?.focus();
}

function mark(action) {
  for (const link of document.querySelectorAll("[data-act]")) {
    if (link.dataset.act === action) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function isTyped() {
  return [...place.querySelectorAll("textarea, input[type=text]")].some((box) => box.value !== box.defaultValue);
}

document.addEventListener("click", async (event) => {
  const link = event.target instanceof Element && event.target.closest("[data-act], [data-act-close]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (isTyped() && !link.matches("[data-act-close]")) return; // The page itself asks before it is left.
  event.preventDefault();
  link.closest("details")?.removeAttribute("open");
  try {
    await show(link.getAttribute("href").split("#")[0], true);
  } catch {
    location.href = link.getAttribute("href");
  }
});

for (const bar of document.querySelectorAll("[data-undo]")) {
  const until = Date.now() + Number(bar.dataset.undo) * 1000;
  const words = bar.querySelector("[data-undo-left]");
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) return bar.remove();
    words.textContent = english ? ` (${left} s)` : ` (${left} วินาที)`;
    setTimeout(tick, 500);
  };
  tick();
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.more[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.more[open]");
  if (!menu) return;
  menu.removeAttribute("open");
  menu.querySelector("summary").focus();
});
