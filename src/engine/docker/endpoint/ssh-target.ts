/** An engine that is reached by the `ssh` program, with whatever the user's own SSH configuration says of the host. */
export type SshTarget = {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** The engine's socket on that machine. */
  readonly socketPath: string;
  /** An SSH configuration to read instead of the user's. */
  readonly configFile?: string;
};

// Neither can be taken for an option of ssh.
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;
const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$|^[0-9A-Fa-f:.]+$/;
// A colon would end the path in ssh's own spelling of a forwarding.
const PATH = /^[^:\0\n]+$/;
const ADDRESS = /^(?:(?<user>[^/]+)@)?(?:\[(?<six>[^\]/]+)\]|(?<name>[^:/@[\]]+))(?::(?<port>\d{1,5}))?(?<path>\/.*)?$/;

/** `[user@]host[:port][/socket]`; undefined when it is none. */
export function parseSshAddress(text: string, defaultSocket: string): SshTarget | undefined {
  const { user, six, name, port, path = "/" } = ADDRESS.exec(text)?.groups ?? {};
  const host = six ?? name ?? "";
  if (!HOST.test(host) || !USER.test(user ?? "_") || !isPort(port ?? "22") || !PATH.test(path)) return undefined;
  return {
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
    socketPath: path === "/" ? defaultSocket : path,
  };
}

function isPort(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 65_535;
}

/** The target as people write it. */
export function sshName({ user, host, port, socketPath }: SshTarget): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `ssh://${user === undefined ? "" : `${user}@`}${name}${port === undefined ? "" : `:${port}`}${socketPath}`;
}
