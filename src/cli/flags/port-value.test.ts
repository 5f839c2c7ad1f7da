import { expect, it } from "vitest";
import { portValue } from "./port-value.ts";

it.each([
  ["8080", { port: 8080 }],
  ["18080:8080", { port: 8080, hostPort: 18080 }],
  ["auto:53/udp", { port: 53, hostPort: "auto", protocol: "udp" }],
  ["99999", { port: 99999 }],
])("the port %s is %j", (text, value) => {
  expect(portValue("--publish", text)).toEqual(value);
});

it.each(["", "web", "8080:", "0.0.0.0:80:80", "80/sctp"])("%j is no port", (text) => {
  expect(() => portValue("--publish", text)).toThrow(
    `--publish: expected a port such as 8080, auto:8080, 18080:8080 or 53/udp (got ${JSON.stringify(text)}).`,
  );
});
