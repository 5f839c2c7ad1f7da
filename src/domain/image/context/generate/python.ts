import { BASES } from "./bases.ts";
import { COPY_ALL, commandLines, PLACE, procfileCommand, USER, type Project, type Recipe } from "./project.ts";

const ENTRIES = ["main.py", "app.py", "server.py"];
/** Lines of a requirements file that name other files. */
const NAMES_FILES = /^\s*(?:-r|-c|-e|--requirement|--constraint|--editable|\.{0,2}\/|\.|file:)|@\s*file:/m;
const LOCKS = ["poetry.lock", "uv.lock", "pdm.lock"];

/** Python 3.11 reads TOML by itself, so that what a project depends on is installed before its sources are copied. */
const INSTALL_DEPENDENCIES =
  "import subprocess, sys, tomllib; " +
  "needs = tomllib.load(open('pyproject.toml', 'rb')).get('project', {}).get('dependencies', []); " +
  "sys.exit(subprocess.call([sys.executable, '-m', 'pip', 'install', '--no-cache-dir', *needs]) if needs else 0)";

export const python: Recipe = {
  generatedFor: "python",
  write: async (project) => {
    const requirements = project.has("requirements.txt");
    const metadata = await project.text("pyproject.toml");
    const packaged = /^\s*\[(?:project|build-system|tool\.poetry)\]/m.test(metadata);
    if (!requirements && !packaged) return undefined;
    return [
      `FROM ${BASES.python}`,
      "ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 HOME=/tmp",
      ...PLACE,
      ...(requirements ? fromRequirements(await project.text("requirements.txt")) : fromMetadata(project, metadata)),
      `USER ${USER}`,
      ...commandLines(await commandOf(project), `Procfile, ${ENTRIES.join(", ")} or __main__.py`),
    ];
  },
};

function fromRequirements(text: string): readonly string[] {
  const install = "RUN pip install --no-cache-dir --requirement requirements.txt";
  if (NAMES_FILES.test(text))
    return ["# The requirements name other files, so all are there first.", COPY_ALL, install];
  return ["COPY requirements.txt ./", install, COPY_ALL];
}

function fromMetadata(project: Project, metadata: string): readonly string[] {
  const lock = LOCKS.find((name) => project.has(name));
  const builds = /^\s*\[build-system\]/m.test(metadata);
  return [
    ...(lock === undefined
      ? []
      : [`# pip does not read ${lock}: what it pins is kept by exporting it to a requirements.txt.`]),
    "COPY pyproject.toml ./",
    `RUN ${JSON.stringify(["python", "-c", INSTALL_DEPENDENCIES])}`,
    COPY_ALL,
    ...(builds ? ["RUN pip install --no-cache-dir ."] : []),
  ];
}

async function commandOf(project: Project): Promise<readonly string[] | undefined> {
  const web = procfileCommand(await project.text("Procfile"));
  if (web !== undefined) return web;
  const entry = ENTRIES.find((name) => project.has(name));
  if (entry !== undefined) return ["python", entry];
  return project.has("__main__.py") ? ["python", "."] : undefined;
}
