// Starts the language server, `paramrules lsp`, for files of rules. Everything else about the language is data: see
// package.json.
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const INSTALL = 'pip install "paramrules[lsp]"';
const CHECK_MS = 30_000;

let client;
let last = Promise.resolve();

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("paramrules.restart", restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("paramrules.path") && restart()),
  );
  const environments = await pythonEnvironments();
  if (environments) {
    context.subscriptions.push(environments.onDidChangeActiveEnvironmentPath(restart));
  }
  await restart();
}

async function deactivate() {
  const running = client;
  client = undefined;
  await running?.stop();
}

/** Start the server anew; of two calls the second waits for the first. */
function restart() {
  last = last.then(start, start);
  return last;
}

async function start() {
  await deactivate();
  if (!vscode.workspace.isTrusted) {
    return;
  }
  const reasons = [];
  for (const command of await candidates()) {
    const reason = await whyNot(command);
    if (!reason) {
      client = new LanguageClient(
        "paramrules",
        "paramrules",
        { command, args: ["lsp"] },
        { documentSelector: [{ language: "paramrules" }] },
      );
      return client.start();
    }
    reasons.push(`\`${command}\` ${reason}`);
  }
  await complain(reasons.join("; "));
}

/**
 * The commands to try: that of the settings alone; or that beside the Python which the user has selected, those of the
 * workspace's `.venv`, and that on the PATH.
 */
async function candidates() {
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
  const set = vscode.workspace.getConfiguration("paramrules").get("path");
  if (set) {
    return [set.includes(path.sep) ? path.resolve(folders[0] ?? "", set) : set];
  }
  const [bin, script] = process.platform === "win32" ? ["Scripts", "paramrules.exe"] : ["bin", "paramrules"];
  const own = folders.map((folder) => path.join(folder, ".venv", bin, script));
  const selected = (await pythonEnvironments())?.getActiveEnvironmentPath().path;
  if (selected) {
    own.unshift(path.join(path.dirname(selected), script));
  }
  return [...new Set(own.filter((command) => path.isAbsolute(command) && fs.existsSync(command))), "paramrules"];
}

/** The environments that the Python extension knows, if the user has that extension and it works. */
async function pythonEnvironments() {
  const python = vscode.extensions.getExtension("ms-python.python");
  const api = await python?.activate().then(
    (exported) => exported,
    () => undefined, // which is reported as the Python extension's own failure
  );
  return api?.environments;
}

/** Why a command does not run the server, "" if it does: without input it ends at once. */
function whyNot(command) {
  return new Promise((resolve) => {
    let said = "";
    const server = spawn(command, ["lsp"], {
      stdio: ["ignore", "pipe", "pipe"],
      signal: AbortSignal.timeout(CHECK_MS),
    });
    for (const stream of [server.stdout, server.stderr]) {
      stream.on("data", (text) => (said += text));
    }
    server.on("error", (error) => resolve(error.code === "ENOENT" ? "was not found" : error.message));
    server.on("close", (code) => resolve(code === 0 ? "" : said.trim() || `ended with exit code ${code}`));
  });
}

async function complain(reasons) {
  const copy = `Copy "${INSTALL}"`;
  const settings = "Open Settings";
  const chosen = await vscode.window.showErrorMessage(
    `The language server of paramrules does not start: ${reasons}. Install it with: ${INSTALL}`,
    copy,
    settings,
  );
  if (chosen === copy) {
    await vscode.env.clipboard.writeText(INSTALL);
  } else if (chosen === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "paramrules.path");
  }
}

module.exports = { activate, deactivate };
