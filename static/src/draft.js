// Forms that keep what was typed.
//   data-draft=URL   saves a draft there every 10 seconds and when a field is left, if something changed
//   data-warn        asks before the page is left with changes that were not saved
// The answer may be JSON with "saved_at", such as "14:32"; the place marked data-draft-said tells it.

const english = document.documentElement.lang === "en";
const EVERY = 10000;
const clock = () => new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Bangkok", hour: "2-digit", minute: "2-digit" }).format(new Date());

export function start(root) {
  for (const form of root.querySelectorAll("form[data-draft], form[data-warn]")) {
    if (form.dataset.kept) continue;
    form.dataset.kept = "1";
    keep(form);
  }
}

function content(form) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return data;
}

const asText = (data) => new URLSearchParams([...data].filter(([name]) => name !== "csrf_token")).toString();

function keep(form) {
  const url = form.dataset.draft;
  const said = form.querySelector("[data-draft-said]") ?? document.querySelector("[data-draft-said]");
  let first = asText(content(form));
  let saved = first;
  let saving = false;
  let leaving = false;

  async function save() {
    const data = content(form);
    const now = asText(data);
    if (!url || saving || leaving || now === saved) return;
    saving = true;
    try {
      const answer = await fetch(url, { method: "POST", body: data, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const facts = await answer.json().catch(() => ({}));
      saved = now;
      tell(english ? `Draft saved at ${facts.saved_at ?? clock()}` : `บันทึกร่างเมื่อ ${facts.saved_at ?? clock()} น.`);
    } catch {
      tell(english ? "Draft not saved yet; trying again" : "ยังบันทึกร่างไม่ได้ จะลองใหม่");
    } finally {
      saving = false;
    }
  }

  function tell(text) {
    if (said && said.textContent !== text) said.textContent = text;
  }

  if (url) {
    const timer = setInterval(() => (form.isConnected ? save() : clearInterval(timer)), EVERY);
    form.addEventListener("focusout", save);
    document.addEventListener("visibilitychange", () => document.hidden && save());
  }
  form.addEventListener("submit", () => {
    leaving = true;
  });
  form.addEventListener("htmx:after:request", () => {
    leaving = false;
    first = saved = asText(content(form));
  });
  if ("warn" in form.dataset) {
    addEventListener("beforeunload", (event) => {
      const now = asText(content(form));
      if (!leaving && form.isConnected && now !== first && now !== (url ? saved : first)) event.preventDefault();
    });
  }
}
