import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  amazonAnswer,
  AWS_KEYS,
  awsSignature,
  azureAnswer,
  googleAnswer,
  startCloud,
} from "../../test/fixtures/registry/clouds.ts";
import { createCredentials, type CredentialsOptions } from "./credentials.ts";

const PRIVATE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const ECR = {
  service: "ecr",
  region: "eu-central-1",
  target: "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
};

let opened: AsyncDisposableStack;
beforeEach(() => {
  opened = new AsyncDisposableStack();
});
afterEach(() => opened.disposeAsync());

async function cloud(answer: Parameters<typeof startCloud>[0]) {
  return opened.use(await startCloud(answer));
}

function credentials(wish: Partial<CredentialsOptions>) {
  return createCredentials({ profiles: {}, environment: {}, configDirectory: "/nonexistent", ...wish });
}

async function passwordOf(host: string, wish: Partial<CredentialsOptions>): Promise<string> {
  const auth = await credentials(wish).forHost(host);
  if (auth === undefined || !("password" in auth)) throw new Error(`Nothing for ${host}: ${inspect(auth)}`);
  return `${auth.username}/${auth.password.reveal()}`;
}

/** The failure, of which nothing that is secret is told. */
async function failure(host: string, wish: Partial<CredentialsOptions>): Promise<unknown> {
  const error: unknown = await credentials(wish)
    .forHost(host)
    .catch((reason: unknown) => reason);
  const told = inspect(error, { depth: 9 });
  expect(told).not.toMatch(/s3cret|PRIVATE KEY/);
  expect(told).not.toContain(AWS_KEYS.AWS_SECRET_ACCESS_KEY);
  return error;
}

