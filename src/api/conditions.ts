import type { MiddlewareHandler } from "hono";
import { MoorageError } from "../base/errors.ts";
import type { ApiEnv } from "./api-env.ts";

const CONDITIONS = ["if-match", "if-none-match", "if-unmodified-since"];

/**
 * What is to be changed on a condition is not changed without it: nothing here has a version that a condition could
 * name. Names need none: whoever makes something by a taken name is told CONFLICT, or gets what is there.
 */
export const refuseConditions: MiddlewareHandler<ApiEnv> = async ({ req }, next) => {
  const condition = CONDITIONS.find((name) => req.header(name) !== undefined);
  if (condition !== undefined && !["GET", "HEAD", "OPTIONS"].includes(req.method)) {
    throw new MoorageError("INVALID_INPUT", `${condition}: expected no condition on a change, got one.`, {
      hint: "Leave it out: a name that is taken is never taken over. To send a request again safely, use idempotency-key.",
    });
  }
  await next();
};

/** Bodies of bytes are not kept, nor told apart. */
export const refuseKey: MiddlewareHandler<ApiEnv> = async ({ req }, next) => {
  if (req.header("idempotency-key") !== undefined) {
    throw new MoorageError("INVALID_INPUT", `idempotency-key: PUT ${req.path} takes none, for its body is not kept.`, {
      hint: "Leave the header out: what is sent again is written again.",
    });
  }
  await next();
};
