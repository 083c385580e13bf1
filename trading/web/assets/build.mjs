// Bundles the portal's pages: src/*.ts and src/*.css into static/built, names by content, with a manifest.
import { build } from "esbuild";
import { rm, writeFile } from "node:fs/promises";
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
for (const more of [
  {
    entryPoints: ["src/site.css", "src/site.ts", "src/pages/sign-in.ts", "src/explorer.ts",
      "src/pages/agency.ts", "src/pages/custodian.ts"],
    splitting: true,
    chunkNames: "part-[hash]",
  },
  { entryPoints: ["src/pages/check.ts"] },
  // What seals bids is one file, so that one digest says which code it is.
  { entryPoints: ["src/bid.ts"] },
]) {
  const { metafile } = await build({ ...options, ...more });
  for (const [path, each] of Object.entries(metafile.outputs)) {
    if (each.entryPoint) names[basename(each.entryPoint).replace(/\.ts$/, ".js")] = basename(path);
  }
}
await writeFile(join(out, "manifest.json"), JSON.stringify(names, null, 1) + "\n");
