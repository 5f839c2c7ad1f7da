import { BASES } from "./bases.ts";
import { USER, type Recipe } from "./project.ts";

export const staticSite: Recipe = {
  generatedFor: "static",
  write: async (project) =>
    project.has("index.html")
      ? [
          `FROM ${BASES.static}`,
          "WORKDIR /site",
          "COPY . .",
          "RUN rm -f Dockerfile .dockerignore",
          `USER ${USER}`,
          "EXPOSE 8080",
          'CMD ["busybox", "httpd", "-f", "-p", "8080", "-h", "/site"]',
        ]
      : undefined,
};
