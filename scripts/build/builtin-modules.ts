import { isBuiltin } from "node:module";

const PREFIX = "\0builtin:";
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * Takes what is used of Node's own modules by name. An import statement makes Node look at every export of a module,
 * and some of those load what no command needs: `process` its stdin, `fs` its streams, `http` a whole web client.
 */
export const builtinModules = {
  name: "builtin-modules",
  // What is required is not looked at. The bundler's own runtime begins with node:module, before any other can be there.
  resolveId: (source: string, _importer: string | undefined, { kind }: { kind: string }) =>
    isBuiltin(source) && kind !== "require-call" && source !== "node:module" ? { id: `${PREFIX}${source}` } : undefined,
  load: (id: string) => {
    if (!id.startsWith(PREFIX)) return undefined;
    const name = id.slice(PREFIX.length);
    const exported = Object.keys(process.getBuiltinModule(name) ?? {}).filter(
      (key) => IDENTIFIER.test(key) && key !== "default",
    );
    const lines = exported.map((key, index) => `const e${index} = m.${key}; export { e${index} as ${key} };`);
    return {
      code: [`const m = process.getBuiltinModule(${JSON.stringify(name)});`, "export default m;", ...lines].join("\n"),
      moduleSideEffects: false,
    };
  },
};
