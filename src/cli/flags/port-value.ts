import { invalidValue } from "./invalid-value.ts";

/** `8080`, `18080:8080` or `auto:53/udp`: the host's port first, as elsewhere. What is allowed is for the operation to say. */
export function portValue(label: string, text: string): object {
  const [, , host, port, protocol] = /^((\d{1,6}|auto):)?(\d{1,6})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  if (port === undefined)
    throw invalidValue(label, { expected: "a port such as 8080, auto:8080, 18080:8080 or 53/udp", got: text });
  return {
    port: Number(port),
    ...(host === undefined ? {} : { hostPort: host === "auto" ? host : Number(host) }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}
