import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

import { runOrThrow } from "./run-program.ts";

/** A way to this machine by SSH with throw-away keys: ssh starts a real sshd for each connection, without a port. */
export interface SshHost extends AsyncDisposable {
  /** The name that the configuration gives this machine. */
  host: string;
  /** An SSH configuration that leads here; nothing of the user's own is read or written. */
  configFile: string;
  /** From now on no key is accepted. */
  refuseKeys: () => Promise<void>;
  /** From now on the host shows another key than the one that is known. */
  changeHostKey: () => Promise<void>;
}

const SSHD = "/usr/sbin/sshd";
const DEADLINE_MS = 30_000;

/** Needs openssh-server and openssh-client, and the rights of root. */
export async function sshHost(): Promise<SshHost> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-sshd-"));
  const path = (name: string): string => join(directory, name);
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  await makeKey(path("host"));
  await makeKey(path("user"));
  const user = userInfo().username;
  await writeFile(path("authorized"), await readFile(path("user.pub")));
  await writeFile(path("known"), `moorage-test ${await readFile(path("host.pub"), "utf8")}`);
  await writeFile(
    path("sshd_config"),
    lines({
      HostKey: path("host"),
      AuthorizedKeysFile: path("authorized"),
      PasswordAuthentication: "no",
      KbdInteractiveAuthentication: "no",
      PermitRootLogin: "prohibit-password",
      StrictModes: "no",
      UsePAM: "no",
      PidFile: "none",
    }),
  );
  await writeFile(
    path("config"),
    lines({
      Host: "moorage-test",
      ProxyCommand: `${SSHD} -i -f ${path("sshd_config")}`,
      User: user,
      HostKeyAlias: "moorage-test",
      IdentityFile: path("user"),
      IdentitiesOnly: "yes",
      IdentityAgent: "none",
      UserKnownHostsFile: path("known"),
      GlobalKnownHostsFile: "/dev/null",
    }),
  );
  return {
    host: "moorage-test",
    configFile: path("config"),
    refuseKeys: () => writeFile(path("authorized"), ""),
    changeHostKey: async () => {
      await rm(path("host"));
      await makeKey(path("host"));
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

async function makeKey(path: string): Promise<void> {
  await rm(`${path}.pub`, { force: true });
  await runOrThrow(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], { deadlineMs: DEADLINE_MS });
}

function lines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join("");
}
