import { pino, type Logger as Pino } from "pino";
import type { Logger } from "../base/logger.ts";

const SECRETS = ["authorization", "cookie", "token", "key", "env", "stdin", "password", "secret"];

/** JSON lines on stderr; stdout belongs to results. */
export function createLogger(level: string): Logger {
  const paths = SECRETS.flatMap((name) => [name, `*.${name}`]);
  return wrap(
    pino({ level, redact: { paths, censor: "[redacted]" }, base: null }, pino.destination({ dest: 2, sync: true })),
  );
}

function wrap(logger: Pino): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}
