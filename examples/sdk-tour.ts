import { createClient, isMoorageError, openSandbox } from "../src/sdk/index.ts";

const { MOORAGE_URL: baseUrl = "http://127.0.0.1:7070", MOORAGE_KEY: key } = process.env;
const moorage = createClient({ baseUrl, key, retries: 5, retryForMs: 60_000 });
await using sandbox = await openSandbox(moorage, { image: "python:3.11-slim", memoryBytes: 256 * 1024 * 1024 });

for await (const event of sandbox.exec({ command: ["python", "-c", "print('one'); print('two')"] })) {
  if (event.type === "stdout" || event.type === "stderr") process.stdout.write(event.data);
  if (event.type === "result") console.log(event.result.status, event.result.durationMs);
}

await sandbox.files.write("greet.py", "print('ahoy')\n");
console.log(await sandbox.files.read("greet.py"));
await sandbox.run({ command: ["python", "greet.py"] });

try {
  await moorage.sandbox.get({ id: "nowhere" });
} catch (error) {
  if (!isMoorageError(error)) throw error;
  if (error.code === "NOT_FOUND") console.log("It is gone, or it was never ours.");
  else console.error(`${error.code}: ${error.message} ${error.hint}`);
}

try {
  await sandbox.run({ command: ["sleep", "60"] }, { signal: AbortSignal.timeout(500) });
} catch (error) {
  if (!isMoorageError(error) || error.code !== "CANCELED") throw error;
  console.log("It took too long for us.");
}

const agent = await moorage.key.create({ agent: "builder", memoryBytes: 64 * 1024 * 1024, ttlMs: 3_600_000 });
const asAgent = createClient({ baseUrl, key: agent.key });
console.log((await asAgent.auth.whoami({})).owner);

const { items: receipts } = await moorage.receipt.list({ limit: 3 });
for (const receipt of receipts) console.log(receipt.operation, receipt.owner, receipt.key);