describe("Amazon ECR", () => {
  // From "Signature Version 4 Test Suite" and "Examples of the complete Signature Version 4 signing process" of Amazon's.
  test.each([
    ["GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"],
    ["POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  ])("is stood in for by what signs as Amazon's own examples do: %s %s", (method, path, signature) => {
    const headers = { host: "example.amazonaws.com", "x-amz-date": "20150830T123600Z" };
    const scope = "20150830/us-east-1/service/aws4_request";
    const secret = AWS_KEYS.AWS_SECRET_ACCESS_KEY;
    const signed = { method, path, headers, body: "" };
    expect(awsSignature(signed, { scope, signedHeaders: "host;x-amz-date", secret })).toBe(signature);
  });

  test("gives a token for keys, in the region that the host names", async () => {
    const { url, asked } = await cloud((request) => amazonAnswer(request, ECR));
    const environment = { ...AWS_KEYS, AWS_REGION: "us-west-2", AWS_SESSION_TOKEN: "s3cret-session" };
    expect(await passwordOf(PRIVATE, { environment, endpoints: { aws: url } })).toBe("AWS/s3cret-of-ecr");
    expect(asked[0]?.headers["x-amz-security-token"]).toBe("s3cret-session");
    expect(asked[0]?.headers.authorization).toContain("x-amz-security-token");
  });

  test.each([
    ["AWS_REGION", { AWS_REGION: "ap-south-1", AWS_DEFAULT_REGION: "us-west-2" }, "ap-south-1"],
    ["AWS_DEFAULT_REGION", { AWS_DEFAULT_REGION: "us-gov-west-1" }, "us-gov-west-1"],
  ])("takes the region of %s for a host that names none", async (_name, variables, region) => {
    const { url } = await cloud((request) => amazonAnswer(request, { ...ECR, region }));
    const environment = { ...AWS_KEYS, ...variables, ADDE_ECR_REGISTRY: "https://images.example/" };
    expect(await passwordOf("images.example", { environment, endpoints: { aws: url } })).toBe("AWS/s3cret-of-ecr");
  });

  test("takes a profile's region, and its token before keys", async () => {
    const { url, asked } = await cloud((request) => amazonAnswer(request, { ...ECR, region: "sa-east-1" }));
    const environment = { ...AWS_KEYS, TOKEN: "s3cret-token" };
    const endpoints = { aws: url };
    const ecr = { kind: "ecr", region: "sa-east-1" } as const;
    const first = { environment, endpoints, profiles: { "images.example": ecr } };
    expect(await passwordOf("images.example", first)).toBe("AWS/s3cret-of-ecr");
    const second = { environment, endpoints, profiles: { "images.example": { ...ecr, passwordEnv: "TOKEN" } } };
    expect(await passwordOf("images.example", second)).toBe("AWS/s3cret-token");
    expect(asked).toHaveLength(1);
  });

  test("gives a token for the public registry in its one region", async () => {
    const wanted = {
      service: "ecr-public",
      region: "us-east-1",
      target: "SpencerFrontendService.GetAuthorizationToken",
    };
    const { url } = await cloud((request) => amazonAnswer(request, wanted));
    const environment = { ...AWS_KEYS, AWS_REGION: "eu-central-1" };
    expect(await passwordOf("public.ecr.aws", { environment, endpoints: { aws: url } })).toBe("AWS/s3cret-of-ecr");
  });

  test("is reached where Amazon's own variable says", async () => {
    const { url } = await cloud((request) => amazonAnswer(request, ECR));
    expect(await passwordOf(PRIVATE, { environment: { ...AWS_KEYS, AWS_ENDPOINT_URL_ECR: url } })).toBe(
      "AWS/s3cret-of-ecr",
    );
    const environment = { ...AWS_KEYS, AWS_ENDPOINT_URL_ECR: "s3cret.example:443" };
    expect(await failure(PRIVATE, { environment })).toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: "The variable AWS_ENDPOINT_URL_ECR has no http or https URL.",
      hint: "Set AWS_ENDPOINT_URL_ECR to one, or leave it out.",
    });
  });

  test("is not asked without keys, nor for a registry of others", async () => {
    const { url, asked } = await cloud((request) => amazonAnswer(request, ECR));
    const environment = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE" };
    expect(await credentials({ environment, endpoints: { aws: url } }).forHost(PRIVATE)).toBeUndefined();
    for (const host of ["ghcr.io", `${PRIVATE}.evil.example`, `x${PRIVATE}`, `${PRIVATE}:8443`]) {
      expect(await credentials({ environment: AWS_KEYS, endpoints: { aws: url } }).forHost(host)).toBeUndefined();
    }
    expect(asked).toEqual([]);
  });

  test("refuses wrong keys", async () => {
    const { url } = await cloud((request) => amazonAnswer(request, ECR));
    const environment = { ...AWS_KEYS, AWS_SECRET_ACCESS_KEY: "s3cret-wrong" };
    expect(await failure(PRIVATE, { environment, endpoints: { aws: url } })).toMatchObject({
      code: "REGISTRY_DENIED",
      message: "Amazon ECR refuses the credentials (status 400, InvalidSignatureException).",
    });
  });

  test("without a region, or without keys that a profile wants, is told", async () => {
    const environment = { ...AWS_KEYS, ADDE_ECR_REGISTRY: "images.example", AWS_REGION: "evil.example/" };
    expect(await failure("images.example", { environment })).toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: 'The region of images.example is "evil.example/"; expected one such as eu-central-1.',
      hint: "Set AWS_REGION, or `region` in the registry's profile.",
    });
    expect(await failure(PRIVATE, { profiles: { [PRIVATE]: { kind: "ecr" } } })).toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: `The profile of ${PRIVATE} is of kind ecr, and there are no AWS keys.`,
      hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a token by passwordFile or passwordEnv.",
    });
  });
});

describe("Google", () => {
  const host = "europe-docker.pkg.dev";
  const profiles = { [host]: { kind: "gcr", passwordEnv: "KEY" } } as const;
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  const account = {
    type: "service_account",
    client_email: "pusher@team.example",
    private_key: pem,
    private_key_id: "7",
  };

  test("exchanges what a service account's key has signed", async () => {
    const { url } = await cloud((request) => googleAnswer(request, "pusher@team.example", publicKey));
    const environment = { KEY: JSON.stringify(account) };
    const wish = { profiles, environment, endpoints: { google: url } };
    expect(await passwordOf(host, wish)).toBe("oauth2accesstoken/s3cret-of-google");
  });

  test("refuses another key", async () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    const { url } = await cloud((request) => googleAnswer(request, "pusher@team.example", other));
    const environment = { KEY: JSON.stringify(account) };
    expect(await failure(host, { profiles, environment, endpoints: { google: url } })).toMatchObject({
      code: "REGISTRY_DENIED",
      message: "Google refuses the credentials (status 400, invalid_grant).",
    });
  });

  test("is shown an access token as it is, without being asked", async () => {
    expect(await passwordOf(host, { profiles, environment: { KEY: "ya29.s3cret" } })).toBe(
      "oauth2accesstoken/ya29.s3cret",
    );
  });

  test("is shown the key itself by a basic profile", async () => {
    const basic = { [host]: { kind: "basic", username: "_json_key", passwordEnv: "KEY" } } as const;
    const environment = { KEY: JSON.stringify(account) };
    expect(await passwordOf(host, { profiles: basic, environment })).toBe(`_json_key/${JSON.stringify(account)}`);
  });

  test.each([
    ['{"s3cret":', "The key for europe-docker.pkg.dev is no JSON key of a Google service account."],
    ['{"type":"s3cret"}', "The key for europe-docker.pkg.dev is no JSON key of a Google service account."],
    [JSON.stringify({ ...account, private_key: "s3cret" }), "The private key of pusher@team.example cannot sign."],
  ])("is not asked with a key that is none: %s", async (KEY, message) => {
    expect(await failure(host, { profiles, environment: { KEY } })).toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message,
    });
  });
});

