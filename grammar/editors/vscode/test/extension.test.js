// The extension on a stub of VS Code: which command it starts, and what it says where it cannot.
const assert = require("node:assert");
const fs = require("node:fs");
const Module = require("node:module");
const os = require("node:os");
const path = require("node:path");
const { beforeEach, test } = require("node:test");

let clients, errors, commands, listeners, executed, copied, answer, settings, trusted, folders, folder, python;

class LanguageClient {
  constructor(id, name, server, options) {
    Object.assign(this, { id, server, options, state: "new" });
    clients.push(this);
  }
  async start() {
    this.state = "running";
  }
  async stop() {
    this.state = "stopped";
  }
}

const vscode = {
  commands: {
    registerCommand: (name, run) => (commands[name] = run),
    executeCommand: async (...words) => executed.push(words),
  },
  extensions: {
    getExtension: (id) => (id === "ms-python.python" ? python : undefined),
  },
  env: { clipboard: { writeText: async (text) => copied.push(text) } },
  window: {
    showErrorMessage: async (message, ...buttons) => {
      errors.push(message);
      return buttons[answer];
    },
  },
  workspace: {
    get isTrusted() {
      return trusted;
    },
    get workspaceFolders() {
      return folders?.map((fsPath) => ({ uri: { fsPath } }));
    },
    getConfiguration: () => ({ get: (key) => settings[key] }),
    onDidGrantWorkspaceTrust: (run) => (listeners.trust = run),
    onDidChangeConfiguration: (run) => (listeners.configuration = run),
  },
};
const load = Module._load;
Module._load = (name, ...rest) =>
  name === "vscode" ? vscode : name === "vscode-languageclient/node" ? { LanguageClient } : load(name, ...rest);
const extension = require("../extension");

function script(name, lines) {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return file;
}

beforeEach(async () => {
  await extension.deactivate();
  [clients, errors, executed, copied] = [[], [], [], []];
  [commands, listeners, settings] = [{}, {}, { path: "" }];
  [answer, trusted, folders, python] = [undefined, true, undefined, undefined];
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "paramrules-"));
  process.env.PATH = `${folder}${path.delimiter}/usr/bin${path.delimiter}/bin`;
});

const activate = () => extension.activate({ subscriptions: [] });

test("the command on the PATH is started with `lsp`", async () => {
  script("paramrules", '[ "$*" = lsp ]');
  await activate();
  assert.deepEqual(errors, []);
  assert.deepEqual(clients[0].server, { command: "paramrules", args: ["lsp"] });
  assert.deepEqual(clients[0].options.documentSelector, [{ language: "paramrules" }]);
  assert.equal(clients[0].state, "running");
});

test("that of the workspace's environment comes first, where it has one", async () => {
  script("paramrules", "exit 0");
  const own = script("project/.venv/bin/paramrules", "exit 0");
  folders = [path.join(folder, "other"), path.join(folder, "project")];
  await activate();
  assert.equal(clients[0].server.command, own);
});

test("that beside the selected Python comes before all, also when another is selected", async () => {
  script("project/.venv/bin/paramrules", "exit 0");
  const [one, other] = ["one", "other"].map((name) => script(`${name}/bin/paramrules`, "exit 0"));
  folders = [path.join(folder, "project")];
  let selected = path.join(folder, "one", "bin", "python");
  const environments = {
    getActiveEnvironmentPath: () => ({ path: selected }),
    onDidChangeActiveEnvironmentPath: (run) => (listeners.python = run),
  };
  python = { activate: async () => ({ environments }) };
  await activate();
  selected = path.join(folder, "other", "bin", "python");
  await listeners.python();
  selected = "python";
  await listeners.python();
  assert.deepEqual(
    clients.map((client) => client.server.command),
    [one, other, path.join(folders[0], ".venv/bin/paramrules")],
  );
});

test("a Python extension that fails does not matter", async () => {
  script("paramrules", "exit 0");
  python = { activate: async () => Promise.reject(new Error("no")) };
  await activate();
  assert.equal(clients[0].server.command, "paramrules");
});

test("a relative path in the settings begins in the workspace", async () => {
  const own = script("project/tools/paramrules", "exit 0");
  folders = [path.join(folder, "project")];
  settings.path = "tools/paramrules";
  await activate();
  assert.equal(clients[0].server.command, own);
});

test("that of the settings is the only one tried", async () => {
  script("paramrules", "exit 0");
  settings.path = path.join(folder, "none");
  await activate();
  assert.deepEqual(clients, []);
  assert.deepEqual(errors, [
    `The language server of paramrules does not start: \`${settings.path}\` was not found. ` +
      'Install it with: pip install "paramrules[lsp]"',
  ]);
});

test("what a command prints when it fails is shown, and what to type is copied on click", async () => {
  script("paramrules", "echo 'error[E980]: the language server is not installed'; exit 2");
  answer = 0;
  await activate();
  assert.match(errors[0], /`paramrules` error\[E980\]: the language server is not installed\. Install it with: pip/);
  assert.deepEqual(copied, ['pip install "paramrules[lsp]"']);
});

test("a command that fails without a word is reported by its exit code", async () => {
  script("paramrules", "exit 3");
  answer = 1;
  await activate();
  assert.match(errors[0], /`paramrules` ended with exit code 3\./);
  assert.deepEqual(executed, [["workbench.action.openSettings", "paramrules.path"]]);
});

test("a broken environment of the workspace does not hide the command on the PATH", async () => {
  script("paramrules", "exit 0");
  script("project/.venv/bin/paramrules", "exit 2");
  folders = [path.join(folder, "project")];
  await activate();
  assert.equal(clients[0].server.command, "paramrules");
  assert.deepEqual(errors, []);
});

test("nothing of a workspace is run before it is trusted", async () => {
  script("paramrules", "exit 0");
  trusted = false;
  await activate();
  assert.deepEqual(clients, []);
  trusted = true;
  await listeners.trust();
  assert.equal(clients[0].state, "running");
});

test("two restarts at once leave one server", async () => {
  script("paramrules", "exit 0");
  await Promise.all([activate(), commands["paramrules.restart"](), commands["paramrules.restart"]()]);
  assert.deepEqual(
    clients.map((client) => client.state),
    ["stopped", "stopped", "running"],
  );
});

test("the command and a change of the setting restart the server", async () => {
  script("paramrules", "exit 0");
  await activate();
  await commands["paramrules.restart"]();
  await listeners.configuration({ affectsConfiguration: (key) => key === "paramrules.path" });
  await listeners.configuration({ affectsConfiguration: () => false });
  assert.deepEqual(
    clients.map((client) => client.state),
    ["stopped", "stopped", "running"],
  );
});
