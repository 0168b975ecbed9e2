// The editor of a paper's template: gaps inserted where one types, faults that lead to their line.

const form = document.querySelector("[data-paper-template]");
const box = form?.elements.namedItem("body");

if (box) {
  form.querySelectorAll("[data-with-script]").forEach((hint) => (hint.hidden = false));
  form.addEventListener("click", (event) => {
    const gap = event.target.closest("[data-insert]");
    if (!gap) return;
    box.setRangeText(gap.dataset.insert, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });
  document.addEventListener("click", (event) => {
    const fault = event.target.closest("[data-line]");
    if (!fault) return;
    event.preventDefault();
    selectLine(parseInt(fault.dataset.line, 10));
  });
}

function selectLine(number) {
  const lines = box.value.split("\n");
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  box.focus();
  box.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
  box.scrollTop = (box.scrollHeight / lines.length) * Math.max(0, number - 3);
}
