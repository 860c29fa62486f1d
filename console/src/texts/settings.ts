/** What every screen of settings says: texts. */
export const settingsTexts = {
  settings: {
    fixedBy: (place: string) =>
      place === 'default'
        ? 'As by default; the configuration file can change it.'
        : `Fixed by ${place}; change it there.`,
    readOnly: 'Only an Administrator can change this.',
    save: 'Save',
    saving: 'Saving …',
    saved: 'Saved. It is in force.',
    nothing: 'Nothing has been changed.',
    remove: 'Remove',
    add: 'Add',
    cancel: 'Cancel',
    edit: 'Edit',
    name: 'Name',
    nameHint: 'Letters, digits, dots, hyphens and underscores.',
    secretSet: 'Set; never shown',
    secretReplace: 'Set; never shown. Type a new one to replace it.',
    more: 'More settings',
  },
} as const;
