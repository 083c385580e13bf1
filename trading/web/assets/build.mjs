// Bundles the portal's pages: src/*.ts and src/*.css into static/built, names by content, with a manifest.
import { build } from "esbuild";
import { rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "built");
await rm(out, { recursive: true, force: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: [
    "src/site.css", "src/site.ts", "src/pages/sign-in.ts", "src/explorer.ts", "src/pages/agency.ts",
  ],
  outdir: out,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  metafile: true,
  format: "esm",
  splitting: true,
  chunkNames: "part-[hash]",
  target: ["es2022"],
  // Fonts and pictures inside Bootstrap's rules are data: addresses; nothing is loaded from elsewhere.
  logLevel: "warning",
});
const names = {};
for (const [path, each] of Object.entries(result.metafile.outputs)) {
  if (each.entryPoint) names[basename(each.entryPoint).replace(/\.ts$/, ".js")] = basename(path);
}
await writeFile(join(out, "manifest.json"), JSON.stringify(names, null, 1) + "\n");
