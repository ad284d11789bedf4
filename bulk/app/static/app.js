// The one script of `bulk app`. Every page works without it; with it files can be dropped, rows are kept as they are
// corrected and fetched as they come into view, and what is at work is shown as it goes.
"use strict";

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function takeDrops(form) {
  const place = one(".drop", form), input = one("input[type=file]", form), status = one("[data-status]", form);
  const begin = () => {
    if (!input.files.length) return;
    if (input.files[0].size > Number(place.dataset.most)) {
      status.textContent = "This file is too large for the page. Import it in a terminal: bulk import";
      input.value = "";
      return;
    }
    status.textContent = "Taking in " + input.files[0].name + " …";
    one("[data-submit]", form).disabled = true;
    form.submit();
  };
  input.addEventListener("change", begin);
  addEventListener("pageshow", () => { one("[data-submit]", form).disabled = false; status.textContent = ""; });
  addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) place.classList.remove("over"); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; begin(); }
  });
}

// ---- rows that are fetched as they come into view

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); fetchMore(entry.target); }
}, { rootMargin: "600px" });

async function fetchMore(place) {
  const answer = await fetch(place.dataset.more);
  if (!answer.ok) return;
  const holder = document.createElement(place.tagName === "TR" ? "tbody" : "div");
  holder.innerHTML = await answer.text(); // our own server's, escaped there
  const fresh = [...holder.children];
  place.replaceWith(...fresh);
  fresh.forEach(watch);
}

function watch(part) {
  if (part.matches("[data-more]")) seen.observe(part);
  if (part.matches("form[data-row]")) keepRow(part);
}

// ---- rows that are corrected in place

function keepRow(form) {
  const out = one("[data-out]", form);
  one("[data-save]", form).hidden = true; // it is kept as soon as the field is left
  let last = Promise.resolve();
  const send = (data) => { last = last.then(() => keep(form, data)); return last; };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.submitter === out ? new URLSearchParams({ out: out.value }) : new URLSearchParams(new FormData(form)));
  });
  form.addEventListener("keydown", (event) => { // Enter goes on to the next field that is wrong
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    const fields = all("form[data-row] [aria-invalid]"), next = fields[fields.indexOf(event.target) + 1];
    if (next) next.focus();
  });
  form.addEventListener("change", () => send(new URLSearchParams(new FormData(form))));
}

async function keep(form, data) {
  const state = one("[data-state]", form);
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data, headers: { "X-In-Place": "1" } });
  if (!answer.ok) { state.textContent = "Not kept. Load the page again."; return; }
  const news = await answer.json();
  form.classList.toggle("is-right", news.state === "right");
  form.classList.toggle("is-out", news.state === "out");
  all("[data-other]", form).forEach((part) => { part.textContent = ""; });
  for (const part of all("[data-problem]", form)) {
    const text = news.problems[part.dataset.problem] || "";
    part.textContent = text;
    const field = document.getElementById(part.id.replace("p", "c"));
    if (text) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
  }
  const button = one("[data-out]", form);
  button.value = news.state === "out" ? "0" : "1";
  button.firstChild.textContent = news.state === "out" ? "Take in again" : "Leave out";
  state.textContent = { right: "Right now", out: "Left out", open: "Still a problem" }[news.state];
  for (const part of all("[data-count]")) part.textContent = news.counts[part.dataset.count].toLocaleString("en");
}

// ---- what is at work

function follow(place) {
  const source = new EventSource(place.dataset.events), bar = one("[data-bar]"), said = one("[data-said]");
  source.onmessage = (event) => {
    const news = JSON.parse(event.data);
    if (news.ended) { source.close(); location.reload(); return; }
    for (const part of all("[data-live]")) {
      const text = news[part.dataset.live];
      if (text !== undefined && part.textContent !== text) part.textContent = text;
    }
    if (bar && news.total) { bar.max = news.total; bar.value = news.done; } else if (bar) bar.removeAttribute("value");
    const paused = one("[data-paused]");
    if (paused) paused.hidden = !news.paused;
    for (const line of said ? news.said.slice() : []) {
      if ([...said.children].some((part) => part.textContent === line)) continue;
      const part = document.createElement("li");
      part.textContent = line;
      said.append(part);
    }
    const failed = one("[data-problems-of-rows]");
    if (failed && news.problems) {
      failed.hidden = !news.problems.length;
      one("ul", failed).replaceChildren(...news.problems.map((line) => {
        const part = document.createElement("li");
        part.textContent = line;
        return part;
      }));
    }
    const first = one("[data-first]");
    if (first && news.found) {
      const more = document.createElement("p");
      more.dataset.more = first.dataset.first;
      first.removeAttribute("data-first");
      first.append(more);
      fetchMore(more);
    }
  };
  source.onerror = () => { source.close(); setTimeout(() => location.reload(), 2000); };
}

// ---- a choice that only shows other things is one click

all("[data-submits]").forEach((part) => part.addEventListener("change", () => part.form.requestSubmit()));
all("[data-needless]").forEach((part) => { part.hidden = true; });
all("[data-uploads]").forEach((form) => {
  const input = one("input[type=file]", form), choice = one("[data-of-file]", form);
  input.addEventListener("change", () => { if (input.files.length) choice.value = "file"; });
});

// ---- once is enough: a second click on a button would begin the same again

addEventListener("submit", (event) => {
  if (event.target.matches("[data-row], [data-drop]")) return;
  setTimeout(() => all("button", event.target).forEach((button) => { button.disabled = true; }));
});
addEventListener("pageshow", () => all("form:not([data-drop]) button:not([data-stop], [data-pause])").forEach((button) => { button.disabled = false; }));

all("form[data-drop]").forEach(takeDrops);
all("[data-more], form[data-row]").forEach(watch);
all("[data-events]").forEach(follow);
