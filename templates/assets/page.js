// The pages work without this file. It adds number keys, a theme switch, a filter and previews that follow what is typed.
(() => {
  // The claim editor: prepared changes change the rows, changed rows are tinted, and the button counts them.
  function edit(form) {
    const inputs = [...form.querySelectorAll("[data-configured]")];
    const chips = [...form.querySelectorAll("[name=what_if]")];
    const button = form.querySelector("[data-count]");
    const rowsOf = (chip) => (chip.dataset.rows ?? "").split(";").filter(Boolean).map((row) => {
      const at = row.indexOf("=");
      return [form.querySelector(`[name="claim.${row.slice(0, at)}"]`), row.slice(at + 1)];
    });
    const show = () => {
      let changes = 0;
      for (const input of inputs) {
        const changed = input.value !== input.dataset.configured;
        const gone = changed && input.value === "";
        const row = input.closest("label");
        row.classList.toggle("changed", changed);
        row.classList.toggle("gone", gone);
        const hint = row.querySelector("[data-hint]");
        if (hint) hint.textContent = gone ? "left out: emptied here" : changed ? "sent: changed here" : hint.dataset.hint;
        if (input.name !== "add") input.placeholder = gone ? input.dataset.configured : "";
        if (changed) changes += 1;
      }
      changes += chips.filter((chip) => chip.checked && rowsOf(chip).every(([input]) => !input)).length;
      button.textContent = changes === 0 ? "Sign in unchanged" : `Sign in with ${changes} change${changes === 1 ? "" : "s"}`;
    };
    chips.forEach((chip) => chip.addEventListener("change", () => {
      for (const [input, value] of rowsOf(chip)) if (input) input.value = chip.checked ? value : input.dataset.configured;
      show();
    }));
    inputs.forEach((input) => input.addEventListener("input", () => {
      // What is typed is stronger than a prepared change of the same row.
      for (const chip of chips) if (rowsOf(chip).some(([row, value]) => row === input && value !== input.value)) chip.checked = false;
      show();
    }));
    chips.filter((chip) => chip.checked).forEach((chip) => chip.dispatchEvent(new Event("change")));
    show();
  }

  const root = document.documentElement;
  const kept = (name, value) => {
    try { return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value); } catch { return null; }
  };
  const theme = kept("standin-theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  document.addEventListener("DOMContentLoaded", () => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    all(".keys, [data-theme-toggle], [data-hide]").forEach((element) => { element.hidden = false; });

    all("[data-theme-toggle]").forEach((button) => button.addEventListener("click", () => {
      const dark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
      root.dataset.theme = dark ? "light" : "dark";
      kept("standin-theme", root.dataset.theme);
    }));

    const hide = (button, hidden) => {
      button.closest("[data-behind]").querySelector("[data-hideable]").hidden = hidden;
      button.textContent = hidden ? "Show" : "Hide";
      button.setAttribute("aria-expanded", String(!hidden));
      button.closest("main").classList.toggle("alone", hidden);
    };
    all("[data-hide]").forEach((button) => {
      hide(button, kept("standin-behind") === "hidden");
      button.addEventListener("click", () => {
        const hidden = button.getAttribute("aria-expanded") === "true";
        kept("standin-behind", hidden ? "hidden" : "shown");
        hide(button, hidden);
      });
    });

    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
      document.querySelector(`.user:not([hidden]) button.go[data-key="${event.key}"]`)?.click();
    });

    // A form is sent once: the second press would cancel the answer to the first.
    all("form[data-once]").forEach((form) => form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    }));
    addEventListener("pageshow", () => all("form[data-once]").forEach((form) => delete form.dataset.sent));

    all("details[data-fold]").forEach((fold) => {
      const name = `standin-fold-${fold.dataset.fold}`;
      if (kept(name) === "closed") fold.open = false;
      fold.addEventListener("toggle", () => kept(name, fold.open ? "open" : "closed"));
    });

    all("[data-foreign]").forEach((notice) => {
      if (location.host.toLowerCase() === new URL(notice.dataset.foreign).host) return;
      // A name that can only be this machine's is taken, as the server takes it.
      const name = location.hostname;
      if (!name.includes(".") || /^[\d.]+$/.test(name) || name.endsWith(".localhost") || name.endsWith(".internal") || name.startsWith("[")) return;
      notice.querySelector("span").textContent = location.origin;
      notice.hidden = document.querySelectorAll(".notice.warn:not([hidden])").length > 0;
    });

    // Signing out, the browser opens a page of each app, and goes on when all have answered, or none will.
    const onward = document.querySelector("[data-goes-on]");
    if (onward) {
      const on = () => location.replace(onward.href);
      const loaded = all("[data-frame]").map((frame) => new Promise((done) => { frame.addEventListener("load", done); frame.addEventListener("error", done); }));
      Promise.race([Promise.all(loaded), new Promise((done) => { setTimeout(done, 3000); })]).then(on);
    }

    const filter = document.querySelector("[data-filter]");
    filter?.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      all(".users .user").forEach((person) => { person.hidden = !person.dataset.find.includes(wanted); });
      const shown = (selector) => document.querySelector(`.users .user:not([hidden]) ${selector}`) !== null;
      document.querySelector("[data-nobody]").hidden = shown(".go");
      all(".eyebrow .keys").forEach((keys) => { keys.hidden = !shown("[data-key]"); });
    });

    const editor = document.querySelector("[data-editor]");
    if (editor) edit(editor);

    const boxes = all(".scope input[name=scope]");
    const allow = document.querySelector("[data-testid=allow]");
    const preview = () => {
      for (const box of boxes) {
        all("[data-of]").filter((element) => element.dataset.of === box.value).forEach((element) => element.classList.toggle("off", !box.checked));
      }
      if (allow) allow.textContent = `Allow ${boxes.filter((box) => box.checked).length} of ${boxes.length}`;
    };
    if (boxes.length > 0) {
      boxes.forEach((box) => box.addEventListener("change", preview));
      preview();
    }
  });
})();
