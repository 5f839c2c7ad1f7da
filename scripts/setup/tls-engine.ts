import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { startDockerd, type StartedEngine } from "./docker-engine.ts";
import { privateEngineFiles } from "./private-engine.ts";
import { runOrThrow } from "./run-program.ts";

/** An engine of a test's own that answers on a TCP port of loopback, to clients with a certificate alone. */
export interface TlsEngine extends StartedEngine {
  port: number;
  /** A directory with ca.pem, cert.pem and key.pem, as DOCKER_CERT_PATH names one. */
  certificates: string;
}

const DEADLINE_MS = 30_000;

/**
 * The engine has a network namespace of its own, so its port is opened here, where the test can reach it, and handed
 * over as service managers do: as descriptor 3, to the process that is named. The file tells the number that was free.
 */
const OPEN_PORT = [
  // Descriptors up to this one stay open for the program that comes next.
  "use Socket; use POSIX; $^F = 3; my $file = shift;",
  "socket(my $port, PF_INET, SOCK_STREAM, 0) or die $!;",
  "bind($port, sockaddr_in(0, INADDR_LOOPBACK)) && listen($port, 64) or die $!;",
  'open(my $told, ">", $file) or die $!; print $told ((sockaddr_in(getsockname($port)))[0]); close $told;',
  "POSIX::dup2(fileno($port), 3) or die $!;",
  "$ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$; exec @ARGV or die $!;",
].join("\n");

/** Needs perl and openssl, beside what a private engine needs. */
export async function tlsEngine(signal: AbortSignal): Promise<TlsEngine> {
  await using undo = new AsyncDisposableStack();
  const files = undo.use(await privateEngineFiles());
  const directory = dirname(files.socket);
  const certificates = join(directory, "client");
  await makeCertificates(directory, certificates);
  const portFile = join(directory, "port");
  const tls = ["ca", "cert", "key"].map((name) => `--tls${name === "ca" ? "cacert" : name}=${directory}/${name}.pem`);
  const engine = undo.use(
    await startDockerd({
      files: {
        ...files,
        args: [...files.args, "--host=fd://", "--tlsverify", ...tls],
        wrapper: ["perl", "-e", OPEN_PORT, portFile, ...(files.wrapper ?? [])],
      },
      signal,
    }),
  );
  const port = Number(await readFile(portFile, "utf8"));
  const kept = undo.move();
  return { ...engine, port, certificates, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** An authority, a certificate of the engine for 127.0.0.1 in `directory`, and one of a client in `client`. */
async function makeCertificates(directory: string, client: string): Promise<void> {
  await mkdir(client);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const authority = ["-CA", join(directory, "ca.pem"), "-CAkey", join(directory, "ca.key")];
  const made = async (subject: string, place: string, rest: readonly string[]): Promise<void> => {
    const files = ["-keyout", join(place, "key.pem"), "-out", join(place, "cert.pem")];
    await openssl([...key, ...files, "-subj", `/CN=${subject}`, ...authority, ...rest]);
  };
  await openssl([...key, "-keyout", join(directory, "ca.key"), "-out", join(directory, "ca.pem"), "-subj", "/CN=ca"]);
  await made("engine", directory, ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "extendedKeyUsage=serverAuth"]);
  await made("client", client, ["-addext", "extendedKeyUsage=clientAuth"]);
  await writeFile(join(client, "ca.pem"), await readFile(join(directory, "ca.pem")));
  await chmod(join(client, "key.pem"), 0o600);
}

async function openssl(args: readonly string[]): Promise<void> {
  await runOrThrow(["openssl", "req", "-x509", ...args], { deadlineMs: DEADLINE_MS });
}
