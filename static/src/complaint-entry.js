// The counter's form and the case page's forms: lists that depend on one another, the words of the save
// button, what lies around the pin, and keys. Without this module every list stands there in full.

const form = document.querySelector("#entry");

// Keep of a list only the options that fit, groups included. The full list is remembered once.
function filterable(select) {
  if (!select) return null;
  const all = [...select.children].map((child) => child.cloneNode(true));
  return (fits) => {
    const chosen = select.value;
    const kept = all
      .map((child) => {
        if (child.tagName !== "OPTGROUP") return child.value === "" || fits(child) ? child.cloneNode(true) : null;
        const group = child.cloneNode(false);
        group.append(...[...child.children].filter(fits).map((option) => option.cloneNode(true)));
        return group.children.length ? group : null;
      })
      .filter(Boolean);
    select.replaceChildren(...kept);
    for (const option of select.options) option.selected = option.value === chosen;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
    select.dispatchEvent(new Event("choose:refresh"));
  };
}

function dependents(scope) {
  const category = scope.querySelector('[name="category_id"]');
  const types = filterable(scope.querySelector('[name="subcategory_id"]'));
  const officers = filterable(scope.querySelector('[name="assignee_id"]'));
  if (!category) return;
  const follow = () => {
    const departments = (category.selectedOptions[0]?.dataset.departments ?? "").split(" ");
    types?.((option) => !category.value || option.dataset.category === category.value);
    officers?.((option) => !category.value || departments.includes(option.dataset.department));
    scope.dispatchEvent(new Event("officer:change"));
  };
  category.addEventListener("change", follow);
  follow();
}

for (const scope of document.querySelectorAll("form[data-dependents], #entry")) dependents(scope);

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

// The pin proposes; what the officer chose stays.
async function aroundPin(detail) {
  const tell = (text) => {
    for (const said of document.querySelectorAll("[data-around]")) said.textContent = text;
  };
  if (detail.lat === null) {
    tell("");
    return;
  }
  try {
    const answer = await fetch(`/admin/complaint/around.json?lat=${detail.lat.toFixed(6)}&lon=${detail.lon.toFixed(6)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const facts = await answer.json();
    tell(facts.said);
    propose(form.elements.zone_id, facts.zone_id);
    propose(form.elements.community_id, facts.community_id);
  } catch {
    // The server looks at the pin again when the form is saved.
  }
}

function propose(select, value) {
  if (!select || (select.value && !select.dataset.proposed) || !value) return;
  if (![...select.options].some((option) => option.value === String(value))) return;
  select.dataset.proposed = "1";
  if (select.tomselect) select.tomselect.setValue(String(value), true);
  else select.value = String(value);
}

// A number of ten digits in the story of somebody who wants to stay unknown.
function watchNumbers() {
  const story = form.elements.story;
  const look = () => {
    const warning = document.querySelector("[data-number-warning]");
    if (!warning) return;
    const isShared = form.elements.who?.value === "shared";
    const digits = story.value.replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0x0e50);
    warning.hidden = !(isShared && /(?<!\d)0[2-9](?:[ -]?\d){7,8}(?!\d)/.test(digits));
  };
  story.addEventListener("input", look);
  document.addEventListener("htmx:after:swap", look);
  look();
}

if (form) {
  communitiesOfZone();
  watchNumbers();
  form.addEventListener("officer:change", saveWords);
  form.elements.assignee_id?.addEventListener("change", saveWords);
  document.addEventListener("htmx:after:swap", saveWords);
  form.addEventListener("pin", (event) => aroundPin(event.detail));
  for (const name of ["zone_id", "community_id"]) form.elements[name]?.addEventListener("change", (event) => event.isTrusted && delete event.target.dataset.proposed);
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
