/** Names for what many programs need: the hosts that a tool talks to when nobody has configured it otherwise. */
export const PRESETS: Readonly<Record<string, readonly string[]>> = {
  crates: ["crates.io", "index.crates.io", "static.crates.io"],
  debian: ["deb.debian.org", "security.debian.org", "ftp.debian.org"],
  github: [
    "github.com",
    "api.github.com",
    "codeload.github.com",
    "objects.githubusercontent.com",
    "raw.githubusercontent.com",
    "release-assets.githubusercontent.com",
  ],
  go: ["proxy.golang.org", "sum.golang.org", "go.dev", "dl.google.com"],
  maven: ["repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org"],
  npm: ["registry.npmjs.org", "registry.yarnpkg.com", "nodejs.org"],
  pypi: ["pypi.org", "files.pythonhosted.org"],
  rubygems: ["rubygems.org", "index.rubygems.org"],
  ubuntu: ["archive.ubuntu.com", "security.ubuntu.com", "ports.ubuntu.com"],
};
