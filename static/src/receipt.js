// The slip: print it on A5 or on a roll, copy the text for a chat. Without this module Ctrl+P prints it.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    document.documentElement.dataset.paper = button.dataset.print;
    print();
  });
}

const copy = document.querySelector("[data-copy]");
if (copy) {
  const text = document.querySelector("#chat-text");
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      document.execCommand("copy"); // Without https the clipboard is closed to pages.
    }
    document.querySelector("[data-copied]").textContent = copy.dataset.copy;
  });
}
