// Addresses to copy into LINE's own pages. Without this module they are selected and copied by hand.

for (const button of document.querySelectorAll("[data-copy-from]")) {
  const box = document.getElementById(button.dataset.copyFrom);
  button.hidden = false;
  button.addEventListener("click", async () => {
    box.select();
    try {
      await navigator.clipboard.writeText(box.value);
    } catch {
      document.execCommand("copy"); // Without https the clipboard is closed to pages.
    }
    box.closest(".field").querySelector("[data-copied]").textContent = button.dataset.copiedWords;
  });
}
for (const box of document.querySelectorAll("[data-select]")) {
  box.addEventListener("focus", () => box.select());
}
