/** The short forms of a readiness check: `port:8080`, `http:8080/health`, `log:PATTERN`; undefined for another text. */
export function readinessValue(text: string): object | undefined {
  const port = /^port:(\d{1,5})$/.exec(text)?.[1];
  if (port !== undefined) return { port: Number(port) };
  const [, httpPort, path] = /^http:(\d{1,5})(\/.*)?$/.exec(text) ?? [];
  if (httpPort !== undefined) return { http: { port: Number(httpPort), ...(path === undefined ? {} : { path }) } };
  const log = /^log:(.+)$/s.exec(text)?.[1];
  return log === undefined ? undefined : { log };
}
