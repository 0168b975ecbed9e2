// A box whose address knows what fits (data-suggest=URL): the answers become the browser's own list.
//   The place a subdistrict lies in comes with its postal code, which fills the box of that name.

const WAIT = 200;
let serial = 0;

export function start(root) {
  for (const input of root.querySelectorAll("input[data-suggest]")) {
    if (input.list || input.dataset.suggests) continue;
    input.dataset.suggests = "1";
    suggest(input);
  }
}

function suggest(input) {
  const list = document.createElement("datalist");
  list.id = `suggest-${(serial += 1)}`;
  input.after(list);
  input.setAttribute("list", list.id);
  const codes = new Map();
  let timer = 0;
  let asked = "";

  async function ask() {
    const text = input.value.trim();
    if (text.length < 2 || text === asked || codes.has(text)) return;
    asked = text;
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || text !== input.value.trim()) return;
      const found = await answer.json();
      for (const each of found) codes.set(each.text.replace(/ \d{5}$/, ""), each.text.match(/\d{5}$/)?.[0] ?? "");
      list.replaceChildren(...found.map((each) => new Option(each.text, each.text.replace(/ \d{5}$/, ""))));
    } catch {
      // Without suggestions the name is typed in full; the server reads it.
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    const postal = input.form?.elements.postal_code;
    const code = codes.get(input.value);
    if (code && postal) postal.value = code;
    else timer = setTimeout(ask, WAIT);
  });
}
