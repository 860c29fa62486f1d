/** Faults that only the console's users meet. See catalogue.ts for what a row says. */
import type { CatalogueRow } from './catalogue.ts';

export const consoleFaults = {
  'role-too-low': {
    text: 'Your role does not allow this.',
    meaning: 'The user is signed in, and the action needs a higher role: Operator or Administrator.',
    remedy: 'Ask an Administrator to do it, or to raise the role under Users.',
    http: 403,
  },
  'cross-site-request': {
    text: 'The request did not come from the console itself.',
    meaning:
      'A request that changes something came without the header x-mailroom-console, or from a page of another origin.',
    remedy: 'Behind a reverse proxy that changes the Host header, set console.origin to what the browser shows.',
    http: 403,
  },
  'invitation-unusable': {
    text: 'This link has been used, has run out, or never was one.',
    meaning: 'A one-time link was opened that cannot be used any more.',
    remedy: 'Restart Mailroom while it has no user, and it prints a new link; else ask an Administrator for one.',
    http: 403,
  },
  'last-administrator': {
    text: 'This is the last Administrator; make another one first.',
    meaning: 'With this change nobody could manage users any more.',
    remedy: 'Give somebody else the role Administrator, then repeat it.',
    http: 409,
  },
  'name-taken': {
    text: 'There is a user of this name already.',
    meaning: 'Names of users are unique, in any case of letters.',
    remedy: 'Choose another name.',
    http: 409,
  },
  'code-required': {
    text: 'A code of your authenticator app is wanted.',
    meaning: 'Name and password are right, and the user has set up a second factor.',
    remedy: 'Type the code that the app shows now, or a recovery code.',
    http: 401,
  },
  'code-wrong': {
    text: 'This code is not good, or has been used.',
    meaning: 'The code of an authenticator app was wrong, older than a minute, or used before.',
    remedy: 'Wait for the next code. Check that the clocks of telephone and server are right; or use a recovery code.',
    http: 403,
  },
  'password-wrong': {
    text: 'This is not your password.',
    meaning: 'Before a change of one’s own sign-in the password is asked for once more, and it was wrong.',
    remedy: 'Type the password of this account.',
    http: 403,
  },
  'second-factor-set': {
    text: 'An authenticator app is set up already; remove it first.',
    meaning: 'A user has one authenticator app at a time.',
    remedy: 'Remove it under Your sign-in, then set the other one up.',
    http: 409,
  },
  'passkey-refused': {
    text: 'This passkey is not known here.',
    meaning: 'A passkey was not made for this console, was forgotten here, or its answer came too late.',
    remedy: 'Try again, or sign in with name and password. Passkeys hang on the host name that the browser shows.',
    http: 403,
  },
  'entra-refused': {
    text: 'The sign-in with Entra did not succeed.',
    meaning: 'Entra refused the sign-in, it took more than ten minutes, or it did not begin in this browser.',
    remedy: 'Try again; the log of the server has the words of Entra.',
    http: 403,
  },
  'entra-no-role': {
    text: 'Your account has no role in this console.',
    meaning: 'Somebody signed in with Entra to whom none of the app roles Administrator, Operator, Viewer is assigned.',
    remedy: 'Assign a role: Entra, Enterprise applications, the app of the console, Users and groups.',
    http: 403,
  },
  'entra-unreachable': {
    text: 'Entra cannot be reached.',
    meaning: 'The server could not read the sign-in configuration of the tenant.',
    remedy: 'Check the network, the proxy and console.entra.tenantId; the log of the server has the reason.',
    http: 502,
  },
  'content-redacted': {
    text: 'A rule keeps the content of this message from being shown.',
    meaning: 'A rule under `redact` matches the message: nobody may look into it or download it.',
    remedy: 'Ask its sender, or whoever keeps the rules; they stand in the configuration under redact.',
    http: 403,
  },
  'too-much-under-way': {
    text: 'As much as may be is under way already.',
    meaning:
      'No more than four actions on all matches work through their messages at a time, and one set-up, limit or renewal of a connector.',
    remedy: 'Wait until one of them has ended, or stop one.',
    http: 409,
  },
  'too-many-matches': {
    text: 'More messages match than one action takes, or their number has changed. Look again.',
    meaning: 'An action on all matches was refused: over a million matched, or more than the person was shown.',
    remedy: 'Narrow the search, or count again and confirm the new number.',
    http: 409,
  },
  'settings-changed': {
    text: 'Somebody else has changed the settings meanwhile. Look at them again.',
    meaning: 'The change was made from an older state of the settings; taking it would undo the other one unseen.',
    remedy: 'Load the screen again, look at what has changed, and repeat the change.',
    http: 409,
  },
  'settings-fixed': {
    text: 'This is fixed by the configuration file or the environment.',
    meaning: 'The console was asked to change something that the configuration file or the environment decides on.',
    remedy: 'Change it in the place that is named, then restart Mailroom; or take it out there, and set it here.',
    http: 409,
  },
  'setup-impossible': {
    text: 'This cannot be looked up at Microsoft now.',
    meaning: 'The connector got no token, or its token does not say what was asked.',
    remedy: 'Run the checks of the connector: the first that fails is the cause.',
    http: 409,
  },
  'browser-sign-in-impossible': {
    text: 'A sign-in by browser cannot come back to this console.',
    meaning:
      'Without a public client of the tenant’s own, Microsoft leads a browser back to http://localhost alone; this console is shown elsewhere.',
    remedy:
      'Sign in with a code. Or open the console on the server itself as http://localhost:<port>. Or name a public client whose redirect URIs (Mobile and desktop applications) have <Admin URL>/connectors/SMTP.aspx.',
    http: 409,
  },
  'settings-invalid': {
    text: 'The settings cannot stand like this.',
    meaning: 'A value of the settings does not fit; each field says what it must be. Nothing was changed.',
    remedy: 'Correct the fields that are named, and save again.',
    http: 422,
  },
} as const satisfies Record<string, CatalogueRow>;
