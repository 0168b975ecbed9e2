// Give long drop-downs a search box (Tom Select, fetched only now). Without script they stay plain.

const english = document.documentElement.lang === "en";
const here = new URL("../vendor/", import.meta.url);
let ready;

function fetchTomSelect() {
  ready ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("tom-select.css", here).pathname;
    document.head.prepend(sheet);
    const script = document.createElement("script");
    script.src = new URL("tom-select.js", here).pathname;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return ready;
}

export async function start(root) {
  const selects = [...root.querySelectorAll("select[data-choose]:not(.tomselected)")];
  if (!selects.length) return;
  await fetchTomSelect();
  for (const select of selects) choose(select);
}

function choose(select) {
  if (select.tomselect) return;
  const box = new window.TomSelect(select, {
    maxOptions: null,
    refreshThrottle: 0, // Who types fast and presses Enter means what was typed, not the line that stood there before.
    hidePlaceholder: true,
    plugins: select.multiple ? ["remove_button"] : [],
    render: {
      no_results: () => `<div class="no-results">${english ? "Nothing found" : "ไม่พบตัวเลือกนี้"}</div>`,
    },
  });
  // Readers meet the box only; a link from the error summary still leads to it.
  select.setAttribute("aria-hidden", "true");
  select.addEventListener("focus", () => box.focus());
  // What described the drop-down describes the box that stands in its place.
  for (const name of ["aria-describedby", "aria-invalid"]) {
    const value = select.getAttribute(name);
    if (value) box.control_input.setAttribute(name, value);
  }
  // A rule elsewhere may change the options (a category changes its subcategories).
  select.addEventListener("choose:refresh", () => box.sync());
}
