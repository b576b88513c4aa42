// The panel of a model: a treemap and the same as a tree of modules, both coloured alike.

function modelPanel(view, panel, choose) {
  const find = (name) => panel.querySelector(`[data-part="${name}"]`);
  const [map, treeBox, crumbs, legend, about] = ["map", "tree", "crumbs", "legend", "about"].map(find);
  const [colorBy, areaBy] = ["color", "area"].map(find);
  const tree = treeOf(view);
  let root = folded(tree);
  let chosen = null;
  if (view.moves) colorBy.append(el("option", { value: "moved" }, "what moved"));
  let painting = painted(view, "group");
  let tiles = [];

  const describe = (node) => {
    const mix = [...mixOf(view, node, painting.of)].sort((a, b) => b[1] - a[1]);
    const groups = [...new Set(mix.map(([group]) => painting.texts[group]))];
    const more = groups.length > 3 ? ` and ${groups.length - 3} more` : "";
    const tensors = node.at >= 0 && !node.children.size ? "" : `${counted(node.tensors, "tensor")}, `;
    return `${node.path || "the model"}: ${tensors}${large(node.elements)} parameters, ${groups.slice(0, 3).join(", ")}${more}`;
  };

  function draw() {
    const [width, height] = [map.clientWidth || 1000, map.clientHeight || 460];
    const weight = areaBy.value === "tensors" ? (node) => node.tensors : (node) => node.elements;
    const boxes = rectangles(root, weight, width, height);
    const percent = (value, of) => `${((100 * value) / of).toFixed(3)}%`;
    tiles = [];
    const made = boxes.map(({ node, name, kind, ...box }) => {
      const style = `left:${percent(box.x, width)};top:${percent(box.y, height)};width:${percent(box.width, width)};` +
        `height:${kind === "strip" ? `${STRIP}px` : percent(box.height, height)}`;
      if (kind === "frame") return el("div", { class: "frame", style });
      const about = describe(node);
      const button = el("button", {
        class: kind, style, type: "button", tabindex: "-1", title: about, "data-path": node.path,
        "aria-label": kind === "strip" ? `${about}, zoom in` : about,
      }, box.width > 30 && box.height > 15 ? name : "");
      tiles.push({ button, node, kind, x: box.x + box.width / 2, y: box.y + box.height / 2 });
      return button;
    });
    map.replaceChildren(...made);
    if (tiles.length) tiles[0].button.tabIndex = 0;
    crumbs.replaceChildren(...trail(root).map((node) =>
      el("button", { type: "button", class: "plain", onclick: () => zoom(node), disabled: node === root },
        node === tree || node === folded(tree) ? view.model : node.name)));
    paint();
  }

  function trail(node) {
    const top = folded(tree);
    const found = [top];
    let at = tree;
    for (const part of node.path ? node.path.split(".") : []) {
      at = at.children.get(part);
      if (at.path.length > top.path.length && at === folded(at)) found.push(at);
    }
    if (found[found.length - 1] !== node) found.push(node);
    return found;
  }

  function paint() {
    for (const { button, node, kind } of tiles) {
      if (kind === "tile") button.style.setProperty("--fill", mixed(view, node, painting));
      button.classList.toggle("chosen", kind === "tile" && node === chosen);
    }
  }

  function zoom(node) {
    root = node.children.size ? node : root;
    show(true);
    select(root);
    tiles[0]?.button.focus();
  }

  function select(node) {
    chosen = node;
    const actions = [];
    if (node.children.size && node !== root)
      actions.push(el("button", { type: "button", onclick: () => zoom(folded(node)) }, "Zoom in"));
    actions.push(el("button", { type: "button", onclick: () => choose(node, true) }, "Go to the list"));
    about.replaceChildren(el("span", {}, describe(node)), ...actions);
    for (const tile of tiles) tile.button.classList.toggle("chosen", tile.kind === "tile" && tile.node === node);
    choose(node, false);
  }

  const tileOf = (target) => tiles.find((tile) => tile.button === target.closest("button"));

  map.addEventListener("click", (event) => {
    const tile = event.target.closest("button") && tileOf(event.target);
    if (!tile) return;
    if (tile.kind === "strip") zoom(tile.node);
    else select(tile.node);
  });
  map.addEventListener("dblclick", (event) => {
    const tile = event.target.closest("button") && tileOf(event.target);
    if (tile?.node.children.size) zoom(folded(tile.node));
  });
  map.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const from = tileOf(event.target);
    if (event.key === "Escape" && root !== folded(tree)) {
      const above = trail(root);
      zoom(above[above.length - 2]);
    } else if (event.key in moves && from) {
      const [dx, dy] = moves[event.key];
      let [best, least] = [null, Infinity];
      for (const tile of tiles) {
        const [x, y] = [tile.x - from.x, tile.y - from.y];
        const ahead = x * dx + y * dy;
        const far = ahead + 2.5 * Math.abs(x * dy + y * dx);
        if (tile !== from && ahead > 0.5 && far < least) [best, least] = [tile, far];
      }
      if (best) {
        from.button.tabIndex = -1;
        best.button.tabIndex = 0;
        best.button.focus();
      }
    } else return;
    event.preventDefault();
  });

  // The tree: items are made when their module opens.
  function item(node, level) {
    const inner = folded(node);
    const isLeaf = inner.children.size === 0;
    const name = inner.path.slice(node.path.length - node.name.length);
    const mix = el("span", { class: "mix", "aria-hidden": "true", style: `background:${mixed(view, inner, painting)}` });
    const size = isLeaf ? large(inner.elements) : `${counted(inner.tensors, "tensor")}, ${large(inner.elements)}`;
    const row = el("div", { class: "item" }, mix, el("code", {}, name), el("span", { class: "count" }, size));
    const made = el("li", {
      role: "treeitem", tabindex: "-1", class: isLeaf ? "leaf" : "", "aria-level": level,
      "aria-label": describe(inner), "aria-expanded": isLeaf ? null : "false",
    }, row);
    made.node = inner;
    return made;
  }
  const isOpen = (li) => li.getAttribute("aria-expanded") === "true";
  function open(li, yes) {
    if (!li.hasAttribute("aria-expanded")) return;
    li.setAttribute("aria-expanded", String(yes));
    li.querySelector(":scope > ul")?.remove();
    if (yes) {
      const level = Number(li.getAttribute("aria-level")) + 1;
      li.append(el("ul", { role: "group" }, ...[...li.node.children.values()].map((child) => item(child, level))));
    }
  }
  function drawTree() {
    const top = folded(tree);
    treeBox.replaceChildren(...[...top.children.values()].map((child) => item(child, 1)));
    if (treeBox.firstChild) treeBox.firstChild.tabIndex = 0;
  }
  const visit = (li) => {
    treeBox.querySelectorAll('[tabindex="0"]').forEach((other) => { other.tabIndex = -1; });
    li.tabIndex = 0;
    li.focus();
  };
  treeBox.addEventListener("click", (event) => {
    const li = event.target.closest("li");
    if (!li) return;
    open(li, !isOpen(li));
    visit(li);
    select(li.node);
  });
  treeBox.addEventListener("keydown", (event) => {
    const li = event.target.closest("li");
    const all = [...treeBox.querySelectorAll("li")];
    const at = all.indexOf(li);
    if (event.key === "ArrowDown") visit(all[Math.min(at + 1, all.length - 1)]);
    else if (event.key === "ArrowUp") visit(all[Math.max(at - 1, 0)]);
    else if (event.key === "Home") visit(all[0]);
    else if (event.key === "End") visit(all[all.length - 1]);
    else if (event.key === "ArrowRight") isOpen(li) ? visit(li.querySelector("li")) : open(li, true);
    else if (event.key === "ArrowLeft") isOpen(li) ? open(li, false) : visit(li.parentNode.closest("li") || li);
    else if (event.key === "Enter" || event.key === " ") select(li.node);
    else return;
    event.preventDefault();
  });

  const [asMap, asTree] = ["as-map", "as-tree"].map(find);
  function show(isMap) {
    asMap.setAttribute("aria-pressed", String(isMap));
    asTree.setAttribute("aria-pressed", String(!isMap));
    [map.hidden, crumbs.hidden, areaBy.parentNode.hidden, treeBox.hidden] = [!isMap, !isMap, !isMap, isMap];
    legend.replaceChildren(...legendItems(painting));
    isMap ? draw() : drawTree();
  }
  asMap.addEventListener("click", () => show(true));
  asTree.addEventListener("click", () => show(false));
  colorBy.addEventListener("change", () => {
    painting = painted(view, colorBy.value);
    show(!map.hidden);
  });
  areaBy.addEventListener("change", draw);
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    if (!map.hidden) waiting = setTimeout(draw, 150);
  });
  show(true);
}
