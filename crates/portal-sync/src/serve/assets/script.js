// Search as you type, and times that go on. Without this script the form does the same with a press of Enter.
"use strict";

const distance = (then) => {
  const seconds = Math.trunc((Date.now() - then) / 1000);
  const far = Math.abs(seconds);
  if (far < 10) return seconds < 0 ? "in a moment" : "just now";
  const units = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [Infinity, "day", 86400]];
  const [, unit, length] = units.find(([end]) => far < end);
  const amount = Math.trunc(far / length);
  const text = `${amount.toLocaleString("en")} ${unit}${amount === 1 ? "" : "s"}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
};

setInterval(() => {
  for (const time of document.querySelectorAll("time")) {
    time.textContent = distance(Date.parse(time.dateTime));
  }
}, 10_000);

const form = document.querySelector("form[role=search]");

if (form) {
  const input = form.elements.namedItem("q");
  let typing;
  let asking;

  const search = async () => {
    const text = input.value.trim();
    const address = text ? `/?${new URLSearchParams({ q: text })}` : "/";
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(address, { signal: asking.signal });
      if (answer.status === 503) {
        // Too many search at this moment.
        typing = setTimeout(search, 1000);
        return;
      }
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["results", "matches"]) {
        document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
      }
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address);
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(search, 150);
  });

  // "/" jumps to the search, as on many pages of this kind.
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !busy && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    }
  });
}
