import { createClient, openSandbox } from "../src/sdk/index.ts";

const { MOORAGE_URL: baseUrl = "http://127.0.0.1:7070", MOORAGE_KEY: key } = process.env;
const moorage = createClient({ baseUrl, key });
await using sandbox = await openSandbox(moorage, { image: "python:3.11-slim" });
const { exitCode, stdout } = await sandbox.run({ command: ["python", "-c", "print(6 * 7)"], timeoutMs: 10_000 });
process.stdout.write(stdout);
console.log(`exit code ${exitCode}`);
