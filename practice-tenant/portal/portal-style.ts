/** The style sheet of the portal: it fits small screens, dark ones, and keyboards. */
import type { TenantResponse } from '../http/exchange.ts';

const style = `:root{color-scheme:light dark;--ink:#242424;--paper:#fff;--line:#d1d1d1;--edge:#616161;--accent:#0f548c;--soft:#f5f5f5;--note:#616161;--bad:#b10e1c;--good:#0e700e}
@media(prefers-color-scheme:dark){:root{--ink:#eee;--paper:#1f1f1f;--line:#444;--edge:#adadad;--accent:#7cb7ff;--soft:#292929;--note:#adadad;--bad:#ff99a4;--good:#7fd07f}}
*{box-sizing:border-box}body{font:15px/1.45 system-ui,sans-serif;margin:0;color:var(--ink);background:var(--paper);display:grid;grid-template:auto 1fr/14rem minmax(0,1fr);min-height:100vh}
header{grid-column:1/3;display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:space-between;align-items:center;padding:.5rem 1rem;border-bottom:1px solid var(--line)}header form{margin:0}.brand{font-weight:600}
nav{padding:1rem 0;border-right:1px solid var(--line);background:var(--soft)}nav ul{list-style:none;margin:0;padding:0}nav a{display:block;padding:.45rem 1rem;color:inherit;text-decoration:none}nav a:hover{text-decoration:underline}nav a[aria-current]{font-weight:600;border-left:3px solid var(--accent)}
main{padding:1rem 1.5rem 3rem;max-width:72rem;min-width:0}h1{font-size:1.4rem;font-weight:600}h2{font-size:1.1rem}a{color:var(--accent)}.trail,.note{color:var(--note)}
.tabs{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;margin:0 0 1rem;list-style:none}.tabs [aria-current]{font-weight:600;color:inherit;text-decoration:none}
.steps{display:flex;flex-wrap:wrap;gap:.2rem 1.5rem;padding-left:1.2rem;color:var(--note)}.steps [aria-current]{color:inherit;font-weight:600}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}td{overflow-wrap:anywhere}.number{white-space:nowrap}td form{margin:0}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1rem}dt{color:var(--note)}dd{margin:0;overflow-wrap:anywhere;user-select:text}code,pre,.prompt input,textarea{font-family:ui-monospace,Consolas,monospace}
label{display:block;margin:.8rem 0 .2rem}label.choice{margin:.3rem 0}fieldset{border:1px solid var(--line);border-radius:4px;margin:1rem 0}
input:not([type=radio],[type=checkbox]),select,textarea{font:inherit;width:100%;max-width:40rem;padding:.45rem;border:1px solid var(--edge);border-radius:4px;background:var(--paper);color:inherit}
button,.button{font:inherit;display:inline-block;padding:.4rem 1rem;margin:.6rem .4rem .2rem 0;border:1px solid var(--edge);border-radius:4px;background:var(--paper);color:inherit;cursor:pointer;text-decoration:none}.primary{background:#0f548c;color:#fff;border-color:#0f548c}header button,td button{margin:0;padding:.2rem .6rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}.error{color:var(--bad)}.notice,.good{color:var(--good)}
iframe{width:100%;height:30rem;border:1px solid var(--line);background:#fff}pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.6rem;border:1px solid var(--line);background:var(--soft);margin:.5rem 0}pre.console{background:#012456;color:#eee;border:0;margin:0;min-height:14rem}.console .bad{color:#ff99a4}.prompt{display:flex;gap:.6rem;align-items:baseline;background:#012456;color:#eee;padding:.4rem .6rem}.prompt label{margin:0;font-family:ui-monospace,Consolas,monospace;white-space:pre-wrap}.prompt input:not([type=radio],[type=checkbox]){flex:1;min-width:8rem;max-width:none;padding:.2rem .4rem;border-color:#8aa4d6;background:#012456;color:#fff}
@media(max-width:45rem){body{grid-template:auto auto 1fr/minmax(0,1fr)}header{grid-column:1}nav{border:0;border-bottom:1px solid var(--line);padding:.3rem 0}nav ul{display:flex;flex-wrap:wrap}main{padding:1rem}dl{grid-template-columns:1fr}}`;

export const portalStyle: TenantResponse = {
  status: 200,
  headers: { 'content-type': 'text/css; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: style,
};
