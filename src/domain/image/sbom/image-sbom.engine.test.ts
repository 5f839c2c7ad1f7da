import { describe, expect, it } from "vitest";
import { faultsOfBill } from "../../../../test/fixtures/cyclonedx.ts";
import { openDockerDomain } from "../../../../test/fixtures/docker-domain.ts";
import { z } from "zod";

const Bill = z.looseObject({
  components: z.array(z.looseObject({ name: z.string(), version: z.string(), purl: z.string() })),
});

describe("the bill of materials of a real image", () => {
  it("has a known Debian package and known packages of pip, but not those that were removed", async () => {
    await using domain = openDockerDomain();
    const reference = await domain.ownImage("python", [
      "RUN pip install --no-cache-dir six==1.16.0 idna==3.7",
      "RUN pip uninstall -y idna",
    ]);
    const { document, components, warnings } = await domain.platform.image.sbom({ reference });
    const bill = Bill.parse(document);
    const of = (name: string) => bill.components.find((component) => component.name === name);
    expect(of("bash")?.purl).toMatch(/^pkg:deb\/debian\/bash@5\.2.*\?arch=\w+&distro=debian-12$/);
    expect(of("pip")?.purl).toMatch(/^pkg:pypi\/pip@\d/);
    expect(of("six")).toMatchObject({ version: "1.16.0", purl: "pkg:pypi/six@1.16.0" });
    expect(of("idna")).toBeUndefined();
    expect(components).toBe(bill.components.length);
    expect(components).toBeGreaterThan(50);
    expect(warnings).toEqual([]);
    expect(await faultsOfBill(document)).toBeNull();
  }, 180_000);
});
