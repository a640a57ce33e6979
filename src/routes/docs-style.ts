/** The style sheet of /api/docs. Kept in a module so that the compiled program needs no file beside it. */
export const DOCS_STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1c2430; --soft: #5b6675; --paper: #fff; --panel: #f5f7fa; --line: #dde3ea; --link: #0b5cad;
  --get: #0b6e4f; --post: #0b5cad; --put: #8a5a00; --delete: #a3242c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e9f0; --soft: #9aa7b8; --paper: #12161c; --panel: #1a2029; --line: #2c3541; --link: #7db7f5;
    --get: #5fd3a6; --post: #7db7f5; --put: #e7b65c; --delete: #f08a8f;
  }
}
* { box-sizing: border-box }
html { scroll-behavior: smooth; scroll-padding-top: 1rem }
body { margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr); color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; background: var(--panel);
  border-right: 1px solid var(--line); font-size: .84rem }
nav .home { font-size: 1.4rem; font-weight: 700; color: var(--ink) }
nav h2 { margin: 1.3rem 0 .2rem; font-size: .74rem; text-transform: uppercase; letter-spacing: .08em; color: var(--soft) }
nav ul { list-style: none; margin: 0; padding: 0 }
nav li a { display: block; padding: .16rem 0; overflow-wrap: anywhere; color: var(--ink) }
nav b { display: inline-block; min-width: 2.9rem }
main { padding: 2rem clamp(1rem, 4vw, 4rem) 6rem; max-width: 62rem }
h1 { font-size: 2rem; margin: 0 } h1 small { font-size: 1rem; font-weight: 400; color: var(--soft) }
section > h2 { margin: 3.5rem 0 0; font-size: 1.5rem; text-transform: capitalize }
article { margin-top: 1.5rem; padding: 1rem 1.4rem 1.4rem; border: 1px solid var(--line); border-radius: .6rem }
article:target { border-color: var(--link) }
h3 { margin: 0; font-size: 1.05rem } h3 a { color: inherit }
h4 { margin: 1.3rem 0 .4rem; font-size: .95rem }
a { color: var(--link); text-decoration: none } a:hover, a:focus-visible { text-decoration: underline }
b.get, b.post, b.put, b.delete { font-size: .78em; letter-spacing: .04em; text-transform: uppercase }
.get, .good { color: var(--get) } .post { color: var(--post) } .put { color: var(--put) } .delete, .bad { color: var(--delete) }
.summary { margin: .3rem 0; font-weight: 600 }
.lock { margin-left: .4rem; padding: .1rem .5rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .75rem;
  font-weight: 400; color: var(--soft) }
.demo { margin: 0 0 1.5rem; padding: .6rem 1rem; border-left: .3rem solid var(--put); background: var(--panel) }
code { font: .88em/1.5 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace }
pre { margin: 0; padding: .9rem 1.1rem; overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: .4rem }
table { width: 100%; border-collapse: collapse; font-size: .9rem }
th, td { padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
i { font-size: .78rem; color: var(--delete) }
.fields { margin: .2rem 0; padding-left: 1rem; list-style: none; border-left: 2px solid var(--line); font-size: .92rem }
.fields li { margin: .2rem 0 }
.type { font-size: .84rem; color: var(--soft); overflow-wrap: anywhere }
.answers dt { margin-top: .4rem } .answers dd { margin: 0 0 .2rem 1.4rem; color: var(--soft) }
@media (max-width: 52rem) {
  body { display: block }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line) }
}
@media print { nav { display: none } body { display: block } article { break-inside: avoid } }
`;
