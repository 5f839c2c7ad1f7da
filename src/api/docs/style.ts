/** The page's own look, light and dark as its reader has it. */
export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1b2430, #d9e1ea); --soft: light-dark(#5c6b7d, #8b9aab);
  --line: light-dark(#e3e8ee, #243040); --paper: light-dark(#ffffff, #0e141b); --side: light-dark(#f6f8fa, #121a23);
  --code: light-dark(#f1f4f8, #18222d); --link: light-dark(#0b62c4, #6cb2ff); --get: light-dark(#0a7a4b, #4cc38a);
  --post: light-dark(#0b62c4, #6cb2ff); --put: light-dark(#9a5b00, #e0a44a); --delete: light-dark(#b3261e, #ff8a80); }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; scroll-behavior: smooth; }
body { margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); background: var(--paper); color: var(--ink);
  font: 15px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
code, pre { font: 0.87em/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { background: var(--code); border-radius: 4px; padding: 0.1em 0.35em; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; background: var(--side); border-right: 1px solid var(--line);
  padding: 1.5rem 1rem 3rem 1.5rem; font-size: 0.9rem; }
nav .brand { font-weight: 700; font-size: 1.05rem; color: var(--ink); display: block; margin-bottom: 1.2rem; }
nav .brand span { color: var(--soft); font-weight: 400; font-size: 0.85em; margin-left: 0.4em; }
nav summary { cursor: pointer; padding: 0.22rem 0; font-weight: 600; text-transform: capitalize; list-style: none; }
nav summary::before { content: "›"; display: inline-block; width: 0.9em; color: var(--soft); }
nav details[open] > summary::before { content: "⌄"; }
nav ul { list-style: none; margin: 0 0 0.5rem; padding: 0 0 0 0.9em; }
nav li a { display: flex; justify-content: space-between; gap: 0.5rem; padding: 0.14rem 0; color: var(--ink); }
nav .plain { display: block; padding: 0.22rem 0 0.22rem 0.9em; font-weight: 600; color: var(--ink); }
.method { font: 700 0.68rem/1.9 ui-monospace, SFMono-Regular, Menlo, monospace; letter-spacing: 0.04em; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .delete { color: var(--delete); }
main { overflow-wrap: anywhere; padding: 2.5rem clamp(1.2rem, 4vw, 4rem) 6rem; max-width: 84rem; width: 100%; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 0.5rem; letter-spacing: -0.02em; }
h2 { font-size: 1.45rem; margin: 4rem 0 0; padding-bottom: 0.4rem; border-bottom: 1px solid var(--line); letter-spacing: -0.01em;
  text-transform: capitalize; }
h2.spelled { text-transform: none; }
h3 { font-size: 1.08rem; margin: 0 0 0.3rem; } h4 { font-size: 0.78rem; margin: 1.4rem 0 0.4rem; color: var(--soft);
  text-transform: uppercase; letter-spacing: 0.06em; }
.lead { color: var(--soft); font-size: 1.08rem; margin: 0 0 1.5rem; max-width: 46rem; } .intro p { max-width: 46rem; }
article { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 26rem); gap: 0 2.5rem; padding: 2rem 0;
  border-bottom: 1px solid var(--line); }
article > header { grid-column: 1 / -1; } article p { margin: 0.3rem 0; }
.route { font: 0.9rem/1.6 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; margin: 0.2rem 0 0; }
.route .method { font-size: 0.8rem; margin-right: 0.6em; } .route b { font-weight: 600; color: var(--put); }
.anchor { color: var(--ink); } .anchor::after { content: " #"; color: transparent; } .anchor:hover::after { color: var(--soft); }
.fields { margin: 0; } .fields > div { padding: 0.55rem 0; border-top: 1px solid var(--line); }
.fields > div:first-child { border-top: 0; } dt { margin: 0; } dd { margin: 0.1rem 0 0; }
dt code { font-weight: 600; background: none; padding: 0; } dd p { color: var(--soft); font-size: 0.93rem; }
.place, .required, .type { font-size: 0.82rem; color: var(--soft); } .place { margin-left: 0.5em; }
.required { color: var(--delete); margin-left: 0.5em; } .example { position: sticky; top: 1rem; align-self: start; }
pre { background: light-dark(#14202c, #0a1017); color: #dce6f0; padding: 0.9rem 1rem; border-radius: 8px; overflow-x: auto;
  margin: 0; border: 1px solid var(--line); } pre code { background: none; padding: 0; font-size: 0.82rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; } th { text-align: left; color: var(--soft);
  font-weight: 600; } th, td { padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.schema > summary { cursor: pointer; padding: 0.5rem 0; font-weight: 600; } .schema { border-bottom: 1px solid var(--line); }
.schema > div { padding: 0 0 1rem 1.1rem; }
@media (max-width: 68rem) { article { grid-template-columns: minmax(0, 1fr); } .example { position: static; margin-top: 1rem; } }
@media (max-width: 48rem) { body { display: block; } nav { position: static; height: auto; max-height: 30vh; border-right: 0;
  border-bottom: 1px solid var(--line); } main { padding-top: 1.5rem; } }
@media print { nav { display: none; } body { display: block; } article { break-inside: avoid-page; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
