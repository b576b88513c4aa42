// The list of all parameters: searched, sorted, in pages, each with its reasons on a click.

const PAGE = 50;

function parameterList(view, panel, id) {
  const find = (name) => panel.querySelector(`[data-part="${name}"]`);
  const [search, group, order, body, status, pager, chip] =
    ["search", "group", "order", "rows", "status", "pager", "chip"].map(find);
  const colors = painted(view, "group").colors;
  let texts = null;
  let path = null;
  let found = [];
  let first = 0;

  group.append(...view.groups.map((each, number) => el("option", { value: number }, each.label)));

  // What a search looks at: the name, the group, the role, the owner, and what moved.
  function searched() {
    texts ??= view.names.map((name, at) => {
      const facts = view.facts(at);
      const label = view.groups[view.group(at)].label;
      const words = [name, label, facts.role, facts.owner, facts.dtype, ...view.moved(at)];
      return words.filter(Boolean).join(" ").toLowerCase();
    });
    return texts;
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const only = group.value === "" ? null : Number(group.value);
    found = [];
    for (let at = 0; at < view.size; at += 1) {
      const name = view.names[at];
      if (path !== null && path !== "" && name !== path && !name.startsWith(`${path}.`)) continue;
      if (only !== null && view.group(at) !== only) continue;
      if (words.length && !words.every((word) => searched()[at].includes(word))) continue;
      found.push(at);
    }
    if (order.value === "size") found.sort((a, b) => view.elements(b) - view.elements(a) || a - b);
    if (order.value === "name") {
      const natural = new Intl.Collator("en", { numeric: true });
      found.sort((a, b) => natural.compare(view.names[a], view.names[b]));
    }
    first = 0;
    show();
  }

  function show() {
    body.replaceChildren(...found.slice(first, first + PAGE).map(row));
    const last = Math.min(first + PAGE, found.length);
    const size = found.reduce((sum, at) => sum + view.elements(at), 0);
    status.textContent = found.length
      ? `${counted(found.length, "tensor")}, ${large(size)} parameters${found.length > PAGE ? `: ${first + 1} to ${last}` : ""}`
      : "no parameter is found";
    const [start, before, after, end] = pager.children;
    start.disabled = before.disabled = first === 0;
    after.disabled = end.disabled = last >= found.length;
    pager.hidden = found.length <= PAGE;
    chip.hidden = path === null || path === "";
    chip.textContent = `in ${path} ✕`;
    chip.setAttribute("aria-label", `show more than ${path}`);
  }

  function row(at) {
    const facts = view.facts(at);
    const own = view.groups[view.group(at)];
    const button = el("button", { type: "button", class: "plain", "aria-expanded": "false", "data-at": at }, view.names[at]);
    return el("tr", { class: "row" },
      el("th", { scope: "row" }, button),
      el("td", {}, swatch(colors[view.group(at)]), own.label, view.trained(at) ? "" : " (not trained)",
        ...view.moved(at).map((text) => el("div", { class: "moved" }, text))),
      el("td", { class: "wide" }, own.settings),
      el("td", { class: "wide" }, facts.shape || ""),
      el("td", { class: "n" }, large(view.elements(at))));
  }

  function toggle(button) {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    const tr = button.closest("tr");
    button.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) tr.nextElementSibling.remove();
    else tr.after(why(Number(button.dataset.at)));
  }

  function why(at) {
    const facts = Object.entries(view.facts(at));
    if (view.state(at) >= 0) facts.push(["optimizer state", bytes(view.state(at))]);
    const about = el("dl", {}, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
    const axes = view.reasons(at).flatMap(({ head, verdicts }) => [
      el("h4", {}, head),
      verdicts.length
        ? el("div", { class: "scroll" }, el("table", {},
          el("thead", {}, el("tr", {}, ...["verdict", "rule", "because", "place"].map((h) => el("th", { scope: "col" }, h)))),
          el("tbody", {}, ...verdicts.map(([outcome, rule, place, because]) =>
            el("tr", { class: outcome }, el("td", {}, outcome), el("td", {}, el("code", {}, rule)),
              el("td", {}, because), el("td", {}, link(place)))))))
        : el("p", {}, "no rule took it"),
    ]);
    return el("tr", { class: "why" }, el("td", { colspan: "5" }, ...axes, el("h4", {}, "Facts"), about));
  }

  function link(place) {
    const target = `${id}-${place}`;
    return document.getElementById(target) ? el("a", { href: `#${encodeURIComponent(target)}` }, place) : place;
  }

  body.addEventListener("click", (event) => {
    const tr = event.target.closest("tr.row");
    if (tr && (event.target.closest("button") || getSelection().isCollapsed)) toggle(tr.querySelector("button"));
  });
  body.addEventListener("keydown", (event) => {
    const buttons = [...body.querySelectorAll("tr.row button")];
    const at = buttons.indexOf(event.target);
    if (at < 0) return;
    if (event.key === "ArrowDown") buttons[Math.min(at + 1, buttons.length - 1)].focus();
    else if (event.key === "ArrowUp") buttons[Math.max(at - 1, 0)].focus();
    else if (event.key === "Home") buttons[0].focus();
    else if (event.key === "End") buttons[buttons.length - 1].focus();
    else return;
    event.preventDefault();
  });
  const turn = [() => 0, () => first - PAGE, () => first + PAGE, () => Math.floor((found.length - 1) / PAGE) * PAGE];
  [...pager.children].forEach((button, number) => button.addEventListener("click", () => {
    first = Math.max(0, turn[number]());
    show();
  }));
  let waiting = 0;
  search.addEventListener("input", () => {
    if (found.length === 1 && view.names[found[0]] === path) path = null; // of one parameter nothing is searched
    clearTimeout(waiting);
    waiting = setTimeout(filter, view.size > 5000 ? 120 : 0);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      body.querySelector("tr.row button")?.focus();
      event.preventDefault();
    }
  });
  group.addEventListener("change", filter);
  order.addEventListener("change", filter);
  chip.addEventListener("click", () => choose({ path: null, at: -1 }));

  // Show what is below a module or, of a parameter, its reasons.
  function choose(node, goThere) {
    path = node.path;
    if (goThere !== undefined) search.value = group.value = "";
    filter();
    const only = body.querySelector("tr.row button");
    if (found.length === 1) toggle(only);
    if (goThere) {
      panel.scrollIntoView();
      only?.focus();
    }
  }
  function chooseGroup(number) {
    [group.value, search.value, path] = [String(number), "", null];
    filter();
    panel.scrollIntoView();
    group.focus();
  }
  filter();
  return { choose, chooseGroup };
}
