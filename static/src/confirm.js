// Ask before a button with data-confirm submits its form. Without script the form just submits.
//   data-confirm      the question; empty takes data-question of the form, {} being the name of the row
//   data-confirm-yes  the words of the button that goes on (default: those of the button itself)

const english = document.documentElement.lang === "en";
const agreed = new WeakSet();
let dialog;

function build() {
  const box = document.createElement("dialog");
  box.setAttribute("aria-labelledby", "confirm-question");
  const question = document.createElement("h2");
  question.id = "confirm-question";
  const row = document.createElement("div");
  row.className = "btn-row";
  const no = document.createElement("button");
  no.type = "button";
  no.className = "btn";
  no.textContent = english ? "Cancel" : "ยกเลิก";
  const yes = document.createElement("button");
  yes.type = "button";
  row.append(no, yes);
  box.append(question, row);
  document.body.append(box);
  no.addEventListener("click", () => box.close(""));
  yes.addEventListener("click", () => box.close("yes"));
  box.addEventListener("click", (event) => event.target === box && box.close(""));
  return { box, question, yes, no };
}

function questionOf(button) {
  if (button.dataset.confirm) return button.dataset.confirm;
  const name = button.closest("tr")?.querySelector(".lead")?.textContent.trim() ?? "";
  return (button.form?.dataset.question ?? "").replace("{}", name);
}

function ask(button) {
  dialog ??= build();
  const { box, question, yes, no } = dialog;
  question.textContent = questionOf(button);
  yes.textContent = button.dataset.confirmYes || button.textContent.trim();
  const deletes = button.classList.contains("btn-danger") || button.form?.getAttribute("id") === "row-delete";
  yes.className = deletes ? "btn btn-danger" : "btn btn-primary";
  box.returnValue = "";
  box.showModal();
  no.focus();
  return new Promise((resolve) => {
    box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true });
  });
}

document.addEventListener(
  "click",
  async (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-confirm]");
    if (!button || agreed.has(button)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (button.form && !button.formNoValidate && !button.form.noValidate && !button.form.reportValidity()) return;
    if (!(await ask(button))) return button.focus();
    agreed.add(button);
    button.click();
    agreed.delete(button);
  },
  true,
);

window.asksFirst = true; // Until now the page itself let no such button through (admin/base.html).
