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
  'content-redacted': {
    text: 'A rule keeps the content of this message from being shown.',
    meaning: 'A rule under `redact` matches the message: nobody may look into it or download it.',
    remedy: 'Ask its sender, or whoever keeps the rules; they stand in the configuration under redact.',
    http: 403,
  },
  'too-much-under-way': {
    text: 'Four actions on many messages are under way already.',
    meaning: 'Each action on all matches works through its messages; no more than four do so at a time.',
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
  'settings-invalid': {
    text: 'The settings cannot stand like this.',
    meaning: 'A value of the settings does not fit; each field says what it must be. Nothing was changed.',
    remedy: 'Correct the fields that are named, and save again.',
    http: 422,
  },
} as const satisfies Record<string, CatalogueRow>;
