// Tokenise a list of texts on standard input, and print the list of their tokens.
const fs = require("node:fs");
const { registry, tokens } = require("./textmate");

async function main() {
  const grammar = await (await registry()).loadGrammar("source.paramrules");
  const texts = JSON.parse(fs.readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(texts.map((text) => tokens(grammar, text))));
}

main();
