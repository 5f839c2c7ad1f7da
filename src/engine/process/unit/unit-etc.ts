import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ETC_FILES, HOME, USER_NAME } from "../launch/bubblewrap-arguments.ts";

type Ids = { readonly uid: number; readonly gid: number };

/** The generated files of a unit's /etc: itself and nobody else, no names but its own. */
export async function writeEtc(directory: string, user: Ids): Promise<void> {
  await mkdir(directory);
  for (const name of ETC_FILES) {
    await writeFile(join(directory, name), content(name, user));
    await chmod(join(directory, name), 0o644);
  }
  await chmod(directory, 0o755);
}

function content(name: (typeof ETC_FILES)[number], { uid, gid }: Ids): string {
  switch (name) {
    case "passwd":
      return [
        "root:x:0:0:root:/root:/usr/sbin/nologin",
        `${USER_NAME}:x:${uid}:${gid}:${USER_NAME}:${HOME}:/bin/sh`,
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
        "",
      ].join("\n");
    case "group":
      return ["root:x:0:", `${USER_NAME}:x:${gid}:`, "nogroup:x:65534:", ""].join("\n");
    case "hosts":
      return "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";
    case "nsswitch.conf":
      return ["passwd: files", "group: files", "hosts: files dns", "services: files", "protocols: files", ""].join(
        "\n",
      );
    case "resolv.conf":
      // Without a network a name is not found at once, rather than after the resolver's patience.
      return "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
  }
}
