// Runs the tests of the page in Node: each is bundled first, since Node 20 reads no TypeScript.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawnSync } from "node:child_process";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const tests = readdirSync(here, { recursive: true }).filter((name) => /\.test\.tsx?$/.test(name));
const folder = mkdtempSync(join(tmpdir(), "page-tests-"));
try {
  await build({
    absWorkingDir: here,
    entryPoints: tests,
    outdir: folder,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outExtension: { ".js": ".mjs" },
    sourcemap: "inline",
  });
  const made = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".mjs"));
  const ran = spawnSync(
    process.execPath,
    ["--test", "--test-timeout", "60000", "--test-reporter", "dot", ...made.map((name) => join(folder, name))],
    { stdio: "inherit" },
  );
  process.exitCode = ran.status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
