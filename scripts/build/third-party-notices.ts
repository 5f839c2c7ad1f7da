import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const Manifest = z.object({ name: z.string(), version: z.string(), license: z.string() });

const LICENSE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;
/** The folder of a package within the path of one of its modules. */
const PACKAGE_FOLDER = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/;

/** The notices of every package that has modules in a bundle: name, version, license and its license files. */
export async function thirdPartyNotices(moduleIds: readonly string[]): Promise<string> {
  const folders = new Set(moduleIds.flatMap((id) => PACKAGE_FOLDER.exec(id)?.[0] ?? []));
  const notices = await Promise.all([...folders].map(noticeOf));
  return `Packages that are part of this bundle, and their licenses.\n${notices.toSorted().join("")}`;
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = Manifest.parse(JSON.parse(await readFile(join(folder, "package.json"), "utf8")));
  const texts = await licenseTexts(folder);
  if (texts.length === 0) texts.push(`License: ${license} (the package has no license file)`);
  return `\n${"-".repeat(80)}\n${name} ${version} (${license})\n\n${texts.join("\n\n")}\n`;
}

async function licenseTexts(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => LICENSE_FILE.test(name));
  return Promise.all(names.map(async (name) => (await readFile(join(folder, name), "utf8")).trim()));
}
