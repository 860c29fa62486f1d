/**
 * "PowerShell": the window with what was typed and written, and a prompt below it. A form posts each line, so it works
 * without scripts: Enter runs it, the list of the field brings back what was typed before.
 */
import type { TenantResponse } from '../../http/exchange.ts';
import { type Html, html } from '../../http/html.ts';
import { field, type PortalCall } from '../portal-call.ts';
import { portalPage, postForm, seeOther } from '../portal-page.ts';
import { Shell } from './shell.ts';
import type { Shells } from './shells.ts';

const here = '/portal/powershell';
/** Longer lines are no commands. */
const longestLine = 4000;

export function answerPowerShell(call: PortalCall, shells: Shells): TenantResponse {
  const shell = shells.of(call.csrf, () => new Shell(call.service, call.user.address));
  if (call.request.method !== 'POST') return powerShellPage(call, shell);
  switch (field(call, 'action')) {
    case 'sign-in':
      shell.signIn(field(call, 'address'), field(call, 'password'));
      break;
    case 'cancel':
      shell.cancel();
      break;
    default: {
      const line = call.form.get('line');
      shell.enter(typeof line === 'string' ? line.replace(/\r\n/g, '\n').slice(0, longestLine) : '');
    }
  }
  return seeOther(here);
}

function powerShellPage(call: PortalCall, shell: Shell): TenantResponse {
  const lines = shell.lines.map(({ kind, text }) =>
    kind === 'error' ? html`<span class="bad">${text}</span>\n` : html`${text}\n`,
  );
  const intro = html`<p class="note">Install-Module -Name ExchangeOnlineManagement -Force, then Connect-ExchangeOnline. Get-Command lists what there is.</p>`;
  const window = html`<pre class="console" id="output" role="log" aria-label="Output">${lines}</pre>`;
  const content = html`${intro}${window}${prompt(call, shell)}`;
  return portalPage(call, { title: 'PowerShell', content });
}

function prompt(call: PortalCall, shell: Shell): Html {
  const { question } = shell;
  const cancel = html`<button name="action" value="cancel" type="submit" formnovalidate>Cancel (Ctrl+C)</button>`;
  if (question.kind === 'sign-in')
    return postForm(
      call,
      here,
      html`<h2>Sign in to your account</h2>${question.error !== undefined && html`<p class="error" role="alert">${question.error}</p>`}
<label for="address">Email</label><input id="address" name="address" type="email" autocomplete="username" required value="${question.address}">
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button class="primary" name="action" value="sign-in" type="submit">Sign in</button>${cancel}`,
    );
  const label = question.prompt.trim();
  const typed = !shell.isAsking && shell.history.map((line) => html`<option value="${line}"></option>`);
  const input = html`<input id="line" name="line" list="typed" maxlength="${longestLine}" autocomplete="off" autocapitalize="off" spellcheck="false" autofocus>`;
  return postForm(
    call,
    here,
    html`<div class="prompt"><label for="line">${label}</label>${input}<datalist id="typed">${typed}</datalist></div>
<button class="primary" type="submit">Enter</button>${shell.isAsking && cancel}`,
  );
}
