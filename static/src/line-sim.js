// Two phones that keep themselves up to date. Without this file every button still works by its form.

const POLL_MILLISECONDS = 1500;

/** Ask for news of one chat and show it; the server answers 204 when there is none. */
async function refresh(chat) {
  const entries = chat.querySelector("[data-version]");
  const address = new URL(chat.dataset.simChat, window.location.href);
  address.searchParams.set("version", entries ? entries.dataset.version : "");
  const reply = await fetch(address);
  if (reply.status !== 200) return;
  const wasAtEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 40;
  chat.innerHTML = await reply.text();
  if (wasAtEnd) chat.scrollTop = chat.scrollHeight;
}

function refreshAll() {
  if (document.visibilityState !== "visible") return Promise.resolve();
  const chats = [...document.querySelectorAll("[data-sim-chat]")];
  return Promise.all(chats.map((chat) => refresh(chat).catch(() => undefined)));
}

/** Send a phone's form in the background and say how the app took it. */
async function send(form) {
  const status = document.querySelector("[data-sim-answer]");
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const reply = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
    });
    const { answer } = reply.ok ? await reply.json() : { answer: "refused" };
    status.textContent = status.dataset[answer] || "";
    if (answer === "ok") form.querySelector("input[name=text]")?.form.reset();
  } catch {
    status.textContent = status.dataset.nobody;
  } finally {
    button.disabled = false;
  }
  await refreshAll();
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-sim-form]")) return;
  event.preventDefault();
  send(event.target);
});

for (const chat of document.querySelectorAll("[data-sim-chat]")) chat.scrollTop = chat.scrollHeight;
setInterval(refreshAll, POLL_MILLISECONDS);
