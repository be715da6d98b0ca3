import type { ServerResponse } from 'node:http';
import { html, sendPage } from './page.js';

type FormToken = { token: string; setCookie?: string };

const cookieHeader = ({ setCookie }: FormToken) => (setCookie === undefined ? {} : { 'set-cookie': setCookie });

/** The form by which one logs in. `problem` says why it is shown again. */
export function sendLoginPage(
  response: ServerResponse,
  form: FormToken,
  { then, user = '', problem = '', status = 200 }: { then: string; user?: string; problem?: string; status?: number },
): void {
  const alert = problem === '' ? html`` : html`<p role="alert">${problem}</p>`;
  const body = html`
    ${alert}
    <form method="post" action="/login">
      <input type="hidden" name="csrf" value="${form.token}" />
      <input type="hidden" name="then" value="${then}" />
      <label for="username">User name</label>
      <input
        id="username"
        name="username"
        value="${user}"
        autocomplete="username"
        autocapitalize="none"
        required
        autofocus
      />
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required />
      <button type="submit">Log in</button>
    </form>
  `;
  sendPage(response, status, 'Log in', body, cookieHeader(form));
}

/** Asks the user whether a client may act for them. */
export function sendApprovalPage(
  response: ServerResponse,
  form: FormToken,
  { client, user, query }: { client: string; user: string; query: string },
): void {
  const body = html`
    <p>You are logged in as <strong>${user}</strong>. May <strong>${client}</strong> do everything that you may?</p>
    <form method="post" action="/oauth/authorize?${query}">
      <input type="hidden" name="csrf" value="${form.token}" />
      <button type="submit" name="approve" value="yes">Allow</button>
      <button type="submit" name="approve" value="no" class="plain">Refuse</button>
    </form>
  `;
  sendPage(response, 200, 'Grant access', body, cookieHeader(form));
}

/** Asks before a token is shown, so that it is not shown to who looks over a shoulder. */
export function sendTokenRequestPage(response: ServerResponse, form: FormToken, code: string): void {
  const body = html`
    <form method="post" action="/oauth/token/display">
      <input type="hidden" name="csrf" value="${form.token}" />
      <input type="hidden" name="code" value="${code}" />
      <button type="submit">Display token</button>
    </form>
  `;
  sendPage(response, 200, 'Your API token', body, cookieHeader(form));
}

/** Shows a new token, once. */
export function sendTokenPage(response: ServerResponse, form: FormToken, token: string, server: string): void {
  const body = html`
    <p>Your API token is</p>
    <pre>${token}</pre>
    <p>Log in with this token</p>
    <pre>oc login --token=${token} --server=${server}</pre>
    <p>Use it directly against the API</p>
    <pre>curl -H "Authorization: Bearer ${token}" "${server}/apis/user.openshift.io/v1/users/~"</pre>
    <p><a href="/oauth/token/request">Request another token</a></p>
    ${logoutForm(form)}
  `;
  sendPage(response, 200, 'Your API token', body, cookieHeader(form));
}

const logoutForm = (form: FormToken) => html`
  <form method="post" action="/logout">
    <input type="hidden" name="csrf" value="${form.token}" />
    <button type="submit" class="plain">Log out</button>
  </form>
`;

export function sendLogoutPage(response: ServerResponse, form: FormToken): void {
  sendPage(response, 200, 'Log out', logoutForm(form), cookieHeader(form));
}

/** One sentence. */
export function sendMessagePage(
  response: ServerResponse,
  status: number,
  title: string,
  message: string,
  headers = {},
): void {
  sendPage(response, status, title, html`<p>${message}</p>`, headers);
}
