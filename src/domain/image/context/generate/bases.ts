/** What generated Dockerfiles begin with: a release line of each, and no moving `latest`. */
export const BASES = {
  python: "python:3.11-slim",
  node: "node:20-alpine",
  goBuild: "golang:1.24-bookworm",
  goRun: "debian:bookworm-slim",
  static: "busybox:1.36",
} as const;
