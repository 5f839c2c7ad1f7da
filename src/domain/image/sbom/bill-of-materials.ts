import { isoTime } from "../../../base/clock.ts";
import { sha256 } from "../../../base/sha256.ts";
import type { ImageSbom } from "../../../contracts/types.ts";
import type { Call } from "../../context.ts";
import { exportArchive } from "../archive/export-archive.ts";
import type { FoundPackage } from "./package-files.ts";
import { readImage, type ToldImage } from "./read-image.ts";

const MOST_WARNINGS = 20;

/** What an image that the caller may use is made of, as CycloneDX. */
export async function imageSbom(call: Call, reference: string): Promise<ImageSbom> {
  const image = await readImage(exportArchive(call, { reference }));
  return billOfMaterials(image, { reference, at: isoTime(call.context.clock.now()) });
}

type Named = { readonly reference: string; readonly at: string };

export async function billOfMaterials(image: ToldImage, { reference, at }: Named): Promise<ImageSbom> {
  const packages = new Map<string, FoundPackage>();
  const purl = await purlOf(systemOf(image));
  for (const file of image.files.values()) {
    for (const found of file.kind === "packages" ? file.packages : []) packages.set(purl(found), found);
  }
  const document = documentOf({ reference, id: image.id, packages, at });
  const warnings = [...image.files]
    .filter(([, { kind }]) => kind === "unreadable")
    .map(([path]) => `/${path} tells of a package, and cannot be read.`);
  return {
    ...{ reference, imageId: image.id, format: "CycloneDX", specVersion: "1.6", components: packages.size },
    ...{ warnings: warnings.slice(0, MOST_WARNINGS), document },
  };
}

type System = { readonly id: string; readonly version: string | undefined };

/** Which distribution it is, as os-release says. */
function systemOf({ files }: ToldImage): System {
  const file = files.get("etc/os-release") ?? files.get("usr/lib/os-release");
  const text = file?.kind === "system" ? file.text : "";
  const value = (name: string): string | undefined =>
    new RegExp(`^${name}=["']?([A-Za-z0-9._-]+)["']?$`, "m").exec(text)?.[1];
  return { id: value("ID") ?? "", version: value("VERSION_ID") };
}

async function purlOf({ id, version }: System): Promise<(found: FoundPackage) => string> {
  const { PackageURL } = await import("packageurl-js");
  const distro = version === undefined ? {} : { distro: `${id}-${version}` };
  const fallback = { deb: "debian", apk: "alpine" } as const;
  return ({ type, name, version: of, architecture }) => {
    if (type === "pypi") return new PackageURL(type, undefined, name, of).toString();
    if (type === "npm") {
      const [scope, own] = name.startsWith("@") ? name.split("/") : [undefined, name];
      return new PackageURL(type, scope, own ?? name, of).toString();
    }
    const arch = architecture === undefined ? {} : { arch: architecture };
    return new PackageURL(type, id === "" ? fallback[type] : id, name, of, { ...arch, ...distro }).toString();
  };
}

type Contents = Named & { readonly id: string; readonly packages: ReadonlyMap<string, FoundPackage> };

function documentOf({ reference, id, packages, at }: Contents): Record<string, unknown> {
  const found = [...packages].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    ...{ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 },
    serialNumber: `urn:uuid:${uuidOf(`${id} ${at}`)}`,
    metadata: { timestamp: at, component: { type: "container", name: reference, version: id, "bom-ref": id } },
    components: found.map(([purl, { name, version }]) => ({
      ...{ type: "library", name, version, purl, "bom-ref": purl },
    })),
    dependencies: [{ ref: id, dependsOn: found.map(([purl]) => purl) }],
  };
}

/** A UUID (version 8) of a text. */
function uuidOf(text: string): string {
  const hex = sha256(text).slice("sha256:".length);
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}