describe("Azure", () => {
  const host = "team.azurecr.io";
  const profiles = { [host]: { kind: "acr", passwordEnv: "TOKEN", tenant: "t1" } } as const;

  test("exchanges a token of Entra ID at the registry", async () => {
    const { url } = await cloud((request) => azureAnswer(request, { service: host, token: "s3cret-entra" }));
    const wish = { profiles, environment: { TOKEN: "s3cret-entra" }, endpoints: { azure: url } };
    const auth = await credentials(wish).forHost(host);
    expect(auth !== undefined && "identityToken" in auth && auth.identityToken.reveal()).toBe("s3cret-of-azure-t1");
    const environment = { TOKEN: "s3cret-old" };
    expect(await failure(host, { profiles, environment, endpoints: { azure: url } })).toMatchObject({
      code: "REGISTRY_DENIED",
      message: "The registry team.azurecr.io refuses the credentials (status 401).",
    });
  });

  test("is shown a user and a password as they are", async () => {
    const user = { [host]: { kind: "acr", username: "puller", passwordEnv: "TOKEN" } } as const;
    expect(await passwordOf(host, { profiles: user, environment: { TOKEN: "s3cret" } })).toBe("puller/s3cret");
  });
});

describe("a token server", () => {
  const wish = (aws: string): Partial<CredentialsOptions> => ({ environment: AWS_KEYS, endpoints: { aws } });

  test("that does not answer is given up", async () => {
    const { url } = await cloud(() => undefined);
    expect(await failure(PRIVATE, { ...wish(url), patienceMs: 200 })).toMatchObject({
      code: "IMAGE_UNAVAILABLE",
      message: "Amazon ECR did not answer a request for a token within 200 ms.",
      hint: "Check the network of the machine that Moorage runs on, and try again.",
    });
  });

  test("that is not there is told", async () => {
    expect(await failure(PRIVATE, wish("http://127.0.0.1:1"))).toMatchObject({
      code: "IMAGE_UNAVAILABLE",
      message: expect.stringMatching(/^Amazon ECR did not answer a request for a token \(.+\)[.]$/) as string,
    });
  });

  test.each([
    ["fails", { status: 503, body: "s3cret" }, "Amazon ECR answered a request for a token with status 503."],
    ["is too busy", { status: 429, body: "s3cret" }, "Amazon ECR answered a request for a token with status 429."],
    [
      "sends elsewhere",
      { status: 307, body: "", headers: { location: "http://127.0.0.1:1/s3cret" } },
      "Amazon ECR answered a request for a token with status 307.",
    ],
    [
      "says nonsense",
      { status: 200, body: "s3cret" },
      "Amazon ECR answered a request for a token with something else.",
    ],
    ["says no token", { status: 200, body: "{}" }, "Amazon ECR answered a request for a token with something else."],
    [
      "says too much",
      { status: 200, body: "s3cret".repeat(50_000) },
      "Amazon ECR answered a request for a token with over 262144 bytes.",
    ],
  ])("that %s is told, and nothing of what it says", async (_what, answer, message) => {
    const { url } = await cloud(() => answer);
    expect(await failure(PRIVATE, wish(url))).toMatchObject({ code: "IMAGE_UNAVAILABLE", message });
  });

  test("is left with the caller", async () => {
    const { url } = await cloud(() => undefined);
    const asked = credentials(wish(url)).forHost(PRIVATE, AbortSignal.timeout(50));
    await expect(asked).rejects.toMatchObject({ code: "CANCELED" });
  });
});
