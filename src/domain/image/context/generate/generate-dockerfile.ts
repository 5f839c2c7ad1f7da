import { MoorageError } from "../../../../base/errors.ts";
import type { ContextDockerfile } from "../../../../contracts/types.ts";
import type { Entry, Source } from "../../../../source/entry.ts";
import { go } from "./go.ts";
import { node } from "./node.ts";
import { projectOf, type Recipe } from "./project.ts";
import { python } from "./python.ts";
import { staticSite } from "./static-site.ts";

/** The first that fits is taken. */
const RECIPES: readonly Recipe[] = [python, node, go, staticSite];

/** A Dockerfile for what the root of a context has. INVALID_INPUT where nothing tells what to write. */
export async function generateDockerfile(
  source: Source,
  entries: readonly Entry[],
): Promise<Omit<ContextDockerfile, "path">> {
  const project = projectOf(source, entries);
  for (const { generatedFor, write } of RECIPES) {
    const lines = await write(project);
    if (lines === undefined) continue;
    const first = "# Written by Moorage, since the root has no Dockerfile. Save it there to change it.";
    return { generatedFor, text: `${[first, ...lines].join("\n")}\n` };
  }
  const looked = "requirements.txt, pyproject.toml, package.json, go.mod or index.html";
  throw new MoorageError("INVALID_INPUT", `The build context has no Dockerfile, and no ${looked} to write one for.`, {
    hint: "Add a Dockerfile to its root, or name one: by --file of `image build`, or --dockerfile of `context create`.",
  });
}
