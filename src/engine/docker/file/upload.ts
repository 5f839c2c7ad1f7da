import { canceled, throwIfCanceled } from "../../../base/deadline.ts";
import type { UploadedTree } from "../../engine.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import { resolveUser } from "../unit/unit-user.ts";
import { filesOf, type FilesContext } from "./existing-entry.ts";
import { removeTree } from "./remove-tree.ts";
import { rewriteTar } from "./rewrite-tar.ts";
import { Spool } from "../../spool.ts";
import { createLook } from "./unit-place.ts";
import { UploadTree } from "./upload-tree.ts";

const TRANSFER_MS = 3_600_000;

type Upload = { readonly id: string; readonly uploaded: UploadedTree; readonly signal: AbortSignal | undefined };

/** Unpacks a tar by the engine's archive API. */
export async function uploadTar(context: FilesContext, { id, uploaded, signal }: Upload): Promise<void> {
  const { api } = context;
  const { path, tar } = uploaded;
  const { containerId, unit } = await filesOf(context, id, signal);
  const user = await resolveUser(api, containerId, unit.container.Config.User);
  const tree = new UploadTree(createLook(api, containerId, signal), user, (link) => {
    return removeTree(context, { containerId, path: link }, signal);
  });
  const first = await tree.begin(path);
  // Everything is looked at before anything is unpacked: while it unpacks, an engine answers nothing about a container.
  await using spool = new Spool();
  throwIfCanceled(signal);
  await unlessCanceled(spool.fill(rewriteTar(tar, { first, visit: (header) => tree.place(header) })), signal);
  await api.send({
    method: "PUT",
    path: `/containers/${containerId}/archive`,
    query: { path: WORKSPACE, noOverwriteDirNonDir: "1" },
    tar: spool.read(),
    timeoutMs: TRANSFER_MS,
    signal,
  });
}

/** The work's result, or CANCELED as soon as the signal aborts, though a source may keep it waiting. */
async function unlessCanceled(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const abort = Promise.withResolvers<never>();
  const onAbort = (): void => abort.reject(canceled(signal?.reason));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, abort.promise]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
