/** About: texts. */
export const aboutTexts = {
  about: {
    title: 'About',
    version: 'Version',
    node: 'Node.js',
    started: 'Running since',
    listeners: 'Listeners',
    columns: { name: 'Name', kind: 'Kind', address: 'Address' },
    api: 'OpenAPI document of this console',
  },
} as const;
