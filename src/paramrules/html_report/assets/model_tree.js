// The modules of a model as a tree, and its layout as a treemap.

// A node: name, path, children, `at` (the parameter, or -1), tensors, elements.
function treeOf(view) {
  const root = { name: "", path: "", children: new Map(), at: -1, tensors: 0, elements: 0 };
  view.names.forEach((name, at) => {
    const elements = view.elements(at);
    let node = root;
    node.tensors += 1;
    node.elements += elements;
    const parts = name.split(".");
    parts.forEach((part, depth) => {
      const last = depth === parts.length - 1;
      let next = node.children.get(part);
      if (!next) {
        const path = node.path === "" ? part : `${node.path}.${part}`;
        next = { name: part, path, children: new Map(), at: -1, tensors: 0, elements: 0 };
        node.children.set(part, next);
      }
      next.tensors += 1;
      next.elements += elements;
      if (last) next.at = at;
      node = next;
    });
  });
  return root;
}

// A module with one child stands with it in one node: `model.layers`.
function folded(node) {
  while (node.children.size === 1 && node.at < 0) [node] = node.children.values();
  return node;
}

// For each class of parameters in a node its elements, computed when asked for. `of` gives the class of a parameter.
function mixOf(view, node, of) {
  node.mixes ??= new Map();
  let mix = node.mixes.get(of);
  if (!mix) {
    mix = new Map();
    const add = (group, elements) => mix.set(group, (mix.get(group) || 0) + elements);
    if (node.at >= 0) add(of(node.at), view.elements(node.at) || 1);
    for (const child of node.children.values())
      for (const [group, elements] of mixOf(view, child, of)) add(group, elements);
    node.mixes.set(of, mix);
  }
  return mix;
}

// A CSS background of the colours in a node, side by side by their share.
function mixed(view, node, { colors, of }) {
  const parts = new Map();
  let total = 0;
  for (const [group, elements] of mixOf(view, node, of)) {
    const color = fill(colors[group]);
    parts.set(color, (parts.get(color) || 0) + elements);
    total += elements;
  }
  const largest = [...parts].sort((a, b) => b[1] - a[1]).slice(0, 6);
  if (largest.length === 1) return largest[0][0];
  let from = 0;
  const stops = largest.map(([color, elements], number) => {
    const to = number === largest.length - 1 ? 100 : from + (100 * elements) / total;
    const stop = `${color} ${from.toFixed(1)}% ${to.toFixed(1)}%`;
    from = to;
    return stop;
  });
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}

// The squarified treemap of Bruls, Huizing and van Wijk (2000): rows as square as they can be.
function squarified(items, x, y, width, height, place) {
  const total = items.reduce((sum, item) => sum + item.weight, 0);
  if (total <= 0) return;
  const scale = (width * height) / total;
  let start = 0;
  while (start < items.length) {
    const side = Math.min(width, height);
    let area = 0;
    let worst = Infinity;
    let end = start;
    while (end < items.length) {
      const more = area + items[end].weight * scale;
      const largest = items[start].weight * scale;
      const least = items[end].weight * scale;
      const ratio = Math.max((side * side * largest) / (more * more), (more * more) / (side * side * least));
      if (ratio > worst) break;
      [area, worst, end] = [more, ratio, end + 1];
    }
    const thick = side > 0 ? area / side : 0;
    let along = 0;
    for (const item of items.slice(start, end)) {
      const long = area > 0 ? (side * item.weight * scale) / area : 0;
      if (width >= height) place(item, x, y + along, thick, long);
      else place(item, x + along, y, long, thick);
      along += long;
    }
    if (width >= height) [x, width] = [x + thick, width - thick];
    else [y, height] = [y + thick, height - thick];
    start = end;
  }
}

// The least area of a module that is divided, in total and for each of its children, in pixels.
const DIVIDED = 1000;
const CHILD = 70;
const STRIP = 16;

// Rectangles of a treemap: {node, name, x, y, width, height, kind}, where a kind is `frame`, `strip` or `tile`.
// A name is relative to the module whose strip stands above.
function rectangles(root, weight, width, height) {
  const found = [];
  const visit = (outer, above, x, y, w, h) => {
    const top = outer === root;
    const node = top ? outer : folded(outer);
    if (w < 1.5 || h < 1.5) return;
    const below = (path) => path.slice(above ? above.length + 1 : 0);
    const small = w * h < Math.max(DIVIDED, CHILD * node.children.size) || w < 22 || h < 22;
    if (node.children.size === 0 || (!top && small)) {
      found.push({ node, name: below(node.path), x, y, width: w, height: h, kind: "tile" });
      return;
    }
    if (!top) {
      found.push({ node, name: "", x, y, width: w, height: h, kind: "frame" });
      [x, y, w, h] = [x + 1, y + 1, w - 2, h - 2];
      const hasModules = [...node.children.values()].some((child) => child.children.size);
      if (hasModules && w > 44 && h > 40) {
        found.push({ node, name: below(node.path), x, y, width: w, height: STRIP, kind: "strip" });
        [y, h, above] = [y + STRIP, h - STRIP, node.path];
      }
    }
    const items = [...node.children.values()].map((child) => ({ node: child, weight: weight(child) }));
    items.sort((a, b) => b.weight - a.weight);
    const some = items.filter((item) => item.weight > 0);
    squarified(some, x, y, w, h, (item, ...box) => visit(item.node, above, ...box));
  };
  visit(root, root.path, 0, 0, width, height);
  return found;
}
