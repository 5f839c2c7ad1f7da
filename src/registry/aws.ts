import { AwsV4Signer } from "aws4fetch";
import { z } from "zod";
import type { RegistryAuth } from "../base/registry-auth.ts";
import { Secret } from "../base/secret.ts";
import { requestToken, textMember } from "./request-token.ts";
import { variable, type Surroundings } from "./surroundings.ts";
import { unusable } from "./unusable.ts";

const REGION = "[a-z]{2}(?:-[a-z]+)+-[0-9]";
const PRIVATE = new RegExp(
  String.raw`^[0-9]{12}\.dkr[.-]ecr(-fips)?\.(${REGION})\.(?:amazonaws\.com(\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$`,
);
const PUBLIC = "public.ecr.aws";
/** The public registry's tokens are given out in this region alone. */
const PUBLIC_REGION = "us-east-1";
const USERNAME = "AWS";

const Token = z.object({ authorizationToken: z.string().min(1) });
const PrivateReply = z.object({ authorizationData: z.array(Token).min(1) });
const PublicReply = z.object({ authorizationData: Token });

/** Whether a registry is one of Amazon's by its name. */
export function isEcr(host: string): boolean {
  return host === PUBLIC || PRIVATE.test(host);
}

/** The auth of a token that `aws ecr get-login-password` printed, or that GetAuthorizationToken answered. */
export function ecrTokenAuth(host: string, token: string): RegistryAuth {
  const whole = Buffer.from(token, "base64").toString();
  const password = whole.startsWith(`${USERNAME}:`) ? whole.slice(USERNAME.length + 1) : token;
  return { host, username: USERNAME, password: new Secret(password) };
}

/** A registry of Amazon's by the keys in the environment; undefined where there are none. */
export async function ecrAuth(
  host: string,
  wishedRegion: string | undefined,
  surroundings: Surroundings,
): Promise<RegistryAuth | undefined> {
  const { environment, endpoints } = surroundings;
  const accessKeyId = variable(environment, "AWS_ACCESS_KEY_ID");
  const secretAccessKey = variable(environment, "AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = variable(environment, "AWS_SESSION_TOKEN");
  const api = host === PUBLIC ? publicApi() : privateApi(host, wishedRegion, surroundings);
  const body = "{}";
  const signed = await new AwsV4Signer({
    url: endpoints.aws ?? ownEndpoint(api.service, surroundings) ?? api.url,
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": api.target },
    body,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: api.service,
    region: api.region,
    allHeaders: true,
  }).sign();
  const headers = Object.fromEntries(signed.headers.entries());
  const reason = (text: string): string | undefined => textMember(text, "__type")?.split("#").at(-1);
  const request = { url: signed.url, headers, body, server: "Amazon ECR", reason };
  const token =
    host === PUBLIC
      ? (await requestToken(request, PublicReply, surroundings)).authorizationData
      : (await requestToken(request, PrivateReply, surroundings)).authorizationData[0];
  return token === undefined ? undefined : ecrTokenAuth(host, token.authorizationToken);
}

/** Where Amazon's API is reached from a private network, by the variable that Amazon's own tools read. */
function ownEndpoint(service: string, { environment }: Surroundings): string | undefined {
  const name = `AWS_ENDPOINT_URL_${service.toUpperCase().replace("-", "_")}`;
  const url = variable(environment, name);
  if (url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? "")) return url;
  throw unusable(`The variable ${name} has no http or https URL.`, { hint: `Set ${name} to one, or leave it out.` });
}

type Api = { readonly url: string; readonly target: string; readonly service: string; readonly region: string };

function publicApi(): Api {
  return {
    url: `https://api.ecr-public.${PUBLIC_REGION}.amazonaws.com/`,
    target: "SpencerFrontendService.GetAuthorizationToken",
    service: "ecr-public",
    region: PUBLIC_REGION,
  };
}

function privateApi(host: string, wished: string | undefined, { environment }: Surroundings): Api {
  const [, fips, own] = PRIVATE.exec(host) ?? [];
  const region = own ?? wished ?? variable(environment, "AWS_REGION") ?? variable(environment, "AWS_DEFAULT_REGION");
  if (region === undefined || !new RegExp(`^${REGION}$`).test(region)) {
    throw unusable(`The region of ${host} is ${JSON.stringify(region ?? "")}; expected one such as eu-central-1.`, {
      hint: "Set AWS_REGION, or `region` in the registry's profile.",
    });
  }
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return {
    url: `https://${fips === undefined ? "api.ecr" : "ecr-fips"}.${region}.${domain}/`,
    target: "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
    service: "ecr",
    region,
  };
}
