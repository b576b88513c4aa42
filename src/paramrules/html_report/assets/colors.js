// Colours of groups: by group, rate, decay or optimizer.

const HUES = [255, 50, 165, 340, 300, 130, 85, 20];
const fill = ({ hue, tone, grey }) =>
  `oklch(calc(var(--l) + var(--dl) * ${tone}) ${grey ? "0" : "var(--c)"} ${hue})`;
const swatch = (color) => el("span", { class: "swatch", "aria-hidden": "true", style: `background:${fill(color)}` });

const family = (label) => label.replace(/[0-9]+/g, "#");

// The colours and texts of the classes of parameters in one mode, and a legend: [text, color] in order. The class
// of a parameter is its group, or whether it moved.
function painted(view, mode) {
  const groups = view.groups;
  if (mode === "moved") {
    const colors = [{ hue: 0, tone: 0.4, grey: true }, { hue: 20, tone: 0.3 }];
    const texts = ["as before", "moved"];
    return { colors, texts, legend: [[texts[1], colors[1]], [texts[0], colors[0]]], of: view.hasMoved };
  }
  return { ...paintedGroups(view, mode), of: view.group };
}

function paintedGroups(view, mode) {
  const groups = view.groups;
  if (mode === "group") {
    const colors = groups.map((g) => ({ hue: g.color[0], tone: g.color[1] }));
    const families = new Map();
    groups.forEach((g, at) => {
      const same = families.get(family(g.label));
      if (same) same.last = at;
      else families.set(family(g.label), { first: at, last: at });
    });
    const legend = [...families.values()].map(({ first, last }) => [
      first === last ? groups[first].label : `${groups[first].label} … ${groups[last].label}`,
      colors[first], colors[last],
    ]);
    return { colors, legend, texts: groups.map((g) => g.label) };
  }
  if (mode === "optimizer") {
    const names = [...new Set(groups.map((g) => g.optimizer))];
    const color = (name) => ({ hue: HUES[names.indexOf(name) % HUES.length], tone: 0.3 });
    return {
      colors: groups.map((g) => color(g.optimizer)),
      legend: names.map((name) => [name || "default", color(name)]),
      texts: groups.map((g) => g.optimizer || "default"),
    };
  }
  const rates = groups.map((g) => g[mode]);
  const key = ([value, over, text]) => `${over} ${value} ${text}`;
  const distinct = [...new Map(rates.map((rate) => [key(rate), rate])).values()];
  distinct.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const at = new Map(distinct.map((rate, number) => [key(rate), number]));
  const tone = (number) => (distinct.length > 1 ? 1 - number / (distinct.length - 1) : 0.3);
  const color = (rate) => ({ hue: mode === "rate" ? 265 : 40, tone: tone(at.get(key(rate))) });
  return { colors: rates.map(color), legend: distinct.map((rate) => [rate[2], color(rate)]), texts: rates.map((r) => r[2]) };
}

const LEGEND = 12;

function legendItems(painting) {
  const all = painting.legend;
  const cut = all.length > LEGEND;
  const some = cut ? [...all.slice(0, LEGEND - 1), all[all.length - 1]] : all;
  const items = some.map(([text, one, other]) =>
    el("li", {}, swatch(one), ...(other && other.tone !== one.tone ? [swatch(other)] : []), text));
  if (cut) items.splice(LEGEND - 1, 0, el("li", {}, `… ${all.length - LEGEND} more …`));
  return items;
}
