/** A route of Hono that answers what it is given on stdin, as its server does without us: `node bench/bare-hono.ts`. */
import { serve } from "@hono/node-server";
import { text } from "node:stream/consumers";
import { Hono } from "hono";

const body: unknown = JSON.parse(await text(process.stdin));
const app = new Hono();
app.get("/v1/sandboxes/:id", (context) => context.json(body as object));
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(`http://127.0.0.1:${port}`));
