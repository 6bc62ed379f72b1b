// The log of a build: lines that come while it runs, following them, linking to them.
"use strict";
(() => {
  const log = document.getElementById("log");
  const jump = document.getElementById("jump");
  const connection = document.getElementById("connection");
  const range = document.getElementById("log-range");
  const MOST = 6000; // lines in the page; older ones are behind the link to earlier lines
  const { Renderer, renew } = window.hobotnica;

  // -- Following: only while the reader is at the end
  const page = document.documentElement;
  const atEnd = () => page.scrollHeight - window.innerHeight - window.scrollY < 48;
  let following = false;
  let held = 0; // where the page was scrolled to by following; a reader who went up let go
  let unseen = 0;
  const stays = () => (following ? window.scrollY >= held - 2 : atEnd());
  function toEnd() {
    window.scrollTo({ top: page.scrollHeight, behavior: "instant" });
    held = window.scrollY;
    following = true;
    unseen = 0;
    showJump();
  }
  function showJump() {
    jump.hidden = !unseen;
    jump.textContent = `${unseen.toLocaleString("en")} new ${unseen === 1 ? "line" : "lines"}, jump to the end`;
  }
  window.addEventListener("scroll", () => {
    following = atEnd();
    if (following && unseen) {
      unseen = 0;
      showJump();
    }
  }, { passive: true });
  jump.addEventListener("click", toEnd);

  // -- Lines that come
  let renderer = null;
  let waiting = "";
  let due = 0;
  function flush() {
    due = 0;
    if (!waiting) return;
    const stay = stays();
    const rows = renderer.feed(waiting);
    waiting = "";
    log.append(...rows);
    document.getElementById("log-empty")?.remove();
    if (stay) {
      shorten();
      toEnd();
    } else if (rows.length) {
      unseen += rows.length;
      showJump();
    }
    const last = log.lastElementChild;
    if (last) range.textContent = `lines ${number(log.firstElementChild)}–${number(last)}`;
    if (selection) choose(selection);
  }
  const number = (row) => Number(row.id.slice(1));
  function shorten() {
    if (log.childElementCount <= MOST) return;
    while (log.childElementCount > MOST - 1000) log.firstElementChild.remove();
    let earlier = document.getElementById("earlier");
    if (!earlier) {
      earlier = document.createElement("p");
      earlier.className = "part";
      earlier.id = "earlier";
      earlier.append(document.createElement("a"));
      earlier.firstChild.textContent = "Earlier lines";
      log.parentElement.before(earlier);
    }
    earlier.firstChild.href = `${location.pathname}?end=${number(log.firstElementChild) - 1}`;
  }

  // -- The stream, and what happens when it breaks off
  let offset = Number(log.dataset.offset);
  let failures = 0;
  function connect() {
    const stream = new EventSource(`${log.dataset.stream}?offset=${offset}`);
    let reached = offset;
    stream.addEventListener("open", () => {
      failures = 0;
      connection.hidden = true;
    });
    stream.addEventListener("log", (event) => {
      const piece = JSON.parse(event.data);
      const next = Number(event.lastEventId) || piece.offset + new TextEncoder().encode(piece.text).length;
      if (piece.offset < reached) return; // sent twice
      reached = offset = next;
      waiting += piece.text;
      if (!due) due = setTimeout(flush, 50);
    });
    stream.addEventListener("state", (event) => {
      const before = log.dataset.state;
      log.dataset.state = JSON.parse(event.data).state;
      if (before !== log.dataset.state) renew();
    });
    stream.addEventListener("end", () => {
      stream.close();
      flush();
      renew();
    });
    stream.addEventListener("error", () => {
      stream.close();
      failures += 1;
      const seconds = Math.min(30, 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
      connection.textContent = "The connection is lost, so this log stands still. Trying again…"
        + (failures > 4 ? " You may have to load the page again." : "");
      connection.hidden = false;
      setTimeout(connect, seconds * 1000);
    });
  }
  if (log.dataset.stream) {
    const last = log.lastElementChild;
    renderer = new Renderer(Number(log.dataset.line), log.dataset.sgr);
    // The stream begins where the unfinished line begins, so that line is written anew.
    if (last && number(last) === renderer.line) last.remove();
    connect();
  }

  // -- Links to lines: #L120, #L120-L130
  let selection = null;
  function choose(lines) {
    for (const row of log.querySelectorAll(".chosen")) row.classList.remove("chosen");
    for (let line = lines.from; line <= lines.to; line += 1) {
      document.getElementById(`L${line}`)?.classList.add("chosen");
      if (line - lines.from > 20000) break;
    }
  }
  function fromHash() {
    const match = /^#L(\d+)(?:-L?(\d+))?$/.exec(location.hash);
    if (!match) {
      selection = null;
      choose({ from: 1, to: 0 });
      return;
    }
    const [one, other] = [Number(match[1]), Number(match[2] || match[1])];
    selection = { from: Math.min(one, other), to: Math.max(one, other) };
    const row = document.getElementById(`L${selection.from}`);
    if (row) {
      choose(selection);
      row.scrollIntoView({ block: "start" });
    } else if (!new URLSearchParams(location.search).has("start")) {
      location.replace(`${location.pathname}?start=${Math.max(1, selection.from - 20)}${location.hash}`);
    }
  }
  log.addEventListener("click", (event) => {
    const link = event.target.closest("li > a");
    if (!link || !event.shiftKey || !selection) return;
    event.preventDefault();
    const line = number(link.parentElement);
    const [from, to] = [Math.min(line, selection.from), Math.max(line, selection.from)];
    history.replaceState(null, "", `#L${from}-L${to}`);
    selection = { from, to };
    choose(selection);
  });
  window.addEventListener("hashchange", fromHash);
  fromHash();

  // -- Open at the first failure
  const failure = document.getElementById(`L${log.dataset.failure}`);
  const [visit] = performance.getEntriesByType("navigation");
  if (failure && !location.hash && !location.search && visit?.type === "navigate") {
    failure.scrollIntoView({ block: "start" });
  }

  // -- Wrapping is remembered
  const wrap = document.getElementById("wrap");
  try {
    wrap.checked = localStorage.getItem("wrap") !== "no";
    wrap.addEventListener("change", () => localStorage.setItem("wrap", wrap.checked ? "yes" : "no"));
  } catch {
    // The reader lets nothing be stored: the switch works all the same.
  }
})();
