// Bundles the portal's pages: src/*.ts and src/*.css into static/built, names by content, with a manifest.
import { build } from "esbuild";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "built");
const options = {
  absWorkingDir: here,
  outdir: out,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  metafile: true,
  format: "esm",
  target: ["es2022"],
  // Fonts and pictures inside Bootstrap's rules are data: addresses; nothing is loaded from elsewhere.
  logLevel: "warning",
};
await rm(out, { recursive: true, force: true });
const names = {};
const packages = new Set();
for (const more of [
  {
    entryPoints: ["src/site.css", "src/site.ts", "src/pages/sign-in.ts", "src/explorer.ts",
      "src/pages/agency.ts", "src/pages/custodian.ts", "src/pages/files.ts",
      "src/pages/unlock.ts"],
    splitting: true,
    chunkNames: "part-[hash]",
  },
  { entryPoints: ["src/check.ts"] },
  // What seals bids is one file, so that one digest says which code it is.
  { entryPoints: ["src/bid.ts"] },
]) {
  const { metafile } = await build({ ...options, ...more });
  for (const path of Object.keys(metafile.inputs)) {
    const inside = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (inside !== null) packages.add(inside[1]);
  }
  for (const [path, each] of Object.entries(metafile.outputs)) {
    if (each.entryPoint) names[basename(each.entryPoint).replace(/\.ts$/, ".js")] = basename(path);
  }
}
// Their licences ask to go along with what is bundled of them.
const licences = [];
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const file = (await readdir(folder)).find((one) => /^licen[cs]e(\.|$)/i.test(one));
  if (file === undefined) throw new Error(`${name} comes without its licence`);
  licences.push(`${name}\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`);
}
await writeFile(join(out, "licences.txt"), licences.join(`\n${"-".repeat(79)}\n\n`));
await writeFile(join(out, "manifest.json"), JSON.stringify(names, null, 1) + "\n");
