import type { Finding } from "../../contracts/types.ts";
import { ok, warning } from "./finding.ts";
import type { Host } from "./host.ts";

/** Whether Moorage itself runs in a container, and what follows. */
export function checkContainer({ container, engine }: Host): Finding {
  const check = "system.container";
  if (container === undefined) return ok(check, "Moorage runs on the machine itself, not in a container.");
  const told = `Moorage itself runs in a container (${container}).`;
  if (engine === "process") {
    const consequence = "Sandboxes of the process engine live inside it, with its programs and under its limits.";
    return warning(check, `${told} ${consequence}`, "Mount the engine's socket into this container to use Docker.");
  }
  return warning(
    check,
    `${told} A workspace is a directory of the engine's host, which may be another one than here under the same name.`,
    "Mount workspaces into this container under the path that they have on the host.",
  );
}
