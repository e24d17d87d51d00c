/** The overlay's own style; the page's reaches no further than its host. */
export const STYLE = `
:host { all: initial; }
section {
  --back: #fff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de; --mark: #0550ae; --button: #f3f4f6;
  position: fixed; right: 12px; bottom: 12px; z-index: 2147483647;
  display: flex; flex-direction: column; box-sizing: border-box;
  width: min(420px, calc(100vw - 24px)); height: min(480px, calc(100vh - 24px));
  overflow: hidden; color: var(--text); background: var(--back);
  border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 8px 24px #0003;
  font: 12px/1.45 system-ui, sans-serif; color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  section { --back: #161b22; --text: #e6edf3; --quiet: #9aa4af; --line: #3d444d; --mark: #79b8ff; --button: #262c34; }
}
header { display: flex; gap: 8px; align-items: center; padding: 8px 12px; border-bottom: 1px solid var(--line); }
h2 { flex: 1; margin: 0; font-size: 13px; font-weight: 600; }
button {
  padding: 3px 10px; color: inherit; background: var(--button); border: 1px solid var(--line); border-radius: 6px;
  font: inherit; cursor: pointer;
}
button:focus-visible, ol:focus-visible { outline: 2px solid var(--mark); outline-offset: -1px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1px 12px; margin: 0; padding: 8px 12px; border-bottom: 1px solid var(--line); }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
ol { flex: 1; margin: 0; padding: 4px 0; overflow: auto; list-style: none; }
li { display: grid; grid-template-columns: max-content 76px 1fr; gap: 8px; padding: 2px 12px; }
time { color: var(--quiet); font-variant-numeric: tabular-nums; }
b { color: var(--mark); font-weight: 600; }
span { overflow-wrap: anywhere; }
`;
