import { createClient, isMoorageError } from "../src/sdk/index.ts";

const moorage = createClient({ baseUrl: "https://moorage.example", key: "mk_…" });
const sandbox = await moorage.sandbox.create({ name: "demo", image: "python:3.11-slim" });
try {
  const command = ["python", "-c", "print(6 * 7)"];
  for await (const event of moorage.sandbox.exec({ id: sandbox.id, command, timeoutMs: 10_000 })) {
    if (event.type === "stdout") console.log(event.data);
    if (event.type === "result") console.log(`exit code ${event.result.exitCode}`);
  }
} catch (error) {
  if (isMoorageError(error)) console.error(`${error.code}: ${error.message} ${error.hint}`);
  else throw error;
} finally {
  await moorage.sandbox.remove({ id: sandbox.id });
}
