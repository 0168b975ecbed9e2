// The officers' shell: keys that work everywhere, the look, and the token for htmx.

const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

// Physical keys: with a Thai layout the key of "k" types another letter.
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.code === "KeyK") {
    const find = document.querySelector("[data-find]");
    if (find) {
      event.preventDefault();
      find.focus();
      find.select();
    }
    return;
  }
  if (event.code === "Slash" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
    const search = document.querySelector("[data-list-search]") ?? document.querySelector("[data-find]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// The present door of a long menu is in view.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest" });

document.addEventListener("htmx:config:request", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token;
});

const isDark = () => {
  const chosen = document.documentElement.dataset.look;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

for (const button of document.querySelectorAll("[data-look-next]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.look = next;
    document.cookie = `look=${next}; path=/; max-age=31536000; samesite=lax`;
  });
}
