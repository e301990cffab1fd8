// Writes the pages: what the wheel holds and the controller serves. `node build.mjs [--out FOLDER]`; without a folder, in place.
import { gzipSync } from "node:zlib";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv.includes("--out") ? process.argv[process.argv.indexOf("--out") + 1] : join(here, "..");

/** Each page: its entry, the folder that it is served from, and what shows the same where no script runs. */
const PAGES = [
  {
    entry: "src/main.tsx",
    title: "fleet",
    folder: "controller/api/page/static",
    instead: "<code>fleet get</code> and <code>kubectl get</code> show the same.",
  },
  {
    entry: "src/tasks/main.tsx",
    title: "fleet tasks",
    folder: "tasks/service/static",
    instead: '<a href="openapi.json">openapi.json</a> describes what does the same without it.',
  },
];
/** What all script of a page may weigh, in KiB, compressed. */
const MOST_SCRIPT_KIB = 60;
const MOST_STYLE_KIB = 10;

for (const page of PAGES) {
  const folder = join(out, page.folder);
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) rmSync(join(folder, old));
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: { app: page.entry },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2023",
    minify: true,
    legalComments: "none",
    entryNames: "[name]-[hash]",
    chunkNames: "part-[hash]",
    assetNames: "[name]-[hash]",
    metafile: true,
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  const named = (ending) => names.find((name) => name.startsWith("app-") && name.endsWith(ending));
  const frame = readFileSync(join(here, "index.html"), "utf8");
  const filled = frame
    .replaceAll("{{title}}", page.title)
    .replace("{{instead}}", page.instead)
    .replace("{{script}}", `web/${named(".js")}`)
    .replace("{{style}}", `web/${named(".css")}`);
  writeFileSync(join(folder, "index.html"), filled);
  writeFileSync(join(folder, "favicon.svg"), readFileSync(join(here, "favicon.svg")));
  writeFileSync(join(folder, "THIRD_PARTY.txt"), licences(metafile));
  const weigh = (ending) =>
    names
      .filter((name) => name.endsWith(ending))
      .reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name)), { level: 9 }).length, 0) / 1024;
  const [script, style] = [weigh(".js"), weigh(".css")];
  console.log(`${page.folder}: script ${script.toFixed(1)} KiB, style ${style.toFixed(1)} KiB, compressed`);
  if (script > MOST_SCRIPT_KIB || style > MOST_STYLE_KIB) {
    console.error(`that is too much: script may weigh ${MOST_SCRIPT_KIB} KiB, style ${MOST_STYLE_KIB}`);
    process.exit(1);
  }
}

/** Name, version, digest and licence of each package that is in a bundle. */
function licences(metafile) {
  const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8")).packages;
  const folders = new Set(
    Object.keys(metafile.inputs)
      .map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
      .filter((path) => path !== undefined),
  );
  return [...folders]
    .sort()
    .map((folder) => {
      const about = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
      const text = readdirSync(join(here, folder)).find((name) => /^licen[cs]e/i.test(name));
      const licence = text ? readFileSync(join(here, folder, text), "utf8").trim() : about.license;
      return `${about.name} ${about.version}\n${lock[folder].integrity}\n\n${licence}\n`;
    })
    .join(`\n${"-".repeat(100)}\n\n`);
}
