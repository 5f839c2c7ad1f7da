import { once } from "node:events";
import type { CliHost, OpenOptions } from "../cli/host.ts";
import type { EngineName } from "../contracts/types.ts";
import type { Configuration } from "./configuration.ts";
import type { LocalPlatform } from "./local-platform.ts";
import { locations, readSettings } from "./settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

type LocalWish = Partial<OpenOptions> & { readonly warm?: boolean; readonly resident?: boolean };

/** What the command line is lent; heavy parts are loaded when a command needs them. */
export function createCliHost(environment: Environment, version: string): CliHost {
  const local = async (configuration: Configuration, options: LocalWish, defaultLevel: string) => {
    const { openLocalPlatform } = await import("./local-platform.ts");
    const { createLogger } = await import("./logger.ts");
    return openLocalPlatform({
      configuration,
      locations: locations(environment),
      engine: options.engine,
      needsImages: options.needsImages ?? false,
      warm: options.warm ?? false,
      resident: options.resident ?? false,
      logger: createLogger(configuration.logLevel ?? defaultLevel),
      workspaceDirectory: environment["WORKSPACE_DIR"],
      environment,
    });
  };
  return {
    version,
    openPlatform: async (options) => {
      const server = await serverFor(environment, options.engine);
      return server ?? local(await configured(environment), options, "silent");
    },
    serve: async ({ engine, signal, onReady }) => {
      const configuration = await configured(environment);
      const wish = { ...engineOption(engine), warm: true, resident: true };
      await using platform = await local(configuration, wish, "info");
      const serving = new AbortController();
      let kept: Promise<void> | undefined;
      const ready = (address: string): void => {
        // Not before the socket is ours: there is one server that keeps this state.
        kept = platform.keep(serving.signal);
        onReady(address);
      };
      try {
        const { socket } = locations(environment);
        await serve(platform, { configuration, version, socket, signal, onReady: ready });
      } finally {
        serving.abort();
        await kept;
      }
    },
    mcp: async ({ engine, signal }) => {
      const configuration = await configured(environment);
      const server = await serverFor(environment, engine);
      await using platform =
        server ?? (await local(configuration, { ...engineOption(engine), resident: true }, "warn"));
      const { serveMcpOnStdio } = await import("../mcp/index.ts");
      const { createLogger } = await import("./logger.ts");
      const logger = createLogger(configuration.logLevel ?? "warn");
      await serveMcpOnStdio({ platform, version, logger, stdin: process.stdin, stdout: process.stdout, signal });
    },
    logUnexpected: async (error) => {
      const { createLogger } = await import("./logger.ts");
      const { logLevel = "silent" } = await configured(environment);
      createLogger(logLevel).debug({ err: error.cause ?? error }, "an unexpected error");
    },
  };
}

function engineOption(engine: EngineName | undefined): Partial<OpenOptions> {
  return engine === undefined ? {} : { engine };
}

async function configured(environment: Environment): Promise<Configuration> {
  const { readConfiguration } = await import("./read-configuration.ts");
  return readConfiguration(environment);
}

/** A server is used unless an engine is asked for by name: the server has chosen its own. */
async function serverFor(environment: Environment, engine: EngineName | undefined) {
  if (engine !== undefined) return undefined;
  const { openSocketPlatform, openUrlPlatform } = await import("./remote-platform.ts");
  const settings = await readSettings(environment);
  if (settings["url"] === undefined) return openSocketPlatform(locations(environment).socket);
  const { url, key } = await configured(environment);
  return url === undefined ? undefined : openUrlPlatform(url, key);
}

type Serving = {
  readonly configuration: Configuration;
  readonly version: string;
  readonly socket: string;
  readonly signal: AbortSignal;
  readonly onReady: (address: string) => void;
};

async function serve(
  platform: LocalPlatform,
  { configuration, version, socket, signal, onReady }: Serving,
): Promise<void> {
  const { createApi, serveOnSocket } = await import("../api/index.ts");
  const { createLogger } = await import("./logger.ts");
  const logger = createLogger(configuration.logLevel ?? "info");
  await using server = await serveOnSocket({ app: createApi({ platform, logger, version }), path: socket, logger });
  onReady(server.path);
  if (!signal.aborted) await once(signal, "abort");
  // Before the doors close: whoever waits for a run is told how it ended, and the server need not wait for them.
  await platform.endRuns();
}
