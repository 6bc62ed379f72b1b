// What every page has: timers, parts that renew themselves, buttons that copy.
"use strict";
(() => {
  const hobotnica = (window.hobotnica = window.hobotnica || {});

  // Elapsed times count on from what the server said; the clock of this machine is not asked.
  const begun = new WeakMap();
  function duration(seconds) { // as myapp/services/filters.py says it
    if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    for (const [size, unit, smaller, name] of [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]]) {
      const rest = Math.floor((whole % size) / smaller);
      if (whole >= size) return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${name}` : ""}`;
    }
    return `${whole} s`;
  }
  function tick() {
    for (const element of document.querySelectorAll("[data-elapsed]")) {
      if (!begun.has(element)) begun.set(element, performance.now());
      const seconds = Number(element.dataset.elapsed) + (performance.now() - begun.get(element)) / 1000;
      element.textContent = duration(Math.max(0, seconds));
    }
  }
  tick();
  setInterval(tick, 1000);

  // Parts with data-live are renewed from the page itself. A part that the reader is in, or that
  // is under the pointer, waits until it is left.
  let asked = 0;
  const plain = (element) => element.outerHTML.replace(/ data-elapsed="[^"]*">[^<]*</g, "><");
  const shown = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.id, plain(part)]));
  async function renew() {
    const question = ++asked;
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected || question !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(part.id);
      if (!fresh || plain(fresh) === shown.get(part.id)) continue;
      if (part.contains(document.activeElement) || part.matches(":hover") || part.querySelector("details[open]")) continue;
      shown.set(part.id, plain(fresh));
      part.replaceWith(document.adoptNode(fresh));
      fresh.querySelectorAll("[data-copy]").forEach(addCopy);
    }
    if (document.title !== page.title) document.title = page.title;
    const icon = document.querySelector("link[rel=icon]");
    const href = page.querySelector("link[rel=icon]")?.getAttribute("href");
    if (href && icon.getAttribute("href") !== href) icon.setAttribute("href", href);
    const spoken = document.getElementById("spoken");
    const words = page.getElementById("spoken")?.textContent;
    if (spoken && words && spoken.textContent !== words) spoken.textContent = words;
    const main = page.getElementById("main");
    const every = document.getElementById("main").dataset;
    if (main?.dataset.refresh) every.refresh = main.dataset.refresh;
    else delete every.refresh;
  }
  hobotnica.renew = () => renew().catch(() => {}); // the next time will do
  function later() {
    const seconds = Number(document.getElementById("main").dataset.refresh);
    if (!seconds) return;
    setTimeout(async () => {
      if (!document.hidden) await hobotnica.renew();
      later();
    }, seconds * 1000);
  }
  later();

  // Copying needs a secure page (https or this machine); elsewhere there is no button.
  function addCopy(element) {
    if (!navigator.clipboard) return;
    const text = element.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    if (element.matches("pre")) element.prepend(button);
    else element.after(button);
  }
  document.querySelectorAll("[data-copy]").forEach(addCopy);

  // A pasted address of a repository fills both fields.
  const owner = document.getElementById("register-owner");
  owner?.addEventListener("input", () => {
    const match = /^(?:https?:\/\/[^/]+\/|git@[^:]+:)?([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(owner.value.trim());
    if (!match) return;
    owner.value = match[1];
    document.getElementById("register-name").value = match[2];
  });
})();
