/** About: texts. */
export const aboutTexts = {
  about: {
    title: 'About',
    server: 'This server',
    version: 'Version',
    node: 'Node.js',
    sqlite: 'SQLite',
    openssl: 'OpenSSL',
    platform: 'Platform',
    support: 'Support bundle',
    supportIntro:
      'A zip file for whoever helps from afar: configuration without secrets, status, checks, metrics, the last lines of the log, versions. Addresses may be in it: look through it before you hand it on.',
    supportDownload: 'Download the support bundle (.zip)',
    licences: (count: number) => `Licences of the ${count} packages that ship with Mailroom`,
    licenceColumns: { name: 'Package', version: 'Version', licence: 'Licence' },
    started: 'Running since',
    listeners: 'Listeners',
    columns: { name: 'Name', kind: 'Kind', address: 'Address', tls: 'TLS' },
    tls: { none: 'none', starttls: 'STARTTLS', implicit: 'from the first byte' },
    api: 'OpenAPI document of this console',
  },
} as const;
