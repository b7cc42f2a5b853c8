// What a page can do besides when there is a script. Everything works without it; nothing here is the only way.

const policy = window.trustedTypes?.createPolicy("roundsman", { createHTML: (html) => html });
const trusted = (html) => (policy ? policy.createHTML(html) : html);
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

// A key that stands on an element goes there: `/` to the search, letters to the buttons of the review queue.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.focus();
  if (target.matches("input")) target.select();
  else target.click();
});

// What stands in `#results` comes anew from the server: the same address, the same page, only the part that changes.
// What was refused says so there, so that nobody takes what was found before for what he asks now.
let asked = 0;
async function refresh(address) {
  const turn = ++asked;
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(trusted(await answer.text()), "text/html");
  if (turn !== asked) return;
  // Whoever is not signed in any more is led to where he is.
  if (answer.redirected) return location.assign(address);
  const results = document.querySelector("#results");
  const fresh = page.querySelector("#results");
  if (fresh) results.replaceWith(document.adoptNode(fresh));
  else if (!answer.ok) results.replaceChildren(refusal(page));
}

// Why there is no page, from the page that says it.
function refusal(page) {
  const verdict = document.createElement("p");
  verdict.className = "verdict bad";
  verdict.setAttribute("role", "alert");
  verdict.textContent = page.querySelector("h1")?.textContent ?? page.body.textContent;
  const said = document.createElement("div");
  said.className = "stack";
  said.append(verdict, ...page.querySelectorAll("main section > :is(p, ul):not(:has(a))"));
  return said;
}

// A filter counts as soon as it is changed, and the address says so.
for (const form of document.querySelectorAll("form[data-live]")) {
  let waiting;
  const apply = async () => {
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const address = `${location.pathname}?${asked}`;
    await refresh(address);
    history.replaceState(null, "", address);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 250);
  });
}

// What runs is shown as it goes on, until it is done.
async function follow() {
  const running = document.querySelector("#results[data-refresh-seconds]");
  if (!running) return;
  await new Promise((wake) => setTimeout(wake, 1000 * Number(running.dataset.refreshSeconds)));
  if (!document.hidden) await refresh(location.href);
  await follow();
}
follow();

// A menu closes when one goes elsewhere.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.menu[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// What was refused is read out first.
document.querySelector("[role=alert]")?.focus();
