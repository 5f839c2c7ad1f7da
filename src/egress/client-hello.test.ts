import fc from "fast-check";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import { readHelloName } from "./client-hello.ts";

/** The first bytes that a real client sends. */
async function helloOf(servername: string | undefined): Promise<Buffer> {
  const sent = Promise.withResolvers<Buffer>();
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.resolve(chunk);
      done();
    },
  });
  const secure = connect({ socket, ...(servername === undefined ? {} : { servername }) });
  const bytes = await sent.promise;
  secure.on("error", () => undefined).destroy();
  await once(secure, "close");
  return bytes;
}

/** The same message in records of at most this many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 0xff]), part);
  }
  return Buffer.concat(records);
}

describe("the server name of a TLS hello", () => {
  it("is read, however the message is cut into records", async () => {
    const hello = await helloOf("files.example.org");
    for (const size of [16_384, 100, 7, 1]) {
      expect(readHelloName(inRecords(hello, size))).toEqual({ state: "named", name: "files.example.org" });
    }
  });

  it("is awaited until the last byte has come, and what follows does not matter", async () => {
    const hello = await helloOf("example.org");
    for (let length = 0; length < hello.length; length += 1) {
      expect(readHelloName(hello.subarray(0, length))).toEqual({ state: "incomplete" });
    }
    expect(readHelloName(Buffer.concat([hello, Buffer.from("more")]))).toEqual({ state: "named", name: "example.org" });
  });

  it("may be missing", async () => {
    expect(readHelloName(await helloOf(undefined))).toEqual({ state: "unnamed" });
  });

  it.each([
    ["plain HTTP", Buffer.from("GET / HTTP/1.1\r\n")],
    ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
    ["an empty record", Buffer.from([22, 3, 1, 0, 0])],
    ["another version", Buffer.from([22, 2, 0])],
    ["an alert", Buffer.from([21, 3, 3, 0, 2, 2, 40])],
    ["another message", Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ["a message whose fields go beyond its end", Buffer.from([22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3])],
  ])("%s is not TLS", (_what, bytes) => {
    expect(readHelloName(bytes)).toEqual({ state: "not-tls" });
  });

  it("of any damaged hello is an answer, never an error", async () => {
    const hello = await helloOf("example.org");
    const damage = fc.record({ at: fc.nat(hello.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 8 }), (damages) => {
        const bytes = Buffer.from(hello);
        for (const { at, byte } of damages) bytes[at] = byte;
        expect(["incomplete", "named", "unnamed", "not-tls"]).toContain(readHelloName(bytes).state);
      }),
    );
  });
});
