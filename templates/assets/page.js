// The pages work without this file. It adds number keys, a theme switch, and a preview that follows the ticks.
(() => {
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
      all("button.go")[Number(event.key) - 1]?.click();
    });

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
