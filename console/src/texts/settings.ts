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
    goOn: 'Go on',
    actions: 'Actions',
    editOf: (name: string) => `Edit ${name}`,
    showOf: (name: string) => `Show ${name}`,
    removeOf: (name: string) => `Remove ${name}`,
    show: 'Show',
    ofFile: (place: string) => (place === 'default' ? 'as by default' : `from ${place}`),
    savedItem: (name: string) => `${name} is saved and in force.`,
    removedItem: (name: string) => `${name} is removed.`,
    unsaved: 'What you have typed is not saved. Press Back again to throw it away.',
    rebase: 'Look at what stands now',
    rebased: 'These are the settings as they stand now, with what you have typed. Save once more.',
    meanwhile: (text: string) => (text === '' ? 'Meanwhile emptied by somebody else.' : `Meanwhile set to: ${text}`),
    goneMeanwhile: 'It has been removed meanwhile.',
  },
} as const;
