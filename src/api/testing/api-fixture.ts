import type { Logger } from "../../base/logger.ts";
import { createRecordingPlatform, type RecordingParts } from "../../contracts/testing/recording-platform.ts";
import { createApi } from "../create-api.ts";

export type LogEvent = {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A logger that keeps what it is told, and says when something new came. */
function createRecordingLogger() {
  const events: LogEvent[] = [];
  const waiting: (() => void)[] = [];
  const keep =
    (level: string) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      events.push({ level, message, fields });
      for (const wake of waiting.splice(0)) wake();
    };
  const logger: Logger = {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
    child: () => logger,
  };
  const logged = async (message: string): Promise<LogEvent> => {
    for (;;) {
      const found = events.find((event) => event.message === message);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { logger, events, logged };
}

/** The app over a recording platform. */
export function createApiFixture(parts: RecordingParts = {}) {
  const recording = createRecordingPlatform(parts);
  const log = createRecordingLogger();
  const app = createApi({ admit: () => Promise.resolve(recording.platform), logger: log.logger, version: "1.2.3" });
  return { app, calls: recording.calls, ...log };
}
