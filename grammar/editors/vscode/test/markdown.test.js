const assert = require("node:assert");
const test = require("node:test");
const { registry, tokens } = require("./textmate");

const MARKDOWN = {
  scopeName: "text.html.markdown",
  patterns: [{ match: "^#.*$", name: "markup.heading.markdown" }],
  repository: {},
};

test("a block of rules in Markdown is coloured, and ends", async () => {
  const grammar = await (await registry({ "text.html.markdown": MARKDOWN })).loadGrammar("text.html.markdown");
  const page = "# Title\n\n```rules vit.rules\nrest: else\n[lr]\n```\n# Next\n";
  const found = Object.fromEntries(
    tokens(grammar, page).map(([start, end, scopes]) => [page.slice(start, end), scopes.at(-1)]),
  );
  assert.equal(found["rules"], "fenced_code.block.language.markdown");
  assert.equal(found["rest"], "entity.name.function.label.paramrules");
  assert.equal(found["else"], "keyword.control.else.paramrules");
  assert.equal(found["lr"], "entity.name.section.paramrules");
  assert.equal(found["# Next"], "markup.heading.markdown");
});
