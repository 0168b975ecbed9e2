// Demo mode: a demo account fills in its name and password without loading the page again.
for (const link of document.querySelectorAll("[data-username]")) {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const form = document.querySelector(".door-main form");
    form.elements.username.value = link.dataset.username;
    form.elements.password.value = link.dataset.password;
    form.querySelector("button[type=submit]").focus();
  });
}
