// A registry of grammars that reads them as VS Code does, with its own libraries.
const fs = require("node:fs");
const path = require("node:path");
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const FOLDER = path.join(__dirname, "..", "syntaxes");
const FILES = {
  "source.paramrules": "paramrules.tmLanguage.json",
  "markdown.paramrules.codeblock": "markdown.tmLanguage.json",
};

/** A registry of the extension's grammars, and of others given by their scopes. */
async function registry(others = {}) {
  const wasm = fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  return new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) =>
      others[scope] ?? textmate.parseRawGrammar(fs.readFileSync(path.join(FOLDER, FILES[scope]), "utf8"), FILES[scope]),
    getInjections: (scope) => (scope === "text.html.markdown" ? ["markdown.paramrules.codeblock"] : []),
  });
}

/** The tokens of a text: [start, end, scopes], with places in UTF-16 units. */
function tokens(grammar, text) {
  const found = [];
  let state = textmate.INITIAL;
  let start = 0;
  for (const line of text.split("\n")) {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    for (const token of result.tokens) {
      found.push([start + token.startIndex, start + Math.min(token.endIndex, line.length), token.scopes.slice(1)]);
    }
    start += line.length + 1;
  }
  return found;
}

module.exports = { registry, tokens };
