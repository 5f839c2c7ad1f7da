import { createClient, isMoorageError } from "../src/sdk/index.ts";

const { MOORAGE_URL: baseUrl = "http://127.0.0.1:7070", MOORAGE_KEY: key } = process.env;
const moorage = createClient({ baseUrl, key });
const sandbox = await moorage.sandbox.create({ image: "python:3.11-slim" });
try {
  const command = ["python", "-c", "print(6 * 7)"];
  for await (const event of moorage.sandbox.exec({ id: sandbox.id, command, timeoutMs: 10_000 })) {
    if (event.type === "stdout") process.stdout.write(event.data);
    if (event.type === "result") console.log(`exit code ${event.result.exitCode}`);
  }
} catch (error) {
  if (isMoorageError(error)) console.error(`${error.code}: ${error.message} ${error.hint}`);
  else throw error;
} finally {
  await moorage.sandbox.remove({ id: sandbox.id });
}
