/** An image reference in its full form. */
export type ImageName = {
  /** Registry and path, such as `docker.io/library/python`. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

const MAX_CHARACTERS = 512;
const PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const REFERENCE = new RegExp(
  String.raw`^(?:(?<host>[a-z0-9.-]+(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?)/)?(?<path>${PART}(?:/${PART})*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
);

/** Reads `[registry/]path[:tag][@digest]` as the engine does: without a registry it is Docker Hub's. */
export function readImageName(reference: string): ImageName | undefined {
  const groups = reference.length > MAX_CHARACTERS ? undefined : REFERENCE.exec(reference)?.groups;
  if (groups === undefined) return undefined;
  const { host, path = "", tag, digest } = groups;
  const isHost = host !== undefined && (/[.:]/.test(host) || host === "localhost");
  const registry = !isHost || host === "index.docker.io" ? "docker.io" : host;
  const whole = isHost || host === undefined ? path : `${host}/${path}`;
  const inLibrary = registry === "docker.io" && !whole.includes("/");
  return { name: `${registry}/${inLibrary ? "library/" : ""}${whole}`, tag, digest };
}

/** True for what an engine may take for the beginning of an image's id, whoever made the image. */
export function isImageId(reference: string): boolean {
  return /^(?:sha\d+:)?[0-9a-f]+$/.test(reference);
}
