// The console without scripts is whole; this makes it live. A tick says that something happened, and the page is read again:
// only regions that changed are replaced, and none in which somebody is typing.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const root = document.body.dataset.root;
  const typing = (element) => element instanceof Element && element.closest("input, textarea, select, [contenteditable]");

  // Times are written in UTC by the server; here in the place where the reader is.
  const local = (within) => all("time[data-at]", within).forEach((time) => {
    const at = new Date(Number(time.dataset.at) * 1000);
    if (Number.isNaN(at.getTime())) return;
    time.dateTime = at.toISOString();
    time.textContent = "whole" in time.dataset ? at.toLocaleString() : at.toLocaleTimeString([], { hour12: false });
  });

  const kept = new Map();
  const remember = (region) => all("details", region).forEach((fold) => kept.set(fold.dataset.fold ?? fold.className + (one("summary", fold)?.textContent ?? ""), fold.open));
  const recall = (region) => all("details", region).forEach((fold) => {
    const open = kept.get(fold.dataset.fold ?? fold.className + (one("summary", fold)?.textContent ?? ""));
    if (open !== undefined) fold.open = open;
  });

  // Whoever has begun to fill in a form is not to lose it.
  const filled = (region) => all("input, textarea, select", region).some((field) => {
    if (field.type === "hidden" || "search" in field.dataset) return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return [...field.options].some((option, at) => option.selected !== (option.defaultSelected || (at === 0 && ![...field.options].some((other) => other.defaultSelected))));
    return field.type !== "range" && field.value !== field.defaultValue;
  });

  const shown = new Map();
  const regions = (page) => new Map(all("[data-live]", page).map((region) => [region.dataset.live, region]));
  regions(document).forEach((region, name) => shown.set(name, region.innerHTML));

  const place = (page, whole) => {
    const [mine, theirs] = [regions(document), regions(page)];
    const same = [...mine.keys()].join() === [...theirs.keys()].join();
    const panes = [one("[data-panes]"), one("[data-panes]", page)];
    if (whole && !same) {
      const [from, to] = panes.every(Boolean) ? panes : [one(".frame"), one(".frame", page)];
      from.replaceWith(to);
      regions(document).forEach((region, name) => shown.set(name, region.innerHTML));
    } else {
      theirs.forEach((next, name) => {
        const now = mine.get(name);
        if (!now || shown.get(name) === next.innerHTML) return;
        if (!whole && (typing(document.activeElement) && now.contains(document.activeElement) || filled(now))) return;
        shown.set(name, next.innerHTML);
        const focused = now.contains(document.activeElement) ? document.activeElement : null;
        const href = focused?.getAttribute?.("href");
        const top = now.scrollTop;
        remember(now);
        now.innerHTML = next.innerHTML;
        recall(now);
        now.scrollTop = top;
        if (href) all("a", now).find((link) => link.getAttribute("href") === href)?.focus({ preventScroll: true });
      });
    }
    document.title = page.title;
    ready(document);
  };

  let again = false;
  let reading = null;
  let pressed = false;
  const read = async (url, whole) => {
    // Somebody who pressed a link is waiting for it; a tick can wait.
    if (pressed && !whole) { again = true; return true; }
    reading?.abort();
    reading = new AbortController();
    pressed = whole;
    try {
      const answer = await fetch(url, { signal: reading.signal, headers: { accept: "text/html" } });
      if (!answer.headers.get("content-type")?.startsWith("text/html")) throw new Error(String(answer.status));
      place(new DOMParser().parseFromString(await answer.text(), "text/html"), whole);
      if (whole) pressed = false;
      return true;
    } catch (error) {
      if (whole && error.name !== "AbortError") pressed = false;
      return error.name === "AbortError";
    }
  };

  // Links inside the panes change the address and what is shown, without a new page.
  document.addEventListener("click", async (event) => {
    const link = event.target instanceof Element && event.target.closest("a.flow, a.msg, .threads a.chip");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const url = new URL(link.href, location.href).href;
    history.pushState(null, "", url);
    if (!(await read(url, true))) location.assign(url);
    if (again) { again = false; look(); }
  });
  addEventListener("popstate", () => read(location.href, true));

  const keysAreOff = () => { try { return localStorage.getItem("standin-keys") === "off"; } catch { return false; } };
  const box = one("[data-keys]");
  box.checked = !keysAreOff();
  box.addEventListener("change", () => { try { localStorage.setItem("standin-keys", box.checked ? "on" : "off"); } catch { /* not kept */ } });
  const list = one("[data-keys-list]");
  list.hidden = false;
  list.addEventListener("click", () => one("[data-help]").showModal());

  const step = (links, by) => {
    const at = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.min(Math.max(at + by, 0), links.length - 1)];
    next?.scrollIntoView({ block: "nearest" });
    next?.click();
    next?.focus({ preventScroll: true });
  };
  document.addEventListener("keydown", (event) => {
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      j: () => step(all("a.flow"), 1), k: () => step(all("a.flow"), -1),
      ArrowDown: () => step(all("a.msg"), 1), ArrowUp: () => step(all("a.msg"), -1),
      "/": () => one("[data-search]")?.focus(), "?": () => one("[data-help]").showModal(),
      " ": () => one("[data-held] [data-continue]")?.click(),
    };
    const wanted = keys[event.key];
    if (!wanted || (event.key !== "?" && keysAreOff())) return;
    // A region that scrolls keeps its arrows.
    if (event.key.startsWith("Arrow") && event.target.closest?.(".scroll, .view")) return;
    if (event.key.startsWith("Arrow") && !one("a.msg")) return;
    if (event.key === " " && (!one("[data-held] [data-continue]") || event.target.closest?.("button, a, summary"))) return;
    event.preventDefault();
    wanted();
  });

  const copy = async (text, button) => {
    try { await navigator.clipboard.writeText(text); } catch { return; }
    const before = button.textContent;
    if (before.trim()) { button.textContent = "Copied"; setTimeout(() => { button.textContent = before; }, 1200); }
  };
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-copy], [data-copy-from]");
    if (button) copy(button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent, button);
  });

  // The choice of what will expire, as a slider that marks what it passes.
  const slide = (form) => {
    const select = one("[data-stops]", form);
    if (!select || select.options.length < 2 || one("input[type=range]", form)) return;
    const range = document.createElement("input");
    Object.assign(range, { type: "range", min: "0", max: String(select.options.length - 1), value: String(select.selectedIndex) });
    range.setAttribute("aria-label", "What will expire");
    const mark = () => {
      const until = Number.parseInt(select.value, 10);
      all("tr[data-in]").forEach((row) => row.classList.toggle("passed", Number(row.dataset.in) < until));
    };
    range.addEventListener("input", () => { select.selectedIndex = Number(range.value); mark(); });
    select.addEventListener("change", () => { range.value = String(select.selectedIndex); mark(); });
    select.after(range);
  };

  const ready = (within) => {
    local(within);
    all("[data-copy], [data-copy-from]", within).forEach((button) => { button.hidden = false; });
    all("[data-slider]", within).forEach(slide);
  };
  ready(document);

  const state = one("[data-live-state]");
  const gone = one("[data-gone]");
  let seen = null;
  let waiting = false;
  const look = async () => {
    if (waiting) { again = true; return; }
    waiting = true;
    await read(location.href, false);
    waiting = false;
    if (again) { again = false; look(); }
  };
  // A view that nobody sees waits until somebody does.
  const tick = (event) => {
    const number = Number(event.data);
    const first = seen === null;
    const passed = first ? 0 : number - seen;
    seen = number;
    // What changed between page and first tick is looked at as well.
    state.textContent = passed > 100 ? `live · ${passed} at once` : "live";
    if (!document.hidden) look(); else again = true;
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) { again = false; look(); } });
  const connect = () => {
    const source = new EventSource(`${root}/_console/events`);
    source.addEventListener("tick", (event) => {
      const back = !gone.hidden;
      tick(event);
      gone.hidden = true;
      state.hidden = false;
      if (back) look();
    });
    source.addEventListener("error", () => {
      state.hidden = true;
      gone.hidden = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1500);
    });
    addEventListener("pagehide", () => source.close());
  };
  // The answer to a form that was refused is no view: there is nothing to look at again.
  if (location.pathname.endsWith("/_console/call")) return;
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
})();
