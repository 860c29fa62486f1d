/** The audit trail: texts. */
export const auditTexts = {
  audit: {
    title: 'Audit trail',
    intro: 'Who did what. Entries are never changed; each hash covers the one before it.',
    columns: {
      number: 'No.',
      at: 'When',
      who: 'Who',
      from: 'From',
      action: 'What',
      target: 'On',
      change: 'Before and after',
    },
    whole: (entries: number) => `${entries} entries, each as it was written. Last hash:`,
    broken: (at: number) => `Entry ${at} is not what it was when it was written, or one before it is gone.`,
    verify: 'Verify',
    exportAll: 'Export (JSON lines)',
    more: 'Show older ones',
    change: (before: string, after: string) => (before && after ? `${before} → ${after}` : before || after),
    changed: (key: string, before: string, after: string) => `${key}: ${before || '–'} → ${after || '–'}`,
    said: (key: string, value: string) => `${key}: ${value}`,
  },
} as const;
