import type { CliHost, OpenOptions } from "../cli/host.ts";
import type { EngineName } from "../contracts/types.ts";
import type { Configuration } from "./configuration.ts";
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
    serve: async ({ engine, listen, signal, onReady }) => {
      const configuration = await configured(environment);
      const { logLevel = "info", server } = configuration;
      const settings = listen === undefined ? server : { ...server, listen: [...listen] };
      const wish = { ...engineOption(engine), warm: true, resident: true };
      await using platform = await local(configuration, wish, logLevel);
      const { serve } = await import("./serve.ts");
      const { createLogger } = await import("./logger.ts");
      const logger = createLogger(logLevel);
      await serve(platform, { settings, version, locations: locations(environment), logger, signal, onReady });
    },
    engineProxy: async (options) => {
      const { serveEngineProxy } = await import("./engine-proxy.ts");
      const { createLogger } = await import("./logger.ts");
      // No configuration is read: it may run where there is none, and decides nothing.
      await serveEngineProxy({ ...options, logger: createLogger("info") });
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
