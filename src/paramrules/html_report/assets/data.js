// The data of the page, decoded. html_report/view.py says what each key holds.

const DATA = JSON.parse(document.getElementById("data").textContent);
const LENGTHS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function decoded(raw) {
  const names = [];
  let before = "";
  for (const line of raw.names === "" ? [] : raw.names.split("\n")) {
    before = before.slice(0, LENGTHS.indexOf(line[0])) + line.slice(1);
    names.push(before);
  }
  const kind = (at, number) => raw.kinds[raw.rows[at]][number];
  const expand = (text, at) => {
    const found = raw.texts[text];
    if (!found.includes("\x01")) return found;
    const numbers = names[at].match(/[0-9]+/g);
    return found.replace(/\x01([0-9]+)\x01/g, (_, number) => numbers[number]);
  };
  const moves = new Map();
  for (const [text, rows] of raw.moves || []) for (const at of rows) moves.set(at, [...(moves.get(at) || []), text]);
  return {
    ...raw,
    names,
    moved: (at) => moves.get(at) || [],
    hasMoved: (at) => (moves.has(at) ? 1 : 0),
    size: names.length,
    group: (at) => kind(at, 0),
    elements: (at) => kind(at, 1),
    trained: (at) => kind(at, 2) === 1,
    state: (at) => kind(at, 4),
    facts(at) {
      const flat = raw.facts[kind(at, 3)];
      const found = {};
      for (let i = 0; i < flat.length; i += 2) found[expand(flat[i], at)] = expand(flat[i + 1], at);
      return found;
    },
    reasons(at) {
      return raw.axes.map((_, axis) => {
        const [head, ...verdicts] = raw.reasons[kind(at, 5 + axis)];
        return { head: expand(head, at), verdicts: verdicts.map((v) => raw.verdicts[v].map((t) => expand(t, at))) };
      });
    },
  };
}

// Numbers as `display.py` writes them.
function large(number) {
  if (number < 10000) return number.toLocaleString("en");
  let unit = "";
  for (unit of "kMBT") {
    number /= 1000;
    if (number < 999.5) break;
  }
  return number.toFixed(number < 9.995 ? 2 : number < 99.95 ? 1 : 0) + unit;
}

function bytes(number) {
  let unit = "B";
  for (const larger of ["KiB", "MiB", "GiB", "TiB"]) {
    if (number < 1024) break;
    number /= 1024;
    unit = larger;
  }
  return `${number.toFixed(unit === "B" ? 0 : number < 9.995 ? 2 : number < 99.95 ? 1 : 0)} ${unit}`;
}

const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

// An element with attributes and children. Text is always set as text, so that no name is ever markup.
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "style") made.style.cssText = value;
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}
