import { z } from "zod";

export const PackageManager = z
  .enum(["pip", "npm", "apt"])
  .meta({ id: "PackageManager", description: "What installs the dependencies." });

/** No flags, no addresses, no paths: what each manager takes beyond that is checked by the manager's own rule. */
const Dependency = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9@][A-Za-z0-9@._+~^<>=!,*:[\]/-]*$/,
    "expected a package's name with at most a version, such as requests==2.32.0",
  );

/** Packages of a new sandbox, installed before it starts. */
export const dependencyFields = {
  dependencies: z.array(Dependency).min(1, "expected at least one package").max(100).optional().meta({
    description:
      "Package to install, with a version where it matters (requests==2.32.0, is-odd@3). It is installed in a build step with network that is cached as an image, so the sandbox itself needs no network.",
  }),
  packageManager: PackageManager.optional().meta({
    description: "What installs them; told from the image's name otherwise.",
  }),
};
