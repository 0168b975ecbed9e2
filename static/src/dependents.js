// Drop-downs that depend on one another: subtypes and officers follow the main type. Without script every list
// stands there in full.

// Keep of a list only the options that fit, groups included. The full list is remembered once.
export function filterable(select) {
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

export function dependents(scope) {
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

const done = new WeakSet();

export function start(root) {
  for (const scope of root.querySelectorAll("form[data-dependents]")) {
    if (done.has(scope)) continue;
    done.add(scope);
    dependents(scope);
  }
}
