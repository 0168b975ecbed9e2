// Rows inside a form: add one from the template, take a new one out again.

export function start(root) {
  for (const place of root.querySelectorAll("[data-inline]")) {
    const add = place.querySelector("[data-inline-add]");
    const model = place.querySelector("[data-inline-new]");
    if (!add || !model || place.dataset.ready) continue;
    place.dataset.ready = "";
    add.hidden = false;
    add.addEventListener("click", () => {
      const name = place.dataset.inline;
      const used = [...place.querySelectorAll(`:scope > .inline-row [name^="${name}-"]`)].map((field) => parseInt(field.name.slice(name.length + 1), 10));
      const prefix = `${name}-${Math.max(-1, ...used.filter(Number.isInteger)) + 1}`;
      const row = model.content.cloneNode(true).querySelector("fieldset");
      for (const part of row.querySelectorAll("[id], [name], [for]")) {
        for (const key of ["id", "name", "for", "aria-describedby"]) {
          if (part.hasAttribute(key)) part.setAttribute(key, [prefix, part.getAttribute(key).replace(/^-/, "")].filter(Boolean).join("-"));
        }
      }
      row.querySelector("[data-inline-remove]")?.addEventListener("click", () => {
        row.remove();
        add.focus();
      });
      add.parentElement.before(row);
      row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    });
  }
}
